"""The studio on a socket, and a browser in front of it."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import threading
import webbrowser
from pathlib import Path

from voxhumana.config import Settings
from voxhumana.leave import at_once

HOST = "127.0.0.1"
"""The studio is for who sits here: pages carry no token. `vox serve` is for others."""


def run(settings: Settings, browser: bool) -> None:
    """Serve until somebody says stop.

    Args:
        settings: `serve_port` is the port; 0 = any free one.
        browser: Open one, where there is a display.

    Raises:
        VoxError: The port is taken.
    """
    with (
        at_once(),
        tempfile.TemporaryDirectory(prefix="vox-studio-") as folder,
    ):  # clips people drop; gone at the end
        os.environ["GRADIO_TEMP_DIR"] = folder
        _serve(settings, browser, Path(folder))


def _serve(settings: Settings, browser: bool, folder: Path) -> None:
    from voxhumana.server.run import address, listen, server  # noqa: PLC0415  # takes its time to load

    settings = settings.model_copy(update={"serve_host": HOST, "serve_cert": None, "serve_key": None})
    with listen(HOST, settings.serve_port) as door:
        url = f"http://{address(door)}"
        print(f"Opening the studio at {url} ...", flush=True)
        from voxhumana.studio.app import create  # noqa: PLC0415  # Gradio takes seconds to load

        ready = server(create(settings), settings)
        print(f"The studio is at {url}; Ctrl-C ends it.", flush=True)
        if browser and has_display():
            threading.Thread(target=webbrowser.open, args=(url,), name="browser", daemon=True).start()

        def end() -> None:
            shutil.rmtree(folder, ignore_errors=True)
            os._exit(0)

        ready.end = end
        ready.run(sockets=[door])


def has_display() -> bool:
    """Whether a browser would be seen."""
    return sys.platform in {"darwin", "win32"} or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
