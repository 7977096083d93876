"""Small pieces of HTML for Gradio's pages, with everything that is text escaped."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from html import escape
from typing import Any

from voxhumana.audio import spectrogram
from voxhumana.engine import Block
from voxhumana.errors import VoxError


def panel(body: str) -> str:
    """Around anything of ours: makes the palette and the spacing hold."""
    return f'<div class="vox">{body}</div>'


def notice(text: str, kind: str = "") -> str:
    """One sentence; `kind` is empty, `good` or `bad`."""
    role = "alert" if kind == "bad" else "status"
    return (
        panel(f'<div class="notice {kind}" role="{role}"><span>{escape(text)}</span></div>') if text else ""
    )


def sound_picture(sound: Block, rate_hz: int, what: str) -> str:
    """A spectrogram; `what` is what somebody hears who cannot see it."""
    return panel(
        f'<img class="spectrogram" src="{spectrogram.picture(sound, rate_hz)}" alt="{escape(what)}" '
        f'width="{spectrogram.WIDE}" height="{spectrogram.HIGH}">'
    )


def told(outputs: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """For an event whose first output is a notice: what goes wrong is said there, the others stay."""
    import gradio as gr  # noqa: PLC0415  # takes seconds to load

    def around(act: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(act)
        def safe(*given: Any) -> Any:  # noqa: ANN401  # as Gradio has it
            try:
                return act(*given)
            except VoxError as error:
                return (notice(str(error), "bad"), *(gr.skip() for _ in range(outputs - 1)))

        return safe

    return around
