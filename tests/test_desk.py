"""Keys and hotkeys: what they make of the knobs."""

import pytest

from voxhumana.channel import Bypass, Monitor, Mute, Pitch, Stop, Switch
from voxhumana.terminal.desk import KEYS, Desk
from voxhumana.terminal.hotkeys import Chords


@pytest.fixture
def sent():
    return []


@pytest.fixture
def desk(sent):
    return Desk(sent.append, ["aunt", "robot", "uncle"], "uncle", 0.0, None)


def press(desk, keys):
    for key in keys:
        desk.do(KEYS[key])


def test_keys_mute_bypass_and_stop(desk, sent):
    press(desk, "mmbbq")
    assert sent == [Mute(on=True), Mute(on=False), Bypass(on=True), Bypass(on=False), Stop()]


def test_the_next_voice_after_the_last_is_the_first(desk, sent):
    press(desk, "nnp")
    assert sent == [Switch(voice="aunt"), Switch(voice="robot"), Switch(voice="aunt")]


def test_a_voice_that_is_not_on_the_shelf_walks_to_its_ends(sent):
    desk = Desk(sent.append, ["aunt", "robot"], "stranger", 0.0, None)
    desk.do("next_voice")
    assert sent == [Switch(voice="aunt")]


def test_a_number_chooses_a_voice_that_is_there(desk, sent):
    press(desk, "29")
    assert sent == [Switch(voice="robot")]


def test_pitch_goes_by_semitones_and_ends_at_two_octaves(desk, sent):
    press(desk, "++-")
    assert sent == [Pitch(semitones=1), Pitch(semitones=2), Pitch(semitones=1)]
    press(desk, "+" * 30)
    assert desk.pitch_semitones == 24


def test_the_monitor_is_the_one_that_was_set_or_the_default(desk, sent):
    press(desk, "hh")
    other = Desk(sent.append, [], "uncle", 0.0, "Headphones")
    press(other, "hh")
    assert sent == [
        Monitor(device="default"),
        Monitor(device=None),
        Monitor(device=None),
        Monitor(device="Headphones"),
    ]


@pytest.fixture
def chords(desk):
    return Chords({"mute": frozenset({"ctrl", "m"}), "push_to_talk": frozenset({"ctrl", "space"})}, desk)


def test_a_chord_acts_once_however_long_it_is_held(chords, sent):
    for key in ("ctrl", "m", "m", "m"):
        chords.press(key)
    assert sent == [Mute(on=True)]
    chords.release("m")
    chords.press("m")
    assert sent == [Mute(on=True), Mute(on=False)]


def test_push_to_talk_is_open_while_all_its_keys_are_down(chords, sent):
    chords.press("space")
    assert sent == []
    chords.press("ctrl")
    assert sent == [Mute(on=False)]
    chords.release("ctrl")
    assert sent == [Mute(on=False), Mute(on=True)]


def test_half_a_chord_does_nothing(chords, sent):
    chords.press("m")
    chords.release("m")
    chords.press("ctrl")
    assert sent == []
