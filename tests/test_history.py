import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxhumana.assistant.history import History, Spoken, heard
from voxhumana.dialogue import Message

PIECES = [Spoken("Sit down, ", 1_000), Spoken("my old friend.", 2_000)]


@pytest.mark.parametrize(
    ("played", "text"),
    [
        (0, ""),
        (999, "Sit"),
        (1_000, "Sit down,"),
        (2_000, "Sit down, my old"),
        (2_999, "Sit down, my old"),
        (3_000, "Sit down, my old friend."),
        (9_000, "Sit down, my old friend."),
    ],
)
def test_of_a_reply_only_the_words_that_were_heard_whole_count(played: int, text: str) -> None:
    assert heard(PIECES, played) == text


def test_a_draft_leaves_no_trace() -> None:
    history = History("Be kind.")
    assert history.with_user("What") == [Message("system", "Be kind."), Message("user", "What")]
    assert history.with_user("What is") == [Message("system", "Be kind."), Message("user", "What is")]


def test_a_reply_of_which_nothing_was_heard_joins_the_users_two_messages() -> None:
    history = History("Be kind.")
    history = history.after("Hello.", "Hello, friend.")
    history = history.after("Tell me", "")
    assert history.with_user("a story.") == [
        Message("system", "Be kind."),
        Message("user", "Hello."),
        Message("assistant", "Hello, friend."),
        Message("user", "Tell me a story."),
    ]


@given(st.lists(st.tuples(st.text("ab ", min_size=1, max_size=90), st.text("cd ", max_size=90)), max_size=60))
def test_a_long_conversation_stays_within_its_budget_alternates_and_keeps_the_latest(
    turns: list[tuple[str, str]],
) -> None:
    history = History("Be kind.", budget=500)
    for user, assistant in turns:
        history = history.after(user, assistant)
        persona, *said = history.with_user("")
        assert persona == Message("system", "Be kind.")
        assert all(a.role != b.role for a, b in itertools.pairwise(said))
        assert said[0].role == "user"
        assert user in " ".join(m.text for m in said)


def test_compaction_drops_the_older_half_at_once_so_that_the_prefix_stays_for_many_turns() -> None:
    history = History("Be kind.", budget=1_000)
    firsts = []
    for number in range(100):
        history = history.after(f"Question {number:3}.", "x" * 37)
        firsts.append(history.with_user("")[1].text)
    assert len(set(firsts)) < 12
