"""The contract every stage of the path is held to, converters included; see `voxhumana.engine`.

    class TestMine(StageContract):
        def make(self):
            return Mine()

inherits all of it. What a stage may loosen stands as class attributes, so that a reader sees what it loosens.
"""

import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import signals
from voxhumana.audio.chain import Chain
from voxhumana.audio.guard import Guard
from voxhumana.audio.limiter import Limiter
from voxhumana.engine import taken_hz

PUSHES = (1, 64, 65, 480, 8193)
"""Push sizes, in samples: the smallest, a power of two, one past it, 10 ms, and longer than any hop."""

cuts = st.lists(
    st.sampled_from((1, 2, 63, 160, 256, 441, 480, 960, 4096)) | st.integers(1, 5000), max_size=12
)
"""Ways to cut sound into blocks: the sizes of one round, repeated to the end."""

examples = settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.differing_executors, HealthCheck.too_slow],
)


def blocks_of(x, *sizes):
    """Cut `x` into blocks of `sizes`, over and over; the whole at once if there are none."""
    at, turn = 0, 0
    while at < len(x):
        size = sizes[turn % len(sizes)] if sizes else len(x)
        yield x[at : at + size]
        at, turn = at + size, turn + 1


def pushed(stream, x, *sizes):
    """What comes out while `x` goes in; copied, as a yielded block is the stream's until the next."""
    return _joined(out for block in blocks_of(x, *sizes) for out in stream.push(block))


def run(stream, x, *sizes):
    """What comes out of a whole session: everything pushed, then flushed."""
    return np.concatenate([pushed(stream, x, *sizes), _joined(stream.flush())])


def _joined(blocks):
    copies = [np.array(block) for block in blocks]
    for block in copies:
        assert block.dtype == np.float32
        assert block.ndim == 1
        assert len(block), "a block of nothing"
    return np.concatenate([np.zeros(0, np.float32), *copies])


def delay_by_waveform(x, y, rate_hz):
    """Delay of `y` against `x`, in samples: where their whitened cross-correlation (GCC-PHAT) peaks.

    Knapp and Carter, "The generalized correlation method for estimation of time delay", 1976.
    """
    n = 2 * max(len(x), len(y))
    cross = np.fft.rfft(y, n) * np.conj(np.fft.rfft(x, n))
    lag = int(np.argmax(np.fft.irfft(cross / (np.abs(cross) + 1e-6 * np.abs(cross).max()), n)))
    return lag if lag < n // 2 else lag - n


def delay_by_envelope(x, y, rate_hz):
    """Delay of `y` against `x`, in samples, where the waveform changes: their levels over 20 ms, correlated.

    In decibels and down to -20 only, so that a voice's other formants and its echoes weigh little.
    """
    kernel = np.hanning(int(rate_hz * 0.020))
    ex, ey = (np.convolve(s.astype(float) ** 2, kernel, "same") for s in (x, y))
    ex, ey = (np.log(np.maximum(e, e.max() * 10 ** (-20 / 10))) for e in (ex, ey))
    n = 2 * max(len(x), len(y))
    lag = int(
        np.argmax(np.fft.irfft(np.fft.rfft(ey - ey.mean(), n) * np.conj(np.fft.rfft(ex - ex.mean(), n)), n))
    )
    return lag if lag < n // 2 else lag - n


class StageContract:
    """Inherit, and say how to `make` the stage."""

    tolerance = 0.0
    """Largest difference between two runs that should agree, absolute."""
    latency_tolerance = 0
    """Samples by which the measured latency may differ from the declared one."""
    length_tolerance = 0
    """Samples by which a session's length may differ, where it is rounded at each of several rates."""
    block = 479
    """Push size at which nothing may be withheld beyond a hop; one that is paced for its own says so."""
    one_size = False
    """Whether all pushes of a session must be of one size; see the note in `voxhumana.audio.resample`."""
    measure = staticmethod(delay_by_waveform)
    """How latency is measured: by waveform, or by envelope where the waveform changes."""
    silence_db = -100.0
    """Loudest output for silence, dBFS."""
    memory = 1 << 20
    """Bytes that one push of 10 ms may take for a while."""
    seconds = 1.0
    """Length of the test sound: shorten for what is slow."""
    voice = None
    """What is opened; converters give one that they can speak in."""

    def make(self):
        raise NotImplementedError

    @pytest.fixture(scope="class")
    @classmethod
    def stage(cls):
        return cls().make()

    @pytest.fixture(scope="class")
    @classmethod
    def sound(cls, stage):
        rate_hz = taken_hz(stage)
        return signals.speech(cls.seconds, rate_hz) + signals.noise(cls.seconds, rate_hz, rms=1e-3)

    @pytest.fixture(scope="class")
    @classmethod
    def whole(cls, stage, sound):
        """The one-shot output, which streaming must equal."""
        return run(stage.open(cls.voice), sound)

    def expected(self, stage, n):
        """Samples out, latency aside, for `n` in."""
        return (2 * n * stage.rate_hz + taken_hz(stage)) // (2 * taken_hz(stage))  # to the nearest

    def same(self, a, b):
        np.testing.assert_allclose(a, b, rtol=0, atol=self.tolerance)

    @pytest.mark.parametrize("size", PUSHES)
    def test_streamed_equals_one_shot(self, stage, sound, whole, size):
        n = min(len(sound), 1200) if size == 1 else len(sound)
        expect = whole if n == len(sound) else run(stage.open(self.voice), sound[:n])
        self.same(run(stage.open(self.voice), sound[:n], size), expect)

    @examples
    @given(sizes=cuts)
    def test_any_cut_gives_the_same_sound(self, stage, sound, whole, sizes):
        if self.one_size:
            sizes = [max(size, 100) for size in sizes[:1]]
        if len(sound) * len(sizes) > 500 * sum(sizes):  # a thousand tiny pushes prove nothing more
            sizes = [*sizes, 4096]
        self.same(run(stage.open(self.voice), sound, *sizes), whole)

    @pytest.mark.parametrize("more", [0, 1, 333, 4800])
    def test_a_session_puts_out_its_input_and_its_latency(self, stage, sound, more):
        for n in {1, max(1, stage.hop - 1), stage.hop, stage.hop + 1}:
            out = run(stage.open(self.voice), sound[: n + more])
            due = self.expected(stage, len(sound[: n + more])) + stage.latency
            assert abs(len(out) - due) <= self.length_tolerance, f"{len(out)} samples came of {due}"

    def test_no_more_than_a_hop_is_waited_for(self, stage, sound):
        stream, gone, came = stage.open(self.voice), 0, 0
        for block in blocks_of(sound, self.block):
            gone, came = gone + len(block), came + len(pushed(stream, block))
            due = self.expected(stage, gone)
            assert came >= due // stage.hop * stage.hop - self.late(stage), f"{came} of {due} samples came"

    def late(self, stage):
        """Samples that it may withhold beyond a hop; a resampler's ratio rounds."""
        return 0 if taken_hz(stage) == stage.rate_hz else 1

    def test_the_past_does_not_know_the_future(self, stage, sound, whole):
        """Out[j] may depend on no input beyond the end of j's own hop: lookahead is inside `latency`."""
        other = signals.noise(self.seconds, taken_hz(stage), rms=0.2, seed=7)
        for cut in (len(sound) // 3, len(sound) // 2 + 77):
            settled = self.expected(stage, cut) // stage.hop * stage.hop - self.late(stage)
            for future in (other[cut:], other[:0]):
                changed = run(stage.open(self.voice), np.concatenate([sound[:cut], future]))
                self.same(changed[:settled], whole[:settled])

    def test_the_declared_latency_is_measured(self, stage, sound, whole):
        heard = whole if taken_hz(stage) == stage.rate_hz else resampled(whole, stage, sound)
        ratio = stage.rate_hz / taken_hz(stage)
        measured = self.measure(sound, heard, taken_hz(stage)) * ratio
        assert measured == pytest.approx(stage.latency, abs=self.latency_tolerance + 0.5 * max(1, ratio))

    def test_silence_in_silence_out(self, stage):
        out = run(stage.open(self.voice), signals.silence(self.seconds, taken_hz(stage)), 480)
        assert np.abs(out).max() <= 10 ** (self.silence_db / 20)

    def test_clipped_and_faint_sound_stays_finite(self, stage, sound):
        stream = stage.open(self.voice)
        for x in (np.clip(sound * 1e3, -1, 1), sound * 1e-30, sound):
            assert np.isfinite(pushed(stream, x.astype(np.float32), 480)).all()

    def test_between_guard_and_limiter_what_is_not_sound_does_no_harm(self, stage, sound):
        stages = {"guard": Guard(taken_hz(stage)), "stage": stage, "limiter": Limiter(stage.rate_hz)}
        stream = Chain(stages, taken_hz(stage)).open(self.voice)
        x = sound.copy()
        for turn, spoilt in enumerate((np.nan, np.inf, -np.inf, 1e30)):
            x[len(x) // 3 + turn : len(x) // 2 : 7] = spoilt
        out = pushed(stream, x, 480)
        assert np.isfinite(out).all()
        assert np.abs(out).max() <= 1
        out = pushed(stream, sound, 480)
        assert np.abs(out).max() > 10 ** (-60 / 20), "it never recovered"

    def test_streams_do_not_know_of_one_another(self, stage, sound, whole):
        one, other = stage.open(self.voice), stage.open(self.voice)
        outs = []
        for block in blocks_of(sound, 480):
            outs.append(pushed(one, block))
            pushed(other, block[::-1].copy())
        self.same(np.concatenate([*outs, run(one, sound[:0])]), whole)

    def test_the_input_is_left_as_it_was(self, stage, sound):
        given_in = sound.copy()
        run(stage.open(self.voice), given_in, 480)
        np.testing.assert_array_equal(given_in, sound)

    def test_a_push_takes_little_memory_and_keeps_none(self, stage, sound):
        stream = stage.open(self.voice)
        blocks = list(blocks_of(sound[: len(sound) // 2], taken_hz(stage) // 100))
        tracemalloc.start()
        try:
            for block in blocks:  # whatever is made once is made now
                for _ in stream.push(block):
                    pass
            tracemalloc.reset_peak()
            before, _ = tracemalloc.get_traced_memory()
            for block in blocks:
                for _ in stream.push(block):
                    pass
            after, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak - before < self.memory
        assert after - before < 8192, "its state grows"


def resampled(y, stage, x):
    """`y` brought to the rate of `x`, to be compared with it."""
    import soxr

    return soxr.resample(y, stage.rate_hz, stage.rate_hz * len(x) / (len(y) - stage.latency))
