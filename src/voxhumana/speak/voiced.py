"""A speaker in any voice of the shelf: what it says goes through a converter, a tenth of a second at a time.

Pieces come without the engine's padding (`pauses`), and their first sound before their last is converted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import soxr

from voxhumana.dialogue import Speaker
from voxhumana.engine import Block, Converter, Stream
from voxhumana.speak.pauses import pause_s, trimmed
from voxhumana.voice import Voice

STEP_S = 0.1
"""Converted at a time: the first sound is there after a few milliseconds, and no push is wasted on little."""


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
        return VoicedStream(
            self._speaker.open(voice), self._speaker.rate_hz, self._converter, voice, self.rate_hz
        )


class VoicedStream:
    """One session; every piece is whole, so that none waits for the next in a converter's memory."""

    def __init__(
        self,
        speech: Stream[str, Block],
        speech_hz: int,
        converter: Converter | None,
        voice: Voice | None,
        rate_hz: int,
    ) -> None:
        self._speech = speech
        self._speech_hz = speech_hz
        self._converter = converter
        self._voice = voice
        self._rate_hz = rate_hz

    def push(self, item: str) -> Iterator[Block]:
        """Speak `item`, float32 [T] at the output's rate, block by block."""
        yield from self._voiced(trimmed(self._speech.push(item), self._speech_hz, pause_s(item)))

    def flush(self) -> Iterator[Block]:
        """Speak what is left."""
        yield from self._voiced(trimmed(self._speech.flush(), self._speech_hz, 0.0))

    def _voiced(self, sounds: Iterable[Block]) -> Iterator[Block]:
        sounds = _steps(sounds, round(STEP_S * self._speech_hz))
        converter = self._converter
        if converter is None:
            yield from _resampled(sounds, self._speech_hz, self._rate_hz)
            return
        into = _resampled(sounds, self._speech_hz, converter.rate_hz)
        yield from _resampled(_converted(into, converter, self._voice), converter.rate_hz, self._rate_hz)


def _converted(sounds: Iterable[Block], converter: Converter, voice: Voice | None) -> Iterator[Block]:
    """Convert, and take the converter's delay off the front; the blocks are ours."""
    stream, late = None, converter.latency
    for sound in sounds:
        stream = stream or converter.open(voice)
        for block in stream.push(sound):
            yield block[late:].copy()
            late = max(0, late - len(block))
    for block in stream.flush() if stream else ():
        yield block[late:].copy()
        late = max(0, late - len(block))


def _resampled(sounds: Iterable[Block], from_hz: int, to_hz: int) -> Iterator[Block]:
    if from_hz == to_hz:
        yield from (sound for sound in sounds if len(sound))
        return
    stream = soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32")
    begun = False
    for sound in sounds:
        begun = True
        if len(out := stream.resample_chunk(sound)):
            yield out
    if begun and len(out := stream.resample_chunk(np.zeros(0, np.float32), last=True)):
        yield out


def _steps(sounds: Iterable[Block], step: int) -> Iterator[Block]:
    for sound in sounds:
        yield from (sound[at : at + step] for at in range(0, len(sound), step))
