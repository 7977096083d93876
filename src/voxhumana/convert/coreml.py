"""The native model for Core ML: its ONNX graphs, run in torch to be traced, then converted to half precision.

    decoder.onnx, casting.onnx -> torch, weights dequantised -> trace -> ML program, fp16 -> .mlpackage

coremltools reads no ONNX any more (since 6), so the few operators of our graphs are written here in torch.
States stay inputs and outputs, as in ONNX, which macOS 13 can do; a block is 20 ms, fixed. Conversion runs
anywhere, prediction on macOS only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voxhumana.convert.native import WEIGHTS
from voxhumana.convert.nets import checkpoint
from voxhumana.errors import VoxError

LEAST = 256
"""Numbers in what counts as a matrix of weights."""
GRAPHS = ("casting", "decoder")
"""Of the native model: once a voice, once a block. Its voiceprint, for learning, stays with onnxruntime."""


def export(folder: Path, weights: Path = WEIGHTS) -> dict[str, dict[str, Any]]:
    """Write an `.mlpackage` for each graph into `folder`.

    Returns:
        For each: number of matrices, the largest relative difference of one from its source, and the largest
        relative difference of the traced graph from onnxruntime for one random block.

    Raises:
        VoxError: coremltools, onnx or torch is not installed, or the graphs cannot be converted.
    """
    torch = checkpoint.need_torch("The conversion to Core ML", "coreml")
    try:
        import coremltools  # noqa: PLC0415  # behind the extra
    except ImportError as error:
        raise VoxError('Core ML needs coremltools; run: pip install "voxhumana[coreml]"') from error
    folder.mkdir(parents=True, exist_ok=True)
    reports = {}
    for name in GRAPHS:
        graph = load(weights / f"{name}.onnx")
        network = graph.module()
        given = graph.example()
        network(
            *map(torch.from_numpy, given.values())
        )  # what follows from the shapes alone is constant after that
        with torch.inference_mode():
            traced = torch.jit.trace(network, tuple(map(torch.from_numpy, given.values())), check_trace=False)
        model = coremltools.convert(
            traced,
            inputs=[
                coremltools.TensorType(name=key, shape=x.shape, dtype=np.float32) for key, x in given.items()
            ],
            outputs=[coremltools.TensorType(name=key, dtype=np.float32) for key in graph.outputs],
            convert_to="mlprogram",
            compute_precision=coremltools.precision.FLOAT16,
            minimum_deployment_target=coremltools.target.macOS13,
        )
        model.short_description = f"Vox Humana, native voice conversion: {name}; 24 kHz, 20 ms a block"
        model.save(str(folder / f"{name}.mlpackage"))
        apart, count = compare(graph.weights(), constants(model))
        reports[name] = {
            "weights": count,
            "weight_error": apart,
            "graph_error": graph.error(weights, name, given),
        }
    return reports


def load(path: Path) -> Graph:
    """A graph of ours, from its file.

    Raises:
        VoxError: onnx is not installed, or the file is damaged.
    """
    try:
        import onnx as graphs  # noqa: PLC0415  # behind the extra
    except ImportError as error:
        raise VoxError('Core ML needs onnx; run: pip install "voxhumana[coreml]"') from error
    try:
        return Graph(graphs.load(str(path)), graphs)
    except Exception as error:
        raise VoxError(f"{path.name} is damaged or no ONNX model; reinstall the package.") from error


class Graph:
    """An ONNX graph that torch can run."""

    def __init__(self, model: Any, graphs: Any) -> None:  # noqa: ANN401  # onnx's
        self._graph = model.graph
        self._attribute = graphs.helper.get_attribute_value
        to_array = graphs.numpy_helper.to_array
        self.constants = {tensor.name: to_array(tensor) for tensor in self._graph.initializer}
        for node in self._graph.node:
            if node.op_type == "Constant":
                self.constants[node.output[0]] = to_array(node.attribute[0].t)
        self.inputs = {
            i.name: tuple(d.dim_value or 1 for d in i.type.tensor_type.shape.dim) for i in self._graph.input
        }
        self.outputs = [output.name for output in self._graph.output]

    def example(self) -> dict[str, npt.NDArray[np.float32]]:
        """A random block."""
        rng = np.random.default_rng(0)
        return {name: 0.1 * rng.standard_normal(shape, np.float32) for name, shape in self.inputs.items()}

    def weights(self) -> Iterator[npt.NDArray[np.float32]]:
        """The matrices, dequantised: what Core ML must have."""
        import torch  # noqa: PLC0415  # behind the extra

        seen: list[npt.NDArray[np.float32]] = []
        self.module(lambda matrix: seen.append(matrix.numpy()))(
            *map(torch.from_numpy, self.example().values())
        )
        yield from seen

    def error(self, weights: Path, name: str, given: dict[str, npt.NDArray[np.float32]]) -> float:
        """The largest difference of torch's run from onnxruntime's, over the outputs' own size."""
        import torch  # noqa: PLC0415  # behind the extra

        from voxhumana import onnx  # noqa: PLC0415  # the name is taken above

        expect = onnx.session(weights / f"{name}.onnx").run(None, given)
        with torch.inference_mode():
            found = self.module()(*map(torch.from_numpy, given.values()))
        return max(
            float(np.abs(a.numpy() - b).max() / (np.abs(b).max() + 1e-9))
            for a, b in zip(found, expect, strict=True)
        )

    def module(self, tell: Callable[[Any], object] = lambda _: None) -> Any:  # noqa: ANN401  # torch's
        """The graph as a module that takes and gives what it does; `tell` hears of every matrix."""
        import torch  # noqa: PLC0415  # behind the extra

        graph = self

        class Run(torch.nn.Module):
            def forward(self, *given: Any) -> Any:  # noqa: ANN401  # tensors
                known = {name: torch.from_numpy(np.array(x)) for name, x in graph.constants.items()}
                known.update(zip(graph.inputs, given, strict=True))
                for node in graph._graph.node:  # its own
                    if node.output[0] in known:
                        continue
                    told = {a.name: graph._attribute(a) for a in node.attribute}  # its own
                    made = run(
                        node.op_type, [known[name] if name else None for name in node.input], told, tell
                    )
                    made = made if isinstance(made, tuple) else (made,)
                    known.update(zip(node.output, made, strict=False))
                    if node.op_type == "Shape" or all(name in graph.constants for name in node.input):
                        graph.constants.update({name: known[name].numpy() for name in node.output})
                return tuple(known[name] for name in graph.outputs)

        return Run().eval()


def run(op: str, given: list[Any], told: dict[str, Any], tell: Callable[[Any], object]) -> Any:  # noqa: ANN401, C901, PLR0911, PLR0912  # a table
    """One operator of ours, as ONNX defines it; what is quantised runs in full precision."""
    import torch  # noqa: PLC0415  # behind the extra

    first, *rest = given
    match op:
        case "Identity" | "DynamicQuantizeLinear":
            one, nought = torch.tensor(1.0), torch.tensor(0.0)
            return first if op == "Identity" else (first, one, nought)
        case "Add" | "Sub" | "Mul" | "Div" | "Mod":
            two = rest[0]
            if op == "Div" and not torch.is_floating_point(first):
                return torch.div(first, two, rounding_mode="trunc")
            return {
                "Add": torch.add,
                "Sub": torch.sub,
                "Mul": torch.mul,
                "Div": torch.div,
                "Mod": torch.remainder,
            }[op](first, two)
        case "MatMul" | "MatMulInteger":
            matrix = rest[0]
            if op == "MatMulInteger":
                matrix = matrix.float() - (rest[2].float() if len(rest) > 2 else 0)
            tell(matrix)
            return first @ matrix
        case "Gemm":
            matrix = rest[0].T if told.get("transB") else rest[0]
            tell(matrix)
            return told.get("alpha", 1.0) * (first @ matrix) + told.get("beta", 1.0) * rest[1]
        case "Cast":
            return (
                first
                if torch.is_floating_point(first) and told["to"] == 1
                else first.float()
                if told["to"] == 1
                else first.long()
            )
        case "Erf":
            return torch.erf(first)
        case "LayerNormalization":
            return torch.nn.functional.layer_norm(
                first, sizes(rest[0]), rest[0], rest[1], told.get("epsilon", 1e-5)
            )
        case "Concat":
            return torch.cat(given, told["axis"])
        case "Unsqueeze":
            for axis in rest[0].tolist():
                first = first.unsqueeze(axis)
            return first
        case "Reshape":
            shape = [sizes(first)[at] if n == 0 else n for at, n in enumerate(rest[0].tolist())]
            return first.reshape([int(n) for n in shape])
        case "Shape":
            return torch.tensor(sizes(first))
        case "Gather":
            axis = told.get("axis", 0)
            at = torch.remainder(rest[0], sizes(first)[axis])  # from the front
            return (
                first.select(axis, int(at))
                if at.dim() == 0
                else torch.index_select(first, axis, at.flatten())
            )
        case "Slice":
            starts, ends = rest[0].tolist(), rest[1].tolist()
            axes = rest[2].tolist() if len(rest) > 2 else range(len(starts))
            steps = rest[3].tolist() if len(rest) > 3 else [1] * len(starts)
            cut = [slice(None)] * first.dim()
            for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
                cut[axis] = slice(int(start), int(end), int(step))
            return first[tuple(cut)]
    raise VoxError(f"The graph has the operator {op}, which is not converted to Core ML; report it.")


def sizes(x: Any) -> list[int]:  # noqa: ANN401  # a tensor
    """Its shape as plain numbers, which tracing takes for constants."""
    return list(x.detach().numpy().shape)


def constants(model: Any) -> list[npt.NDArray[np.float32]]:  # noqa: ANN401  # coremltools'
    """Every constant of at least 256 numbers in a converted model."""
    operations = model._mil_program.functions["main"].operations  # noqa: SLF001  # it has no other way in
    values = [operation.val.val for operation in operations if operation.op_type == "const"]
    return [np.asarray(x, np.float32) for x in values if x is not None and np.size(x) >= LEAST]


def compare(
    source: Iterator[npt.NDArray[np.float32]], found: list[npt.NDArray[np.float32]]
) -> tuple[float, int]:
    """How far a matrix is at most from the nearest constant of its shape, over its largest; and their number.

    Raises:
        VoxError: A matrix is not there.
    """
    worst, count = 0.0, 0
    for matrix in source:
        if matrix.size < LEAST:
            continue
        turned = (y for x in found if x.ndim == 2 for y in (x, x.T))
        alike = [x for x in turned if x.shape == matrix.shape]
        if not alike:
            raise VoxError(f"A matrix of {matrix.shape} is missing from the Core ML model; report it.")
        size = float(np.abs(matrix).max()) + 1e-9
        worst = max(worst, min(float(np.abs(x - matrix).max()) / size for x in alike))
        count += 1
    return worst, count
