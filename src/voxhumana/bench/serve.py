"""How many sessions a server carries: conversions that speak or are silent, conversations.

The server is a process of its own, `vox serve`, and this one its clients, in real time and on the same cores.
The delay is taken from the wire: from the moment a frame was sent to the moment the sample that belongs to it
was received, which comes `latency` samples later. Each session says something else (`peer`), and what it
hears is held against what each of them said (`apart`); each is silent for a second in turn, and should hear
nothing then.
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
from typing import Any

import numpy as np
import psutil
import soxr
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from voxhumana.audio.file import SoundReader
from voxhumana.bench.apart import Stretch, delays_ms, silences, stretches
from voxhumana.bench.crowd import BUSY, by_minute, growth_mb
from voxhumana.bench.peer import FRAME, RATE_HZ, Levels, Peer
from voxhumana.bench.talkers import Talker, figures, questions
from voxhumana.engine import Block
from voxhumana.errors import UsageError, VoxError
from voxhumana.library.shelf import SAMPLE

START_S = 60.0
"""The server has so long to answer."""
LOOK_S = 1.0
"""Between two looks at the memory."""


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
                peers.append((Peer(number, converts, speech, created["session"]["latency"]), socket))
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
            *(_convert(peer, socket, duration_s) for peer, socket in peers),
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


async def _convert(peer: Peer, socket: ClientConnection, duration_s: float) -> None:
    """Speak and listen. Clients do not speak in step: each begins a part of a frame after the one before."""
    hearing = asyncio.create_task(_hear(peer, socket))
    began_s = time.perf_counter() + peer.number / peer.of * FRAME / RATE_HZ
    for number, frame in enumerate(peer.frames(duration_s)):
        await asyncio.sleep(began_s + number * FRAME / RATE_HZ - time.perf_counter())
        peer.sent_s.append(time.perf_counter())
        await socket.send(frame)
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
        "lost_ms": [1e3 * peer.lost / RATE_HZ for peer in peers],
    }
    said = [peer.said() for peer in peers]
    heard = [peer.heard() for peer in peers]
    found = [stretches(peer, levels, said) for peer, levels in zip(peers, heard, strict=True)]
    return figures | _apart(peers, heard, found)


def _apart(peers: list[Peer], heard: list[Levels], found: list[list[Stretch]]) -> dict[str, Any]:
    """How each session's sound was its own, and how late."""
    judged = [stretch for each in found for stretch in each]
    if not judged:
        return {"stretches": 0}
    hushes = [peak for each in zip(peers, heard, found, strict=True) for peak in silences(*each)]
    delays = np.concatenate([delays_ms(peer, each) for peer, each in zip(peers, found, strict=True)])
    p50, p99 = np.percentile(delays, [50, 99]).tolist()
    return {
        "stretches": len(judged),
        "stretches_foreign": sum(stretch.other >= stretch.own for stretch in judged),
        "likeness_own": float(np.median([stretch.own for stretch in judged])),
        "likeness_other": float(np.median([stretch.other for stretch in judged])),
        "margin": min(stretch.own - stretch.other for stretch in judged),
        "silences": len(hushes),
        "foreign_peak": max(hushes, default=None),
        "own_peak": min(float(levels.max(initial=0.0)) for levels in heard),
        "declared_ms": peers[0].latency / RATE_HZ * 1e3,
        "delay_p50_ms": p50,
        "delay_p99_ms": p99,
        "delay_max_ms": float(delays.max()),
    }


def _speech() -> Block:
    with SoundReader(SAMPLE) as reader:
        sound = reader.read(reader.rate_hz * 10)
        out: Block = soxr.resample(sound, reader.rate_hz, RATE_HZ).astype(np.float32)
        return out
