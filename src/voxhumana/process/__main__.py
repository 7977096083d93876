"""What runs in the audio process: the path on its own thread, commands in, reports out.

commands   carries out what the face says
audio      the path, `Live.run`
main       reports: the only thread that writes, so that a face that does not read never makes the sound wait
"""

from __future__ import annotations

import gc
import threading
import traceback
from collections.abc import Iterator
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import BinaryIO

from voxhumana import channel
from voxhumana.channel import Failed, Report, Start, Stopped
from voxhumana.errors import VoxError
from voxhumana.process.pipes import pipes
from voxhumana.process.realtime import AIDES, AUDIO, collect_by_hand, hurry
from voxhumana.process.session import Session

REPORT_S = 1 / 60
"""Between two reports of the meters: a screen's frame."""

COLLECT_EVERY = 600
"""Reports between two collections of garbage by hand: ten seconds."""


def main() -> None:
    """Serve one face on standard input and output, until it says Stop or is gone."""
    commands, reports = pipes()
    for report in serve(commands):
        with suppress(BrokenPipeError):  # the face is gone, and `commands` has ended as well
            reports.write(report.line())


def serve(commands: BinaryIO) -> Iterator[Report]:
    """Run a path as `commands` want it; yields what there is to say, `Stopped` last."""
    priority = hurry(AIDES)
    said: SimpleQueue[Report] = SimpleQueue()
    measured = {}
    try:
        start = channel.parse_command(commands.readline())
        assert isinstance(start, Start), "the grammar of the channel"
        session = Session(start.settings, said.put)
    except VoxError as error:
        yield Failed(text=str(error), exit_code=error.exit_code)
    else:
        audio = threading.Thread(target=_speak, args=(session, said), name="audio")
        threading.Thread(target=_obey, args=(commands, session, said), name="commands", daemon=True).start()
        collect_by_hand()
        audio.start()
        yield session.started(priority)
        yield from _reports(session, audio, said)
        session.close()
        measured = session.report()
    yield Stopped(report=measured)


def _reports(session: Session, audio: threading.Thread, said: SimpleQueue[Report]) -> Iterator[Report]:
    count = 0
    while audio.is_alive():
        with suppress(Empty):
            while True:
                yield said.get_nowait()
        yield session.live.meters()
        count += 1
        if count % COLLECT_EVERY == 0:
            gc.collect(0)
        audio.join(REPORT_S)
    while not said.empty():
        yield said.get()


def _speak(session: Session, said: SimpleQueue[Report]) -> None:
    hurry(AUDIO)
    try:
        session.live.run()
    except VoxError as error:
        said.put(Failed(text=str(error), exit_code=error.exit_code))
    except Exception:  # noqa: BLE001  # a bug in an engine ends the path, and the face must learn of it
        traceback.print_exc()
        said.put(Failed(text="The audio path broke; run with --debug and report what it says.", exit_code=1))


def _obey(commands: BinaryIO, session: Session, said: SimpleQueue[Report]) -> None:
    for line in commands:
        try:
            session.obey(channel.parse_command(line))
        except VoxError as error:
            said.put(channel.Notice(text=str(error)))
    session.live.stop()


if __name__ == "__main__":
    main()
