"""Whole conversations through THE PATH, with scripted engines, ten times as fast as life."""

import threading
import time
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from listening import CountingTranscriber, HummingStream, LoudDetector, ScriptedResponder
from voxhumana.assistant.drafter import Drafter
from voxhumana.assistant.ears import Ears
from voxhumana.assistant.history import History
from voxhumana.assistant.notes import Note, Notice, Said
from voxhumana.assistant.opening import Opening
from voxhumana.assistant.talk import Talk
from voxhumana.assistant.timing import TurnTiming
from voxhumana.assistant.turn import Phase, Turn
from voxhumana.audio.resample import Resample
from voxhumana.dialogue import Message
from voxhumana.engine import Block

RATE_HZ = 16_000
FRAMES = 160


def tone(seconds: float) -> Block:
    t = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    return (0.3 * np.sin(2 * np.pi * 220 * t)).astype(np.float32)


def silence(seconds: float) -> Block:
    return np.zeros(int(seconds * RATE_HZ), np.float32)


def words(count: int) -> Block:
    return np.concatenate([silence(0.08), tone(0.24)] * count)


class Microphone:
    """Plays a script to the path, 10 ms of it in a millisecond."""

    name = "script"
    rate_hz = RATE_HZ
    frames = FRAMES
    latency = FRAMES
    dropped = 0

    def __init__(self, sound: Block) -> None:
        self._blocks = iter(sound[: len(sound) // FRAMES * FRAMES].reshape(-1, FRAMES))
        self.closed = False
        self.at: dict[int, Callable[[], None]] = {}
        """What to do before the n-th block."""
        self._read = 0

    def read(self) -> Block | None:
        time.sleep(0.001)
        self.at.get(self._read, lambda: None)()
        self._read += 1
        return next(self._blocks, None)

    def close(self) -> None:
        self.closed = True


class Loudspeaker:
    """Keeps what it is given."""

    name = "tape"
    rate_hz = RATE_HZ
    frames = FRAMES
    latency = FRAMES
    backlog = 0
    dropped = 0
    underruns = 0

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.closed = False

    def write(self, block: Block) -> None:
        self.blocks.append(block)

    def close(self) -> None:
        self.closed = True

    @property
    def loud(self) -> np.ndarray:
        """Whether each 10 ms sounded."""
        return np.abs(np.concatenate(self.blocks).reshape(-1, FRAMES)).max(axis=1) > 0.001


class Scene:
    """A conversation about to happen."""

    def __init__(
        self,
        *script: Block,
        reply: str,
        whole: int,
        speculate: bool = True,
        openings: bool = False,
        tools: Sequence = (),
    ) -> None:
        self.microphone = Microphone(np.concatenate(script))
        self.loudspeaker = Loudspeaker()
        self.transcriber = CountingTranscriber()
        self.responder = ScriptedResponder(reply)
        self.notes: list[Note] = []
        self.tell: Callable[[Note], None] = self.notes.append
        """Who is told; may be somebody else."""
        self.whole = whole
        """Words of a complete question."""
        detector = LoudDetector()
        ears = Ears(
            near=Resample(RATE_HZ, RATE_HZ).open(),
            far=Resample(RATE_HZ, RATE_HZ).open(),
            echo=None,
            activities=detector.open(),
            hop=detector.hop,
        )
        self.talk = Talk(
            self.microphone,
            self.loudspeaker,
            ears,
            lambda tell: Drafter(
                self.transcriber,
                self._judge,
                self.responder,
                HummingStream,
                RATE_HZ,
                tell,
                speculate=speculate,
                tools=tools,
            ),
            History("Be kind."),
            lambda note: self.tell(note),  # noqa: PLW0108  # who is told may change
            Turn(eager=speculate, openings=openings),
            opening=lambda: Opening("Well,", tone(0.3)),
        )

    def _judge(self, messages: list[Message]) -> float:
        return self.ending(messages)

    def ending(self, messages: list[Message]) -> float:
        return float(len(messages[-1].text.split()) >= self.whole)

    def play(self) -> "Scene":
        self.talk.run()
        assert self.microphone.closed
        assert self.loudspeaker.closed
        return self

    def said(self, who: str) -> list[str]:
        return [n.text for n in self.notes if isinstance(n, Said) and n.who == who and n.final]

    @property
    def timings(self) -> list[TurnTiming]:
        return [n for n in self.notes if isinstance(n, TurnTiming)]

    @property
    def notices(self) -> list[str]:
        return [n.text for n in self.notes if isinstance(n, Notice)]


def test_a_question_is_answered_and_its_moments_are_in_order() -> None:
    scene = Scene(silence(0.5), words(3), silence(4), reply="Four, of course. What else?", whole=3).play()
    assert scene.said("user") == ["one two three"]
    assert scene.said("assistant") == ["Four, of course. What else?"]
    (timing,) = scene.timings
    moments = [timing.start, timing.end_of_speech, timing.decision, timing.first_sound]
    assert moments == sorted(moments)
    assert timing.start < timing.transcript < timing.decision
    report = timing.report()
    assert report["end_of_speech_ms"] == pytest.approx(1_500, abs=80)
    assert 0 < report["voice_to_voice_ms"] < 1_500
    first_loud = int(np.argmax(scene.loudspeaker.loud)) * 10
    assert first_loud == pytest.approx(report["first_audio_ms"], abs=60)
    letters = len("Four, of course. ".strip()) + len("What else?")
    assert scene.loudspeaker.loud.sum() == pytest.approx(letters * 2, abs=6)


def test_a_late_answer_begins_with_an_opening_which_the_model_does_not_read() -> None:
    scene = Scene(words(2), silence(4), reply="The tea is ready. Have some.", whole=2, openings=True)
    scene.responder.until = taken = threading.Event()

    def tell(note: Note) -> None:
        scene.notes.append(note)
        if isinstance(note, Said) and note.final:
            taken.set()

    scene.tell = tell
    scene.play()
    assert scene.said("assistant") == ["Well, the tea is ready. Have some."]
    assert scene.talk.history.said[1] == Message("assistant", "The tea is ready. Have some.")
    (timing,) = scene.timings
    assert timing.first_sound == timing.decision


def test_an_answer_in_time_has_no_opening() -> None:
    scene = Scene(words(2), silence(4), reply="The tea is ready.", whole=2, openings=True).play()
    assert scene.said("assistant") == ["The tea is ready."]


def test_an_answer_that_was_drafted_for_the_same_words_has_no_opening_when_they_are_known_late() -> None:
    scene = Scene(words(2), silence(4), reply="The tea is ready.", whole=2, openings=True)
    scene.transcriber.pause_s = 0.03
    scene.play()
    assert scene.said("assistant") == ["The tea is ready."]


def test_a_question_whose_answer_was_not_heard_is_remembered() -> None:
    scene = Scene(words(2), silence(2.5), words(2), silence(2.5), reply="Well now.", whole=2)
    scene.responder.fails_after = 0

    def mend() -> None:
        scene.responder.fails_after = None

    scene.microphone.at[250] = mend
    scene.play()
    assert scene.said("assistant") == ["Well now."]
    assert scene.talk.history.said == (
        Message("user", "one two one two"),
        Message("assistant", "Well now."),
    )


def test_without_speculation_nothing_is_asked_before_the_turn_is_over_and_the_answer_is_the_same() -> None:
    pausing = (words(2), silence(0.7), words(2), silence(3))
    eager = Scene(*pausing, reply="Yes, I see.", whole=2).play()
    patient = Scene(*pausing, reply="Yes, I see.", whole=4, speculate=False).play()
    assert [messages[-1].text for messages in patient.responder.asked] == ["one two three four"]
    assert len(eager.responder.asked) > 1
    assert patient.said("assistant") == ["Yes, I see."]


def test_silence_and_clicks_start_nothing() -> None:
    click = np.concatenate([tone(0.03), silence(0.8)])
    scene = Scene(silence(3), *[click] * 5, reply="Hello.", whole=1).play()
    assert scene.notes == []
    assert scene.responder.asked == []
    assert not scene.loudspeaker.loud.any()


def test_a_pause_inside_the_question_is_waited_out_and_nothing_of_the_draft_is_heard_or_kept() -> None:
    scene = Scene(words(2), silence(0.7), words(2), silence(3), reply="Yes, I see.", whole=4).play()
    assert scene.said("user") == ["one two three four"]
    assert not scene.loudspeaker.loud[: int(1.9 * 100)].any()
    assert scene.talk.history.said == (
        Message("user", "one two three four"),
        Message("assistant", "Yes, I see."),
    )


LONG = "It began, as such things do, on a rainy evening in the old town by the sea. " * 3


def test_speech_over_the_reply_stops_it_and_only_what_was_heard_is_remembered() -> None:
    scene = Scene(words(2), silence(2), tone(0.9), words(1), silence(0.6), reply=LONG, whole=2).play()
    first, second = scene.said("assistant")[0], scene.talk.history.said
    assert LONG.startswith(first)
    assert len(first) < len(LONG) / 2
    assert second[1] == Message("assistant", first)
    began = int((0.64 + 2) * 100)
    assert not scene.loudspeaker.loud[began + 15 : began + 60].any()
    assert scene.timings[0].interruption is not None


def test_a_short_sound_over_the_reply_pauses_it_and_nothing_is_lost() -> None:
    scene = Scene(words(2), silence(0.992), tone(0.09), silence(4), reply=LONG[:75], whole=2).play()
    assert scene.said("assistant") == [LONG[:75].strip()]
    assert Phase.INTERRUPTED in scene.notes
    assert scene.timings[0].interruption is None
    pieces = len(
        "It began, as such things do, on a rainy evening in the old town by the sea.".replace(", ", ",")
    )
    assert scene.loudspeaker.loud.sum() == pytest.approx(pieces * 2, abs=8)


def test_a_server_that_dies_in_mid_reply_is_one_sentence_and_the_next_turn_works() -> None:
    scene = Scene(words(2), silence(2.5), words(2), silence(2.5), reply="Well now. Let me see.", whole=2)
    scene.responder.fails_after = 3

    def mend() -> None:
        scene.responder.fails_after = None

    scene.microphone.at[250] = mend
    scene.play()
    assert scene.notices == ["The server was unplugged; plug it in."]
    assert scene.said("assistant") == ["Well now.", "Well now. Let me see."]


def test_ears_that_fail_are_one_sentence_and_the_next_turn_works() -> None:
    scene = Scene(words(2), silence(2), words(2), silence(2), reply="Well now.", whole=2)
    scene.transcriber.fails = True

    def mend() -> None:
        scene.transcriber.fails = False

    scene.microphone.at[220] = mend
    scene.play()
    assert scene.notices
    assert set(scene.notices) == {
        "Something failed in speech recognition (no ears); the conversation goes on."
    }
    assert scene.said("assistant") == ["Well now."]


def test_a_judge_that_fails_leaves_the_judgement_to_the_words() -> None:
    scene = Scene(words(2), silence(4), reply="Well now.", whole=2)

    def broken(_: object) -> float:
        raise RuntimeError("no idea")

    scene.ending = broken
    assert scene.play().said("assistant") == ["Well now."]


def test_thirty_turns_end_as_they_began() -> None:
    turn = (words(1), silence(0.9))
    scene = Scene(*turn * 30, reply="Yes.", whole=1).play()
    assert len(scene.said("assistant")) >= 25  # a loaded machine may be late for a few


def test_stopping_in_mid_reply_keeps_what_was_heard() -> None:
    scene = Scene(words(2), silence(9), reply=LONG, whole=2)
    scene.microphone.at[300] = scene.talk.stop
    scene.play()
    (heard,) = scene.said("assistant")
    assert LONG.startswith(heard)
