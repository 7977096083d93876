"""How alike two voices are, by GE2E voiceprints: who is on the shelf already; is a recording of one person?

float32 [T] at 16 kHz, pauses cut out -> one unit vector [256] every 0.8 s -> a likeness, -1 to 1
"""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from voxhumana import onnx
from voxhumana.convert import voiceprint
from voxhumana.engine import Block

Array = npt.NDArray[np.float32]

RATE_HZ = voiceprint.RATE_HZ
WEIGHTS = Path(voiceprint.__file__).parent / "weights" / "voiceprint.onnx"
STEP_S = 0.8
"""Between voiceprints: half of what one is read from."""
LEAST = 3
"""Voiceprints, 2.4 s: a second person who says less cannot be told from a cough or another mood."""
ROUNDS = 10
"""Of two-means; it was at rest after 5 on every recording tried."""


def prints(speech: Block) -> Array:
    """Unit float32 [W, 256] of speech [T] at 16 kHz, one every `STEP_S`."""
    each: Array = _session().run(None, {"mel": voiceprint.windows(voiceprint.mels(speech))})[0]
    unit: Array = each / np.linalg.norm(each, axis=1, keepdims=True)
    return unit


def mean(each: Array) -> Array:
    """The voiceprint of the whole, unit float32 [256], of [W, 256]."""
    return _unit(each.mean(0))


def unity(each: Array) -> float:
    """How alike the two halves are into which [W, 256] falls most easily; 1 where it is too short to tell."""
    if len(each) < 2 * LEAST:
        return 1.0
    alike = each @ each.T
    splits = [_split(each, np.array([first, int(np.argmin(row))])) for first, row in enumerate(alike)]
    return max(((near, between) for near, between in splits), default=(0.0, 1.0))[1]


def _split(each: Array, seeds: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Two-means from two of [W, 256]: how near all are to their half's mean, and how alike the means are."""
    halves = each[seeds]
    for _ in range(ROUNDS):
        near = each @ halves.T
        second = near[:, 1] > near[:, 0]
        if min(second.sum(), (~second).sum()) < LEAST:
            return 0.0, 1.0
        halves = np.stack([_unit(each[~second].mean(0)), _unit(each[second].mean(0))])
    return float((each @ halves.T).max(1).mean()), float(halves[0] @ halves[1])


def _unit(vector: Array) -> Array:
    unit: Array = vector / np.linalg.norm(vector)
    return unit


@functools.cache
def _session() -> ort.InferenceSession:
    return onnx.session(WEIGHTS)
