"""The crafted voices: the contract, and what they promise of pitch, tract and manners."""

import numpy as np
import pytest
from scipy.signal import lfilter

import signals
from contract import StageContract, delay_by_envelope, run
from voxhumana.convert.dsp.converter import Dsp
from voxhumana.convert.dsp.epochs import Epoch, Epochs
from voxhumana.errors import VoxError
from voxhumana.voice import Voice

RATE_HZ = Dsp.rate_hz


def voice(**dsp):
    return Voice(name="x", title="X", character="x", licence="CC0-1.0", source="x", engines={"dsp": dsp})


class TestNeutral(StageContract):
    latency_tolerance = 0

    def make(self):
        return Dsp()


class Changed(StageContract):
    measure = staticmethod(delay_by_envelope)
    latency_tolerance = RATE_HZ * 3 // 1000

    def make(self):
        return Dsp()


class TestDeep(Changed):
    latency_tolerance = RATE_HZ // 150  # half a period: nothing deep happens at a finer moment
    voice = voice(pitch_hz=75, tract_cm=19, growl=0.3, rough=0.02, tremor=0.3)


class TestHigh(Changed):
    voice = voice(pitch_hz=300, tract_cm=12, breath=0.3)


class TestEveryEffect(Changed):
    latency_tolerance = RATE_HZ // 50  # copies and echoes come after the voice
    voice = voice(
        range=0,
        spread=0.1,
        even=1,
        tone=[{"shape": "peak", "hz": 1000, "db": 6}, {"shape": "low-shelf", "hz": 200, "db": 3}],
        effects=[
            {"kind": "radio"},
            {"kind": "ring"},
            {"kind": "chorus", "mix": 0.2},
            {"kind": "room", "mix": 0.1},
        ],
    )


def spoken(seconds=1.0, **dsp):
    """The test's speech in a voice, its delay taken off."""
    x = signals.speech(seconds, RATE_HZ)
    return run(Dsp().open(voice(**dsp)), x, 480)[Dsp.latency :]


def period_of(x):
    """Median period of `x`, samples, by autocorrelation of its loudest parts; 60-500 Hz."""
    found = []
    for start in range(0, len(x) - 4800, 1200):
        piece = x[start : start + 4800].astype(float)
        if piece.std() > 0.5 * x.std():
            r = np.fft.irfft(np.abs(np.fft.rfft(piece, 16384)) ** 2)[96:800]
            found.append(96 + int(np.argmax(r)))
    return float(np.median(found))


@pytest.mark.parametrize("pitch_hz", [80, 120, 220, 320])
def test_a_voice_has_its_own_pitch_whoever_speaks(pitch_hz):
    assert RATE_HZ / period_of(spoken(pitch_hz=pitch_hz, range=0.2)) == pytest.approx(pitch_hz, rel=0.1)


def test_pitch_turned_in_mid_speech_is_heard_and_does_not_click():
    x = signals.speech(2, RATE_HZ)
    stream = Dsp().open(voice(pitch_hz=150, range=0))
    half = len(x) // 2
    before = np.concatenate(list(stream.push(x[:half])))
    stream.pitch_semitones = 12
    after = np.concatenate(list(stream.push(x[half:])))
    assert period_of(before) / period_of(after[4800:]) == pytest.approx(2, rel=0.05)
    seam = np.abs(np.diff(np.concatenate([before, after])[half - 2400 : half + 4800])).max()
    assert seam <= np.abs(np.diff(before)).max() * 1.5


def test_a_longer_tract_has_its_resonances_lower():
    def centre(x):
        power = np.abs(np.fft.rfft(x)) ** 2
        hz = np.fft.rfftfreq(len(x), 1 / RATE_HZ)
        band = (hz > 200) & (hz < 5000)
        return (power * hz)[band].sum() / power[band].sum()

    assert centre(spoken(tract_cm=20)) < 0.9 * centre(spoken()) < 0.8 * centre(spoken(tract_cm=12))


def test_each_shape_of_tone_does_what_its_name_says():
    x = signals.noise(1, RATE_HZ)
    hz = np.fft.rfftfreq(len(x), 1 / RATE_HZ)

    def gain_db(lowest, highest, **band):
        y = run(Dsp().open(voice(tone=[band])), x, 480)[Dsp.latency :]
        part = (hz > lowest) & (hz < highest)
        power = [np.sum(np.abs(np.fft.rfft(s)[part]) ** 2) for s in (x, y)]
        return 10 * np.log10(power[1] / power[0])

    assert gain_db(900, 1100, shape="peak", hz=1000, db=6) == pytest.approx(6, abs=1)
    assert gain_db(6000, 9000, shape="high-shelf", hz=3000, db=-6) == pytest.approx(-6, abs=1)
    assert gain_db(6000, 9000, shape="low-shelf", hz=1000, db=6) == pytest.approx(0, abs=0.5)
    assert gain_db(100, 300, shape="low-shelf", hz=1000, db=6) == pytest.approx(6, abs=1)
    assert gain_db(6000, 9000, shape="high-cut", hz=1500) < -20
    assert gain_db(50, 150, shape="low-cut", hz=1000) < -20


def test_even_takes_off_the_colour_of_a_microphone():
    x = signals.speech(8, RATE_HZ)
    dull = lfilter([0.1], [1, -0.9], x).astype(np.float32)

    def slope_db(even):
        def tilt(sound):
            y = run(Dsp().open(voice(even=even)), sound, 480)[5 * RATE_HZ :]
            power, hz = np.abs(np.fft.rfft(y)) ** 2, np.fft.rfftfreq(len(y), 1 / RATE_HZ)
            low, high = (power[(hz > a) & (hz < b)].sum() for a, b in ((300, 800), (2000, 4000)))
            return 10 * np.log10(high / low)

        return tilt(x) - tilt(dull)

    assert slope_db(1.0) < 0.5 * slope_db(0.0)


def test_a_whisper_has_no_pitch():
    x = spoken(breath=1.0)
    r = np.fft.irfft(np.abs(np.fft.rfft(x)) ** 2)
    assert r[96:800].max() < 0.3 * r[0]


def test_periods_longer_than_any_voice_has_are_cut_short_not_read_beyond_what_was_heard(monkeypatch):
    def following(self, period):
        self._last = Epoch(self._last.at + 1030, voiced=True)
        return self._last

    monkeypatch.setattr(Epochs, "following", following)
    assert np.isfinite(spoken(pitch_hz=104)).all()


def test_a_voice_that_says_nothing_of_this_engine_is_refused():
    with pytest.raises(VoxError, match="'x' has nothing for the engine 'dsp'"):
        Dsp().open(voice().model_copy(update={"engines": {"rvc": {}}}))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"pich_hz": 100}, "'x' sets 'pich_hz'.* did you mean 'pitch_hz'"),
        ({"pitch_hz": 5000}, "'x' cannot set 'pitch_hz' to 5000"),
        ({"breath": "much"}, "'x' cannot set 'breath' to 'much'"),
        ({"effects": [{"kind": "flanger"}]}, "'x' cannot set 'effects.0'"),
        ({"effects": [{"kind": "ring", "herz": 3}]}, "'x' sets 'effects.0.ring.herz'"),
    ],
)
def test_settings_that_cannot_be_meant_are_one_sentence_that_names_the_voice(settings, words):
    with pytest.raises(VoxError, match=words) as refused:
        Dsp().open(voice(**settings))
    assert "\n" not in str(refused.value)
