"""`/v1/audio/speech`: text to speech after OpenAI's API, sent as it is made.

Source: platform.openai.com/docs/api-reference/audio/createSpeech.
"""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.responses import StreamingResponse

from voxhumana.engine import Block
from voxhumana.server.encode import MEDIA, Format, at_speed, encode
from voxhumana.server.engines import Engines
from voxhumana.server.refusal import Refusal, responses
from voxhumana.server.seats import Seats

RATE_HZ = 24_000
"""Of OpenAI's `pcm`."""
LONGEST = 4_096
"""Characters, as OpenAI has it."""
MODELS = frozenset({"tts-1", "tts-1-hd", "gpt-4o-mini-tts"})
"""OpenAI's names, for programs that cannot be told another: they mean the speech engine of the settings."""
# fmt: off
VOICES = frozenset({
    "alloy", "ash", "ballad", "cedar", "coral", "echo", "fable", "marin", "nova", "onyx", "sage", "shimmer",
    "verse",
})
# fmt: on
"""OpenAI's voices, likewise: they mean the voice of the settings, unless the shelf has one of that name."""


class VoiceId(BaseModel):
    """A voice, as OpenAI names custom ones."""

    id: str = Field(max_length=64)


class Speech(BaseModel):
    """What shall be said, and how."""

    model_config = ConfigDict(extra="ignore")

    model: str = Field(max_length=256)
    """The `speech` model of /v1/models, or one of OpenAI's names for it."""
    input: str = Field(max_length=LONGEST)
    voice: Annotated[str, Field(max_length=64)] | VoiceId
    """Of /v1/audio/voices."""
    response_format: Format = "mp3"
    """`pcm` is PCM16 at 24 kHz, mono."""
    speed: float = Field(default=1.0, ge=0.25, le=4.0)
    stream_format: Literal["audio", "sse"] = "audio"


class Spoken(StreamingResponse):
    """For OpenAPI."""

    media_type = "audio/mpeg"


def routes(engines: Engines, seats: Seats) -> APIRouter:
    """The route."""
    router = APIRouter()
    sound = {
        "content": {media: {"schema": {"type": "string", "format": "binary"}} for media in MEDIA.values()}
    }
    sound["content"]["text/event-stream"] = {"schema": {"type": "string"}}

    @router.post(
        "/v1/audio/speech",
        tags=["audio"],
        response_class=Spoken,
        responses={200: {"description": "The sound, as it is made.", **sound}, **responses(404)},
    )
    async def speech(asked: Speech) -> StreamingResponse:
        """Speak a text in a voice of the shelf."""
        check_model(asked.model, {engines.settings.tts, *MODELS})
        if not any(c.isalnum() for c in asked.input):
            raise Refusal(400, "There is nothing to say; 'input' needs words.", "input")
        pieces = _seated(engines, asked, seats)
        first = await anext(pieces)  # what goes wrong at the start is an answer of its own
        body = _chained(first, pieces)
        media = "text/event-stream" if asked.stream_format == "sse" else MEDIA[asked.response_format]
        return StreamingResponse(body, media_type=media)

    return router


def check_model(name: str, known: set[str]) -> None:
    """Refuse a model that is not there.

    Raises:
        Refusal: 404.
    """
    if name not in known:
        raise Refusal(
            404, f"There is no model '{name}' here; /v1/models lists them.", "model", "model_not_found"
        )


def shelf_name(name: str, engines: Engines) -> str | None:
    """The shelf's word for a voice asked for; None = the settings' own."""
    return None if name in VOICES and name not in {voice.name for voice in engines.voices()} else name


async def _seated(engines: Engines, asked: Speech, seats: Seats) -> AsyncGenerator[bytes]:
    with seats.seat():
        blocks = await run_in_threadpool(_spoken, engines, asked)
        pieces = encode(at_speed(blocks, RATE_HZ, asked.speed), RATE_HZ, asked.response_format)
        async for piece in iterate_in_threadpool(pieces):
            yield _delta(piece) if asked.stream_format == "sse" else piece
        if asked.stream_format == "sse":
            yield b'data: {"type": "speech.audio.done"}\n\n'


def _spoken(engines: Engines, asked: Speech) -> Iterator[Block]:
    """The speech, its first block made."""
    name = asked.voice if isinstance(asked.voice, str) else asked.voice.id
    speaker, voice = engines.speaker(engines.voice(shelf_name(name, engines)), RATE_HZ)
    stream = speaker.open(voice)
    blocks = itertools.chain(stream.push(asked.input), stream.flush())
    return itertools.chain([next(blocks)], blocks)


def _delta(piece: bytes) -> bytes:
    event = {"type": "speech.audio.delta", "audio": base64.b64encode(piece).decode()}
    return f"data: {json.dumps(event)}\n\n".encode()


async def _chained(first: bytes, rest: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    async with aclosing(rest):
        yield first
        async for piece in rest:
            yield piece
