import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxhumana.assistant.history import History, Spoken, heard, within
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


def test_what_is_kept_of_a_list_that_grows_keeps_its_beginning_for_many_turns_too() -> None:
    grown = [
        Message(role, f"{number:3}" + "x" * 22) for number in range(100) for role in ("user", "assistant")
    ]
    kept = [within(grown[: 2 * turns], budget=1_000) for turns in range(1, 101)]
    assert 1 < len({said[0] for said in kept}) < 12
    assert max(map(len, kept)) <= 1_000 // 25
    assert all(said[0].role == "user" and said[-1] == grown[2 * at + 1] for at, said in enumerate(kept))


def test_another_persona_knows_the_latest_quarter_of_what_was_said() -> None:
    history = History("Be kind.", budget=1_000, later="Be brief.")
    for number in range(10):
        history = history.after(f"Question {number:3}.", "x" * 37)
    other = history.recast("Be rude.")
    assert (other.persona, other.later) == ("Be rude.", None)
    assert other.said == history.said[-10:]
    assert History("Be kind.").recast("Be rude.") == History("Be rude.")


def said(history: History) -> list[str]:
    return [message.text for message in history.said]


def test_a_reply_that_says_the_question_back_is_not_read_again() -> None:
    history = History("Be kind.").after("What makes bread rise?", "Well, what makes bread rise?")
    assert history.said == ()
    history = history.after("Do you like the sea?", "Do I like the sea?")
    assert history.said == ()


@pytest.mark.parametrize(
    ("user", "assistant"),
    [
        ("What is the capital of France?", "The capital of France is Paris."),
        ("Can dogs eat apples?", "Yes, dogs can eat apples."),
        ("Is it blue?", "It is blue."),
        ("How far away is the sun?", "The sun is very far away."),
        ("", "Your tea is ready."),
    ],
)
def test_a_reply_in_words_of_the_question_is_kept(user: str, assistant: str) -> None:
    assert said(History("Be kind.").after(user, assistant)) == [*filter(None, [user]), assistant]


def test_an_exchange_that_stands_there_already_is_read_until_the_next_follows() -> None:
    history = History("Be kind.").after("How old is the moon?", "It is 4.5 billion years old.")
    history = history.after("And the sun?", "A little older.")
    once = history.said
    history = history.after("How old is the moon", "Well, it is 4.5 billion years old.")
    assert said(history)[-2:] == ["How old is the moon", "It is 4.5 billion years old."]
    history = history.after("Why?", "That is when it was formed.")
    assert history.said[:-2] == once
    assert said(history)[-2:] == ["Why?", "That is when it was formed."]


def test_another_answer_to_the_same_question_is_kept() -> None:
    history = History("Be kind.").after("Tell me a joke.", "A man walks into a bar.")
    history = history.after("Tell me a joke.", "Why did the fish blush? It saw the sea.")
    history = history.after("Tell me a joke.", "No, that was the last one.")
    assert len(history.said) == 6
