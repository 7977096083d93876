"""The Core ML packages against onnxruntime: on a Mac by Core ML itself, on each of its units, else in numpy.

random voice -> casting -> told, in calls of 1, 2, 4, 8 and 16 blocks -> decoder     package
                                       in calls of one block                        onnxruntime
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt

from voxhumana.convert.coreml.export import BLOCKS, far
from voxhumana.convert.coreml.program import Program
from voxhumana.convert.coreml.tools import coremltools
from voxhumana.convert.native import WEIGHTS, Network
from voxhumana.errors import VoxError

NEAR = 0.02
"""Of the output's largest. Half precision and onnxruntime's int8 make 0.0012 of it, states that are forgotten
0.037 (`tests/test_coreml.py`)."""
UNITS = {"CPU_ONLY": "CPU", "CPU_AND_GPU": "CPU and GPU", "CPU_AND_NE": "CPU and neural engine"}
"""coremltools' names of what may compute."""

Open = Callable[[Path], Any]
"""What opens a package: has `predict(given, state)` and, where it has states, `make_state()`."""


@dataclass(frozen=True)
class Checked:
    """One decoder on one unit."""

    package: str
    unit: str
    error: float
    """The largest difference from onnxruntime, over its output's largest."""
    block_ms: float
    """Median time of a call of one block."""

    @property
    def fine(self) -> bool:
        """Whether it computes what onnxruntime does."""
        return self.error < NEAR


def units() -> dict[str, Open]:
    """What can run packages here.

    Raises:
        VoxError: coremltools is not installed.
    """
    if sys.platform != "darwin":
        return {"numpy, in half precision": Program}
    ct = coremltools()

    def opened(unit: str) -> Open:
        return lambda path: ct.models.MLModel(str(path), compute_units=getattr(ct.ComputeUnit, unit))

    return {told: opened(unit) for unit, told in UNITS.items()}


def check(folder: Path, source: Path = WEIGHTS, opened: dict[str, Open] | None = None) -> Iterator[Checked]:
    """Run both decoders in `folder`, on everything that can.

    Raises:
        VoxError: A package is not there, or cannot be run.
    """
    from voxhumana import onnx  # noqa: PLC0415  # onnxruntime

    packages = [folder / f"{name}.mlpackage" for name in ("casting", "decoder-macos13", "decoder-macos15")]
    if lacking := [package.name for package in packages if not package.is_dir()]:
        raise VoxError(
            f"{folder} lacks {', '.join(lacking)}; write it with `vox models export --coreml {folder}`."
        )
    rng = np.random.default_rng(0)
    who = {"voiceprint": rng.standard_normal((1, 256)), "colour": rng.standard_normal((1, 160))}
    who = {
        name: (x / np.linalg.norm(x) * (1 if x.size == 256 else 8)).astype(np.float32)
        for name, x in who.items()
    }
    told = 0.5 * rng.standard_normal((1, sum(BLOCKS), 326)).astype(np.float32)
    casting = onnx.session(source / "casting.onnx")
    cast = dict(zip((o.name for o in casting.get_outputs()), casting.run(None, who), strict=True))
    session = onnx.session(source / "decoder.onnx")
    decoder = Network(session)
    begin = {
        i.name: np.zeros(i.shape, np.float32) for i in session.get_inputs() if i.name.startswith("state")
    }
    expect = np.concatenate([decoder.step({"told": told[:, [at]], **cast}) for at in range(told.shape[1])], 1)
    for unit, open_package in (opened or units()).items():
        try:
            voice = open_package(packages[0]).predict(who, None)
        except Exception as error:
            raise VoxError(f"{packages[0].name} does not run on {unit} ({_first(error)}).") from error
        for package in packages[1:]:
            stateful = package is packages[-1]
            try:
                model = open_package(package)
                found = np.concatenate(list(_calls(model, told, voice, BLOCKS, {} if stateful else begin)), 1)
                took_s = []
                calls = _calls(model, told, voice, [1] * told.shape[1], {} if stateful else begin)
                for _ in told[0]:
                    began_s = perf_counter()
                    next(calls)
                    took_s.append(perf_counter() - began_s)
            except Exception as error:
                raise VoxError(f"{package.name} does not run on {unit} ({_first(error)}).") from error
            yield Checked(package.stem, unit, far(found, expect), 1e3 * float(np.median(took_s)))


def _first(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _calls(
    model: Any,  # noqa: ANN401  # Core ML's
    told: npt.NDArray[np.float32],
    voice: dict[str, Any],
    sizes: Sequence[int],
    held: dict[str, Any],
) -> Iterator[npt.NDArray[np.float32]]:
    """The envelopes of each call, of so many blocks each; `held` are the states that are inputs, at first."""
    state = None if held else model.make_state()
    start = 0
    for size in sizes:
        made = model.predict({"told": told[:, start : start + size], **voice, **held}, state)
        held = {name: made[name.replace("state", "after")] for name in held}
        start += size
        yield made["envelopes"]
