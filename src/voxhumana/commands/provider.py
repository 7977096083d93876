"""`--provider`: what runs ONNX models, for every command that loads an engine."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:  # the command line stays light
    from voxhumana.config import Settings

Provider = Annotated[
    str | None,
    typer.Option(help="What runs the networks: cpu, coreml, cuda or directml.", show_default=False),
]


def provide(settings: Settings) -> None:
    """Choose it for this process; where the CPU does instead, a sentence says so, then or later."""
    from voxhumana import build

    build.provide(settings, lambda sentence: print(f"vox: {sentence}", file=sys.stderr, flush=True))
