"""The workers, one a core at most, and who gets a place in which.

What is let in must last, so two things count: what all that was let in was weighed, as most of them may be
silent at present, and how hard those that do speak are pressed, as no weight knows of hyperthreads, caches
and other programs.
"""

from __future__ import annotations

import asyncio
import os

from voxhumana.config import Settings
from voxhumana.server.convert_events import Knobs
from voxhumana.server.pool.weight import kind
from voxhumana.server.pool.worker import Job, Worker
from voxhumana.server.refusal import Refusal
from voxhumana.server.seats import RETRY_S

FULL = 0.75
"""Of a core, what a worker's jobs may take together, as sockets and clients share the cores. Two workers of
five by `native` each, which took so much, fell behind on two cores after 12 s."""
CROWDED = 1.5
"""How much more a conversion takes in a crowd than alone, where it is weighed: two hyperthreads share a core.
Of 16 by `dsp` each took 1.3 times as much (measured); the rest is for bursts, as all may speak at once."""
WAY = 0.02
"""Of a core, what the sockets and pipes of one conversion take: 16 by `identity`, measured."""
UNKNOWN = 0.05
"""Of a core, what a conversion is thought to take, alone, before one of its kind was weighed."""


class Pool:
    """All workers; used on the event loop.

    Args:
        settings: For their engines.
        most: Workers; a core each by default.
    """

    def __init__(self, settings: Settings, most: int | None = None) -> None:
        self._workers = [Worker(settings) for _ in range(most or cores())]
        self._weights: dict[object, float] = {}

    def place(self, knobs: Knobs) -> Job:
        """A place for a conversion, in the worker that has least to do; rather a fresh one than a busy one.

        Raises:
            Refusal: None has room.
        """
        worker = min(self._workers, key=lambda each: (_taken(each), not each.running))
        weight = self._weight(knobs)
        if worker.load and _taken(worker) + weight > FULL:
            raise full()
        return worker.job(weight)

    def check(self, job: Job, knobs: Knobs) -> None:
        """See whether a job may become what `knobs` say, where it is; raises as `place`."""
        others = job.worker.load - job.weight
        if others and others + self._weight(knobs) > FULL:
            raise full()

    def learn(self, knobs: Knobs, job: Job) -> None:
        """Remember what such a conversion takes of a core."""
        self._weights[kind(knobs)] = job.weighed
        job.weight = self._weight(knobs)

    async def close(self) -> None:
        """End them all."""
        await asyncio.gather(*(worker.close() for worker in self._workers))

    def _weight(self, knobs: Knobs) -> float:
        return WAY + CROWDED * self._weights.get(kind(knobs), UNKNOWN)


def _taken(worker: Worker) -> float:
    """Of a worker's core, what is taken: what its jobs were weighed, or more if they are pressed harder."""
    return max(worker.load, worker.strain) if worker.load else 0.0


def full() -> Refusal:
    """The answer where no worker has room."""
    return Refusal(
        503,
        "The processor is busy with other conversions; try again later, or choose a lighter voice.",
        code="busy",
        retry_after_s=RETRY_S,
    )


def cores() -> int:
    """Cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
