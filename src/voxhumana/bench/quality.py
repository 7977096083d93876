"""How good a conversion is: words kept, likeness reached, melody followed, naturalness, cost.

    dev speech -> trials (source clip, target speaker) -> an engine, in 20 ms blocks -> judges -> one row

Rows: `source` is the clip untouched, `target` the target's own other speech, `copy` the source said by the
engine in its own voice (what analysis and synthesis alone cost), then each engine in the target's voice.
`built-in` is an engine in the voices that ship; then each condition of `conditions.py`, as recorded and as
converted, where only words and naturalness are judged. Likeness closed is
(SECS(converted, target) - SECS(source, target)) / (SECS(target, target) - SECS(source, target)).
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np
import soxr

from voxhumana.audio.file import SoundReader
from voxhumana.bench import judges
from voxhumana.bench.conditions import Condition, conditions, whispered
from voxhumana.bench.judges import Array
from voxhumana.convert import melody
from voxhumana.engine import Converter, Learner
from voxhumana.library.shelf import BUILT_IN
from voxhumana.library.shelf import read as read_voice
from voxhumana.registry import load_converter
from voxhumana.voice import Voice

MakeVoice: TypeAlias = Callable[["Target"], Voice]

RATE_HZ = 24_000
REFERENCE_S = 20.0
"""Of the target's speech, at most this much is the reference; the rest is what it really sounds like."""
LEAST_S = 9.0
"""Targets with less speech than this are left out."""
BLOCK = 480


@dataclass(frozen=True)
class Clip:
    """A dev recording."""

    sound: Array
    """float32 [T] at 24 kHz."""
    speaker: str
    words: list[str]
    """What is said, as judges compare it."""
    english: bool


@dataclass(frozen=True)
class Target:
    """A speaker to be converted into."""

    name: str
    reference: Array
    """float32 [T] at 24 kHz, at most 20 s."""
    rest: Array
    """Speech that is not in the reference."""
    voice: Voice | None = None
    """As it ships, if it does."""


@dataclass
class Row:
    """One line of the table: means over its trials."""

    name: str
    values: dict[str, list[float]] = field(default_factory=dict)
    edits: int = 0
    words: int = 0

    def add(self, **values: float) -> None:
        """Note one trial's figures."""
        for key, value in values.items():
            self.values.setdefault(key, []).append(value)

    def summary(self) -> dict[str, float]:
        """Means by name; the word error rate over all words, in percent."""
        means = {key: float(np.nanmean(values)) for key, values in self.values.items()}
        for judge in ("", "_2") if "start" in means else ():
            start, ideal = means.pop(f"start{judge}"), means.pop(f"ideal{judge}")
            means[f"closed{judge}"] = 100 * (means[f"secs{judge}"] - start) / (ideal - start)
        return {"wer": 100 * self.edits / self.words, **means} if self.words else means


def read_clips(folder: Path) -> list[Clip]:
    """Every recording that `manifest.tsv` lists."""
    with (folder / "manifest.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        Clip(
            read(folder / r["path"]), r["speaker"], judges.normal(r["transcript"]), r["lang"].startswith("en")
        )
        for r in rows
    ]


def read(path: Path) -> Array:
    """A whole file at 24 kHz, float32 [T]."""
    with SoundReader(path) as reader:
        sound = reader.read(reader.rate_hz * 120)
        resampled: Array = soxr.resample(sound, reader.rate_hz, RATE_HZ)
    return resampled


def targets(clips: list[Clip]) -> list[Target]:
    """Speakers with enough speech: the first half, at most 20 s, is the reference."""
    found = []
    for name in dict.fromkeys(c.speaker for c in clips):
        speech = np.concatenate([c.sound for c in clips if c.speaker == name])
        if len(speech) >= LEAST_S * RATE_HZ:
            cut = min(len(speech) * 2 // 3, int(REFERENCE_S * RATE_HZ))
            found.append(Target(name, speech[:cut], speech[cut : cut + 15 * RATE_HZ]))
    return found


def built_in() -> list[Target]:
    """The voices that ship with a recording: its first half is whom to be like, its second the ideal."""
    found = []
    for path in sorted((BUILT_IN.parent / "references").glob("*.ogg")):
        speech = read(path)
        half = len(speech) // 2
        found.append(
            Target(path.stem, speech[:half], speech[half:], read_voice(BUILT_IN / f"{path.stem}.yaml"))
        )
    return found


def trials(clips: list[Clip], people: list[Target], each: int) -> Iterator[tuple[Clip, Target]]:
    """`each` English clips of every speaker, each with the next of the other speakers in turn."""
    turn = 0
    for name in dict.fromkeys(c.speaker for c in clips):
        own = [c for c in clips if c.speaker == name and c.english and c.words]
        for clip in own[:: max(1, len(own) // each)][:each]:
            while people[turn % len(people)].name == name:
                turn += 1
            yield clip, people[turn % len(people)]
            turn += 5  # any step that is prime to the number of targets mixes them


def convert(engine: Converter, voice: Voice, sound: Array) -> tuple[Array, float, float]:
    """(what comes out, aligned with what went in; RTF; p99 of a block, ms), block by block at 24 kHz."""
    source = soxr.resample(sound, RATE_HZ, engine.rate_hz)
    size = BLOCK * engine.rate_hz // RATE_HZ
    stream = engine.open(voice)
    out: list[Array] = []
    spent: list[float] = []
    for at in range(0, len(source), size):
        began = time.perf_counter()
        out.extend(np.array(b) for b in stream.push(source[at : at + size]))
        spent.append(time.perf_counter() - began)
    out.extend(np.array(b) for b in stream.flush())
    said = np.concatenate(out)[engine.latency : engine.latency + len(source)]
    resampled: Array = soxr.resample(said, engine.rate_hz, RATE_HZ)
    return resampled, sum(spent) / (len(source) / engine.rate_hz), 1e3 * float(np.quantile(spent, 0.99))


def contender(name: str) -> tuple[Converter, MakeVoice]:
    """An engine, and what makes a voice for it of a reference at 24 kHz."""
    engine = load_converter(name)

    def make(target: Target) -> Voice:
        if target.voice and name in target.voice.engines:
            return target.voice
        sound = target.reference  # a crafted voice can only be given its pitch
        settings = engine.learn(sound) if isinstance(engine, Learner) else {"pitch_hz": melody.mean_hz(sound)}
        return Voice(
            name="target", title="Target", character="", licence="", source="", engines={name: settings}
        )

    return engine, make


class Bench:
    """The judges, and what they said of each trial's two ends."""

    def __init__(self) -> None:
        self._ear, self._opinion, self._tune = judges.Ear(), judges.Opinion(), judges.Tune()
        self._likeness: tuple[judges.Verifier, ...] = (judges.Resemblyzer(), judges.DVector())
        self._known: dict[tuple[str, str], Array] = {}

    def rows(
        self,
        pairs: list[tuple[Clip, Target]],
        engines: dict[str, tuple[Converter, MakeVoice]],
        progress: Callable[[str], None],
    ) -> dict[str, dict[str, float]]:
        """Means by row; an engine comes with what makes a voice of a name and a reference."""
        table: dict[str, Row] = {}
        for number, (clip, target) in enumerate(pairs, 1):
            self._judge(table, "source", clip.sound, clip, target)
            row = table.setdefault("target", Row("target"))
            row.add(**self._naturalness(target.rest), **self._likeness_of(target.rest, clip, target))
            for name, (engine, make) in engines.items():
                said, rtf, p99_ms = convert(engine, make(target), clip.sound)
                self._judge(table, name, said, clip, target).add(rtf=rtf, p99_ms=p99_ms)
                if name == "native":
                    said, *_ = convert(engine, make(Target("", clip.sound, clip.sound)), clip.sound)
                    self._judge(table, "copy", said, clip, target)
            progress(f"{number} of {len(pairs)}")
        return {name: row.summary() for name, row in table.items()}

    def hardships(
        self,
        pairs: list[tuple[Clip, Target]],
        engine: Converter,
        make: MakeVoice,
        worse: dict[str, Condition],
    ) -> dict[str, dict[str, float]]:
        """Words and naturalness where the microphone hears worse: a row as recorded and one as converted."""
        table: dict[str, Row] = {}
        for clip, target in pairs:
            voice = make(target)
            for name, spoil in worse.items():
                heard = spoil(clip.sound)
                self._hear(table, name, heard, clip)
                self._hear(table, f"{name}, {engine.name}", convert(engine, voice, heard)[0], clip)
        return {name: row.summary() for name, row in table.items()}

    def _hear(self, table: dict[str, Row], name: str, said: Array, clip: Clip) -> None:
        row = table.setdefault(name, Row(name))
        row.edits += judges.edits(clip.words, self._ear.words(at_16k(said)))
        row.words += len(clip.words)
        row.add(**self._naturalness(said))

    def _judge(self, table: dict[str, Row], name: str, said: Array, clip: Clip, target: Target) -> Row:
        row = table.setdefault(name, Row(name))
        heard = self._ear.words(at_16k(said))
        row.edits += judges.edits(clip.words, heard)
        row.words += len(clip.words)
        row.add(**self._naturalness(said), **self._likeness_of(said, clip, target))
        row.add(f0_correlation=self._tune.correlation(at_16k(clip.sound), at_16k(said)))
        return row

    def _naturalness(self, said: Array) -> dict[str, float]:
        overall, p808 = self._opinion.score(at_16k(said))
        return {"dnsmos": overall, "p808": p808}

    def _likeness_of(self, said: Array, clip: Clip, target: Target) -> dict[str, float]:
        """Likeness to the target: of what was said, of the source (start), of the target's rest (ideal)."""
        found = {}
        for judge, suffix in zip(self._likeness, ("", "_2"), strict=True):
            goal = self._embed(judge, target.name, target.reference)
            found[f"secs{suffix}"] = float(judge.embed(at_16k(said)) @ goal)
            found[f"start{suffix}"] = float(self._embed(judge, f"{id(clip)}", clip.sound) @ goal)
            found[f"ideal{suffix}"] = float(self._embed(judge, f"{target.name} rest", target.rest) @ goal)
        return found

    def _embed(self, judge: judges.Verifier, name: str, sound: Array) -> Array:
        key = (judge.name, name)
        if key not in self._known:
            self._known[key] = judge.embed(at_16k(sound))
        return self._known[key]


def measure(
    folder: Path, names: tuple[str, ...], each: int, noise: Path | None, progress: Callable[[str], None]
) -> dict[str, dict[str, float]]:
    """The whole table: real targets, the built-in ones, and with `noise` what worse microphones do.

    Args:
        folder: Real speech, with manifest.tsv.
        names: Engines.
        each: Clips of each speaker; half for the built-in voices, a quarter for worse microphones.
        noise: Noises, rooms and their manifest.tsv; None leaves those rows out.
        progress: Told after each trial.
    """
    clips = read_clips(folder)
    people, company = targets(clips), built_in()
    engines, bench = {name: contender(name) for name in names}, Bench()
    rows = bench.rows(list(trials(clips, people, each)), engines, progress)
    shipped = bench.rows(list(trials(clips, company, max(1, each // 2))), engines, progress)
    rows |= {f"{name}, built-in": row for name, row in shipped.items() if name != "source"}
    if noise and "native" in engines:
        worse = conditions(noise) | {"whispered": whispered}
        few = list(trials(clips, people, max(1, each // 4)))
        rows |= bench.hardships(few, *engines["native"], worse)
    return rows


def at_16k(sound: Array) -> Array:
    """From 24 kHz."""
    resampled: Array = soxr.resample(sound, RATE_HZ, judges.RATE_HZ)
    return resampled
