"""What sounds over a reply: murmurs and noises that should leave it alone, and orders that should stop it.

Every sound is tried over the same story, by every speech engine that is installed; see `bench.ears`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from voxhumana import registry
from voxhumana.assistant.turn import Phase
from voxhumana.bench import sounds
from voxhumana.bench.cast import OVER_S, Cast, Row
from voxhumana.dialogue import Speaker
from voxhumana.engine import Block
from voxhumana.errors import VoxError

MURMURS = (
    "Mm-hmm.", "Uh-huh.", "Mhm.", "Hmm.", "Mm.", "Yeah.", "Right.", "Okay.", "Yes.", "Oh.", "Sure.", "I see.",
)  # fmt: skip
ORDERS = ("Stop.", "Wait.", "No.", "Hold on.", "What?", "Stop talking, please.")
SPEAKERS = ("hibari", "kokoro:af_heart", "kokoro:am_michael", "kokoro:bf_emma", "kokoro:bm_george")
"""Voices that may be heard over the reply; those that are not installed are left out."""
VARIANTS = 12
"""Of each made-up noise."""


def speakers() -> dict[str, Speaker]:
    """The voices that are here, by name."""
    found: dict[str, Speaker] = {}
    for name in SPEAKERS:
        try:
            found[name] = registry.load_speaker(name)
        except VoxError:
            continue
    return found


def murmurs(cast: Cast, voices: Mapping[str, Speaker]) -> Iterator[Row]:
    """Make sounds over the story that are no interruption; a row a sound, and one for all."""
    tried: list[Row] = []
    for words in MURMURS:
        tried.append(_tried(cast, words, [cast.said(words, speaker) for speaker in voices.values()]))
        yield tried[-1]
    for name, noises in made_up().items():
        tried.append(_tried(cast, name, noises))
        yield tried[-1]
    trials, stopped = (sum(int(row[key]) for row in tried) for key in ("trials", "stopped"))
    yield {
        "what": "over the reply: all that should not stop it",
        "trials": trials,
        "stopped": stopped,
        "left alone %": 100 * (1 - stopped / trials),
    }


def orders(cast: Cast, voices: Mapping[str, Speaker]) -> Iterator[Row]:
    """Say short words over the story that are an interruption."""
    for words in ORDERS:
        yield _tried(cast, words, [cast.said(words, speaker) for speaker in voices.values()])


def made_up() -> dict[str, list[Block]]:
    """Noises, by name, each in variants of loudness, length and colour."""
    kinds = {"cough": sounds.cough, "door": sounds.door, "keys": _keys}
    made: dict[str, list[Block]] = {}
    for name, make in kinds.items():
        randoms = [np.random.default_rng((7, number)) for number in range(VARIANTS)]
        made[name] = [_varied(make(random), random) for random in randoms]
    return made


def _keys(random: sounds.Random) -> Block:
    return np.concatenate([sounds.click(random) for _ in range(20)])


def _varied(sound: Block, random: sounds.Random) -> Block:
    """Between 12 dB quieter and 3 dB louder, and between four fifths and five quarters as long."""
    gain, stretch = 10 ** (random.uniform(-12, 3) / 20), random.uniform(0.8, 1.25)
    at = np.arange(0, len(sound) - 1, 1 / stretch)
    out: Block = np.clip(np.interp(at, np.arange(len(sound)), sound) * gain, -1, 1).astype(np.float32)
    return out


def _tried(cast: Cast, name: str, over: Sequence[Block]) -> Row:
    heard = [cast.run(sound, OVER_S, OVER_S + 3.0, None) for sound in over]
    dips_ms = [dip for each in heard for dip in each.dips_ms()]
    return {
        "what": f"over the reply: {name}",
        "trials": len(heard),
        "paused": sum(each.count(Phase.INTERRUPTED) > 0 for each in heard),
        "stopped": sum(each.stopped() > 0 for each in heard),
        "dips": len(dips_ms),
        "median ms": float(np.median(dips_ms or [0.0])),
        "longest ms": max(dips_ms, default=0.0),
    }
