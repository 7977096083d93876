import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxhumana.assistant.sentence import SentenceStream


def cut(text: str, size: int = 3) -> list[str]:
    stream = SentenceStream()
    found = [p for at in range(0, len(text), size) for p in stream.push(text[at : at + size])]
    return [p.strip() for p in (*found, *stream.flush())]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        (
            "Ah, my friend, sit down. Tea, first! Then talk.",
            ["Ah, my friend,", "sit down.", "Tea, first!", "Then talk."],
        ),
        ("It costs 1,000 pounds, or 3.14 a week.", ["It costs 1,000 pounds,", "or 3.14 a week."]),
        ("Dr. Smith saw J. K. Rowling. Really.", ["Dr. Smith saw J. K. Rowling.", "Really."]),
        ("That is what you and I. Yes.", ["That is what you", "and I.", "Yes."]),
        ("The capital of France is Paris.", ["The capital", "of France is Paris."]),
        ("You could try making a pasta dish with salt.", ["You could try making", "a pasta dish with salt."]),
        ("Because it is so.", ["Because it", "is so."]),
        ("Paris", ["Paris"]),
        ("**Well** \U0001f600 `done`.", ["Well  done."]),
        ("", []),
        (" \n ", []),
    ],
)
def test_text_is_cut_where_a_speaker_would_breathe(text: str, pieces: list[str]) -> None:
    assert cut(text) == pieces


@given(st.text(alphabet="ab .,!?;:'\n1", max_size=80), st.integers(1, 9))
def test_no_word_is_lost_however_the_text_arrives(text: str, size: int) -> None:
    assert "".join("".join(cut(text, size)).split()) == "".join(text.split())


def test_a_phrase_ends_when_the_next_one_begins() -> None:
    stream = SentenceStream()
    assert [list(stream.push(word)) for word in ("The", " capital", " of")] == [[], [], ["The capital "]]


def test_the_first_clause_comes_before_its_sentence_is_whole() -> None:
    stream = SentenceStream()
    assert list(stream.push("Of course, I")) == ["Of course, "]
    assert list(stream.push(" love")) == []


def test_a_reply_without_marks_is_cut_at_phrases_that_grow_and_then_only_at_its_marks() -> None:
    pieces = cut("la " * 52 + "end.")
    lengths = [len(piece.split()) for piece in pieces]
    assert lengths == [6, 9, 14, 53 - 29]
