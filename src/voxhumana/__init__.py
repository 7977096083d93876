"""Vox Humana: speak as a character, and speak with one, live, on your own machine."""

import os

__version__ = "0.1.0"

SILENT = {
    "ORT_DISABLE_TELEMETRY": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}
"""Keeps libraries from reporting, in this process and in those it starts; they read it when they are loaded.

onnxruntime 1.32 else writes a device ID into the cache folder and looks for its maker's collector a few
seconds after the first session; its own `disable_telemetry_events()` comes too late for both.
"""
os.environ.update(SILENT)
