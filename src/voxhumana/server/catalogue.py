"""`/health`, `/v1/models` and `/v1/audio/voices`: what there is."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from voxhumana import __version__, registry
from voxhumana.server.engines import Engines
from voxhumana.server.refusal import Refusal, responses

RELEASED = 1_764_000_000
"""Unix time that OpenAI's schema wants of every model: of this program, not of any weights."""


class Health(BaseModel):
    """The server is there."""

    status: Literal["ok"] = "ok"
    version: str = __version__


class Model(BaseModel):
    """An engine, as OpenAI's clients expect a model."""

    id: str
    object: Literal["model"] = "model"
    created: int = RELEASED
    owned_by: str = "voxhumana"
    kind: str
    """`conversion`, `transcription`, `speech` or `language`."""


class Models(BaseModel):
    """Every engine."""

    object: Literal["list"] = "list"
    data: list[Model]


class ShelfVoice(BaseModel):
    """A voice of the shelf."""

    id: str
    object: Literal["voice"] = "voice"
    name: str
    title: str
    character: str
    language: str
    licence: str
    source: str
    engines: list[str]
    """What can speak in it; the first is preferred."""


class ShelfVoices(BaseModel):
    """Every voice."""

    object: Literal["list"] = "list"
    data: list[ShelfVoice]


def routes(engines: Engines) -> APIRouter:
    """The routes."""
    router = APIRouter()

    @router.get("/health", tags=["server"])
    def health() -> Health:
        """Say that the server is there; needs no token."""
        return Health()

    @router.get("/v1/models", tags=["catalogue"], responses=responses())
    def models() -> Models:
        """List the engines."""
        return Models(data=_models(engines))

    @router.get("/v1/models/{model}", tags=["catalogue"], responses=responses(404))
    def model(model: str) -> Model:
        """Show one engine."""
        for known in _models(engines):
            if known.id == model:
                return known
        raise Refusal(404, f"There is no model '{model}'; /v1/models lists them.", "model", "model_not_found")

    @router.get("/v1/audio/voices", tags=["catalogue"], responses=responses())
    def voices() -> ShelfVoices:
        """List the voices of the shelf."""
        return ShelfVoices(
            data=[
                ShelfVoice(
                    id=voice.name,
                    name=voice.name,
                    title=voice.title,
                    character=voice.character,
                    language=voice.language,
                    licence=voice.licence,
                    source=voice.source,
                    engines=list(voice.engines),
                )
                for voice in engines.voices()
            ]
        )

    return router


def _models(engines: Engines) -> list[Model]:
    settings = engines.settings
    return [
        *(Model(id=name, kind="conversion") for name in registry.converter_names()),
        Model(id=settings.stt, kind="transcription"),
        Model(id=settings.tts, kind="speech"),
        Model(id=settings.llm, kind="language"),
    ]
