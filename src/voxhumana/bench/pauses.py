"""Whom the assistant cuts off: sentences with a pause inside, off the wall clock, through the real path.

    first half, pause, second half -> `rehearsal` -> did the turn end before the second half did?

Ears, recogniser and judge are the real ones and take no time here, so every decision comes as early as it
ever could: on a slow machine fewer are false.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import soxr

from voxhumana import registry
from voxhumana.assistant.ending import Ending
from voxhumana.assistant.turn import Phase
from voxhumana.bench import talk
from voxhumana.bench.questions import FURTHER, QUESTIONS
from voxhumana.bench.rehearsal import RATE_HZ, rehearse
from voxhumana.build_talk import ending
from voxhumana.config import Settings
from voxhumana.dialogue import Detector, Message, Transcriber
from voxhumana.engine import Block

PARTS = (*(question for question in QUESTIONS if len(question) > 1), *FURTHER)
PAUSES_S = (0.3, 0.5, 0.7)
LEAD_S = TAIL_S = 0.6
ENDED = (Phase.THINKING, Phase.SPEAKING)


@dataclass(frozen=True)
class Trial:
    """A sentence, and whether it was cut off."""

    text: str
    pause_s: float
    cut_off: bool


def measure(
    settings: Settings, asker: str = "hibari", note: Callable[[str], None] = lambda _: None
) -> list[Trial]:
    """Let a speech engine say each sentence with each pause.

    Raises:
        VoxError: An engine cannot be had.
    """
    speaker = registry.load_speaker(asker)
    transcriber, detector = registry.load_transcriber(settings.stt), registry.load_detector("silero")
    responder = registry.load_responder(settings)
    judge = _remembered(ending(responder))
    trials: list[Trial] = []
    try:
        for parts, pause_s in _all():
            note(f"{len(trials) + 1} of {len(PARTS) * len(PAUSES_S)}")
            sound = talk.paused([talk.spoken(part, speaker) for part in parts], pause_s)
            sound = soxr.resample(sound, talk.RATE_HZ, RATE_HZ).astype(np.float32)
            trials.append(Trial(" ".join(parts), pause_s, cut_off(sound, detector, transcriber, judge)))
    finally:
        responder.close()
    return trials


def cut_off(sound: Block, detector: Detector, transcriber: Transcriber, judge: Ending) -> bool:
    """Whether the turn ends before `sound` does, float32 [T] at 16 kHz."""
    end_ms = (LEAD_S + len(sound) / RATE_HZ) * 1e3
    lead, tail = (np.zeros(round(s * RATE_HZ), np.float32) for s in (LEAD_S, TAIL_S))
    heard = np.concatenate([lead, sound, tail])
    happened = rehearse(heard, None, detector, transcriber, ("Yes.", _hum()), echo=False, judge=judge)
    return any(at < end_ms and phase in ENDED for at, phase in happened.phases)


def _all() -> Iterator[tuple[Sequence[str], float]]:
    for parts in PARTS:
        for pause_s in PAUSES_S:
            yield parts, pause_s


def _hum() -> Block:
    """What is heard as a reply, a second of it."""
    hum: Block = (0.1 * np.sin(np.arange(RATE_HZ) * 0.1)).astype(np.float32)
    return hum


def _remembered(judge: Ending) -> Ending:
    """The same, asked once for the same words."""

    @cache
    def asked(messages: tuple[Message, ...]) -> float:
        return judge(messages)

    return lambda messages: asked(tuple(messages))
