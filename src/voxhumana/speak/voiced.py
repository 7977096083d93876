"""A speaker in any voice of the shelf: what it says goes through a converter, clause by clause.

    push("Good morning.") -> speaker -> resample -> converter -> resample -> sound, 0.1 s a piece

Every push is a whole clause, so none waits for the next in a converter's memory; the converter's stream is
opened before the clause is known. One thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import soxr

from voxhumana.dialogue import Speaker
from voxhumana.engine import Block, Converter, Stream, taken_hz
from voxhumana.speak.pauses import pause_s, trimmed
from voxhumana.voice import Voice

PIECE_S = 0.1
"""Converted at a time: speakers give whole sentences, and the first sound is wanted before the last."""


class Voiced:
    """The speaker, heard through the converter.

    Args:
        speaker: Who speaks.
        converter: Who changes the voice; None = nobody.
        rate_hz: Rate of the sound that comes out.
    """

    def __init__(self, speaker: Speaker, converter: Converter | None, rate_hz: int) -> None:
        self.name = speaker.name
        self.rate_hz = rate_hz
        self._speaker = speaker
        self._converter = converter

    def open(self, voice: Voice | None = None) -> VoicedStream:
        """Begin a session in this voice."""
        return VoicedStream(self._speaker, self._converter, voice, self.rate_hz)


class VoicedStream:
    """One session."""

    def __init__(
        self, speaker: Speaker, converter: Converter | None, voice: Voice | None, rate_hz: int
    ) -> None:
        self._speech = speaker.open(voice)
        self._speech_hz = speaker.rate_hz
        self._way = (speaker.rate_hz, converter, voice, rate_hz)
        self._next: Clause | None = Clause(*self._way)

    def push(self, item: str) -> Iterator[Block]:
        """Speak `item`, float32 [T] at the output's rate; the blocks are the caller's to keep."""
        yield from self._voiced(trimmed(self._speech.push(item), self._speech_hz, pause_s(item)))

    def flush(self) -> Iterator[Block]:
        """Speak what is left."""
        yield from self._voiced(trimmed(self._speech.flush(), self._speech_hz, 0.0))

    def _voiced(self, sounds: Iterable[Block]) -> Iterator[Block]:
        clause, self._next = self._next or Clause(*self._way), None
        for sound in sounds:
            yield from clause.push(sound)
        yield from clause.flush()
        self._next = Clause(*self._way)


class Clause:
    """The way of one clause from the speaker to the ear.

    Args:
        speech_hz: The speaker's rate.
        converter: Changes the voice; None = nobody does.
        voice: Into this one.
        rate_hz: Rate of what comes out.
    """

    def __init__(
        self, speech_hz: int, converter: Converter | None, voice: Voice | None, rate_hz: int
    ) -> None:
        self._piece = round(PIECE_S * speech_hz)
        self._into = Rate(speech_hz, taken_hz(converter) if converter else rate_hz)
        self._voice: Stream[Block, Block] | None = converter.open(voice) if converter else None
        self._gain = np.float32(voice.gain if converter and voice else 1.0)
        self._early = converter.latency if converter else 0  # samples that come out before the first word
        self._out = Rate(converter.rate_hz if converter else rate_hz, rate_hz)

    def push(self, sound: Block) -> Iterator[Block]:
        """Take sound, float32 [T] at the speaker's rate, and yield what is ready."""
        for at in range(0, len(sound), self._piece):
            yield from self._converted(self._into.push(sound[at : at + self._piece]))

    def flush(self) -> Iterator[Block]:
        """Yield the rest: the whole clause is out now."""
        yield from self._converted(self._into.flush())
        if self._voice:
            for block in self._voice.flush():
                yield from self._heard(block)
        yield from _some(self._out.flush())

    def _converted(self, sound: Block) -> Iterator[Block]:
        if not self._voice:
            yield from self._heard(sound)
        elif len(sound):
            for block in self._voice.push(sound):
                yield from self._heard(block)

    def _heard(self, block: Block) -> Iterator[Block]:
        late = block[self._early :]
        self._early = max(0, self._early - len(block))
        yield from _some(self._out.push(late * self._gain))


class Rate:
    """Sound from one rate to another, as a stream; what comes out is a copy."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self._stream = soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32") if from_hz != to_hz else None

    def push(self, sound: Block) -> Block:
        """As much as is ready."""
        out: Block = self._stream.resample_chunk(sound) if self._stream else sound.copy()
        return out

    def flush(self) -> Block:
        """What was held back."""
        nothing = np.zeros(0, np.float32)
        out: Block = self._stream.resample_chunk(nothing, last=True) if self._stream else nothing
        return out


def _some(sound: Block) -> Iterator[Block]:
    if len(sound):
        yield sound
