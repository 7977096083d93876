"""`/v1/audio/transcriptions`: speech to text after OpenAI's API.

A file comes from anybody, so FFmpeg may open it as one of the plain sound formats only: a playlist would make
it read other files, or ask other servers.
Source: platform.openai.com/docs/api-reference/audio/createTranscription.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal

from fastapi import APIRouter, File, Form, UploadFile
from pydantic import BaseModel
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from voxhumana.audio.file import SoundReader
from voxhumana.engine import Block
from voxhumana.errors import VoxError
from voxhumana.listen.transcript import Segment, transcript
from voxhumana.server.engines import Engines
from voxhumana.server.refusal import Refusal, responses
from voxhumana.server.seats import Seats
from voxhumana.server.speech import check_model

MODELS = frozenset({"whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe"})
"""OpenAI's names, for programs that cannot be told another: they mean the recogniser of the settings."""
DEMUXERS = ("wav", "flac", "ogg", "mp3", "mov", "matroska", "webm", "aac", "w64", "aiff", "caf")
"""FFmpeg's formats that hold sound and refer to nothing else."""
LONGEST_S = 3 * 3_600
"""A small file may hold days of silence."""
LANGUAGE = "en"
"""What the recogniser hears."""

Shape = Literal["json", "text", "srt", "verbose_json", "vtt"]


class Transcription(BaseModel):
    """`json`."""

    text: str


class VerboseSegment(BaseModel):
    """An utterance; what the recogniser does not tell (log probabilities) is left out."""

    id: int
    start: float
    end: float
    text: str


class VerboseTranscription(Transcription):
    """`verbose_json`."""

    task: Literal["transcribe"] = "transcribe"
    language: str = "english"
    duration: float
    segments: list[VerboseSegment]


def routes(engines: Engines, seats: Seats) -> APIRouter:
    """The route."""
    router = APIRouter()
    texts = {
        "text/plain": {"schema": {"type": "string"}},
        "text/event-stream": {"schema": {"type": "string"}},
    }

    @router.post(
        "/v1/audio/transcriptions",
        tags=["audio"],
        response_model=VerboseTranscription | Transcription,
        responses={200: {"description": "What was said.", "content": texts}, **responses(404)},
    )
    async def transcriptions(
        file: Annotated[UploadFile, File(description="A sound file.")],
        model: Annotated[str, Form(max_length=256)],
        language: Annotated[str | None, Form(max_length=32)] = None,
        response_format: Annotated[Shape, Form()] = "json",
        stream: Annotated[bool, Form()] = False,
    ) -> Response:
        """Write down what is said in a file; `stream` sends each utterance as soon as it is understood."""
        check_model(model, {engines.settings.stt, *MODELS})
        if language and language.lower().split("-")[0] not in {LANGUAGE, "english"}:
            raise Refusal(400, "This server's recogniser hears English; leave 'language' out.", "language")
        segments = _seated(engines, file, seats)
        if stream:
            first = await anext(segments, None)
            return StreamingResponse(_events(first, segments), media_type="text/event-stream")
        heard = [segment async for segment in segments]
        return _shaped(response_format, heard[:-1], heard[-1].end_s)

    return router


async def _seated(engines: Engines, file: UploadFile, seats: Seats) -> AsyncGenerator[Segment]:
    """The utterances, and a last one without words that says how long the file is."""
    with seats.seat(), TemporaryDirectory(prefix="vox-") as folder:
        path = Path(folder) / "sound"
        await run_in_threadpool(_save, file, path)
        async for segment in iterate_in_threadpool(_segments(engines, path)):
            yield segment


def _save(file: UploadFile, path: Path) -> None:
    with path.open("wb") as out:
        shutil.copyfileobj(file.file, out)


def _segments(engines: Engines, path: Path) -> Iterator[Segment]:
    try:
        with SoundReader(path, DEMUXERS) as reader:
            samples = 0

            def blocks() -> Iterator[Block]:
                nonlocal samples
                while len(sound := reader.read(reader.rate_hz)):
                    samples += len(sound)
                    if samples > LONGEST_S * reader.rate_hz:
                        raise Refusal(
                            413, f"The file is longer than {LONGEST_S // 3600} hours; cut it.", "file"
                        )
                    yield sound

            yield from transcript(blocks(), reader.rate_hz, engines.detector(), engines.transcriber())
            end_s = samples / reader.rate_hz
            yield Segment(end_s, end_s, "")
    except VoxError as error:
        raise Refusal(400, str(error).replace(str(path), "The file"), "file") from error


def _shaped(shape: Shape, segments: list[Segment], duration_s: float) -> Response:
    text = " ".join(segment.text for segment in segments)
    match shape:
        case "json":
            return _json(Transcription(text=text))
        case "verbose_json":
            rows = [
                VerboseSegment(id=number, start=s.start_s, end=s.end_s, text=s.text)
                for number, s in enumerate(segments)
            ]
            return _json(VerboseTranscription(text=text, duration=duration_s, segments=rows))
        case "srt":
            cues = (
                f"{number}\n{_clock(s.start_s, ',')} --> {_clock(s.end_s, ',')}\n{s.text}\n"
                for number, s in enumerate(segments, 1)
            )
            return PlainTextResponse("\n".join(cues))
        case "vtt":
            cues = (f"{_clock(s.start_s, '.')} --> {_clock(s.end_s, '.')}\n{s.text}\n" for s in segments)
            return PlainTextResponse("\n".join(["WEBVTT\n", *cues]))
        case _:
            return PlainTextResponse(text + "\n")


async def _events(first: Segment | None, rest: AsyncGenerator[Segment]) -> AsyncGenerator[str]:
    texts: list[str] = []
    segment = first
    async with aclosing(rest):
        while segment is not None:
            if segment.text:
                delta = f" {segment.text}" if texts else segment.text
                texts.append(segment.text)
                yield _event({"type": "transcript.text.delta", "delta": delta})
            segment = await anext(rest, None)
    yield _event({"type": "transcript.text.done", "text": " ".join(texts)})


def _event(event: dict[str, str]) -> str:
    return f"data: {json.dumps(event)}\n\n"


def _json(body: BaseModel) -> Response:
    return Response(body.model_dump_json(), media_type="application/json")


def _clock(seconds: float, mark: str) -> str:
    whole, ms = divmod(round(seconds * 1_000), 1_000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{mark}{ms:03}"
