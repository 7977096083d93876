"""What the assistant can do besides talk."""

import time
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from test_talk import Scene, silence, words
from voxhumana.assistant import abilities
from voxhumana.assistant.tools import may_be_call, offer, offered, run, tool
from voxhumana.errors import VoxError


class Facts:
    def __init__(self) -> None:
        self.kept: list[str] = []

    def remember(self, fact: str) -> None:
        self.kept.append(fact)

    def forget(self, talks: None = None, facts: str | None = None) -> int:
        before = len(self.kept)
        self.kept = [fact for fact in self.kept if str(facts).lower() not in fact.lower()]
        return before - len(self.kept)


def dice(sides: int = 6) -> str:
    """Throw a die."""
    return f"It shows {sides}."


dice.hints = {"die", "dice"}


def test_a_tool_is_offered_only_where_a_word_hints_at_it() -> None:
    tools = [tool(dice), abilities.clock()]
    assert offered(tools, "What is the capital of France?") == []
    assert offered(tools, "How much time does an egg take, and what a day it was today!") == []
    assert [t.name for t in offered(tools, "What time is it?")] == ["time_and_date"]
    assert [t.name for t in offered(tools, "Throw the DICE, please!")] == ["dice"]
    assert "dice(sides): Throw a die." in offer("Throw the dice.", tools)
    assert offer("Throw the dice.", tools).startswith("Throw the dice.")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("CALL dice()", "It shows 6."),
        ("CALL dice(20)", "It shows 20."),
        ("`CALL dice(sides=12)`", "It shows 12."),
        ("CALL dice('8 sides').", "It shows 8."),
        ("CALL dice(4, 5, 6)", "It shows 4."),
        ("CALL dice(many)", "I tried, but I did not quite understand how."),
        ("CALL fly(3)", "I meant to do something there, but I do not know how."),
        ("CALL", "I meant to do something there, but I do not know how."),
        ("CALL dice(__import__('os').abort())", "I tried, but I did not quite understand how."),
    ],
)
def test_a_call_is_read_as_a_small_model_writes_it(line: str, said: str) -> None:
    assert run(line, [tool(dice)]) == said


@given(st.text(max_size=40))
def test_whatever_the_model_writes_is_a_sentence_in_the_end(written: str) -> None:
    assert run(f"CALL dice({written})", [tool(dice)]).endswith(".")


def test_a_call_is_told_from_speech_at_its_first_letters() -> None:
    assert all(may_be_call(text) for text in ("", "C", " CAL", "CALL timer(5)", "`CALL"))
    assert not any(may_be_call(text) for text in ("Certainly", "Call me", "The CALL", "CALL" + "x" * 600))


def test_a_function_that_says_nothing_about_itself_is_refused() -> None:
    def mute() -> str:
        return ""

    with pytest.raises(VoxError, match="has no docstring"):
        tool(mute)


def test_facts_are_remembered_and_forgotten() -> None:
    facts = Facts()
    tools = [abilities.remember(facts), abilities.forget(facts)]
    run('CALL remember("My name is Anna.")', tools)
    run("CALL remember(I like tea)", tools)
    assert facts.kept == ["My name is Anna.", "I like tea"]
    assert run("CALL forget(anna)", tools) == "It is forgotten."
    assert run("CALL forget()", tools).startswith("I tried")
    assert run("CALL forget('')", tools) == "Tell me which words I should forget."
    assert facts.kept == ["I like tea"]


def test_a_timer_speaks_up_and_an_impossible_one_is_refused() -> None:
    said: list[str] = []
    timers = abilities.Timers(said.append)
    assert run("CALL timer(0.0005)", [timers.tool()]) == "All right, 0.0005 minutes from now."
    for _ in range(100):
        if said:
            break
        time.sleep(0.02)
    assert said == ["Your 0.0005 minutes are over."]
    assert "up to a day" in run("CALL timer(100000)", [timers.tool()])
    timers.start(60)
    timers.close()


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        ("Speak as the robot, please.", True),
        ("Can I talk to the Old-Giant?", True),
        ("Switch to robot.", True),
        ("Where does the word robot come from?", False),
        ("Would you rather be an old giant or a mouse?", False),
    ],
)
def test_another_voice_is_offered_where_one_is_asked_for_and_not_where_its_name_is_a_word(
    message: str, wanted: bool
) -> None:
    change = abilities.change_voice(str, ["robot", "old-giant"])
    assert bool(offered([change], message)) is wanted


class Hand:
    """A tool that counts its uses; its hint is a word that the scripted ears hear."""

    used: ClassVar[list[str]]

    def __init__(self) -> None:
        self.used = []

    def tool(self):
        def wave(whom: str) -> str:
            """Wave."""
            self.used.append(whom)
            return "I waved."

        wave.hints = {"two"}
        return tool(wave)


def test_a_call_runs_once_when_the_turn_is_over_and_only_its_sentence_is_heard_and_kept() -> None:
    hand = Hand()
    scene = Scene(
        words(2), silence(0.7), words(2), silence(4), reply="CALL wave(Anna)", whole=4, tools=[hand.tool()]
    ).play()
    assert hand.used == ["Anna"]
    assert scene.said("assistant") == ["I waved."]
    assert "one two three four\n\n[Functions:" in scene.responder.asked[-1][-1].text
    assert scene.talk.history.said[0].text == "one two three four"


def test_without_a_hint_the_words_are_spoken_as_they_are() -> None:
    hand = Hand()
    scene = Scene(words(1), silence(3), reply="One it is.", whole=1, tools=[hand.tool()]).play()
    assert scene.said("assistant") == ["One it is."]
    assert scene.responder.asked[-1][-1].text == "one"


def test_an_announcement_waits_until_nobody_speaks_and_is_remembered() -> None:
    scene = Scene(words(2), silence(4), reply="Well now. Let me see.", whole=2)
    scene.microphone.at[10] = lambda: scene.talk.announce("Your tea is ready.")
    scene.play()
    assert scene.said("assistant") == ["Well now. Let me see.", "Your tea is ready."]
    assert scene.talk.history.said[-1].text == "Well now. Let me see. Your tea is ready."
