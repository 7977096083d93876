"""`vox serve`: the API, until you say stop."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voxhumana.commands.provider import Provider, provide


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; 0.0.0.0 = all.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port; 0 = any free one.")] = None,
    cert: Annotated[Path | None, typer.Option(help="TLS certificate, PEM.")] = None,
    key: Annotated[Path | None, typer.Option(help="Its private key, PEM.")] = None,
    provider: Provider = None,
) -> None:
    """Serve OpenAI's audio and Realtime API, and live conversion."""
    from voxhumana import config
    from voxhumana.server.app import create
    from voxhumana.server.run import run

    settings = config.load(
        serve_host=host, serve_port=port, serve_cert=cert, serve_key=key, provider=provider
    )
    provide(settings)
    app = create(settings)
    run(app, settings, app.state.engines.warm if settings.serve_talks else None)
