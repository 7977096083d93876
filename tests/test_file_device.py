"""File devices: pace, the shared timeline, late readers and late writers, and the end."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from voxhumana.audio.file import SoundReader, SoundWriter
from voxhumana.audio.file_device import FileBackend, Timeline
from voxhumana.errors import UsageError

RATE = 48_000
FRAMES = 256
BLOCK_S = FRAMES / RATE


class FakeClock:
    """Time passes only by sleeping."""

    def __init__(self):
        self.now_s = 1000.0

    def __call__(self):
        return self.now_s

    def sleep(self, seconds):
        self.now_s += seconds


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def backend(clock):
    return FileBackend(Timeline(clock, clock.sleep))


def noise(samples, seed=0):
    """As 16-bit files hold it, so that it comes back exactly."""
    levels = np.random.default_rng(seed).integers(-16_000, 16_000, samples)
    return (levels / 32768).astype(np.float32)


def save(path, sound, rate_hz=RATE):
    with SoundWriter(path, rate_hz) as file:
        file.write(sound)
    return str(path)


def load(path):
    with SoundReader(path) as file:
        return file.read(10**8)


def wire(source, sink, clock, compute_s=0.001, stall=None):
    """A path that does nothing; `stall` is (block, seconds)."""
    count = 0
    while (block := source.read()) is not None:
        clock.sleep(compute_s)
        if stall and count == stall[0]:
            clock.sleep(stall[1])
        sink.write(block)
        count += 1
    source.close()
    sink.close()


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100, 48_000])
def test_what_is_heard_is_played_later_by_the_declared_latency(backend, clock, tmp_path, rate_hz):
    sound = noise(rate_hz)
    source = backend.open_source(save(tmp_path / "in.wav", sound, rate_hz), RATE, FRAMES)
    sink = backend.open_sink(str(tmp_path / "out.wav"), RATE, FRAMES)
    wire(source, sink, clock)
    delay = source.latency + sink.latency
    played = load(tmp_path / "out.wav")
    np.testing.assert_array_equal(played[delay : delay + len(sound)], sound)
    assert not played[:delay].any()
    assert not played[delay + len(sound) :].any()
    assert (source.dropped, sink.dropped, sink.underruns) == (0, 0, 0)
    assert sink.rate_hz == rate_hz


def test_blocks_last_as_long_as_those_asked_for(backend, tmp_path):
    source = backend.open_source(save(tmp_path / "in.wav", noise(1600), 16_000), RATE, FRAMES)
    assert source.frames == round(FRAMES / 3)


def test_a_file_is_heard_in_real_time_without_drift(backend, clock, tmp_path):
    source = backend.open_source(save(tmp_path / "in.wav", noise(10 * RATE)), RATE, FRAMES)
    start_s = clock.now_s
    blocks = 0
    while source.read() is not None:
        blocks += 1
        clock.sleep(0.003)  # work, shorter than a block
    assert blocks == -(-10 * RATE // FRAMES)
    assert clock.now_s - start_s == pytest.approx(blocks * BLOCK_S, abs=0.004)


def test_the_last_block_is_filled_up_with_silence(backend, tmp_path):
    sound = noise(FRAMES + 1)
    source = backend.open_source(save(tmp_path / "in.wav", sound), RATE, FRAMES)
    first, last = source.read(), source.read()
    np.testing.assert_array_equal(np.concatenate([first, last])[: len(sound)], sound)
    assert len(last) == FRAMES
    assert source.read() is None


def test_a_late_reader_gets_the_last_tenth_of_a_second_and_the_rest_is_counted(backend, clock, tmp_path):
    sound = noise(RATE)
    source = backend.open_source(save(tmp_path / "in.wav", sound), RATE, FRAMES)
    source.read()
    clock.sleep(0.5)
    block = source.read()
    first = FRAMES + source.dropped
    np.testing.assert_array_equal(block, sound[first : first + FRAMES])
    assert source.dropped == pytest.approx(0.4 * RATE, abs=2 * FRAMES)


@pytest.mark.parametrize("stall_s", [0.03, 0.25])
def test_after_a_stall_the_delay_is_what_it_was(backend, clock, tmp_path, stall_s):
    sound = noise(3 * RATE)
    source = backend.open_source(save(tmp_path / "in.wav", sound), RATE, FRAMES)
    sink = backend.open_sink(str(tmp_path / "out.wav"), RATE, FRAMES)
    wire(source, sink, clock, stall=(100, stall_s))
    delay = source.latency + sink.latency
    played = load(tmp_path / "out.wav")
    before, after = 50 * FRAMES, round(2.2 * RATE)
    np.testing.assert_array_equal(played[delay : delay + before], sound[:before])
    np.testing.assert_array_equal(played[after + delay : len(sound) + delay], sound[after:])
    assert sink.underruns == 1
    assert sink.dropped > 0


def test_a_stall_shorter_than_the_spare_costs_nothing(backend, clock, tmp_path):
    source = backend.open_source(save(tmp_path / "in.wav", noise(RATE)), RATE, FRAMES)
    sink = backend.open_sink(str(tmp_path / "out.wav"), RATE, FRAMES)
    wire(source, sink, clock, stall=(100, 1.5 * BLOCK_S))
    assert (sink.underruns, sink.dropped) == (0, 0)


def test_bursts_of_an_engines_hop_are_not_surplus(backend, clock, tmp_path):
    sound = noise(2 * RATE)
    source = backend.open_source(save(tmp_path / "in.wav", sound), RATE, FRAMES)
    sink = backend.open_sink(str(tmp_path / "out.wav"), RATE, FRAMES)
    held = np.zeros(0, np.float32)
    while (block := source.read()) is not None:
        held = np.concatenate([held, block])
        if len(held) >= 960:
            sink.write(held[:960])
            held = held[960:]
    sink.close()
    assert (sink.underruns, sink.dropped) == (0, 0)
    played = load(tmp_path / "out.wav")
    delay = 4 * FRAMES + sink.latency  # the first hop is whole within the fourth block
    np.testing.assert_array_equal(played[delay : delay + RATE], sound[:RATE])


def test_a_tail_written_after_the_end_is_played_before_the_file_ends(backend, clock, tmp_path):
    source = backend.open_source(save(tmp_path / "in.wav", np.zeros(RATE, np.float32)), RATE, FRAMES)
    sink = backend.open_sink(str(tmp_path / "out.wav"), RATE, FRAMES)
    while (block := source.read()) is not None:
        sink.write(block)
    sink.write(noise(5000))
    sink.close()
    sink.close()
    np.testing.assert_array_equal(load(tmp_path / "out.wav")[-5000:], noise(5000))


def test_without_a_file_to_hear_the_timeline_starts_with_the_first_block(backend, clock, tmp_path):
    sink = backend.open_sink(str(tmp_path / "out.wav"), RATE, FRAMES)
    clock.sleep(1.0)  # a microphone that takes its time
    sound = noise(FRAMES)
    sink.write(sound)
    sink.close()
    played = load(tmp_path / "out.wav")
    assert len(played) == FRAMES + sink.latency + FRAMES
    np.testing.assert_array_equal(played[-FRAMES:], sound)


def test_the_output_has_no_name_before_it_is_whole(backend, clock, tmp_path):
    sink = backend.open_sink(str(tmp_path / "out.wav"), RATE, FRAMES)
    sink.write(noise(FRAMES))
    assert not (tmp_path / "out.wav").exists()
    sink.close()
    assert [p.name for p in tmp_path.iterdir()] == ["out.wav"]


def test_an_output_that_cannot_be_is_refused_when_opened(backend, tmp_path):
    with pytest.raises(UsageError, match="no folder"):
        backend.open_sink(str(tmp_path / "nowhere" / "out.wav"), RATE, FRAMES)
    with pytest.raises(UsageError, match=r"end the name with"):
        backend.open_sink(str(tmp_path / "out.xyz"), RATE, FRAMES)


def test_on_the_real_clock_a_second_takes_a_second(tmp_path):
    backend = FileBackend()
    source = backend.open_source(save(tmp_path / "in.wav", noise(RATE // 2)), RATE, FRAMES)
    sink = backend.open_sink(str(tmp_path / "out.wav"), RATE, FRAMES)
    start_s = time.monotonic()
    while (block := source.read()) is not None:
        sink.write(block)
    took_s = time.monotonic() - start_s
    sink.close()
    assert took_s >= 0.5
    assert len(load(tmp_path / "out.wav")) >= RATE // 2 + sink.latency


@pytest.mark.slow
def test_live_delays_what_it_hears_by_what_it_declares_to_the_sample(tmp_path):
    """Through the real command; the machine may drop a block, never shift one."""
    sound = noise(2 * RATE)
    save(tmp_path / "in.wav", sound)
    bare = os.environ | {"VOX_DENOISE": "false", "VOX_GATE_DB": "-120"}
    words = [
        "live",
        "--input",
        "file:in.wav",
        "--output",
        "file:out.wav",
        "--engine",
        "identity",
        "--json",
        "live.json",
    ]
    vox = Path(sys.executable).with_name("vox")
    subprocess.run([vox, *words], cwd=tmp_path, env=bare, check=True, capture_output=True)
    measured = json.loads((tmp_path / "live.json").read_text())
    delay = measured["latency_total_ms"] / 1e3 * RATE
    assert delay == pytest.approx(round(delay), abs=1e-6)
    played = load(tmp_path / "out.wav")[round(delay) :][: len(sound)]
    assert np.mean(played == sound[: len(played)]) > 0.8
    assert measured["dropped_ms"] > 0 or np.array_equal(played, sound)
