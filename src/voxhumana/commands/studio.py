"""`vox studio`: the web face, the API and the engine in one, until you say stop."""

from __future__ import annotations

from typing import Annotated

import typer

from voxhumana.commands.provider import Provider, provide


def studio(
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port; 0 = any free one.")] = None,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open a browser, where there is a display.")
    ] = True,
    provider: Provider = None,
) -> None:
    """Open the studio in a browser."""
    from voxhumana import config
    from voxhumana.studio.run import run

    settings = config.load(serve_port=port, provider=provider)
    provide(settings)
    run(settings, browser)
