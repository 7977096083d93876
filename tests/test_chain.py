"""Stages in a row are a stage."""

from math import gcd

import numpy as np
import pytest

import signals
from contract import StageContract, blocks_of, delay_by_waveform, run
from voxhumana.audio.chain import Chain
from voxhumana.audio.guard import Guard
from voxhumana.audio.limiter import Limiter
from voxhumana.audio.loudness import Loudness
from voxhumana.audio.reblock import Fifo, Hops, wait_for
from voxhumana.audio.resample import Resample
from voxhumana.convert.identity import Identity


class Delayed:
    """Works in hops and delays by `latency`."""

    def __init__(self, rate_hz, hop, latency):
        self.rate_hz, self.hop, self.latency = rate_hz, hop, latency

    def open(self, voice=None):
        held = Fifo()
        held.write(np.zeros(self.latency, np.float32))

        def step(block):
            held.write(block)
            return held.read(len(block))

        return Hops(step, self.hop, self.latency)


def sixteen(frames=None):
    """48 kHz outside, 16 kHz and hops of 20 ms inside."""
    return Chain(
        {
            "guard": Guard(48_000),
            "down": Resample(48_000, 16_000),
            "convert": Delayed(16_000, 320, 100),
            "up": Resample(16_000, 48_000),
            "limiter": Limiter(48_000),
        },
        48_000,
        frames,
    )


class TestHops(StageContract):
    def make(self):
        return Delayed(16_000, 320, 77)


class TestBareChain(StageContract):
    def make(self):
        return Chain({"identity": Identity(48_000)}, 48_000, frames=256)

    def test_it_adds_nothing(self, stage, sound, whole):
        assert stage.latency == 0
        assert stage.ledger() == [] or all(row.latency_ms == 0 for row in stage.ledger())
        np.testing.assert_array_equal(whole, sound)


class TestChainAcrossRates(StageContract):
    tolerance = 4e-6
    one_size = True
    latency_tolerance = 1
    length_tolerance = 1

    def make(self):
        return sixteen()


class TestPacedChain(StageContract):
    """Any cut keeps the total and the sound; an even flow is promised for pushes of its own size."""

    tolerance = 4e-6
    one_size = True
    latency_tolerance = 1
    length_tolerance = 1
    block = 256

    def make(self):
        return sixteen(frames=256)


class TestChainAtCompactDiscRate(StageContract):
    tolerance = 4e-6
    one_size = True
    latency_tolerance = 1
    length_tolerance = 1
    block = 441

    def make(self):
        stages = {
            "down": Resample(44_100, 16_000),
            "convert": Delayed(16_000, 160, 0),
            "up": Resample(16_000, 44_100),
        }
        return Chain(stages, 44_100, frames=441)


@pytest.mark.parametrize("frames", [64, 128, 256, 441, 960, 1000])
def test_a_paced_chain_gives_as_much_as_it_takes_at_every_push(frames):
    """At 960, two of its hops, nothing is waited for, and still the resamplers' rounding must not show."""
    stream = sixteen(frames).open()
    for block in blocks_of(signals.speech(1.0, 48_000)[: 40 * frames], frames):
        assert sum(len(out) for out in stream.push(block)) == frames


@pytest.mark.parametrize(("rate_hz", "hop"), [(22_050, 1024), (44_100, 2048), (22_050, 5120)])
def test_a_hop_that_fits_no_device_is_waited_for_once(rate_hz, hop):
    """22,050 Hz is the zero-shot converter's, and 44,100 some RAVE models'."""
    inner = Chain(
        {
            "down": Resample(48_000, rate_hz),
            "late": Delayed(rate_hz, hop, 77),
            "up": Resample(rate_hz, 48_000),
        },
        48_000,
    )
    chain, sound = Chain({"matched": Loudness(inner)}, 48_000, 256), signals.noise(3.0, 48_000, rms=0.05)
    waited_ms = next(row.latency_ms for row in chain.ledger() if row.stage == "reblock")
    assert waited_ms <= 1e3 * hop / rate_hz + 1
    stream, out = chain.open(), []
    for block in blocks_of(sound, 256):
        out.append(np.concatenate([part.copy() for part in stream.push(block)]))
        assert len(out[-1]) == len(block)
    assert abs(delay_by_waveform(sound, np.concatenate(out), 48_000) - chain.latency) <= 2


@pytest.mark.parametrize(("frames", "hop"), [(128, 480), (256, 480), (480, 480), (441, 320), (1, 7)])
def test_the_wait_for_one_hop_is_the_least_there_can_be(frames, hop):
    assert wait_for(frames, 48_000, [(48_000, hop)]) == hop - gcd(frames, hop)


def test_equal_hops_are_waited_for_once():
    assert wait_for(256, 48_000, [(48_000, 480), (16_000, 160), (48_000, 480)]) == 480 - gcd(256, 480)


def test_latencies_are_summed_across_rates():
    chain = sixteen(frames=256)
    assert sum(row.latency_ms for row in chain.ledger()) == pytest.approx(chain.latency / 48, abs=1e-9)
    assert [row.stage for row in chain.ledger()] == ["guard", "down", "convert", "up", "limiter", "reblock"]


def test_the_sum_is_what_is_measured():
    chain, sound = sixteen(frames=256), signals.speech(1.0, 48_000)
    assert abs(delay_by_waveform(sound, run(chain.open(), sound, 256), 48_000) - chain.latency) <= 1


def test_rates_that_do_not_meet_are_refused():
    with pytest.raises(ValueError, match="limiter takes 48000 Hz and would be given 16000 Hz"):
        Chain({"down": Resample(48_000, 16_000), "limiter": Limiter(48_000)}, 48_000)


def test_compute_is_counted_to_the_stage_that_spends_it(monkeypatch):
    clock = iter(range(1000))
    monkeypatch.setattr("voxhumana.audio.chain.perf_counter", lambda: next(clock))
    stream = Chain({"a": Identity(48_000), "b": Identity(48_000)}, 48_000).open()
    for _ in stream.push(np.zeros(48_000, np.float32)):
        pass
    assert stream.rtf == {"a": 2.0, "b": 2.0}  # each ticks once to its block, and once from there to its end


def test_a_fifo_gives_back_what_it_took_however_it_is_cut():
    fifo, sound = Fifo(capacity=10), signals.noise(0.1, 16_000)
    out = []
    for block in blocks_of(sound, 7, 31, 2):
        fifo.write(block)
        out.append(fifo.read(11).copy())
    out.append(fifo.read(len(fifo)).copy())
    np.testing.assert_array_equal(np.concatenate(out), sound)
