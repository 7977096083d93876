"""Whom the quality bench hears, and whom it converts them into.

manifest.tsv + sound files -> clips -> targets -> trials (clip, target)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import soxr

from voxhumana.audio.file import SoundReader
from voxhumana.bench import judges, manifest
from voxhumana.bench.judges import Array
from voxhumana.library.shelf import BUILT_IN
from voxhumana.library.shelf import read as read_voice
from voxhumana.voice import Voice

RATE_HZ = 24_000
REFERENCE_S = 20.0
"""Of the target's speech, at most this much is the reference; the rest is what it really sounds like."""
LEAST_S = 9.0
"""Targets with less speech than this are left out."""
GROWN = 13
"""Years, from which on nobody counts as a child; speechocean762 draws the line between 12 and 15."""


@dataclass(frozen=True)
class Clip:
    """A recording."""

    path: Path
    speaker: str
    words: list[str]
    """What is said, as judges compare it."""
    language: str
    """ISO 639-1."""
    first_language: str
    """That the speaker grew up with; the same, unless the manifest says otherwise: `en (L1 zh)`."""
    age: int | None = None
    """Years, where the manifest has them."""

    @cached_property
    def sound(self) -> Array:
        """Float32 [T] at 24 kHz."""
        return read(self.path)

    @property
    def english(self) -> bool:
        """Whether the words can be judged by ears that know English."""
        return self.language == "en" and bool(self.words)

    @property
    def child(self) -> bool:
        """Whether a child speaks."""
        return self.age is not None and self.age < GROWN


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

    def stretches(self, length: int) -> list[Array]:
        """The rest in pieces of `length` samples, one after the other; all of it if it is shorter."""
        length = min(length, len(self.rest))
        return [self.rest[at : at + length] for at in range(0, len(self.rest) - length + 1, length)]


def read_clips(folder: Path) -> list[Clip]:
    """Every recording that `manifest.tsv` lists; sounds are read when somebody asks for them.

    Raises:
        UsageError: It is no such table, or lacks a column.
    """
    clips = []
    for row in manifest.rows(folder, "path", "speaker", "transcript", "lang"):
        language, _, first = row["lang"].partition(" (L1 ")
        years = re.search(r"\bage=(\d+)(?:;|$)", row.get("meta") or "")
        clips.append(
            Clip(
                folder / row["path"],
                row["speaker"],
                judges.normal(row["transcript"]),
                language,
                first.rstrip(")") or language,
                int(years[1]) if years else None,
            )
        )
    return clips


def read(path: Path) -> Array:
    """The first two minutes of a file at 24 kHz, float32 [T]."""
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


def trials(
    clips: list[Clip],
    people: list[Target],
    each: int,
    fit: Callable[[Clip], bool] = lambda clip: clip.english,
) -> Iterator[tuple[Clip, Target]]:
    """`each` fitting clips of every speaker, each with the next of the other speakers in turn."""
    turn = 0
    for name in dict.fromkeys(c.speaker for c in clips):
        own = [c for c in clips if c.speaker == name and fit(c)]
        for clip in own[:: max(1, len(own) // each)][:each]:
            while people[turn % len(people)].name == name:
                turn += 1
            yield clip, people[turn % len(people)]
            turn += 5  # any step that is prime to the number of targets mixes them


def at_16k(sound: Array) -> Array:
    """From 24 kHz, as judges take it."""
    resampled: Array = soxr.resample(sound, RATE_HZ, judges.RATE_HZ)
    return resampled
