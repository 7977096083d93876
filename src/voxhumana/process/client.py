"""How a face speaks with the audio process."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from voxhumana import channel
from voxhumana.channel import Command, Report, Start, Stop
from voxhumana.config import Settings
from voxhumana.process.spawn import spawn

PATIENCE_S = 5.0
"""How long a process that was told to stop may play out what is queued and give its devices back."""


class AudioProcess:
    """The face's end of the channel.

    Args:
        process: Fresh from `spawn`.
        settings: What to open, and the voice that speaks first.
    """

    def __init__(self, process: subprocess.Popen[bytes], settings: Settings) -> None:
        self._process = process
        self._closing = False
        self.send(Start(settings=settings))

    @property
    def pid(self) -> int:
        """Of the process, to look at what it takes."""
        return self._process.pid

    def send(self, command: Command) -> None:
        """Give a command; from any thread; ignored when the process has ended, which `reports` tells."""
        assert self._process.stdin
        with contextlib.suppress(BrokenPipeError, ValueError):
            self._process.stdin.write(command.line())
            self._process.stdin.flush()

    def reports(self) -> Iterator[Report]:
        """Yield what it says, as it says it, until it has ended or `close` is called, on whatever thread.

        A process that died without a word has Failed.
        """
        assert self._process.stdout
        last: Report | None = None
        with contextlib.suppress(ValueError):  # the pipe was closed
            for line in self._process.stdout:
                last = channel.parse_report(line)
                yield last
        if not (self._closing or isinstance(last, channel.Stopped)):
            ended = self._process.wait()
            text = f"The audio process died (exit {ended}); run with --debug to see why."
            yield channel.Failed(text=text, exit_code=1)

    def close(self) -> None:
        """Have it stop, and wait until it has given its devices back."""
        self._closing = True
        self.send(Stop())
        assert self._process.stdout
        patience = threading.Timer(PATIENCE_S, self._process.kill)
        patience.start()
        for _ in self._process.stdout:  # it would wait for somebody to listen
            pass
        patience.cancel()


@contextmanager
def audio_process(settings: Settings) -> Iterator[AudioProcess]:
    """A path that runs as long as the `with` block."""
    with spawn() as process, contextlib.closing(AudioProcess(process, settings)) as audio:
        yield audio
