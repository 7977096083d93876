"""Clients of `/v1/realtime` that each converse about something else, in real time, on real engines."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from voxhumana.audio.resample import Resample
from voxhumana.engine import Block
from voxhumana.registry import load_speaker

RATE_HZ = 24_000
FRAME = RATE_HZ // 50
"""20 ms: what browsers and VoIP send."""
QUIET_S = 1.0
"""Between an answer's end and the next question."""
PATIENCE_S = 30.0
"""For an answer to end; then the next question is asked all the same."""
BRIEF = "Answer in at most six words."
TOPICS = ("cats", "bread", "rivers", "trains", "gardens", "winter", "music", "horses")
"""A question each; the transcript must name it, and no other."""


@dataclass
class Talker:
    """A client, and what it saw."""

    topic: str
    asked: int = 0
    delays_ms: list[float] = field(default_factory=list)
    """From the last sample of a question to the first of its answer."""
    heard: list[str] = field(default_factory=list)
    """What the server understood."""
    errors: list[str] = field(default_factory=list)

    @property
    def foreign(self) -> int:
        """Transcripts that name another talker's topic."""
        others = [topic for topic in TOPICS if topic != self.topic]
        return sum(any(topic in text.lower() for topic in others) for text in self.heard)

    @property
    def own(self) -> int:
        """Transcripts that name its own."""
        return sum(self.topic in text.lower() for text in self.heard)

    async def converse(self, socket: ClientConnection, question: Block, duration_s: float) -> None:
        """Ask, listen to the whole answer, and ask again, for so long."""
        spoke = asyncio.Event()
        ended_s: list[float] = []
        hearing = asyncio.create_task(self._hear(socket, spoke, ended_s))
        update = {"type": "session.update", "session": {"type": "realtime", "instructions": BRIEF}}
        await socket.send(json.dumps(update))
        try:
            await self._ask(socket, question, duration_s, spoke, ended_s)
        except ConnectionClosed as gone:
            self.errors.append(f"the session died: {gone}")
        finally:
            hearing.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionClosed):
                await hearing

    async def _ask(
        self,
        socket: ClientConnection,
        question: Block,
        duration_s: float,
        spoke: asyncio.Event,
        ended_s: list[float],
    ) -> None:
        began_s, sent = time.perf_counter(), 0
        while time.perf_counter() - began_s < duration_s:
            spoke.clear()
            ended_s.clear()
            self.asked += 1
            for at in range(0, len(question) - FRAME + 1, FRAME):
                sent = await _append(socket, question[at : at + FRAME], began_s, sent)
            ended_s.append(time.perf_counter())
            waited_s = time.perf_counter()
            while not spoke.is_set() and time.perf_counter() - waited_s < PATIENCE_S:
                sent = await _append(socket, np.zeros(FRAME, np.float32), began_s, sent)
            for _ in range(round(QUIET_S * RATE_HZ / FRAME)):
                sent = await _append(socket, np.zeros(FRAME, np.float32), began_s, sent)

    async def _hear(self, socket: ClientConnection, spoke: asyncio.Event, ended_s: list[float]) -> None:
        async for message in socket:
            event = json.loads(message)
            match event["type"]:
                case "response.output_audio.delta" if ended_s:
                    self.delays_ms.append((time.perf_counter() - ended_s.pop()) * 1e3)
                case "conversation.item.input_audio_transcription.completed":
                    self.heard.append(event["transcript"])
                case "response.done" if event["response"]["status"] != "cancelled":
                    spoke.set()
                case "error":
                    self.errors.append(event["error"]["message"])


def questions(count: int) -> list[tuple[str, Block]]:
    """A topic and a spoken question each, float32 [T] at `RATE_HZ`.

    Raises:
        VoxError: The embedded speech engine cannot be had.
    """
    speaker = load_speaker("hibari")
    asked = []
    for number in range(count):
        topic = TOPICS[number % len(TOPICS)]
        spoken = np.concatenate([*speaker.open(None).push(f"Can you tell me something about {topic}?")])
        asked.append((topic, np.concatenate([*Resample(speaker.rate_hz, RATE_HZ).open().push(spoken)])))
    return asked


def figures(talkers: list[Talker]) -> dict[str, Any]:
    """What they saw together."""
    if not talkers:
        return {}
    delays = np.concatenate([talker.delays_ms for talker in talkers] + [[]])
    p50, p95 = np.percentile(delays, [50, 95]).tolist() if len(delays) else (None, None)
    return {
        "talk_questions": sum(talker.asked for talker in talkers),
        "talk_answers": len(delays),
        "talk_answer_p50_ms": p50,
        "talk_answer_p95_ms": p95,
        "talk_understood": sum(talker.own for talker in talkers),
        "talk_foreign": sum(talker.foreign for talker in talkers),
        "talk_errors": [error for talker in talkers for error in talker.errors][:5],
    }


async def _append(socket: ClientConnection, sound: Block, began_s: float, sent: int) -> int:
    """Send a frame when it is due; return the samples sent by now."""
    await asyncio.sleep(began_s + sent / RATE_HZ - time.perf_counter())
    data = base64.b64encode((sound * 32_767).astype("<i2").tobytes()).decode()
    await socket.send(json.dumps({"type": "input_audio_buffer.append", "audio": data}))
    return sent + len(sound)
