"""A worker: owns conversions on the server's behalf.

main       reads frames: sound goes to its conversion, calls to the job's own thread, as they take their time
jobs       one thread each for its calls, which come one after the other
mills      one thread an engine, on which its conversions take turns; what they convert is written by it
strain     tells how hard pressed they are
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BufferedReader
from typing import Any

from voxhumana import build
from voxhumana.config import Settings
from voxhumana.engine import Block
from voxhumana.process.pipes import pipes
from voxhumana.process.realtime import hurry
from voxhumana.server import journal
from voxhumana.server.convert_events import Knobs
from voxhumana.server.engines import Engines
from voxhumana.server.journal import LOG
from voxhumana.server.pcm import PCM16
from voxhumana.server.pool.conversion import Conversion
from voxhumana.server.pool.frames import Frame, Frames, Kind
from voxhumana.server.pool.mill import Mills
from voxhumana.server.pool.strain import LOOK_S, Strain
from voxhumana.server.pool.weight import Scales
from voxhumana.server.refusal import as_refusal

READ = 1 << 16
"""Bytes at a time: what a pipe holds."""


def main() -> None:
    """Serve one server on standard input and output, until it is gone."""
    commands, reports = pipes()
    journal.begin()
    hurry(None)
    lock = threading.Lock()

    def write(frame: Frame) -> None:
        with lock:
            reports.write(frame.bytes())

    serve(commands, write)


def serve(commands: BufferedReader, write: Callable[[Frame], object]) -> None:
    """Do what comes in on `commands`; `write` is called on many threads."""
    frames, jobs, mills = Frames(), dict[int, Job](), Mills()
    engines: Engines | None = None
    threading.Thread(target=_tell_strain, args=(jobs, write), name="strain", daemon=True).start()
    while data := commands.read1(READ):
        for frame in frames.push(data):
            if frame.kind is Kind.SETTINGS:
                settings = Settings.model_validate(frame.read())
                build.provide(settings, LOG.warning)
                engines = Engines(settings)
                scales = Scales(engines)
                continue
            assert engines, "the grammar of the frames"
            if frame.job not in jobs:
                jobs[frame.job] = Job(frame.job, engines, scales, mills, write)
            jobs[frame.job].take(frame)
            if frame.kind is Kind.STOP:
                del jobs[frame.job]


def _tell_strain(jobs: dict[int, Job], write: Callable[[Frame], object]) -> None:
    strain = Strain(time.perf_counter())
    while True:
        time.sleep(LOOK_S)
        spent = {number: job.spent for number, job in list(jobs.items())}
        write(Frame.of(0, Kind.STRAIN, strain.look(time.perf_counter(), spent)))


class Job:
    """One conversion, from `open` to STOP.

    Args:
        number: Its name.
        engines: To be had from.
        scales: Say what it weighs.
        mills: Give it turns.
        write: Takes frames, on any thread.
    """

    def __init__(
        self, number: int, engines: Engines, scales: Scales, mills: Mills, write: Callable[[Frame], object]
    ) -> None:
        self._number, self._engines, self._scales, self._mills = number, engines, scales, mills
        self._write = write
        self._calls = ThreadPoolExecutor(1, "calls")
        self._conversion: Conversion | None = None

    @property
    def spent(self) -> tuple[float, float]:
        """Seconds at work so far, and seconds of sound."""
        return self._conversion.spent if self._conversion else (0.0, 0.0)

    def take(self, frame: Frame) -> None:
        """Obey a frame; does not wait."""
        conversion = self._conversion
        match frame.kind:
            case Kind.SOUND if conversion:
                conversion.hear(PCM16.decode(frame.body))
            case Kind.CLEAR if conversion:
                conversion.inlet.clear()
            case Kind.CALL:
                self._calls.submit(self._answer, frame)
            case Kind.STOP:
                self._calls.submit(self._stop)
                self._calls.shutdown(wait=False)

    def _answer(self, frame: Frame) -> None:
        asked = frame.read()
        try:
            told = Frame.of(self._number, Kind.ANSWER, {"call": asked["call"], **self._do(**asked)})
        except Exception as error:  # noqa: BLE001  # whatever fails, the server is told and the worker goes on
            told = Frame.of(self._number, Kind.FAULT, {"call": asked["call"], **fault(error)})
        self._write(told)

    def _do(self, call: int, word: str, knobs: dict[str, Any] | None = None) -> dict[str, Any]:  # noqa: ARG002
        wanted, turned = Knobs.model_validate(knobs or {}), True
        if word == "open":
            self._conversion = Conversion(
                self._engines, wanted, self._give, self._switched, self._failed, self._mills.wants
            )
        conversion = self._conversion
        assert conversion, "the first call of a job is open"
        if word == "meters":
            return conversion.meters().model_dump()
        if word == "finish":
            conversion.finish()
            return {}
        if word == "turn":
            turned = conversion.turn(wanted)
        return {"session": conversion.describe(), "weight": self._scales.weigh(wanted), "turned": turned}

    def _give(self, block: Block) -> None:
        self._write(Frame(self._number, Kind.SOUND, PCM16.encode(block)))

    def _switched(self) -> None:
        assert self._conversion
        self._write(Frame.of(self._number, Kind.SWITCHED, self._conversion.describe()))

    def _failed(self, error: Exception) -> None:
        self._write(Frame.of(self._number, Kind.FAILED, fault(error)))

    def _stop(self) -> None:
        if self._conversion:
            self._conversion.stop()


def fault(error: Exception) -> dict[str, Any]:
    """What went wrong, as `refusal.Refusal` takes it."""
    refusal = as_refusal(error)
    told = refusal.fault
    return {"status": refusal.status, "message": told.message, "param": told.param, "code": told.code}


if __name__ == "__main__":
    main()
