"""The wiring of the studio: the server's app, the booth's routes, and Gradio's pages on it.

/studio/          the pages
/booth/live       the booth's WebSocket
/booth/...        voices, portraits, previews and devices for the pages; scripts and styles
"""

from __future__ import annotations

import base64
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse
from starlette.background import BackgroundTask
from starlette.staticfiles import StaticFiles

from voxhumana.config import Settings
from voxhumana.errors import VoxError
from voxhumana.library import parcel
from voxhumana.library.shelf import Shelf
from voxhumana.server import app as server
from voxhumana.studio.booth import Booth
from voxhumana.studio.booth import parse as parse_booth
from voxhumana.studio.jacks import Jacks
from voxhumana.studio.parlour import Parlour
from voxhumana.studio.parlour import parse as parse_parlour
from voxhumana.studio.policy import Policy
from voxhumana.studio.portrait import portrait
from voxhumana.studio.previews import Previews
from voxhumana.studio.socket import endpoint
from voxhumana.voice import Voice

STATIC = Path(str(files("voxhumana.studio") / "static"))
PAGES = "/studio"


def create(settings: Settings) -> FastAPI:
    """The server's app, with the studio on it."""
    from voxhumana.studio.page import mount  # noqa: PLC0415  # Gradio takes its time to load

    app = server.create(settings)
    jacks, previews = Jacks(settings), Previews(settings)
    booth, parlour = Booth(settings, jacks), Parlour(settings, jacks, app.state.counters.note)
    app.include_router(routes(settings, jacks, previews))
    app.add_api_websocket_route("/booth/live", endpoint(booth, parse_booth))
    app.add_api_websocket_route("/booth/talk", endpoint(parlour, parse_parlour))
    app.mount("/booth/static", StaticFiles(directory=STATIC), name="static")
    mount(app, settings, PAGES)
    app.add_middleware(Policy, path=PAGES)
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(of: FastAPI) -> AsyncIterator[Any]:
        async with inner(of) as state:
            yield state
        booth.close()
        parlour.close()
        previews.close()

    app.router.lifespan_context = lifespan
    return app


def routes(settings: Settings, jacks: Jacks, previews: Previews) -> APIRouter:
    """What pages ask for beside Gradio's own."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    def home() -> Response:
        return RedirectResponse(f"{PAGES}/")

    @router.get("/favicon.ico")
    def icon() -> Response:
        return FileResponse(STATIC / "icon.svg", media_type="image/svg+xml")

    @router.get("/booth/devices")
    def devices() -> dict[str, Any]:
        return asdict(jacks.offer())

    @router.get("/booth/voices")
    def voices() -> dict[str, Any]:
        shelf = Shelf(settings.data_dir)
        cards = [card(voice) for voice in shelf]
        return {"voices": cards, "problems": shelf.problems}

    @router.get("/booth/voices/{name}.voxvoice")
    def export(name: str) -> Response:
        draft = tempfile.TemporaryDirectory(prefix="vox-export-")
        path = Path(draft.name) / f"{name}{parcel.ENDING}"
        try:
            parcel.export(Shelf(settings.data_dir).find(name), path)
        except VoxError as error:
            draft.cleanup()
            return JSONResponse({"error": str(error)}, 404)
        return FileResponse(path, filename=path.name, background=BackgroundTask(draft.cleanup))

    @router.get("/booth/previews/{name}.wav")
    def preview(name: str) -> Response:
        try:
            return FileResponse(previews.find(name), media_type="audio/wav")
        except VoxError as error:
            return JSONResponse({"error": str(error)}, 404)

    return router


def card(voice: Voice) -> dict[str, Any]:
    """What a page shows of a voice."""
    picture = base64.b64encode(portrait(voice).encode()).decode()
    return {
        **voice.model_dump(mode="json", exclude={"engines"}),
        "engines": [*voice.engines],
        "portrait": f"data:image/svg+xml;base64,{picture}",
    }
