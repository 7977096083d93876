"""A speaker in any voice of the shelf: what it says goes through a converter, clause by clause."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import soxr

from voxhumana.dialogue import Speaker
from voxhumana.engine import Block, Converter, Stream
from voxhumana.voice import Voice


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
    """One session; every clause is whole, so that none waits for the next in a converter's memory."""

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
        """Speak `item`, float32 [T] at the output's rate."""
        for sound in self._speech.push(item):
            yield self._voiced(sound)

    def flush(self) -> Iterator[Block]:
        """Speak what is left."""
        for sound in self._speech.flush():
            yield self._voiced(sound)

    def _voiced(self, sound: Block) -> Block:
        rate_hz, converter = self._speech_hz, self._converter
        if converter:
            stream = converter.open(self._voice)
            into = soxr.resample(sound, rate_hz, converter.rate_hz)
            sound = np.concatenate([*stream.push(into), *stream.flush()])[converter.latency :]
            rate_hz = converter.rate_hz
        out: Block = soxr.resample(sound, rate_hz, self._rate_hz)
        return out
