"""How many sessions a server carries: conversions that speak or are silent, conversations that listen.

The server is a process of its own, `vox serve`, and this one its clients, in real time. A speaking session's
delay is taken from the wire: from the moment a frame was sent to the moment the sample that belongs to it was
received, which comes `latency` samples later. A silent session must hear nothing of the others.
"""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import psutil
import soxr
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from voxhumana.audio.file import SoundReader
from voxhumana.engine import Block
from voxhumana.errors import VoxError
from voxhumana.library.shelf import SAMPLE

RATE_HZ = 24_000
FRAME = RATE_HZ // 50
"""20 ms: what browsers and VoIP send."""
START_S = 60.0
"""The server has so long to answer."""
SETTLED = 0.3
"""Memory is compared from this part of the run on: before, engines are loaded and caches fill."""


@dataclass
class Peer:
    """A client, and what it saw."""

    speaks: bool
    latency: int = 0
    """Samples, as the server declared it."""
    sent_s: list[float] = field(default_factory=list)
    """When each frame was sent."""
    delays_ms: list[float] = field(default_factory=list)
    received: int = 0
    peak: float = 0.0

    def hear(self, data: bytes) -> None:
        """Take sound that came back."""
        sound = np.frombuffer(data, "<i2")
        self.received += len(sound)
        self.peak = max(self.peak, float(np.abs(sound.astype(np.float32)).max()) / 32_768)
        frame = (self.received - 1 - self.latency) // FRAME
        if 0 <= frame < len(self.sent_s):
            self.delays_ms.append((time.perf_counter() - self.sent_s[frame]) * 1e3)


def measure(converts: int, talks: int, duration_s: float, query: str) -> dict[str, Any]:
    """Run so many sessions for so long.

    Args:
        converts: Live conversions; every second one speaks.
        talks: Conversations, which listen to silence.
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
            line = child.stdout.readline()
            if "http://" not in line:
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

        peers = [(Peer(number % 2 == 0), await open_(f"convert?{query}")) for number in range(converts)]
        listeners = [await open_("realtime") for _ in range(talks)]
        kinds = [kind for kind, count in (("convert", converts), ("realtime", talks)) if count]
        refusals = {kind: await _refused(f"{here}/{kind}") for kind in kinds}
        memory = asyncio.create_task(_memory(process, duration_s))
        process.cpu_percent()
        await asyncio.gather(
            *(_convert(peer, socket, speech, duration_s) for peer, socket in peers),
            *(_listen(socket, duration_s) for socket in listeners),
        )
        cpu = process.cpu_percent()
        sizes_mb = await memory
    return _figures([peer for peer, _ in peers], sizes_mb) | {
        "converts": converts,
        "talks": talks,
        "duration_s": duration_s,
        "query": query,
        "cpu_percent": cpu,
        "refused_beyond": refusals,
    }


async def _convert(peer: Peer, socket: ClientConnection, speech: Block, duration_s: float) -> None:
    created = json.loads(await socket.recv())
    peer.latency = created["session"]["latency"]
    frames = round(duration_s * RATE_HZ / FRAME)
    sound = np.resize(speech, frames * FRAME) if peer.speaks else np.zeros(frames * FRAME, np.float32)
    data = (sound * 32_767).astype("<i2").tobytes()
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


async def _listen(socket: ClientConnection, duration_s: float) -> None:
    silence = base64.b64encode(bytes(2 * FRAME)).decode()
    message = json.dumps({"type": "input_audio_buffer.append", "audio": silence})
    began_s = time.perf_counter()
    for number in range(round(duration_s * RATE_HZ / FRAME)):
        await asyncio.sleep(began_s + number * FRAME / RATE_HZ - time.perf_counter())
        await socket.send(message)


async def _memory(process: psutil.Process, duration_s: float) -> list[float]:
    sizes_mb = []
    end_s = time.perf_counter() + duration_s
    while time.perf_counter() < end_s:  # a clock is what is waited for
        await asyncio.sleep(min(1.0, duration_s / 10))
        sizes_mb.append(process.memory_info().rss / 1e6)
    return sizes_mb


async def _refused(url: str) -> int | None:
    """The status with which one session too many is refused; None where there was room."""
    try:
        async with connect(url):
            return None
    except InvalidStatus as refused:
        return refused.response.status_code


def _figures(peers: list[Peer], sizes_mb: list[float]) -> dict[str, Any]:
    speaking = [peer for peer in peers if peer.speaks and peer.delays_ms]
    settled = sizes_mb[int(len(sizes_mb) * SETTLED) :]
    figures: dict[str, Any] = {
        "memory_mb": settled[-1] if settled else None,
        "memory_growth_mb": settled[-1] - settled[0] if settled else None,
        "silent_peak": max((peer.peak for peer in peers if not peer.speaks), default=None),
        "lost_ms": max((1e3 * (len(p.sent_s) * FRAME - p.received) / RATE_HZ for p in peers), default=None),
    }
    if speaking:
        delays = np.concatenate([peer.delays_ms for peer in speaking])
        p50, p99 = np.percentile(delays, [50, 99]).tolist()
        declared_ms = speaking[0].latency / RATE_HZ * 1e3
        figures |= {
            "declared_ms": declared_ms,
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
