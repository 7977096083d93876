"""What is said of a recording before a voice is learned from it."""

import functools

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from learners import speech, words
from signals import noise, silence, sine
from voxhumana import build, config, offline
from voxhumana.library import enrolment, reference
from voxhumana.library.enrolment import Flaw, assess, spoken
from voxhumana.library.shelf import SAMPLE


def flaws(sound, rate_hz):
    return [hint.flaw for hint in assess(np.asarray(sound, np.float32), rate_hz).hints]


def through(sound, rate_hz, band_hz):
    """The sound as a narrower line passes it on."""
    return soxr.resample(soxr.resample(sound, rate_hz, 2 * band_hz), 2 * band_hz, rate_hz)


def test_a_clean_recording_of_good_length_has_no_flaw():
    assessment = assess(*speech())
    assert assessment.good
    assert assessment.usable
    assert 10 < assessment.speech_s < assessment.duration_s
    assert np.linalg.norm(assessment.voiceprint) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("sound", [silence(5, 16_000), noise(5, 16_000), sine(440, 5, 16_000), silence(0, 1)])
def test_where_nobody_speaks_nothing_can_be_learned(sound):
    assessment = assess(sound, 16_000)
    assert [hint.flaw for hint in assessment.hints] == [Flaw.SILENT]
    assert not assessment.usable
    assert assessment.voiceprint is None
    assert not len(spoken(sound, 16_000))


def test_two_seconds_are_too_few_and_four_will_do():
    sound, rate_hz = words()
    short = assess(sound[: 2 * rate_hz], rate_hz)
    assert [hint.flaw for hint in short.hints] == [Flaw.SHORT]
    assert not short.usable
    assert flaws(sound, rate_hz) == [Flaw.BRIEF]


def test_a_top_that_is_cut_off_is_heard_at_any_level():
    sound, rate_hz = speech()
    cut = np.clip(sound, -0.5 * np.abs(sound).max(), 0.5 * np.abs(sound).max())
    assert flaws(cut, rate_hz) == [Flaw.CLIPPED]
    assert flaws(cut * 0.4, rate_hz) == [Flaw.CLIPPED]


def test_a_whisper_far_away_is_too_quiet():
    sound, rate_hz = speech()
    assert flaws(sound * 0.03, rate_hz) == [Flaw.QUIET]


def test_a_fan_behind_the_voice_is_noise():
    sound, rate_hz = speech()
    hiss = noise(1, len(sound), 1.0)
    level = float(np.sqrt(np.mean(sound**2)))
    assert flaws(sound + hiss * level * 10 ** (-40 / 20), rate_hz) == []
    assert flaws(sound + hiss * level * 10 ** (-10 / 20), rate_hz) == [Flaw.NOISY]


def test_a_telephone_is_dull_and_a_headset_is_not():
    sound, rate_hz = speech()
    assert flaws(through(sound, rate_hz, 4000), rate_hz) == [Flaw.DULL]
    assert flaws(through(sound, rate_hz, 8000), rate_hz) == []


@functools.cache
def pixie(folder):
    role = build.role(config.load(), "pixie", None)
    offline.convert(SAMPLE, folder / "pixie.wav", build.offline(role, 0, stream=False), 0.5, lambda *_: None)
    return reference.load([folder / "pixie.wav"])[0]


def test_two_people_are_told_from_one(tmp_path):
    sound, rate_hz = words()
    other = pixie(tmp_path)
    assert flaws(np.concatenate([sound, sound, other, other]), rate_hz) == [Flaw.CROWDED]
    assert flaws(np.tile(other, 3), rate_hz) == []


def test_what_is_kept_is_the_speech_with_its_pauses_shortened():
    sound, rate_hz = words()
    long = np.concatenate([silence(4, rate_hz), sound, silence(5, rate_hz), sound, silence(3, rate_hz)])
    kept = spoken(long, rate_hz)
    assert 2 * 4 < len(kept) / rate_hz < len(long) / rate_hz - 11
    assert assess(kept, rate_hz).speech_s == pytest.approx(assess(long, rate_hz).speech_s, abs=0.4)


def test_no_more_is_kept_than_anyone_learns_from():
    sound, rate_hz = speech(16)
    assert len(spoken(sound, rate_hz)) == enrolment.ENOUGH_S * rate_hz


def test_every_hint_is_one_sentence_that_says_what_to_do():
    sound, rate_hz = words()
    for bad in (silence(1, rate_hz), sound[:rate_hz], sound * 0.01, through(sound, rate_hz, 4000)):
        for hint in assess(bad, rate_hz).hints:
            assert hint.text.endswith(".")
            assert "\n" not in hint.text
    assert assess(sound * 0.01, rate_hz).report()["hints"][0]["flaw"] == "quiet"


@settings(max_examples=25, deadline=None)
@given(
    samples=st.integers(0, 3000),
    rate_hz=st.sampled_from([8000, 11_025, 16_000, 44_100, 48_000, 96_000]),
    level=st.sampled_from([0.0, 1e-8, 0.1, 1.0, 50.0]),
)
def test_no_length_rate_or_level_breaks_it(samples, rate_hz, level):
    sound = noise(1, 3000, level)[:samples]
    assert not assess(sound, rate_hz).usable
    assert len(spoken(sound, rate_hz)) <= samples
