"""How soon a character answers: spoken questions through file devices, at wall-clock pace, on one timeline.

Delay is read from the two sound files alone: from the last audible sample of a question to the first one of
the answer. Half of the questions have a pause in the middle: an answer before their last syllable is a false
cut-off.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr

from voxhumana import build_talk, registry
from voxhumana.assistant.timing import TurnTiming
from voxhumana.audio.file import SoundReader, SoundWriter
from voxhumana.config import Settings
from voxhumana.dialogue import Speaker
from voxhumana.engine import Block
from voxhumana.process.realtime import AUDIO, hurry

RATE_HZ = 48_000
GAP_S = 9.0
"""Time for an answer; a longer one is interrupted by the next question, as people do."""
SILENCE = 0.003
"""-50 dBFS: below it nobody hears anything."""
QUESTIONS = (
    ("What is the capital of France?",),
    ("How many legs does a spider have?",),
    ("What should I cook tonight?",),
    ("Can you tell me a short story?",),
    ("Why is the sky blue?",),
    ("What is a good name for a cat?",),
    ("Tell me something", "about the history of tea."),
    ("How do I", "get a stain out of a shirt?"),
    ("I would like to know", "what time the sun goes down in winter."),
    ("Could you explain", "how a piano works?"),
    ("What is the difference", "between a lake and a pond?"),
    ("My neighbour has a dog", "that barks all night, what should I do?"),
)
"""Everyday questions; those in two parts are spoken with a pause between them."""
PAUSES_S = (0.3, 0.38, 0.46, 0.54, 0.62, 0.7)


@dataclass(frozen=True)
class Asked:
    """A question on the timeline, in samples."""

    text: str
    start: int
    end: int
    """After its last audible sample."""
    pause_s: float


@dataclass(frozen=True)
class Answered:
    """What became of it."""

    asked: Asked
    delay_ms: float | None
    """None: no answer before the next question."""
    cut_off: bool


def measure(settings: Settings) -> tuple[list[Answered], list[TurnTiming]]:
    """Ask every question of the engines of `settings`; takes about three minutes.

    Raises:
        VoxError: An engine cannot be had.
    """
    with tempfile.TemporaryDirectory() as folder:
        heard, said = Path(folder, "heard.wav"), Path(folder, "said.wav")
        asked = _record(heard, registry.load_speaker("hibari"))
        timings: list[TurnTiming] = []
        conversation = build_talk.talk(
            settings.model_copy(update={"input": f"file:{heard}", "speakers": f"file:{said}"}),
            lambda note: timings.append(note) if isinstance(note, TurnTiming) else None,
        )
        hurry(AUDIO)
        conversation.run()
        with SoundReader(said) as reader:
            loud = np.abs(reader.read(asked[-1].end + round(GAP_S * RATE_HZ))) > SILENCE
    return [answered(question, loud) for question in asked], timings


def answered(asked: Asked, loud: np.ndarray) -> Answered:
    """Find the answer to a question in the output.

    Args:
        asked: The question.
        loud: Whether each sample of the output is audible, bool [T].
    """
    after = loud[asked.end : asked.end + round(GAP_S * RATE_HZ)]
    delay_ms = float(np.argmax(after)) / RATE_HZ * 1e3 if after.any() else None
    second_half = loud[(asked.start + asked.end) // 2 : asked.end]
    return Answered(asked, delay_ms, bool(second_half.any()))


def stages(timings: Sequence[TurnTiming]) -> dict[str, dict[str, float]]:
    """When each stage was done, in ms after the last syllable: median and 95th percentile, by stage.

    What was done before it, by speculation, is negative.
    """
    rows = [timing.report() for timing in timings]
    split = {}
    for name in ("transcript", "first_token", "decision", "first_audio"):
        pairs = [(row[f"{name}_ms"], row["end_of_speech_ms"]) for row in rows]
        after = [at - end for at, end in pairs if isinstance(at, float) and isinstance(end, float)]
        if after:
            p50, p95 = np.percentile(after, [50, 95]).tolist()
            split[name] = {"p50_ms": p50, "p95_ms": p95}
    return split


def _record(path: Path, speaker: Speaker) -> list[Asked]:
    """Write the questions, one after the other."""
    asked = []
    pauses = iter(PAUSES_S)
    at = RATE_HZ
    with SoundWriter(path, RATE_HZ) as file:
        file.write(np.zeros(at, np.float32))
        for parts in QUESTIONS:
            pause_s = next(pauses) if len(parts) > 1 else 0.0
            silence = np.zeros(round(pause_s * RATE_HZ), np.float32)
            spoken = [_spoken(part, speaker) for part in parts]
            sound = spoken[0] if len(spoken) == 1 else np.concatenate([spoken[0], silence, spoken[1]])
            asked.append(Asked(" ".join(parts), at, at + len(sound), pause_s))
            gap = np.zeros(round(GAP_S * RATE_HZ), np.float32)
            file.write(np.concatenate([sound, gap]))
            at += len(sound) + len(gap)
    return asked


def _spoken(text: str, speaker: Speaker) -> Block:
    """`text` from its first audible sample to its last."""
    sound = soxr.resample(np.concatenate([*speaker.open().push(text)]), speaker.rate_hz, RATE_HZ)
    audible = np.flatnonzero(np.abs(sound) > SILENCE)
    spoken: Block = sound[audible[0] : audible[-1] + 1]
    return spoken
