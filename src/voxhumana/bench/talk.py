"""How soon a character answers: spoken questions through file devices, at wall-clock pace, on one timeline.

Delay is read from the two sound files alone: from the last audible sample of a question to the first one of
the answer. Half of the synthetic questions have a pause in the middle: an answer before their last syllable
is a false cut-off. Recorded ones have no annotation: their last syllable is where they fall 35 dB below their
loudest moment, and the room after it is kept.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr

from voxhumana import build_talk, registry
from voxhumana.assistant.timing import TurnTiming
from voxhumana.assistant.turn import MS
from voxhumana.audio.file import FORMATS, SoundReader, SoundWriter
from voxhumana.bench.questions import QUESTIONS
from voxhumana.config import Settings
from voxhumana.dialogue import Speaker
from voxhumana.engine import Block
from voxhumana.errors import VoxError
from voxhumana.process.realtime import AUDIO, hurry

RATE_HZ = 48_000
FRAME = RATE_HZ // 100
GAP_S = 9.0
"""Time for an answer; a longer one is interrupted by the next question, as people do."""
SILENCE = 0.003
"""-50 dBFS: below it nobody hears anything."""
PAUSES_S = (0.3, 0.38, 0.46, 0.54, 0.62, 0.7)
"""Between the parts of a question, in turn."""
BELOW_DB = 35.0
"""Under its loudest 10 ms, a recording's words are over: the rooms of those tried lie 40 dB below."""


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


@dataclass(frozen=True)
class Question:
    """One to ask; sound is float32 [T] at `RATE_HZ`."""

    text: str
    sound: Block
    last: int
    """After its last audible sample."""
    pause_s: float = 0.0


def measure(settings: Settings, questions: Sequence[Question]) -> tuple[list[Answered], list[TurnTiming]]:
    """Ask the engines of `settings`; takes a quarter of a minute a question.

    Raises:
        VoxError: An engine cannot be had.
    """
    with tempfile.TemporaryDirectory() as folder:
        heard, said = Path(folder, "heard.wav"), Path(folder, "said.wav")
        asked = _record(heard, questions)
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
            split[name] = _summary(after)
    return split


def processing(timings: Sequence[TurnTiming]) -> dict[str, float] | None:
    """From the decision that the turn is over to the first sound, in ms: median and 95th percentile."""
    waits = [
        (t.first_sound - t.decision) / MS
        for t in timings
        if t.first_sound is not None and t.decision is not None
    ]
    return _summary(waits) if waits else None


def _summary(times_ms: Sequence[float]) -> dict[str, float]:
    p50, p95 = np.percentile(times_ms, [50, 95]).tolist()
    return {"p50_ms": p50, "p95_ms": p95}


def synthetic(count: int | None = None, asker: str = "hibari") -> list[Question]:
    """The everyday questions, spoken by an engine; of so many, as many with a pause as without.

    Raises:
        VoxError: The engine cannot be had.
    """
    speaker = registry.load_speaker(asker)
    pauses = itertools.cycle(PAUSES_S)
    questions = []
    for parts in QUESTIONS:
        pause_s = next(pauses) if len(parts) > 1 else 0.0
        sound = paused([spoken(part, speaker) for part in parts], pause_s)
        questions.append(Question(" ".join(parts), sound, len(sound), pause_s))
    step = 1 if count is None else max(1, len(questions) // count)
    return questions[::step][:count]


def recorded(folder: Path, count: int | None = None) -> list[Question]:
    """The sound files in a folder, by name, the first so many.

    Raises:
        VoxError: One cannot be read, or there is none.
    """
    files = sorted(f for f in folder.rglob("*") if f.suffix in FORMATS)[:count]
    if not files:
        raise VoxError(f"There is no sound file in {folder}; name a folder with recorded questions.")
    return [_recorded(file) for file in files]


def paused(parts: Sequence[Block], pause_s: float) -> Block:
    """Float32 [T]: the parts with a silence between each two, at `RATE_HZ`."""
    silence = np.zeros(round(pause_s * RATE_HZ), np.float32)
    pieces = [piece for part in parts for piece in (silence, part)][1:]
    return np.concatenate(pieces)


def spoken(text: str, speaker: Speaker) -> Block:
    """`text` from its first audible sample to its last, float32 [T] at `RATE_HZ`."""
    sound = soxr.resample(np.concatenate([*speaker.open().push(text)]), speaker.rate_hz, RATE_HZ)
    audible = np.flatnonzero(np.abs(sound) > SILENCE)
    trimmed: Block = sound[audible[0] : audible[-1] + 1]
    return trimmed


def _recorded(file: Path) -> Question:
    with SoundReader(file) as reader:
        sound = np.concatenate([*_blocks(reader)])
        sound = soxr.resample(sound, reader.rate_hz, RATE_HZ).astype(np.float32)
    frames = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME)
    level_db = 10 * np.log10(np.mean(np.square(frames), axis=1) + 1e-12)
    last = int(np.flatnonzero(level_db > level_db.max() - BELOW_DB)[-1]) + 1
    return Question(file.stem, sound, last * FRAME)


def _blocks(reader: SoundReader) -> Iterator[Block]:
    while len(block := reader.read(reader.rate_hz)):
        yield block


def _record(path: Path, questions: Sequence[Question]) -> list[Asked]:
    """Write the questions, one after the other."""
    asked = []
    at = RATE_HZ
    gap = np.zeros(round(GAP_S * RATE_HZ), np.float32)
    with SoundWriter(path, RATE_HZ) as file:
        file.write(np.zeros(at, np.float32))
        for each in questions:
            asked.append(Asked(each.text, at, at + each.last, each.pause_s))
            file.write(np.concatenate([each.sound, gap]))
            at += len(each.sound) + len(gap)
    return asked
