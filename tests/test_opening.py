from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from listening import HummingStream
from voxhumana.assistant.history import History, Spoken
from voxhumana.assistant.opening import AUDIBLE, Opening, Openings, joined, unopened
from voxhumana.assistant.reply import Reply
from voxhumana.engine import Block


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("The sky is blue.", "Well, the sky is blue."),
        ("Paris is the capital.", "Well, Paris is the capital."),
        ("I think so.", "Well, I think so."),
        ("Sure, here it is.", "Well, sure, here it is."),
        ("", "Well,"),
    ],
)
def test_an_opening_and_its_reply_are_one_sentence(text: str, whole: str) -> None:
    assert joined("Well,", text) == whole


def test_openings_vary_and_never_come_twice_running() -> None:
    openings = Openings(HummingStream)
    said = [openings.next().text for _ in range(40)]
    assert all(one != other for one, other in pairwise(said))
    assert len(set(said)) > 3


class LateStream(HummingStream):
    """Hums after a silence."""

    def push(self, item: str) -> Iterator[Block]:
        yield np.zeros(500, np.float32)
        yield from super().push(item)


def test_an_opening_is_audible_at_once_and_keeps_its_end() -> None:
    opening = Openings(LateStream).next()
    assert abs(opening.sound[0]) > AUDIBLE
    hum = np.concatenate([*HummingStream().push(opening.text)])
    assert len(opening.sound) == pytest.approx(len(hum), abs=2)


def test_what_was_heard_of_a_reply_begins_with_its_opening_once_that_was_heard() -> None:
    sound = next(HummingStream().push("Well,"))
    reply = Reply(1, "Why?", History("Be kind."), 1.0, opening=Opening("Well,", sound))
    reply.pieces.append(Spoken("The sky is blue.", 1_600))
    assert reply.heard(len(sound) - 1) == ""
    assert reply.heard(len(sound)) == "Well,"
    assert reply.heard(len(sound) + 800) == "Well, the sky"
    assert reply.heard(len(sound) + 1_600) == "Well, the sky is blue."


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Now, the capital of France is Paris.", "The capital of France is Paris."),
        ("Ah, ah, well, let me see, tea.", "Tea."),
        ("Sofas are nice.", "Sofas are nice."),
        ("So, Ah,", ""),
    ],
)
def test_the_model_does_not_read_the_openings_of_its_replies(text: str, meant: str) -> None:
    assert unopened(text) == meant
