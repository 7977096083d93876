"""The measurement of delay recovers delays that were put there."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from voxhumana.audio import backends, virtual_mic
from voxhumana.bench import delay
from voxhumana.bench.delay import Track

RATE_HZ = 48_000
COUNT = 30
FEW = 20
"""Through a real server, where they take their time."""


@pytest.fixture(scope="module")
def played():
    return delay.bursts(COUNT, RATE_HZ)


@pytest.fixture(scope="module")
def reference(played):
    return Track(np.pad(delay.train(played, RATE_HZ), RATE_HZ), RATE_HZ, start_s=100.0)


def delayed(track, samples, start_s=None):
    return Track(
        np.concatenate([np.zeros(samples, np.float32), track.samples]), RATE_HZ, start_s or track.start_s
    )


@pytest.mark.parametrize("samples", [0, 1, 137, 4_801, 40_000])
def test_a_delay_is_recovered_to_the_sample(played, reference, samples):
    delays_ms = delay.compare(played, reference, delayed(reference, samples))
    assert len(delays_ms) == COUNT
    assert delays_ms == pytest.approx(samples / RATE_HZ * 1e3, abs=1e-3)


def test_the_clock_of_each_recording_counts(played, reference):
    delays_ms = delay.compare(played, reference, delayed(reference, 480, start_s=100.05))
    assert delays_ms == pytest.approx(60, abs=1e-3)


def test_a_delay_in_the_midst_of_noise_and_turned_upside_down_is_recovered(played, reference):
    heard = delayed(reference, 960)
    noise = np.random.default_rng(1).normal(0, 0.02, len(heard.samples)).astype(np.float32)
    delays_ms = delay.compare(played, reference, Track(noise - 0.3 * heard.samples, RATE_HZ, heard.start_s))
    assert len(delays_ms) == COUNT
    assert delays_ms == pytest.approx(20, abs=0.05)


def test_a_delay_that_grows_is_seen_to_grow(played, reference):
    sound = reference.samples
    half = len(sound) // 2
    grown = np.concatenate([sound[:half], np.zeros(2_400, np.float32), sound[half:]])
    delays_ms = delay.compare(played, reference, Track(grown, RATE_HZ, reference.start_s))
    summary = delay.summarise(delays_ms)
    assert delays_ms[0] == pytest.approx(0, abs=1e-3)
    assert delays_ms[-1] == pytest.approx(50, abs=1e-3)
    assert summary.max_ms == pytest.approx(50, abs=1e-3)


def test_a_burst_that_never_arrives_is_counted(played, reference):
    cut = reference.samples.copy()
    cut[: len(cut) // 2] = 0
    delays_ms = delay.compare(played, reference, Track(cut, RATE_HZ, reference.start_s))
    summary = delay.summarise(delays_ms)
    assert (summary.bursts, summary.heard, summary.max_ms) == (COUNT, COUNT // 2, pytest.approx(0, abs=1e-3))


def test_silence_and_noise_hold_no_bursts(played, reference):
    silence = Track(np.zeros_like(reference.samples), RATE_HZ, reference.start_s)
    noise = Track(
        np.random.default_rng(2).normal(0, 0.1, len(reference.samples)).astype(np.float32),
        RATE_HZ,
        reference.start_s,
    )
    for nothing in (silence, noise):
        assert np.isnan(delay.compare(played, reference, nothing)).all()
        assert len(delay.compare(played, nothing, reference)) == 0


def test_of_nothing_there_is_no_figure():
    assert np.isnan(delay.summarise(np.zeros(0)).median_ms)
    assert delay.summarise(np.array([np.nan])).heard == 0


def test_bursts_that_the_path_was_not_given_are_not_asked_of_it(played, reference):
    torn = reference.samples.copy()
    torn[len(torn) // 2 :] = 0
    summary = delay.summarise(delay.compare(played, Track(torn, RATE_HZ, 100.0), reference))
    assert summary.heard == summary.bursts == COUNT // 2


class Steps:
    """A source that plays from memory and loses blocks."""

    name, rate_hz, frames, latency = "steps", RATE_HZ, 100, 100

    def __init__(self, blocks):
        self._blocks = iter(blocks)
        self.dropped = 0

    def read(self):
        block = next(self._blocks, None)
        if isinstance(block, int):
            self.dropped += block
            return self.read()
        return block

    def close(self):
        pass


def test_what_the_probe_itself_loses_is_filled_with_silence():
    ones = np.ones(100, np.float32)
    lengths = []
    track = delay.listen(Steps([ones, 300, ones]), threading.Event(), lengths.append)
    assert len(track.samples) == 500
    assert not track.samples[100:400].any()
    assert lengths == [100, 100]


def test_through_a_real_server_a_known_delay_is_recovered(sound_server, played):
    """Left and right of one device are two microphones, of which the right hears all 1,234 samples later."""
    sound_server.plug("both", "Both", channels=2)
    for side in ("left", "right"):
        sound_server.load_module(
            "module-remap-source",
            f"source_name={side} master=both.monitor channels=1 channel_map=mono "
            f"master_channel_map=front-{side} remix=no",
        )
    left = np.pad(delay.train(played[:FEW], RATE_HZ), RATE_HZ)
    backend = backends.choose()
    sources = [backend.open_source(side, RATE_HZ, 256) for side in ("left", "right")]
    stop = threading.Event()
    with ThreadPoolExecutor(2) as threads:
        tracks = [threads.submit(delay.listen, source, stop) for source in sources]
        sound_server.play("both", np.stack([left, np.roll(left, 1_234)], axis=1), latency_ms=200).wait()
        stop.set()
        delays_ms = delay.compare(played[:FEW], *(track.result() for track in tracks))
    for source in sources:
        source.close()
    summary = delay.summarise(delays_ms)
    assert summary.heard == summary.bursts > 5  # of a busy machine's gaps the measurement is not to blame
    assert summary.median_ms == pytest.approx(1_234 / RATE_HZ * 1e3, abs=1)


def test_the_virtual_microphone_itself_adds_less_than_a_millisecond(sound_server):
    virtual_mic.ensure()
    output, microphone = "vox_humana_output", "vox_humana_microphone"
    route = delay.Route(output, f"{output}.monitor", microphone)
    measured = delay.measure(backends.choose(), backends.choose(), route, frames=256, count=FEW)
    assert measured.heard == measured.bursts > 5
    assert measured.median_ms == pytest.approx(0, abs=1)
    assert virtual_mic.release()
