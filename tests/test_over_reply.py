"""What is heard over a reply: what silences it, what takes the turn, and what lets it go on."""

import pytest

from turn_script import Script, speaking
from voxhumana.assistant.action import Pause, Resume, Stop
from voxhumana.assistant.event import Hiss
from voxhumana.assistant.interruption import CALM, FAINT, MUSE
from voxhumana.assistant.turn import MS, Phase


def test_speech_over_the_reply_silences_it_at_once_and_stops_it_soon() -> None:
    script = speaking()
    began = script.turn.now / MS
    script.speak(800)
    assert script.kinds()[:2] == ["Pause", "Stop"]
    assert script.when(Pause) - began == 32
    assert script.when(Stop) - began <= 736
    assert script.turn.phase is Phase.LISTENING


@pytest.mark.parametrize("understood", ["Mm-hmm.", "her mother"])
def test_a_hum_lets_the_reply_go_on_even_if_it_is_taken_for_words(understood: str) -> None:
    script = speaking()
    script.speak(320)
    script.silence(128)
    script.understand(understood)
    assert script.kinds() == ["Pause", "Draft", "Drop", "Resume"]
    assert script.turn.phase is Phase.SPEAKING


def test_noise_over_the_reply_lets_it_go_on_without_asking_for_words() -> None:
    script = speaking()
    script.speak(96)
    script.silence(320)
    assert script.kinds() == ["Pause", "Resume"]


def test_a_faint_sign_of_a_voice_silences_the_reply_only_where_none_of_it_comes_back() -> None:
    script = speaking()
    script.hear(320, FAINT)
    assert script.kinds() == []
    began = script.turn.now / MS
    script.hear(32, FAINT, alone=True)
    assert script.when(Pause) - began == 32
    script.silence(96)
    assert script.kinds() == ["Pause", "Resume"]


def test_faint_signs_that_never_become_a_word_silence_the_reply_once_and_not_for_long() -> None:
    script = speaking()
    script.hear(CALM / MS, FAINT, alone=True)
    assert script.kinds() == ["Pause", "Resume"]
    assert script.when(Resume) - script.when(Pause) <= MUSE / MS


def test_a_hiss_over_the_reply_silences_it_until_the_vowel() -> None:
    script = speaking()
    script.tell(Hiss())
    script.silence(96)
    script.speak(256)
    script.silence(128)
    script.understand("Stop!")
    script.silence(320)
    assert script.kinds() == ["Pause", "Draft", "Stop", "Speak"]


def test_a_hiss_that_no_vowel_follows_is_over_in_a_fifth_of_a_second() -> None:
    script = speaking()
    script.tell(Hiss())
    script.silence(320)
    assert script.kinds() == ["Pause", "Resume"]
    assert script.when(Resume) - script.when(Pause) <= 192


def test_a_hiss_while_nobody_speaks_is_nothing() -> None:
    script = Script()
    script.tell(Hiss())
    script.silence(320)
    assert script.log == []


def test_a_short_word_that_is_no_backchannel_takes_the_turn() -> None:
    script = speaking()
    script.speak(256)
    script.silence(128)
    script.understand("Stop!")
    script.silence(320)
    assert script.kinds() == ["Pause", "Draft", "Stop", "Speak"]
