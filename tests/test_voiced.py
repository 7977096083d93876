from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import examples
from listening import HummingStream
from voxhumana import registry
from voxhumana.library.shelf import Shelf
from voxhumana.speak.pauses import SENTENCE_S
from voxhumana.speak.voiced import PIECE_S, Voiced


class Hummer:
    name = "hum"
    rate_hz = 16_000

    def __init__(self, *sizes: int) -> None:
        self._sizes = sizes

    def open(self, voice: object = None) -> "CutStream":
        return CutStream(self._sizes)


class CutStream(HummingStream):
    """Hums, and gives what it hums in blocks of these sizes."""

    def __init__(self, sizes: tuple[int, ...]) -> None:
        self._sizes = sizes

    def push(self, item: str) -> Iterator[np.ndarray]:
        (sound,) = super().push(item)
        yield from np.split(sound, np.cumsum(self._sizes)[np.cumsum(self._sizes) < len(sound)])


class Doubler:
    """A converter that takes 16 kHz and gives 32 kHz, as RVC takes and gives different rates; 20 ms late."""

    name = "doubler"
    in_rate_hz = 16_000
    rate_hz = 32_000
    hop = 1
    latency = 640

    def __init__(self) -> None:
        self.opened = 0
        self.longest = 0

    def open(self, voice: object = None) -> "DoublerStream":
        self.opened += 1
        return DoublerStream(self)


class DoublerStream:
    pitch_semitones = 0.0

    def __init__(self, engine: Doubler) -> None:
        self._engine = engine
        self._held = np.zeros(320, np.float32)

    def push(self, item: np.ndarray) -> Iterator[np.ndarray]:
        self._engine.longest = max(self._engine.longest, len(item))
        out = np.repeat(np.concatenate([self._held, item]), 2)
        self._held = np.concatenate([self._held, item])[-320:]
        yield out[: 2 * len(item)]

    def flush(self) -> Iterator[np.ndarray]:
        yield np.repeat(self._held, 2)


def said(stream: object, text: str) -> np.ndarray:
    return np.concatenate([np.zeros(0, np.float32), *stream.push(text)])


@pytest.mark.parametrize("rate_hz", [16_000, 44_100, 48_000])
def test_without_a_converter_the_speaker_is_heard_at_any_rate(rate_hz: int) -> None:
    stream = Voiced(Hummer(), None, rate_hz).open()
    sound = np.concatenate([*stream.push("Hello."), *stream.flush()])
    assert len(sound) == pytest.approx((6 * 0.02 + SENTENCE_S) * rate_hz, abs=2)


def test_a_voice_of_the_shelf_speaks_clause_by_clause_for_as_long_as_the_speaker_did(
    tmp_path: Path,
) -> None:
    voice = Shelf(tmp_path).find("uncle")
    stream = Voiced(Hummer(), registry.load_converter("dsp"), 48_000).open(voice)
    plain = said(Voiced(Hummer(), None, 48_000).open(), "A long hello.")
    first, again = said(stream, "A long hello."), said(stream, "A long hello.")
    assert len(first) == len(again) == pytest.approx(len(plain), abs=4)
    assert np.std(first) > 0.05
    assert not np.allclose(first, plain, atol=0.05)


@examples
@given(sizes=st.lists(st.integers(1, 3_000), max_size=6), converter=st.sampled_from(["", "doubler", "dsp"]))
def test_however_the_speaker_cuts_its_sound_the_same_is_heard(sizes: list[int], converter: str) -> None:
    voice = Shelf(Path("nowhere")).find("uncle")
    by = {"": lambda: None, "doubler": Doubler, "dsp": lambda: registry.load_converter("dsp")}[converter]
    whole = said(Voiced(Hummer(), by(), 48_000).open(voice), "Hello there.")
    cut = said(Voiced(Hummer(*sizes), by(), 48_000).open(voice), "Hello there.")
    np.testing.assert_allclose(cut, whole, atol=1e-4)


def test_a_converter_that_changes_the_rate_is_heard_in_time_and_at_the_right_pitch() -> None:
    sound = said(Voiced(Hummer(), Doubler(), 48_000).open(), "Hello there.")
    plain = said(Voiced(Hummer(), None, 48_000).open(), "Hello there.")
    assert len(sound) == pytest.approx(len(plain), abs=4)
    middle = slice(len(sound) // 4, len(sound) // 2)
    assert np.corrcoef(sound[middle], plain[: len(sound)][middle])[0, 1] > 0.99


def test_a_voice_that_wants_to_be_louder_is_whichever_engine_converts() -> None:
    uncle = Shelf(Path("nowhere")).find("uncle")
    loud = uncle.model_copy(update={"gain_db": 6.0})
    plain, louder = (said(Voiced(Hummer(), Doubler(), 48_000).open(v), "Hello there.") for v in (uncle, loud))
    np.testing.assert_allclose(louder, plain * np.float32(10**0.3), atol=1e-5)


def test_the_first_sound_is_out_before_the_whole_sentence_is_converted() -> None:
    converter = Doubler()
    speech = Voiced(Hummer(), converter, 48_000).open().push("A sentence that takes a while to be said.")
    assert len(next(speech)) <= 2 * PIECE_S * 48_000
    assert converter.longest <= PIECE_S * 16_000 + 1


def test_the_next_clauses_stream_is_opened_before_the_clause_is_known() -> None:
    converter = Doubler()
    stream = Voiced(Hummer(), converter, 48_000).open()
    assert converter.opened == 1
    said(stream, "One.")
    assert converter.opened == 2
    abandoned = stream.push("A clause that nobody wants any more.")
    next(abandoned)
    abandoned.close()
    assert len(said(stream, "Two.")) == pytest.approx((4 * 0.02 + SENTENCE_S) * 48_000, abs=4)


@pytest.mark.parametrize("rate_hz", [16_000, 48_000])
def test_what_was_said_stays_as_it_was_while_more_is_said(rate_hz: int) -> None:
    stream = Voiced(Hummer(), Doubler(), rate_hz).open()
    blocks, copies = [], []
    for block in stream.push("A sentence that is kept in pieces."):
        blocks.append(block)
        copies.append(block.copy())
    assert all(np.array_equal(b, c) for b, c in zip(blocks, copies, strict=True))


def test_text_without_words_makes_no_sound() -> None:
    class Mute(Hummer):
        def open(self, voice: object = None) -> "MuteStream":
            return MuteStream()

    class MuteStream:
        def push(self, item: str) -> Iterator[np.ndarray]:
            yield from ()

        flush = push

    assert list(Voiced(Mute(), Doubler(), 48_000).open().push("...")) == []
