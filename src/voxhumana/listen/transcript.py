"""What is said in a sound of any length: utterances, cut out and written down, in constant memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import soxr

from voxhumana.dialogue import Detector, Transcriber
from voxhumana.engine import Block
from voxhumana.listen.utterance import UtteranceStream


@dataclass(frozen=True)
class Segment:
    """An utterance, written down."""

    start_s: float
    end_s: float
    text: str


def transcript(
    blocks: Iterable[Block], rate_hz: int, detector: Detector, transcriber: Transcriber
) -> Iterator[Segment]:
    """Yield what is said, as soon as each utterance is over; nothing where nobody speaks.

    Args:
        blocks: The sound, float32 [T] each.
        rate_hz: Its rate.
        detector: Finds the utterances.
        transcriber: Writes them down; takes the same rate as the detector.
    """
    utterances = UtteranceStream(detector, transcriber.longest)
    for block in _resampled(blocks, rate_hz, detector.rate_hz):
        for utterance in utterances.push(block):
            yield from _segment(utterance.start, utterance.sound, transcriber)
    for utterance in utterances.flush():
        yield from _segment(utterance.start, utterance.sound, transcriber)


def _resampled(blocks: Iterable[Block], from_hz: int, to_hz: int) -> Iterator[Block]:
    stream = soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32")
    for block in blocks:
        yield stream.resample_chunk(block)
    yield stream.resample_chunk(np.zeros(0, np.float32), last=True)


def _segment(start: int, sound: Block, transcriber: Transcriber) -> Iterator[Segment]:
    text = transcriber.transcribe(sound)
    if text:
        yield Segment(start / transcriber.rate_hz, (start + len(sound)) / transcriber.rate_hz, text)
