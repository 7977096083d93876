"""`file:PATH` as microphone and as loudspeaker: a sound card with a block clock, for anyone with two WAVs.

Both ends stand on one `Timeline`. Sample 0 of the output file is the moment at which sample 0 of the input
file was heard, and silence is written where nothing was played, so the delay of whatever lies between is the
offset between the two files. With blocks of N samples:

    time      |0         |N         |2N        |3N        |4N        |5N
    heard     | block 0  | block 1  | block 2  | block 3  | block 4  |
    read                 ^ block 0  ^ block 1  ^ block 2  ^ block 3  ^ block 4
    played    | silence  | silence  | spare    | block 0  | block 1  | block 2

Block 0 is whole, and read, at N; what was made of it is written before 2N, behind spare silence that covers
for a late block. A block later than that leaves a gap of silence; what then piles up is cut, and the offset
is what it was. No thread runs here: what the card would have played since is worked out at each
call, from the clock.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from voxhumana.audio.device import DeviceInfo
from voxhumana.audio.file import SoundReader, SoundWriter
from voxhumana.engine import Block
from voxhumana.errors import UsageError

QUEUE_S = 0.1
"""Sound kept for a late reader, in seconds; older is dropped. Machines stall for tens of milliseconds."""

SPARE_S = 0.005
"""Least of silence ahead of the first block, in seconds. At real-time priority on a busy two-core virtual
machine 1 in 620 wake-ups came 5 ms late; twice as much spare would save a third of those."""

SETTLE_S = 0.25
"""What lay in the output queue for this long, in seconds, is surplus; longer than any engine's hop."""

FADE_S = 0.005
"""Cross-fade over a cut, in seconds."""


CLOCK = "wall"
"""The clock of every file device."""


class Timeline:
    """The clock of a session's file devices, in seconds since sample 0 was heard.

    Args:
        now_s: A monotonic clock, in seconds.
        sleep_s: Waits that long.
    """

    def __init__(
        self, now_s: Callable[[], float] = time.monotonic, sleep_s: Callable[[float], None] = time.sleep
    ) -> None:
        self._now_s = now_s
        self._sleep_s = sleep_s
        self._start_s: float | None = None

    def start(self, heard_s: float = 0.0) -> None:
        """Let hearing begin now, or have begun `heard_s` seconds ago; only the first call counts."""
        if self._start_s is None:
            self._start_s = self._now_s() - heard_s

    def blocks(self, frames: int, rate_hz: int) -> int:
        """Blocks that are over by now; 0 before the start. Rounds to samples, for clocks that do."""
        passed_s = 0.0 if self._start_s is None else self._now_s() - self._start_s
        return round(passed_s * rate_hz) // frames

    def wait(self, blocks: int, frames: int, rate_hz: int) -> None:
        """Sleep until so many blocks are over; counted from the start, so that no error adds up."""
        assert self._start_s is not None
        while (left_s := self._start_s + blocks * frames / rate_hz - self._now_s()) > 0:
            self._sleep_s(left_s)


class FileBackend:
    """Opens the file devices of one session, all on one timeline.

    Args:
        timeline: Its clock.
    """

    name = "file"

    def __init__(self, timeline: Timeline | None = None) -> None:
        self._timeline = timeline or Timeline()
        self._source: FileSource | None = None

    def devices(self) -> list[DeviceInfo]:
        """None: files are named, not listed."""
        return []

    def open_source(self, address: str, rate_hz: int, frames: int) -> FileSource:
        """Open the file at path `address`; it has its own rate, and blocks that last as long as those asked.

        Raises:
            VoxError: It cannot be read.
        """
        self._source = FileSource(_path(address), frames / rate_hz, self._timeline)
        return self._source

    def open_sink(self, address: str, rate_hz: int, frames: int) -> FileSink:
        """Open the file at path `address`; it takes rate and blocks from the file that is heard, if one is.

        Raises:
            VoxError: It cannot be written.
        """
        path = _path(address)
        if self._source is not None:
            if path.exists() and path.samefile(self._source.path):
                raise UsageError(f"{path} would be written over itself; choose another output.")
            rate_hz, frames = self._source.rate_hz, self._source.frames
        return FileSink(path, rate_hz, frames, self._timeline)


def _path(address: str) -> Path:
    if not address:
        raise UsageError("`file:` names no file; say which, such as file:voice.wav.")
    return Path(address)


class FileSource:
    """A file heard at wall-clock pace; its first `read` starts the timeline. See `device.Source`."""

    def __init__(self, path: Path, block_s: float, timeline: Timeline) -> None:
        self._file = SoundReader(path)
        self._timeline = timeline
        self._blocks_read = 0
        self.path = path
        self.name = f"file:{path}"
        self.rate_hz = self._file.rate_hz
        self.frames = max(1, round(block_s * self.rate_hz))
        self.latency = self.frames
        self.clock = CLOCK
        self.dropped = 0
        self._queue_blocks = max(1, round(QUEUE_S / block_s))

    def read(self) -> Block | None:
        """Wait until the next block has been heard; the file's last is filled up with silence.

        Raises:
            VoxError: The file is damaged.
        """
        self._timeline.start()
        waiting = self._timeline.blocks(self.frames, self.rate_hz) - self._blocks_read
        for _ in range(waiting - self._queue_blocks):
            self.dropped += len(self._file.read(self.frames))
            self._blocks_read += 1
        block = self._file.read(self.frames)
        if not len(block):
            return None
        self._blocks_read += 1
        self._timeline.wait(self._blocks_read, self.frames, self.rate_hz)
        return np.pad(block, (0, self.frames - len(block)))

    def close(self) -> None:
        """Let the file go."""
        self._file.close()


class FileSink:
    """A file into which a block clock plays; without a file to hear, its first `write` starts the timeline.

    See `device.Sink`. The file appears under its name at `close`.
    """

    def __init__(self, path: Path, rate_hz: int, frames: int, timeline: Timeline) -> None:
        self._file = SoundWriter(path, rate_hz)
        self._timeline = timeline
        self._queue: Block = np.zeros(0, np.float32)
        self._spare: Block = np.zeros(math.ceil(SPARE_S * rate_hz / frames) * frames, np.float32)
        self._played: list[Block] = []
        self._playing = False
        self._blocks_played = 0
        self._left: list[int] = []
        self._closed = False
        self.name = f"file:{path}"
        self.rate_hz = rate_hz
        self.frames = frames
        self.latency = self.mark = frames + len(self._spare)
        self.clock = CLOCK
        self.dropped = 0
        self.underruns = 0

    @property
    def backlog(self) -> int:
        """Samples that wait to be played."""
        self._catch_up()
        return len(self._queue)

    def write(self, block: Block) -> None:
        """Queue a block of any length.

        Raises:
            VoxError: The disk is full.
        """
        self._timeline.start(heard_s=len(block) / self.rate_hz)
        self._catch_up()
        if not self._playing:
            self._queue = np.concatenate([self._queue, self._spare])
            self._playing = True
        self._queue = np.concatenate([self._queue, block])

    def close(self) -> None:
        """Play what is queued and give the file its name.

        Raises:
            VoxError: The disk is full.
        """
        if self._closed:
            return
        self._closed = True
        self._catch_up()
        self._played.append(self._queue)
        self._save()
        self._file.close()

    def _catch_up(self) -> None:
        """Play the blocks that have begun since the last call."""
        begun = self._timeline.blocks(self.frames, self.rate_hz) + 1
        while self._blocks_played < begun:
            self._play()

    def _play(self) -> None:
        block, self._queue = self._queue[: self.frames], self._queue[self.frames :]
        self._played.append(np.pad(block, (0, self.frames - len(block))))
        self._left.append(len(self._queue))
        self._blocks_played += 1
        if self._playing and len(block) < self.frames:
            self.underruns += 1
            self._playing = False
        if len(self._played) * self.frames >= SETTLE_S * self.rate_hz:
            self._cut(min(self._left) - len(self._spare))
            self._save()

    def _save(self) -> None:
        self._file.write(np.concatenate(self._played))
        self._played.clear()
        self._left.clear()

    def _cut(self, surplus: int) -> None:
        """Drop the oldest samples, cross-faded into those that follow."""
        if surplus <= 0:
            return
        kept = self._queue[surplus:]
        rise = np.linspace(0, 1, min(round(FADE_S * self.rate_hz), len(kept)), dtype=np.float32)
        kept[: len(rise)] = kept[: len(rise)] * rise + self._queue[: len(rise)] * (1 - rise)
        self._queue = kept
        self.dropped += surplus
