"""The server's end of a worker: its process, and a `Job` for each conversion that it owns.

All of this runs on the event loop. What the worker says is read by one task; what it is told waits in the
pipe's buffer, of which no more than `UNREAD` may be sound: it is dropped and counted beyond.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from typing import Any

from voxhumana.config import Settings
from voxhumana.process.spawn import ONE_THREAD
from voxhumana.server.convert_events import Knobs
from voxhumana.server.pool.frames import Frame, Frames, Kind
from voxhumana.server.refusal import Refusal

READ = 1 << 16
"""Bytes at a time: what a pipe holds."""
UNREAD = 1 << 20
"""Bytes that a worker may leave unread: 10 s of PCM16 at 48 kHz."""
DEAD = "The process that converted this sound died; begin again."


class Worker:
    """A process that is started by its first job, and anew should it have died.

    Args:
        settings: For its engines.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._jobs: dict[int, Job] = {}
        self._numbers = itertools.count(1)
        self.strain = 0.0
        """How hard pressed it was lately, as it said (`strain.Strain`)."""

    @property
    def running(self) -> bool:
        """Whether there is a process."""
        return self._process is not None

    @property
    def load(self) -> float:
        """Of a core, what its jobs are thought to take together."""
        return sum(job.weight for job in self._jobs.values())

    def job(self, weight: float) -> Job:
        """A place for a conversion; to be opened, and stopped whatever happens."""
        number = next(self._numbers)
        self._jobs[number] = Job(self, number, weight)
        return self._jobs[number]

    def send(self, frame: Frame) -> bool:
        """Tell it; False if it is gone, the job is over, or the frame is sound and it does not listen."""
        if self._process is None or (frame.job not in self._jobs and frame.kind is not Kind.SETTINGS):
            return False
        pipe = self._process.stdin
        assert pipe
        if frame.kind is Kind.SOUND and pipe.transport.get_write_buffer_size() > UNREAD:
            return False
        pipe.write(frame.bytes())
        return True

    async def ready(self) -> None:
        """Start the process, unless it runs."""
        async with self._starting:
            if self._process is None:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    "voxhumana.server.pool",
                    stdin=PIPE,
                    stdout=PIPE,
                    env=os.environ | ONE_THREAD,
                    start_new_session=True,  # Ctrl-C is for the server
                )
                self.send(Frame.of(0, Kind.SETTINGS, self._settings.model_dump(mode="json")))
                self._reader = asyncio.create_task(self._read(self._process))

    def leave(self, number: int) -> None:
        """A job is over."""
        self.send(Frame(number, Kind.STOP))
        if job := self._jobs.pop(number, None):
            job.forget(Refusal(410, "This conversion is over."))

    async def close(self) -> None:
        """End the process: it has nothing to lose."""
        process, self._process = self._process, None
        if process:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        if self._reader:
            await self._reader

    async def _read(self, process: Process) -> None:
        frames = Frames()
        assert process.stdout
        while data := await process.stdout.read(READ):
            for frame in frames.push(data):
                if frame.kind is Kind.STRAIN:
                    self.strain = frame.read()
                elif job := self._jobs.get(frame.job):
                    job.take(frame)
        if process is self._process:
            self._process = None
            self.strain = 0.0
        for job in self._jobs.values():
            job.fail(Refusal(500, DEAD, code="worker_died"))


class Job:
    """A conversion that runs in a worker; see `conversion.Conversion` for what it does.

    Args:
        worker: Where.
        number: Its name there.
        weight: What it is thought to take of a core, until it is weighed.
    """

    def __init__(self, worker: Worker, number: int, weight: float) -> None:
        self.weight = weight
        self.weighed = 0.0
        """Of a core, what its stages take."""
        self.session: dict[str, Any] = {}
        """As it was described last."""
        self.dropped = 0
        """Bytes of sound that the worker could not take."""
        self.worker = worker
        self._number = number
        self._calls = dict[int, asyncio.Future[dict[str, Any]]]()
        self._numbers = itertools.count()
        self._give: Callable[[bytes], None] = lambda _: None
        self._switched: Callable[[], None] = lambda: None
        self._failed: Callable[[Exception], None] = lambda _: None

    async def open(
        self,
        knobs: Knobs,
        give: Callable[[bytes], None],
        switched: Callable[[], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Begin to convert.

        Args:
            knobs: Where they stand at first.
            give: Takes what comes out, PCM16.
            switched: Told when another voice has taken over.
            failed: Told what ended the conversion that should not have.

        Raises:
            Refusal: A voice or an engine cannot be had.
        """
        self._give, self._switched, self._failed = give, switched, failed
        await self.worker.ready()
        self._learn(await self._call("open", knobs))

    async def turn(self, knobs: Knobs) -> bool:
        """Turn the knobs; False if that needs another job. Raises as `open`, and nothing was turned."""
        answer = await self._call("turn", knobs)
        if answer["turned"]:
            self._learn(answer)
        return bool(answer["turned"])

    async def meters(self) -> dict[str, Any]:
        """The numbers of this moment: `channel.Meters`."""
        return await self._call("meters")

    async def finish(self) -> None:
        """Have what waits converted and what is held back given, and end."""
        await self._call("finish")
        self.stop()

    def heir(self) -> Job:
        """A place beside this one, for what shall follow it."""
        heir = self.worker.job(self.weight)
        self.weight = 0
        return heir

    def push(self, sound: bytes) -> None:
        """Add PCM16 of whole samples."""
        if not self.worker.send(Frame(self._number, Kind.SOUND, sound)):
            self.dropped += len(sound)

    def clear(self) -> None:
        """Forget what waits."""
        self.worker.send(Frame(self._number, Kind.CLEAR))

    def stop(self) -> None:
        """End at the next block, and free the place; does not wait."""
        self.worker.leave(self._number)

    def take(self, frame: Frame) -> None:
        """Hear what the worker says."""
        match frame.kind:
            case Kind.SOUND:
                self._give(frame.body)
            case Kind.ANSWER:
                answer = frame.read()
                self._settle(answer.pop("call"), answer)
            case Kind.FAULT:
                told = frame.read()
                self._settle(told.pop("call"), Refusal(**told))
            case Kind.SWITCHED:
                self.session = frame.read()
                self._switched()
            case Kind.FAILED:
                self._failed(Refusal(**frame.read()))

    def fail(self, why: Refusal) -> None:
        """The worker is gone."""
        self.forget(why)
        self._failed(why)

    def forget(self, why: Refusal) -> None:
        """No call will be answered any more."""
        for number in list(self._calls):
            self._settle(number, why)

    def _learn(self, answer: dict[str, Any]) -> None:
        self.session, self.weighed = answer["session"], answer["weight"]

    async def _call(self, word: str, knobs: Knobs | None = None) -> dict[str, Any]:
        number = next(self._numbers)
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._calls[number] = future
        asked = {"call": number, "word": word, "knobs": knobs.model_dump() if knobs else None}
        if not self.worker.send(Frame.of(self._number, Kind.CALL, asked)):
            self._settle(number, Refusal(500, DEAD, code="worker_died"))
        try:
            return await future
        finally:
            self._calls.pop(number, None)

    def _settle(self, number: int, answer: dict[str, Any] | Refusal) -> None:
        """Wake whoever waits for a call, if he still does."""
        future = self._calls.pop(number, None)
        if future is None or future.done():
            return
        if isinstance(answer, Refusal):
            future.set_exception(answer)
        else:
            future.set_result(answer)
