"""The native model's ONNX files -> Core ML packages in half precision; torch and coremltools, on any system.

    casting.onnx -> casting.mlpackage             once a voice; macOS 13, iOS 16
    decoder.onnx -> decoder-macos15.mlpackage     1 to 16 blocks a call, states inside; macOS 15, iOS 18
                 -> decoder-macos13.mlpackage     the same, states as inputs and outputs; macOS 13, iOS 16

coremltools reads no ONNX any more (since 6), so the network stands in `nets`, and `weights` fills it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from voxhumana.convert.coreml import weights
from voxhumana.convert.coreml.program import Program
from voxhumana.convert.coreml.tools import coremltools
from voxhumana.convert.native import WEIGHTS
from voxhumana.convert.nets import checkpoint
from voxhumana.errors import VoxError

BLOCKS = (1, 2, 4, 8, 16)
"""Numbers of blocks a call may have: listed, not a range, as Core ML then plans for each beforehand, and its
neural engine takes no ranges (Apple, "Using flexible input shapes")."""
LEAST = 256
"""Numbers in what counts as a matrix of weights."""
NEAR = 0.05
"""How far, of the output's largest, the network may be from onnxruntime, which multiplies in int8."""


@dataclass(frozen=True)
class Report:
    """What came of one package."""

    weights: int
    """Matrices in it, each found."""
    weight_error: float
    """The largest difference of a number from its source, over its matrix' largest."""
    graph_error: float
    """The network's from onnxruntime's for a random block, over the output's largest."""
    program_error: float
    """The saved package's, run in numpy with each result rounded to half precision, from the network's."""


def export(folder: Path, source: Path = WEIGHTS) -> dict[str, Report]:
    """Write the packages into `folder`.

    Raises:
        VoxError: coremltools, onnx or torch is not installed, the weights are of another network, or what
            came out is not what went in.
    """
    checkpoint.need_torch("The conversion to Core ML", "coreml")
    ct = coremltools()
    from voxhumana.convert.coreml import nets  # noqa: PLC0415  # torch

    folder.mkdir(parents=True, exist_ok=True)
    found = {name: weights.read(source / f"{name}.onnx") for name in ("casting", "decoder")}
    sizes = weights.sizes(found["decoder"])
    caster, decoder = nets.Caster(sizes), nets.Decoder(sizes)
    weights.fill(caster, found["casting"], "casting")
    weights.fill(decoder, found["decoder"], "decoder")
    cast = {"voiceprint": (1, nets.PRINT), "colour": (1, nets.COLOUR)}
    spoken = {f"modulation{at}": (1, 1, 3 * sizes.width) for at in range(sizes.depth)}
    spoken |= {"bias": (1, 1, 2 * nets.BANDS), "mean": (1, 1, nets.BANDS), "spread": (1, 1, nets.BANDS)}
    told = {"told": (1, BLOCKS[0], nets.TOLD)}
    held = {f"state{at}": (1, nets.KERNEL - 1, sizes.width) for at in range(sizes.depth)}
    after = [f"after{at}" for at in range(sizes.depth)]
    macos13, macos15 = ct.target.macOS13, ct.target.macOS15
    plans: dict[str, tuple[Any, ...]] = {
        "casting": ("casting", caster, cast, {}, list(spoken), macos13),
        "decoder-macos13": ("decoder", decoder, told | spoken | held, {}, ["envelopes", *after], macos13),
        "decoder-macos15": ("decoder", nets.Stateful(decoder), told | spoken, held, ["envelopes"], macos15),
    }
    reports = {}
    for name, (graph, network, given, states, outputs, target) in plans.items():
        model = _convert(network.eval(), given, states, outputs, target)
        model.short_description = f"Vox Humana, native voice conversion: {name}; blocks of 20 ms at 24 kHz"
        model.license = "Apache-2.0"
        model.save(str(folder / f"{name}.mlpackage"))
        reports[name] = _examine(folder / f"{name}.mlpackage", network, source / f"{graph}.onnx", states)
    return reports


def _convert(
    network: Any,  # noqa: ANN401  # a torch module
    given: dict[str, tuple[int, ...]],
    states: dict[str, tuple[int, ...]],
    outputs: list[str],
    target: Any,  # noqa: ANN401  # coremltools'
) -> Any:  # noqa: ANN401  # coremltools'
    import torch  # noqa: PLC0415  # behind the extra

    ct = coremltools()
    with torch.inference_mode():
        example = tuple(
            torch.zeros(1, 4, *s[2:]) if name == "told" else torch.zeros(s) for name, s in given.items()
        )
        traced = torch.jit.trace(network, example, check_trace=False)
    sizes = {
        name: ct.EnumeratedShapes([(1, n, *shape[2:]) for n in BLOCKS], default=shape)
        if name == "told"
        else shape
        for name, shape in given.items()
    }
    return ct.convert(
        traced,
        inputs=[ct.TensorType(name=name, shape=size, dtype=np.float32) for name, size in sizes.items()],
        outputs=[ct.TensorType(name=name, dtype=np.float32) for name in outputs],
        states=[
            ct.StateType(wrapped_type=ct.TensorType(shape=shape, dtype=np.float16), name=name)
            for name, shape in states.items()
        ]
        or None,
        convert_to="mlprogram",
        compute_precision=ct.precision.FLOAT16,
        minimum_deployment_target=target,
    )


def _examine(package: Path, network: Any, graph: Path, states: dict[str, tuple[int, ...]]) -> Report:  # noqa: ANN401  # a torch module
    import torch  # noqa: PLC0415  # behind the extra

    from voxhumana import onnx  # noqa: PLC0415  # onnxruntime

    session, rng = onnx.session(graph), np.random.default_rng(0)
    given = {i.name: 0.3 * rng.standard_normal(i.shape).astype(np.float32) for i in session.get_inputs()}
    given |= {name: np.zeros(shape, np.float32) for name, shape in states.items()}
    own = {name: x for name, x in given.items() if name not in states}
    with torch.inference_mode():
        if states:
            network.begin()  # tracing has moved them
        made = network(*map(torch.from_numpy, own.values()))
    made = [x.numpy() for x in (made if isinstance(made, tuple) else (made,))]
    program = Program(package)
    ran = program.predict(own, program.make_state())
    count, apart = compare(weights.read(graph), program.constants)
    report = Report(
        count,
        apart,
        max(far(a, b) for a, b in zip(made, session.run(None, given), strict=False)),
        max(far(a, b) for a, b in zip(ran.values(), made, strict=True)),
    )
    if not max(report.graph_error, report.program_error) < NEAR:
        raise VoxError(f"{package.name} computes something else than {graph.name} does; report it.")
    return report


def far(found: Any, expect: Any) -> float:  # noqa: ANN401  # arrays
    """The largest difference, over the largest that is expected."""
    return float(np.abs(found - expect).max() / (np.abs(expect).max() + 1e-9))


def compare(source: dict[str, Any], found: list[Any]) -> tuple[int, float]:
    """How many matrices were looked for, and how far one is at most from the nearest constant of its shape.

    Raises:
        VoxError: One is not there.
    """
    worst, count = 0.0, 0
    for name, matrix in source.items():
        if matrix.ndim < 2 or matrix.size < LEAST:
            continue
        turned = (y for x in found if x.size == matrix.size for y in (x.squeeze(), x.squeeze().T))
        alike = [far(x, matrix) for x in turned if x.shape == matrix.shape]
        if not alike:
            raise VoxError(f"'{name}' is missing from the Core ML package; report it.")
        worst, count = max(worst, min(alike)), count + 1
    return count, worst
