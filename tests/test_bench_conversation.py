"""The measurements of conversation, with scripted engines and made-up sounds."""

import threading
from pathlib import Path

import numpy as np
import pytest

from listening import CountingTranscriber, HummingStream, LoudDetector
from test_echo import speechlike
from voxhumana.audio.file import SoundWriter
from voxhumana.bench import over_reply, scenes
from voxhumana.bench.cast import Cast
from voxhumana.bench.endurance import EDGE, Cost, Interview, summary
from voxhumana.bench.rehearsal import RATE_HZ
from voxhumana.bench.words import heard
from voxhumana.config import Settings
from voxhumana.errors import UsageError

SPEECH = speechlike(30, 1)


class Hummer:
    """A user who hums each letter for 20 ms."""

    name = "hum"
    rate_hz = RATE_HZ

    def open(self, voice: object = None) -> HummingStream:
        return HummingStream()


@pytest.fixture
def cast() -> Cast:
    story = ("Once upon a time.", SPEECH * np.float32(0.1 / np.std(SPEECH)))
    return Cast(LoudDetector(), CountingTranscriber(), Hummer(), story)


def test_short_sounds_are_counted_as_left_alone_and_long_words_as_orders(cast, monkeypatch) -> None:
    monkeypatch.setattr(over_reply, "MURMURS", ("Mhm.", "Yes."))
    monkeypatch.setattr(over_reply, "ORDERS", ("Please be quiet now, will you, old friend of mine?",))
    monkeypatch.setattr(over_reply, "made_up", dict)
    voices = {"one": Hummer(), "two": Hummer()}
    *each, total = over_reply.murmurs(cast, voices)
    assert [(row["trials"], row["stopped"]) for row in each] == [(2, 0), (2, 0)]
    assert (total["trials"], total["left alone %"]) == (4, 100.0)
    (order,) = over_reply.orders(cast, voices)
    assert (order["trials"], order["stopped"]) == (2, 2)


def test_made_up_noises_are_many_different_and_not_clipped() -> None:
    for noises in over_reply.made_up().values():
        assert len(noises) == over_reply.VARIANTS
        assert len({len(noise) for noise in noises}) > over_reply.VARIANTS / 2
        assert all(0.01 < np.abs(noise).max() <= 1 for noise in noises)


def test_recordings_begin_again_until_there_are_enough(tmp_path: Path, cast) -> None:
    with SoundWriter(tmp_path / "room.wav", 8_000) as file:
        file.write(np.full(8_000, 0.001, np.float32))
    assert len(scenes.recorded(tmp_path, 3.5)) == 3.5 * RATE_HZ
    rows = list(scenes.nobody(cast, 2.0, [tmp_path]))
    assert rows[-1] == {"what": f"recordings: {tmp_path.name}", "seconds": 2.0, "turns": 0, "words": ""}
    with pytest.raises(UsageError, match="no recordings"):
        scenes.recorded(tmp_path / "none", 1.0)


def test_an_interview_asks_when_the_answer_is_over_and_waits_for_engines() -> None:
    question = np.ones(320, np.float32)
    interview = Interview(iter([question, question]), float("inf"))

    def asked() -> int:
        blocks = 0
        while not interview.read().any():
            blocks += 1
        interview.read()
        return blocks

    assert asked() > 90
    interview.over()
    assert asked() == pytest.approx(80, abs=2)
    released = threading.Event()

    class Busy:
        @property
        def busy(self) -> bool:
            return not released.is_set()

    interview.talk = Busy()
    threading.Timer(0.1, released.set).start()
    assert interview.read() is not None
    assert released.is_set()
    for _ in range(3_000):  # nobody answers: it gives up, and nothing is left to ask
        if interview.read() is None:
            break
    assert interview.lost == 2


def test_the_first_turns_are_held_against_the_last() -> None:
    costs = (
        [Cost(9, 1.0, 2.0, 20.0, 100.0)]
        + [Cost(5, 0.5, 0.6, 20.0, 110.0)] * EDGE
        + [Cost(7, 0.7, 0.7, 30.0, 125.0)] * EDGE
    )
    figures = summary(costs)
    assert figures["first processor s a turn"] == 0.5
    assert figures["last processor s a turn"] == 0.7
    assert (figures["first words a turn"], figures["last words a turn"]) == (5, 7)
    assert figures["first wall s a word"] == pytest.approx(0.12)
    assert figures["last wall s a word"] == pytest.approx(0.1)
    assert (figures["first yardstick ms"], figures["last yardstick ms"]) == (20, 30)
    assert figures["memory growth MB"] == 15.0
    assert summary([]) == {"turns": 0}


def test_recordings_that_nobody_wrote_down_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no manifest\.tsv"):
        next(heard(tmp_path, Settings()))
    head, row = "path\tlang\ttranscript\ttranscript_kind\n", "a.wav\ten\tHello.\tasr\n"
    (tmp_path / "manifest.tsv").write_text(head + row)
    with pytest.raises(UsageError, match="transcript by a person"):
        next(heard(tmp_path, Settings()))
