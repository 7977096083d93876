"""Rehearsals off the wall clock, with scripted ears."""

from pathlib import Path

import numpy as np
import pytest

from listening import CountingTranscriber, LoudDetector
from test_echo import speechlike
from test_talk import silence, tone, words
from voxhumana.assistant.timing import TurnTiming
from voxhumana.assistant.turn import Phase
from voxhumana.bench import ears, sounds
from voxhumana.bench.cast import Remembering
from voxhumana.bench.rehearsal import RATE_HZ, Rehearsed, rehearse
from voxhumana.bench.talk import stages
from voxhumana.errors import UsageError

SPEECH = speechlike(6, 1)
STORY = ("Once upon a time.", SPEECH * np.float32(0.1 / np.std(SPEECH)))


def play(*sound: np.ndarray, response: np.ndarray | None = None, echo: bool = True) -> Rehearsed:
    whole = np.concatenate(sound)
    return rehearse(whole, response, LoudDetector(), CountingTranscriber(), STORY, echo=echo)


def test_with_headphones_a_story_is_told_to_its_end() -> None:
    heard = play(silence(0.5), words(3), silence(8))
    assert heard.said == ["one two three"]
    assert (heard.count(Phase.INTERRUPTED), heard.stopped()) == (0, 0)
    assert np.std(heard.played[3 * RATE_HZ : 7 * RATE_HZ]) == pytest.approx(0.1, abs=0.02)


def test_in_a_room_the_story_would_interrupt_itself_but_for_the_echo_canceller() -> None:
    response = ears.leveled(sounds.room(3, 0.02), STORY[1], -6.0)
    deaf = play(silence(0.5), words(3), silence(8), response=response, echo=False)
    assert deaf.count(Phase.INTERRUPTED) > 0
    clean = play(silence(0.5), words(3), silence(8), response=response)
    assert clean.stopped() == 0


def test_speech_over_the_story_stops_it_and_a_murmur_does_not() -> None:
    asked = (silence(0.5), words(3), silence(2))
    assert play(*asked, tone(0.9), silence(2)).stopped() == 1
    assert play(*asked, tone(0.09), silence(2)).stopped() == 0


def test_what_silences_the_story_in_vain_is_timed() -> None:
    asked = (silence(0.5), words(3), silence(2))
    (dip_ms,) = play(*asked, tone(0.09), silence(2)).dips_ms()
    assert 90 <= dip_ms <= 220
    assert play(*asked, tone(0.9), silence(2)).dips_ms() == []


def test_the_same_sound_is_written_down_once() -> None:
    ears = CountingTranscriber()
    remembering = Remembering(ears)
    assert remembering.transcribe(words(2)) == "one two"
    ears.fails = True
    assert remembering.transcribe(words(2)) == "one two"
    with pytest.raises(RuntimeError):
        remembering.transcribe(words(3))


def test_a_room_gives_back_as_much_of_our_voice_as_was_asked_for() -> None:
    response = ears.leveled(sounds.room(5), STORY[1], -6.0)
    echo = np.convolve(STORY[1], response)[: len(STORY[1])]
    assert 20 * np.log10(np.std(echo) / np.std(STORY[1])) == pytest.approx(-6.0, abs=0.5)


def test_a_folder_without_rooms_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no \.flac or \.wav"):
        ears.rooms(tmp_path)


@pytest.mark.parametrize("kind", [sounds.noise, sounds.music, sounds.typing])
def test_made_up_scenes_are_as_long_as_asked_and_not_clipped(kind) -> None:
    sound = kind(np.random.default_rng(1), 3.3)
    assert len(sound) == round(3.3 * RATE_HZ)
    assert 0.001 < np.abs(sound).max() < 1.0


def test_stages_are_told_from_the_last_syllable_on() -> None:
    ms = 16
    turns = [
        TurnTiming(end_of_speech=1_000 * ms, transcript=900 * ms, decision=at * ms, first_sound=at * ms)
        for at in (1_200, 1_300, 1_400)
    ]
    split = stages(turns)
    assert split["transcript"]["p50_ms"] == -100
    assert split["decision"]["p50_ms"] == 300
    assert split["decision"]["p95_ms"] == pytest.approx(390)
    assert "first_token" not in split
