"""The wiring of the server: settings -> engines, routes, guards -> one ASGI app; the studio mounts on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from voxhumana import __version__
from voxhumana.assistant.counters import Counters
from voxhumana.config import Settings
from voxhumana.server import catalogue, convert, refusal, speech, transcriptions
from voxhumana.server.door import Door
from voxhumana.server.engines import Engines
from voxhumana.server.guard import Guard
from voxhumana.server.metrics import Counted, Metrics
from voxhumana.server.metrics import routes as metrics_routes
from voxhumana.server.pool.pool import Pool
from voxhumana.server.realtime import session as realtime
from voxhumana.server.seats import Seats
from voxhumana.server.tokens import Tokens

JOBS = 8
"""Texts that are spoken, and files that are written down, at once: each takes a core while it lasts."""

FAULT = {"$ref": "#/components/schemas/FaultBody"}


def create(settings: Settings) -> FastAPI:
    """The app, which loads nothing until asked.

    `app.state.engines` are shared by its sessions, `app.state.seats` count them, `app.state.counters` what is
    said in conversations. Swagger's and ReDoc's pages are off, as they fetch scripts from elsewhere;
    `/openapi.json` is there.
    """
    engines, pool = Engines(settings), Pool(settings)
    door = Door(settings, lambda: Tokens(settings.data_dir))
    converting = Seats("conversion", settings.serve_converts)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await pool.close()
        engines.close()
        door.close()

    app = FastAPI(
        title="Vox Humana",
        version=__version__,
        summary="Live voice on one's own machine, after OpenAI's audio APIs.",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.engines = engines
    speaking, listening = Seats("speech", JOBS), Seats("transcription", JOBS)
    talking = Seats("realtime", settings.serve_talks)
    app.state.seats = [converting, talking, speaking, listening]
    metrics = Metrics(app.state.seats)
    app.state.counters = Counters(metrics.registry)
    app.include_router(catalogue.routes(engines))
    app.include_router(convert.routes(pool, converting, settings.serve_idle_s))
    app.include_router(realtime.routes(engines, talking, settings.serve_idle_s, app.state.counters.note))
    app.include_router(speech.routes(engines, speaking))
    app.include_router(transcriptions.routes(engines, listening))
    refusal.install(app)
    app.include_router(metrics_routes(metrics))
    app.add_middleware(Guard, settings=settings, door=door)
    app.add_middleware(Counted, metrics=metrics)
    app.openapi = lambda: _schema(app)  # type: ignore[method-assign]  # FastAPI's own way to change it
    return app


def _schema(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, without the 422 that FastAPI adds: what is not valid is answered with 400."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
        for operations in schema["paths"].values():
            for operation in operations.values():
                operation["responses"].pop("422", None)
                for status, answer in operation["responses"].items():
                    if status >= "400":  # of JSON, whatever the route's own answers are
                        answer["content"] = {"application/json": {"schema": FAULT}}
        app.openapi_schema = schema
    return app.openapi_schema
