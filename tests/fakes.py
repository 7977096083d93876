"""Scripted devices that never wait: what a microphone and a loudspeaker do, and how they go away."""

import numpy as np

from voxhumana.errors import DeviceLostError

RATE_HZ = 48_000
FRAMES = 64


class FakeSource:
    """A microphone that hears `sound`; then the input ends or, with `lost`, the device goes away."""

    def __init__(self, sound, lost=False, dropped=0, rate_hz=RATE_HZ):
        self.name, self.rate_hz, self.frames, self.latency = "fake microphone", rate_hz, FRAMES, FRAMES
        self.dropped = dropped
        self.clock = "fake"
        self.closed = False
        self._sound = np.asarray(sound, np.float32)
        self._lost = lost

    def read(self):
        block, self._sound = self._sound[: self.frames], self._sound[self.frames :]
        if len(block):
            return block
        if self._lost:
            raise DeviceLostError("The fake microphone is gone.")
        return None

    def close(self):
        self.closed = True


class FakeSink:
    """A loudspeaker that keeps what it plays; with `lost_after` blocks the device goes away."""

    def __init__(self, lost_after=None, underruns=0, rate_hz=RATE_HZ, clock="fake"):
        self.name, self.rate_hz, self.frames, self.latency = "fake speaker", rate_hz, FRAMES, 2 * FRAMES
        self.backlog, self.dropped, self.underruns = FRAMES, 0, underruns
        self.mark, self.clock = FRAMES, clock
        self.blocks = []
        self.closed = False
        self._lost_after = lost_after

    @property
    def played(self):
        return np.concatenate(self.blocks) if self.blocks else np.zeros(0, np.float32)

    def write(self, block):
        if len(self.blocks) == self._lost_after:
            raise DeviceLostError("The fake speaker is gone.")
        self.blocks.append(block.copy())

    def close(self):
        self.closed = True
