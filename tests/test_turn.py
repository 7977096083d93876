"""The turn machine: scripted conversations, and what must hold in every conversation."""

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voxhumana.assistant.action import Action, Draft, Drop, Open, Pause, Prepare, Resume, Speak, Stop
from voxhumana.assistant.event import Event, Heard, Hiss, Over, Ready, Understood
from voxhumana.assistant.turn import CALM, FAINT, HASTE, MS, MUSE, PATIENCE, Phase, Turn, step

FRAME = 512


class Script:
    """A conversation on the frame clock; collects the actions with their times in ms."""

    def __init__(self) -> None:
        self.turn = Turn()
        self.log: list[tuple[float, Action]] = []

    def tell(self, event: Event) -> None:
        self.turn, actions = step(self.turn, event)
        self.log += [(self.turn.now / MS, action) for action in actions]

    def hear(self, ms: float, speech: float, *, alone: bool = False) -> None:
        for _ in range(round(ms * MS / FRAME)):
            self.tell(Heard(self.turn.now, self.turn.now + FRAME, speech, alone))

    def speak(self, ms: float) -> None:
        self.hear(ms, 0.9)

    def silence(self, ms: float) -> None:
        self.hear(ms, 0.05)

    def understand(self, text: str, complete: float = 1.0) -> None:
        assert self.turn.draft is not None
        self.tell(Understood(self.turn.draft, text, complete))

    def ready(self) -> None:
        assert self.turn.draft is not None
        self.tell(Ready(self.turn.draft))

    def kinds(self, *wanted: type) -> list[str]:
        return [type(a).__name__ for _, a in self.log if not wanted or isinstance(a, wanted)]

    def when(self, kind: type) -> float:
        return next(ms for ms, a in self.log if isinstance(a, kind))


def speaking() -> Script:
    """A conversation in which the assistant is speaking, its log empty."""
    script = Script()
    script.speak(800)
    script.silence(160)
    script.understand("Tell me a story.")
    script.ready()
    script.silence(320)
    assert script.turn.phase is Phase.SPEAKING
    script.log.clear()
    return script


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


def test_speech_over_the_reply_silences_it_at_once_and_stops_it_soon() -> None:
    script = speaking()
    began = script.turn.now / MS
    script.speak(800)
    assert script.kinds()[:2] == ["Pause", "Stop"]
    assert script.when(Pause) - began == 32
    assert script.when(Stop) - began <= 736
    assert script.turn.phase is Phase.LISTENING


def test_a_backchannel_lets_the_reply_go_on() -> None:
    script = speaking()
    script.speak(320)
    script.silence(128)
    script.understand("Mm-hmm.")
    assert script.kinds() == ["Pause", "Draft", "Drop", "Resume"]
    assert script.turn.phase is Phase.SPEAKING


def test_a_hum_that_is_taken_for_words_lets_the_reply_go_on() -> None:
    script = speaking()
    script.speak(320)
    script.silence(128)
    script.understand("her mother")
    assert script.kinds() == ["Pause", "Draft", "Drop", "Resume"]


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


events = st.one_of(
    st.tuples(st.sampled_from(["hear", "hear alone"]), st.integers(1, 40), st.sampled_from([0.0, 0.4, 0.9])),
    st.tuples(st.just("hiss"), st.none(), st.none()),
    st.tuples(st.just("understand"), st.sampled_from(["", "Mhm.", "What is", "Stop!"]), st.floats(0, 1)),
    st.tuples(st.just("ready"), st.integers(0, 2), st.none()),
    st.tuples(st.just("over"), st.integers(0, 2), st.none()),
)


def play(script: Script, plan: Iterable[tuple]) -> None:
    for kind, what, more in plan:
        if kind.startswith("hear"):
            script.hear(what * 32, more, alone=kind == "hear alone")
        elif kind == "hiss":
            script.tell(Hiss())
        elif kind == "understand" and script.turn.draft is not None:
            script.tell(Understood(script.turn.draft, what, more))
        elif kind == "ready":
            script.tell(Ready(script.turn.drafts - what))
        elif kind == "over":
            script.tell(Over(script.turn.drafts - what))


@settings(max_examples=300, deadline=None)
@given(st.lists(events, max_size=40))
def test_in_every_conversation_drafts_are_heard_only_when_spoken_and_never_after_being_dropped(
    plan: list[tuple],
) -> None:
    script = Script()
    play(script, plan)
    newest, dropped, reply, paused = 0, set(), None, False
    for _, action in script.log:
        match action:
            case Draft(draft, start, end):
                assert draft == newest + 1
                assert 0 <= start < end
                newest = draft
            case Drop(draft):
                assert draft == newest
                assert draft not in dropped
                dropped.add(draft)
            case Speak(draft):
                assert draft == newest
                assert draft not in dropped
                assert not paused
                reply = draft
            case Pause():
                assert reply is not None
                assert not paused
                paused = True
            case Resume() | Stop():
                assert paused
                paused = False


@settings(max_examples=300, deadline=None)
@given(st.lists(events, max_size=40))
def test_every_conversation_falls_quiet_when_the_user_does_and_the_engines_answer(plan: list[tuple]) -> None:
    script = Script()
    play(script, plan)
    for _ in range(4):
        script.silence(2_000)
        if script.turn.draft is not None:
            script.tell(Understood(script.turn.draft, "Yes, tell me.", 1.0))
        script.silence(2_000)
        if script.turn.phase is Phase.THINKING:
            script.ready()
        if script.turn.reply is not None:
            script.tell(Over(script.turn.reply))
    assert script.turn.phase is Phase.LISTENING
    assert script.turn.start is None
    script.log.clear()
    script.silence(5_000)
    assert script.log == []


@settings(max_examples=100, deadline=None)
@given(st.lists(events, max_size=30))
def test_the_machine_remembers_nothing_outside_its_state(plan: list[tuple]) -> None:
    once, again = Script(), Script()
    play(once, plan)
    play(again, plan)
    assert once.turn == again.turn
    assert once.log == again.log
