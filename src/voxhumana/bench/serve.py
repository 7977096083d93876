"""How many sessions a server carries: conversions that speak or are silent, conversations.

The server is a process of its own, `vox serve`, and this one its clients, in real time and on the same cores.
The delay is taken from the wire: from the moment a frame was sent to the moment the sample that belongs to it
was received, which comes `latency` samples later. Each session says something else, and each is silent for a
second in turn: what it then hears is the others'.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import psutil
import soxr
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from voxhumana.audio.file import SoundReader
from voxhumana.bench.crowd import BUSY, by_minute, growth_mb
from voxhumana.bench.talkers import Talker, figures, questions
from voxhumana.engine import Block
from voxhumana.errors import UsageError, VoxError
from voxhumana.library.shelf import SAMPLE

RATE_HZ = 24_000
FRAME = RATE_HZ // 50
"""20 ms: what browsers and VoIP send."""
START_S = 60.0
"""The server has so long to answer."""
HUSH_S = (0.4, 0.8)
"""Of its silent second, when a session is listened to: before, what it said dies away, and after, filters of
linear phase announce what it will say."""
APART_S = 0.7
"""Each session is so much further in the same speech than the one before it."""
LOOK_S = 1.0
"""Between two looks at the memory."""


@dataclass
class Peer:
    """A client, and what it saw."""

    number: int
    of: int
    latency: int = 0
    """Samples, as the server declared it."""
    sent_s: list[float] = field(default_factory=list)
    """When each frame was sent."""
    delays_ms: list[float] = field(default_factory=list)
    received: int = 0
    foreign: float = 0.0
    """Peak of what came while only the others spoke."""
    own: float = 0.0
    """Peak of all."""

    def says(self, speech: Block, duration_s: float) -> Block:
        """What it sends, float32 [T]: the speech from a place of its own on, and its silent seconds."""
        samples = round(duration_s * RATE_HZ)
        sound = np.resize(np.roll(speech, -round(self.number * APART_S * RATE_HZ)), samples)
        return np.where(np.arange(samples) // RATE_HZ % self.of == self.number, np.float32(0), sound)

    def hear(self, data: bytes) -> None:
        """Take sound that came back."""
        sound = np.frombuffer(data, "<i2")
        peak = float(np.abs(sound.astype(np.float32)).max()) / 32_768
        second, part = divmod((self.received - self.latency) / RATE_HZ, 1)
        self.received += len(sound)
        self.own = max(self.own, peak)
        if second >= 0 and second % self.of == self.number and HUSH_S[0] < part < HUSH_S[1]:
            self.foreign = max(self.foreign, peak)
        frame = (self.received - 1 - self.latency) // FRAME
        if 0 <= frame < len(self.sent_s):
            self.delays_ms.append((time.perf_counter() - self.sent_s[frame]) * 1e3)


def measure(converts: int, talks: int, duration_s: float, query: str) -> dict[str, Any]:
    """Run so many sessions for so long.

    Args:
        converts: Live conversions, or as many as are let in.
        talks: Conversations, which ask and listen in turn; or as many as are let in.
        duration_s: Of sound.
        query: What follows `/v1/convert?`.

    Raises:
        VoxError: The server does not start.
    """
    with serving() as (port, process):
        return asyncio.run(_run(port, process, converts, talks, duration_s, query))


@contextmanager
def serving() -> Iterator[tuple[int, psutil.Process]]:
    """A server of its own on a free port."""
    command = [sys.executable, "-m", "voxhumana.cli", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as child:
        try:
            assert child.stdout is not None
            line = next((line for line in child.stdout if "http://" in line), None)
            if line is None:
                raise VoxError("The server did not start; `vox serve` says why.")
            yield int(line.split(";")[0].rpartition(":")[2]), psutil.Process(child.pid)
        finally:
            child.terminate()


async def _run(
    port: int, process: psutil.Process, converts: int, talks: int, duration_s: float, query: str
) -> dict[str, Any]:
    here = f"ws://127.0.0.1:{port}/v1"
    speech = await asyncio.to_thread(_speech)
    async with AsyncExitStack() as stack:

        async def open_(path: str) -> ClientConnection:
            return await stack.enter_async_context(connect(f"{here}/{path}", open_timeout=START_S))

        peers: list[tuple[Peer, ClientConnection]] = []
        with contextlib.suppress(InvalidStatus):  # there is no room for more
            for number in range(converts):
                socket = await open_(f"convert?{query}")
                created = json.loads(await socket.recv())
                if _is_busy(created):
                    break
                if "session" not in created:
                    why = created.get("error", {}).get("message", "it says nothing of why")
                    raise UsageError(f"The server refuses '{query}': {why}")
                peers.append((Peer(number, converts, created["session"]["latency"]), socket))
        talkers: list[tuple[Talker, ClientConnection, Block]] = []
        with contextlib.suppress(InvalidStatus):
            for topic, question in await asyncio.to_thread(questions, talks):
                talkers.append((Talker(topic), await open_("realtime"), question))
        more = {"convert": f"convert?{query}"} if converts else {}
        more |= {"realtime": "realtime"} if talks else {}
        refusals = {kind: await _refused(f"{here}/{path}") for kind, path in more.items()}
        sizes_mb: list[float] = []
        memory = asyncio.create_task(_memory(process, sizes_mb))
        here_s, spent_s, began_s = time.process_time(), _processor_s(process), time.perf_counter()
        await asyncio.gather(
            *(_convert(peer, socket, speech, duration_s) for peer, socket in peers),
            *(talker.converse(socket, question, duration_s) for talker, socket, question in talkers),
        )
        spent_s, lasted_s = _processor_s(process) - spent_s, time.perf_counter() - began_s
        here_s = time.process_time() - here_s
        memory.cancel()
    conversed = figures([talker for talker, *_ in talkers])
    return (
        _figures([peer for peer, _ in peers], sizes_mb)
        | conversed
        | {
            "converts": len(peers),
            "talks": len(talkers),
            "asked_converts": converts,
            "asked_talks": talks,
            "duration_s": lasted_s,
            "query": query,
            "cpu_percent": 1e2 * spent_s / lasted_s,
            "clients_cpu_percent": 1e2 * here_s / lasted_s,
            "refused_beyond": refusals,
        }
    )


async def _convert(peer: Peer, socket: ClientConnection, speech: Block, duration_s: float) -> None:
    frames = round(duration_s * RATE_HZ / FRAME)
    data = (peer.says(speech, duration_s) * 32_767).astype("<i2").tobytes()
    hearing = asyncio.create_task(_hear(peer, socket))
    began_s = time.perf_counter()
    for number in range(frames):
        await asyncio.sleep(began_s + number * FRAME / RATE_HZ - time.perf_counter())
        peer.sent_s.append(time.perf_counter())
        await socket.send(data[2 * FRAME * number : 2 * FRAME * (number + 1)])
    await asyncio.sleep(1)
    hearing.cancel()


async def _hear(peer: Peer, socket: ClientConnection) -> None:
    async for message in socket:
        if isinstance(message, bytes):
            peer.hear(message)


async def _memory(process: psutil.Process, sizes_mb: list[float]) -> None:
    """Note the size of the server and its workers, until cancelled."""
    while True:
        sizes_mb.append(sum(each.memory_info().rss for each in _family(process)) / 1e6)
        await asyncio.sleep(LOOK_S)


def _processor_s(process: psutil.Process) -> float:
    return sum(sum(each.cpu_times()[:2]) for each in _family(process))


def _family(process: psutil.Process) -> list[psutil.Process]:
    """The server and its workers."""
    return [process, *process.children()]


async def _refused(url: str) -> int | None:
    """The status with which one session too many is refused; None where there was room."""
    try:
        async with connect(url) as socket:
            return BUSY if _is_busy(json.loads(await socket.recv())) else None
    except InvalidStatus as refused:
        return refused.response.status_code


def _is_busy(event: Mapping[str, Mapping[str, object]]) -> bool:
    """Whether a session was let in and then found too heavy."""
    return "error" in event and event["error"]["code"] == "busy"


def _figures(peers: list[Peer], sizes_mb: list[float]) -> dict[str, Any]:
    figures: dict[str, Any] = {
        "memory_mb": sizes_mb[-1] if sizes_mb else None,
        "memory_growth_mb": growth_mb(sizes_mb),
        "memory_mb_by_minute": by_minute(sizes_mb, LOOK_S),
        "own_peak": min((peer.own for peer in peers), default=None),
        "foreign_peak": max((peer.foreign for peer in peers), default=None),
        "lost_ms": max((1e3 * (len(p.sent_s) * FRAME - p.received) / RATE_HZ for p in peers), default=None),
    }
    if heard := [peer.delays_ms for peer in peers if peer.delays_ms]:
        delays = np.concatenate(heard)
        p50, p99 = np.percentile(delays, [50, 99]).tolist()
        figures |= {
            "declared_ms": peers[0].latency / RATE_HZ * 1e3,
            "delay_p50_ms": p50,
            "delay_p99_ms": p99,
            "delay_max_ms": float(delays.max()),
        }
    return figures


def _speech() -> Block:
    with SoundReader(SAMPLE) as reader:
        sound = reader.read(reader.rate_hz * 10)
        out: Block = soxr.resample(sound, reader.rate_hz, RATE_HZ).astype(np.float32)
        return out
