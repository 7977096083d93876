"""`vox studio`: the web face, the API and the engine in one, until you say stop."""

from __future__ import annotations

from typing import Annotated

import typer


def studio(
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port; 0 = any free one.")] = None,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open a browser, where there is a display.")
    ] = True,
) -> None:
    """Open the studio in a browser."""
    from voxhumana import config
    from voxhumana.studio.run import run

    run(config.load(serve_port=port), browser)
