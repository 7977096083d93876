"""Offline conversion: the length, the alignment, the memory and the report."""

from collections.abc import Iterator

import numpy as np
import pytest

from voxhumana import offline
from voxhumana.audio.chain import Chain
from voxhumana.audio.file import SoundReader, SoundWriter
from voxhumana.errors import VoxError
from voxhumana.meter import Meter

RATE = 16_000


class Delay:
    """A stage that halves the level, works in hops and is late; reuses its buffer, as stages may."""

    rate_hz = RATE

    def __init__(self, latency=37, hop=100):
        self.latency = latency
        self.hop = hop
        self._held = np.zeros(latency, np.float32)
        self._buffer = np.zeros(hop, np.float32)

    def open(self, voice=None):
        return self

    def push(self, item) -> Iterator[np.ndarray]:
        self._held = np.concatenate([self._held, item / 2])
        while len(self._held) >= self.hop + self.latency:
            self._buffer[:] = self._held[: self.hop]
            self._held = self._held[self.hop :]
            yield self._buffer

    def flush(self) -> Iterator[np.ndarray]:
        yield self._held


def ramp(samples):
    return (np.arange(samples) % 30_000 / 32_768).astype(np.float32)


@pytest.mark.parametrize("frames", [1, 64, 65, 480, 8193])
@pytest.mark.parametrize("latency", [0, 37, 1000])
def test_the_output_lies_on_the_input_and_is_as_long(frames, latency):
    sound = ramp(5000)
    blocks = (sound[at : at + frames] for at in range(0, len(sound), frames))
    out = np.concatenate([*offline.aligned(blocks, Delay(latency), latency, RATE, Meter())])
    np.testing.assert_array_equal(out, sound / 2)


def test_sound_shorter_than_the_delay_survives():
    out = np.concatenate([*offline.aligned([ramp(10)], Delay(5000), 5000, RATE, Meter())])
    np.testing.assert_array_equal(out, ramp(10) / 2)


def open_delay(rate_hz, frames):
    chain = Chain({"delay": Delay()}, rate_hz)
    return chain, chain.open()


def convert(folder, source, out="out.wav", block_s=0.02):
    seen = []
    measured = offline.convert(
        folder / source,
        folder / out,
        open_delay,
        block_s,
        lambda *done: seen.append(done),
    )
    return measured, seen


@pytest.fixture
def second(tmp_path):
    with SoundWriter(tmp_path / "in.wav", RATE) as file:
        file.write(ramp(RATE))
    return tmp_path


def test_the_report_says_what_was_done_and_what_it_cost(second):
    measured, seen = convert(second, "in.wav")
    assert measured["compute"]["blocks"] == 50
    assert measured["duration_s"] == 1.0
    assert measured["latency_ms"] == {"delay": pytest.approx(2.3125)}
    assert (measured["rate_hz"], measured["block"]) == (RATE, 320)
    assert seen[-1] == (1.0, 1.0)
    with SoundReader(second / "out.wav") as file:
        np.testing.assert_allclose(file.read(RATE + 1), ramp(RATE) / 2, atol=1 / 32_768)


def test_a_damaged_input_leaves_no_output(second):
    with SoundWriter(second / "in.flac", RATE) as file:
        file.write(ramp(10 * RATE))
    whole = (second / "in.flac").read_bytes()
    (second / "in.flac").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(VoxError, match=r"in\.flac"):
        convert(second, "in.flac")
    assert sorted(p.name for p in second.iterdir()) == ["in.flac", "in.wav"]
