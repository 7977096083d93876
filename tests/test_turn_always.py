"""What must hold in every conversation, whatever is heard and whatever the engines answer."""

from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from turn_script import Script
from voxhumana.assistant.action import Draft, Drop, Pause, Resume, Speak, Stop
from voxhumana.assistant.event import Hiss, Over, Ready, Understood
from voxhumana.assistant.turn import Phase

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
