"""A conversation off the wall clock: the real path, ears and recogniser, in a room, with a scripted reply.

    user's sound + room(what was played) -> `Talk` -> what was played

Engines take no time here, so minutes pass in seconds and a busy machine changes nothing: what is measured is
whom the ears believe, on the sample clock. How fast the engines are is `bench.talk`'s business.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from voxhumana.assistant.backchannel import is_backchannel
from voxhumana.assistant.drafter import Drafted, News, Request
from voxhumana.assistant.ears import Ears
from voxhumana.assistant.ending import Ending, by_words
from voxhumana.assistant.history import History, Spoken
from voxhumana.assistant.notes import Note, Said
from voxhumana.assistant.reply import Reply
from voxhumana.assistant.talk import Talk
from voxhumana.assistant.turn import MS, Phase
from voxhumana.audio.echo import EchoCanceller
from voxhumana.audio.resample import Resample
from voxhumana.dialogue import Detector, Transcriber
from voxhumana.engine import Block
from voxhumana.listen.hiss import HissStream

RATE_HZ = 16_000
FRAMES = 160
DEVICE_S = 0.02
"""From loudspeaker to microphone through two device queues, besides the room."""
MICROPHONE = 10 ** (-65 / 20)
"""Noise of a microphone, of full scale."""


class Room:
    """Where both voices sound: `Source` and `Sink` in one, at 16 kHz.

    Args:
        sound: The user, float32 [T] at 16 kHz.
        response: From loudspeaker to microphone, float [K] at 16 kHz; None = headphones.
    """

    name = "rehearsal"
    rate_hz = RATE_HZ
    frames = latency = mark = FRAMES
    clock = "samples"
    dropped = underruns = backlog = 0

    def __init__(self, sound: Block, response: Block | None) -> None:
        self._sound = sound
        self._tail = 0 if response is None else len(response) + FRAMES - 1
        """Samples in which a block dies away."""
        self._size = next_fast_len(max(1, self._tail), real=True)
        self._spectrum = None if response is None else rfft(response, self._size)
        self._noise = np.random.default_rng(11)
        size = 0 if response is None else len(response)
        self._echo = np.zeros(size + FRAMES + round(DEVICE_S * RATE_HZ), np.float32)
        self._at = 0
        self.played: list[Block] = []
        """What the loudspeaker played, block by block."""

    def read(self) -> Block | None:
        """The next 10 ms of the microphone; None at the end of the user's sound."""
        block = self._sound[self._at : self._at + FRAMES]
        if len(block) < FRAMES:
            return None
        self._at += FRAMES
        echo = self._echo[:FRAMES].copy()
        self._echo[:-FRAMES] = self._echo[FRAMES:]
        self._echo[-FRAMES:] = 0.0
        noise = self._noise.normal(0, MICROPHONE, FRAMES)
        return np.asarray(block + echo + noise, np.float32)

    def write(self, block: Block) -> None:
        """Let it sound in the room."""
        self.played.append(block.copy())
        if self._spectrum is not None and block.any():
            echo = irfft(rfft(block, self._size) * self._spectrum, self._size)[: self._tail]
            at = round(DEVICE_S * RATE_HZ)
            self._echo[at : at + len(echo)] += echo

    @property
    def now(self) -> int:
        """Samples of the microphone that were read."""
        return self._at

    def close(self) -> None:
        """Do nothing; both ends call it."""


class Script:
    """A drafter that takes no time: hears with the real recogniser and always has the same reply.

    Args:
        transcriber: Writes down what was said.
        reply: What is said to anything.
        sound: How that sounds, float32 [T] at 16 kHz.
        tell: Takes news, at once.
        judge: Says how complete the words are.
    """

    def __init__(
        self,
        transcriber: Transcriber,
        reply: str,
        sound: Block,
        tell: Callable[[News], None],
        judge: Ending = by_words,
    ) -> None:
        self._transcriber = transcriber
        self._reply, self._sound = reply, sound
        self._tell = tell
        self._judge = judge
        self.understood: list[str] = []
        """Everything that was taken for words."""

    def draft(self, request: Request) -> None:
        """Understand, and have the reply."""
        text = self._transcriber.transcribe(request.sound[-self._transcriber.longest :])
        if text:
            self.understood.append(text)
        if not text or (request.over_reply and is_backchannel(text)):
            self._tell(Drafted(request.draft, text, 0.0, None))
            return
        complete = self._judge(request.history.with_user(text))
        reply = Reply(request.draft, text, request.history, complete, begun=True, over=True)
        reply.pieces.append(Spoken(self._reply, len(self._sound)))
        reply.sounds.append(self._sound)
        self._tell(Drafted(request.draft, text, complete, reply))

    def hint(self, draft: int) -> None:
        """Do nothing: whatever was heard has its reply."""

    def prepare(self, reply: Reply) -> None:
        """Do nothing: it is made."""

    def make(self, reply: Reply) -> None:
        """Do nothing: it is made."""

    def read(self, history: History) -> None:
        """Do nothing: it takes no time."""

    def say(self, reply: Reply, text: str) -> None:
        """Do nothing: there are no announcements here."""

    busy = False
    """It takes no time."""

    def close(self) -> None:
        """Do nothing."""


@dataclass
class Rehearsed:
    """What happened."""

    phases: list[tuple[float, Phase]] = field(default_factory=list)
    """Changes of phase, with their times in ms: how much of the microphone was heard by then."""
    said: list[str] = field(default_factory=list)
    """The user's turns."""
    understood: Sequence[str] = ()
    """Everything that the recogniser took for words, drafts included."""
    played: Block = field(default_factory=lambda: np.zeros(0, np.float32))

    def count(self, phase: Phase) -> int:
        """How often a phase began."""
        return sum(begun is phase for _, begun in self.phases)

    def stopped(self) -> int:
        """How often a reply was broken off for good: paused, and the floor given away."""
        pairs = zip(self.phases, self.phases[1:], strict=False)
        return sum(a is Phase.INTERRUPTED and b is not Phase.SPEAKING for (_, a), (_, b) in pairs)

    def dips_ms(self) -> list[float]:
        """How long each silence lasted after which a reply went on."""
        pairs = zip(self.phases, self.phases[1:], strict=False)
        return [later - at for (at, a), (later, b) in pairs if a is Phase.INTERRUPTED and b is Phase.SPEAKING]


def rehearse(
    sound: Block,
    response: Block | None,
    detector: Detector,
    transcriber: Transcriber,
    reply: tuple[str, Block],
    *,
    echo: bool = True,
    judge: Ending = by_words,
) -> Rehearsed:
    """Converse until the user's sound is over.

    Args:
        sound: The user, float32 [T] at 16 kHz.
        response: From loudspeaker to microphone, at 16 kHz; None = headphones.
        detector: Of the default, or another.
        transcriber: The same.
        reply: Words and sound (16 kHz) of every reply.
        echo: Whether the echo canceller is on.
        judge: Says how complete the user's words are.
    """
    room, scripts = Room(sound, response), list[Script]()
    result = Rehearsed()

    def open_script(tell: Callable[[News], None]) -> Script:
        scripts.append(Script(transcriber, *reply, tell, judge))
        return scripts[0]

    def note(what: Note) -> None:
        if isinstance(what, Phase):
            result.phases.append((room.now / MS, what))
        elif isinstance(what, Said) and what.who == "user" and what.final:
            result.said.append(what.text)

    ears = Ears(
        near=Resample(RATE_HZ, RATE_HZ).open(),
        far=Resample(RATE_HZ, RATE_HZ).open(),
        echo=EchoCanceller() if echo else None,
        activities=detector.open(),
        hop=detector.hop,
        hisses=HissStream(),
    )
    talk = Talk(room, room, ears, open_script, History("Be kind."), note)
    talk.run()
    result.understood = scripts[0].understood
    result.played = np.concatenate(room.played)
    return result
