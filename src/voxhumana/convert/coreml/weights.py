"""The weights in the native model's ONNX files, under the names that `nets` has, int8 made float again.

An exporter names matrices as it likes, but keeps each node's place: `/decoder/trunk/enter/MatMul`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voxhumana.errors import VoxError

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Sizes:
    """What the weights say of the network: a larger one of the same kind needs no other code."""

    depth: int
    """Blocks."""
    width: int
    """Channels."""


def sizes(decoder: dict[str, Array]) -> Sizes:
    """Those of the decoder whose weights these are.

    Raises:
        VoxError: They are of another network.
    """
    gains = [array for name, array in decoder.items() if re.fullmatch(r"trunk\.blocks\.\d+\.gain", name)]
    if not gains:
        raise VoxError("decoder holds another network than Core ML was written for; report it.")
    return Sizes(len(gains), len(gains[0]))


def read(path: Path) -> dict[str, Array]:
    """Every weight of a graph, float32, matrices as torch has them, [out, in].

    Raises:
        VoxError: onnx is not installed, or the file is damaged.
    """
    try:
        import onnx  # noqa: PLC0415  # behind the extra
    except ImportError as error:
        raise VoxError('Core ML needs onnx; run `pip install "voxhumana[coreml]"`.') from error
    try:
        graph = onnx.load(str(path)).graph
    except Exception as error:
        raise VoxError(f"{path.name} is damaged or no ONNX model; reinstall the package.") from error
    to_array = onnx.numpy_helper.to_array
    known = {tensor.name: to_array(tensor) for tensor in graph.initializer}
    known |= {n.output[0]: to_array(n.attribute[0].t) for n in graph.node if n.op_type == "Constant"}
    found = {
        name.removeprefix("decoder."): array
        for name, array in known.items()
        if re.fullmatch(r"decoder\.[\w.]+\.(weight|bias|gain)|decoder\.breath", name)
    }
    taps: dict[str, dict[int, Array]] = {}
    for node in graph.node:
        place = _place(node.name)
        if node.op_type in {"MatMul", "MatMulInteger"} and node.input[1] in known:
            name = f"{place}.weight" if place else "heard"
            matrix = _whole(known, node.input[1])
            found[name] = matrix.T if place else matrix
        if (at := re.fullmatch(r".*/blocks\.\d+/Mul(?:_([1-6]))?", node.name)) and node.input[1] in known:
            taps.setdefault(place, {})[int(at[1] or 0)] = known[node.input[1]]
    found |= {f"{p}.taps": np.stack([each[k] for k in sorted(each)]) for p, each in taps.items()}
    return {name: np.array(array, np.float32) for name, array in found.items()}


def fill(network: Any, found: dict[str, Array], name: str) -> None:  # noqa: ANN401  # a torch module
    """Put the weights into the network.

    Raises:
        VoxError: They are of another network.
    """
    import torch  # noqa: PLC0415  # behind the extra

    try:
        network.load_state_dict({key: torch.from_numpy(array) for key, array in found.items()})
    except RuntimeError as error:
        raise VoxError(f"{name} holds another network than Core ML was written for; report it.") from error
    network.eval().requires_grad_(requires_grad=False)


def _place(name: str) -> str:
    """`/decoder/trunk/enter/MatMul_quant` -> `trunk.enter`; `/timbre/timbre.0/Gemm` -> `timbre.0`."""
    parts = [part for part in name.split("/")[1:-1] if part != "decoder"]
    afters = [*parts[1:], ""][: len(parts)]
    return ".".join(p for p, after in zip(parts, afters, strict=True) if not after.startswith(f"{p}."))


def _whole(known: dict[str, Any], name: str) -> Array:
    """A matrix; if int8, less its zero and times its scale, a column each."""
    if not name.endswith("_quantized"):
        matrix: Array = known[name]
        return matrix
    stem = name.removesuffix("_quantized")
    whole: Array = (known[name].astype(np.float32) - known[f"{stem}_zero_point"]) * known[f"{stem}_scale"]
    return whole
