"""The pages: a tab a job, laid out with Gradio.

Live and Talk are elements of our own (`static/`), which speak with the machine over WebSockets: meters run at
the screen's rate there. The other pages are Gradio's components.
"""

from __future__ import annotations

from typing import Any

import gradio as gr
from fastapi import FastAPI

from voxhumana.config import Settings
from voxhumana.studio.pages import health, models, voices
from voxhumana.studio.theme import theme

HEAD = """
<link rel="icon" href="/booth/static/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/booth/static/studio.css">
<script type="module" src="/booth/static/studio.js"></script>
"""
BANNER = """
<header class="vox-banner">
  <img src="/booth/static/icon.svg" alt="" width="40" height="40">
  <div><h1>Vox Humana</h1><p>Speak as a character, and speak with one. Nothing leaves this machine.</p></div>
  <vox-lamp></vox-lamp>
</header>
"""


def mount(app: FastAPI, settings: Settings, path: str) -> None:
    """Put the pages on `app`, under `path`."""
    gr.mount_gradio_app(
        app,
        pages(settings),
        path,
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        enable_monitoring=False,
        mcp_server=False,
        theme=theme(),
        head=HEAD,
        show_error=True,
    )


def pages(settings: Settings) -> Any:  # noqa: ANN401  # Gradio's types are its own affair
    """All of them."""
    with gr.Blocks(title="Vox Humana", analytics_enabled=False, fill_width=True) as blocks:
        gr.HTML(BANNER, apply_default_css=False)
        with gr.Tabs(elem_id="jobs"):
            with gr.Tab("Live", id="live"):
                gr.HTML("<vox-live></vox-live>", apply_default_css=False)
            with gr.Tab("Talk", id="talk"):
                gr.HTML("<vox-talk></vox-talk>", apply_default_css=False)
            with gr.Tab("Voices", id="voices") as tab:
                voices.page(settings, tab)
            with gr.Tab("Models", id="models") as tab:
                models.page(settings, tab)
            with gr.Tab("Health", id="health"):
                health.page(settings)
    return blocks
