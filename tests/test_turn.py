"""The turn machine while the user has the floor: when a turn is over, and what is drafted for it."""

import pytest

from turn_script import Script, speaking
from voxhumana.assistant.action import Draft, Open, Prepare, Speak
from voxhumana.assistant.event import Over, Ready, Understood
from voxhumana.assistant.floor import HASTE, PATIENCE
from voxhumana.assistant.turn import MS, Phase, Turn


def test_silence_opens_no_turn() -> None:
    script = Script()
    script.silence(60_000)
    assert script.log == []
    assert script.turn.start is None


def test_a_click_opens_no_turn_and_is_forgotten() -> None:
    script = Script()
    for _ in range(50):
        script.speak(64)
        script.silence(900)
    assert script.log == []
    assert script.turn.start is None


def test_a_complete_question_is_answered_after_haste() -> None:
    script = Script()
    script.speak(320)
    script.silence(128)
    script.understand("How are you?", complete=1.0)
    script.ready()
    script.silence(400)
    assert script.kinds() == ["Draft", "Speak"]
    assert script.when(Speak) - 320 == pytest.approx(HASTE / MS, abs=32)
    assert script.turn.phase is Phase.SPEAKING


def test_an_incomplete_question_is_waited_for() -> None:
    script = Script()
    script.speak(320)
    script.silence(128)
    script.understand("What is the", complete=0.0)
    script.silence(1_000)
    assert script.kinds() == ["Draft", "Prepare"]
    assert script.when(Prepare) - 320 == pytest.approx(HASTE / MS, abs=32)
    script.silence(1_000)
    assert script.when(Speak) - 320 == pytest.approx(PATIENCE / MS, abs=32)


def test_a_pause_inside_a_question_drops_the_draft_and_keeps_the_beginning() -> None:
    script = Script()
    script.silence(320)
    script.speak(320)
    script.silence(320)
    script.understand("What is the", complete=0.1)
    script.speak(160)
    script.silence(160)
    drafts = [a for _, a in script.log if isinstance(a, Draft)]
    assert script.kinds() == ["Draft", "Prepare", "Drop", "Draft", "Hint"]
    assert [d.hint for d in drafts] == [True, False]
    assert {d.start for d in drafts} == {320 * MS}
    assert drafts[1].end > drafts[0].end


def test_long_speech_is_drafted_while_it_goes_on_one_draft_at_a_time() -> None:
    script = Script()
    script.speak(3_200)
    assert script.kinds() == ["Draft"]  # nothing understood yet: no second one
    script.understand("So I was thinking")
    script.speak(3_200)
    assert script.kinds() == ["Draft", "Draft"]


def test_a_draft_that_heard_everything_before_the_silence_is_not_made_again() -> None:
    script = Script()
    script.speak(480)
    script.silence(64)
    assert script.kinds() == ["Draft", "Hint"]
    script.understand("How are you?")
    script.ready()
    script.silence(160)
    assert script.kinds() == ["Draft", "Hint", "Speak"]


def test_without_speculation_nothing_is_drafted_in_mid_speech() -> None:
    script = Script()
    script.turn = Turn(eager=False)
    script.speak(3_200)
    assert script.kinds() == []
    script.silence(96)
    assert [a.hint for _, a in script.log if isinstance(a, Draft)] == [True]
    script.understand("So I was", complete=0.2)
    script.silence(640)
    assert script.kinds() == ["Draft"]


def test_a_reply_that_is_not_ready_is_thought_about_and_the_user_may_still_go_on() -> None:
    script = Script()
    script.speak(320)
    script.silence(128)
    script.understand("Could you tell me.")
    script.silence(320)
    assert script.turn.phase is Phase.THINKING
    script.speak(96)
    assert script.turn.phase is Phase.LISTENING
    assert script.kinds() == ["Draft", "Speak", "Drop", "Draft"]
    assert script.turn.start == 0


def test_a_late_reply_is_begun_with_an_opening_where_there_are_any_and_the_user_may_still_go_on() -> None:
    script = Script()
    script.turn = Turn(openings=True)
    script.speak(320)
    script.silence(128)
    script.understand("Could you tell me.")
    script.silence(320)
    assert script.kinds() == ["Draft", "Speak", "Open"]
    assert script.when(Open) == script.when(Speak)
    assert script.turn.phase is Phase.SPEAKING
    script.speak(96)
    assert script.kinds()[3:] == ["Pause"]


def test_a_reply_that_is_ready_has_no_opening() -> None:
    script = Script()
    script.turn = Turn(openings=True)
    script.speak(320)
    script.silence(128)
    script.understand("Could you tell me.")
    script.ready()
    script.silence(640)
    assert script.kinds() == ["Draft", "Speak"]


def test_a_reply_that_ends_leaves_a_listener() -> None:
    script = speaking()
    script.tell(Over(script.turn.drafts))
    assert script.turn == Turn(
        now=script.turn.now, spoke=script.turn.spoke, drafts=script.turn.drafts, drafted=script.turn.drafted
    )


def test_a_draft_without_words_is_forgotten() -> None:
    script = Script()
    script.speak(320)
    script.silence(128)
    script.understand("")
    script.silence(600)
    assert script.kinds() == ["Draft", "Drop"]
    assert script.turn.phase is Phase.LISTENING
    assert script.turn.start is None


def test_what_is_stale_changes_nothing() -> None:
    script = Script()
    script.speak(320)
    script.silence(128)
    stale = script.turn.draft
    assert stale is not None
    script.speak(96)
    before = script.turn
    for event in (Understood(stale, "What", 1.0), Ready(stale), Over(stale)):
        script.tell(event)
    assert script.turn == before
