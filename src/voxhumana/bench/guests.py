"""Who and what else comes to a microphone: noise with nobody there, laughter, another language.

Each is a row as recorded and one as converted. Nothing of it can be held against a transcript in English.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soxr

from voxhumana import build
from voxhumana.audio.chain import Chain
from voxhumana.bench.conditions import recordings
from voxhumana.bench.contender import MakeVoice, convert
from voxhumana.bench.judges import Array
from voxhumana.bench.panel import Panel
from voxhumana.bench.row import Row
from voxhumana.bench.speech import RATE_HZ, Clip, Target
from voxhumana.config import Settings
from voxhumana.engine import Converter, Stage
from voxhumana.rack import stages
from voxhumana.registry import load_speaker

DEVICE_HZ = 48_000
NOISE_S = 10.0
"""Of each recording without speech, at most this much."""
LAUGHS = ("Ha ha ha ha ha!", "Hahaha! Ha ha!", "Hee hee hee hee!", "Ho ho ho ho!", "Hehehe, ha ha ha ha!")


def live(engine: Converter) -> Chain:
    """The engine as `vox live` has it: behind guard, gate and denoise."""
    return Chain({**build.front(Settings(), DEVICE_HZ), **stages(engine, DEVICE_HZ)}, DEVICE_HZ)


def nobody(folder: Path, most: int) -> list[Array]:
    """Recordings without speech, at most so many, evenly from the whole folder."""
    found = [sound[: int(NOISE_S * RATE_HZ)] for sound in recordings(folder, rooms=False)]
    return found[:: max(1, -(-len(found) // most))]


def laughter() -> list[Array]:
    """An imitation: the embedded speech laughs in syllables, there being no recordings of it."""
    engine = load_speaker("hibari")
    said = [np.concatenate(list(engine.open().push(laugh))) for laugh in LAUGHS]
    return [soxr.resample(sound, engine.rate_hz, RATE_HZ) for sound in said]


def wordless(
    panel: Panel, name: str, sounds: list[Array], people: list[Target], engine: Converter, make: MakeVoice
) -> dict[str, Row]:
    """What is made of sounds without words, by the engine alone and by the whole live path."""
    paths: dict[str, Stage] = {f"{name}, {engine.name}": engine, f"{name}, live path": live(engine)}
    table = {label: Row() for label in (name, *paths)}
    for number, sound in enumerate(sounds):
        voice = make(people[number % len(people)])
        heard = {name: sound} | {label: convert(path, voice, sound)[0] for label, path in paths.items()}
        for label, said in heard.items():
            table[label].add(**panel.babble(said, sound), **panel.melody(said, sound))
    return table


def foreign(
    panel: Panel, pairs: list[tuple[Clip, Target]], engine: Converter, make: MakeVoice
) -> dict[str, Row]:
    """Clips in other languages than English, by language."""
    table: dict[str, Row] = {}
    for clip, target in pairs:
        before = table.setdefault(f"in {clip.language}", Row())
        after = table.setdefault(f"in {clip.language}, {engine.name}", Row(before))
        for row, said in (before, clip.sound), (after, convert(engine, make(target), clip.sound)[0]):
            row.add(**panel.everything(said, clip, target), **panel.letters(said, clip.sound, clip.language))
    return table
