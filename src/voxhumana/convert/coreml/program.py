"""A saved Core ML package, run in numpy with every result rounded to half precision, where there is no Mac.

What Core ML does beyond that, such as the order of its sums, is its own: on a Mac, `check` runs it itself.
Operators: coremltools, `converters/mil/mil/ops/defs`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voxhumana.convert.coreml.tools import coremltools
from voxhumana.errors import VoxError

Array = npt.NDArray[Any]


class Program:
    """The package's main function.

    Args:
        package: The `.mlpackage`.

    Raises:
        VoxError: It is damaged, or coremltools is not installed.
    """

    def __init__(self, package: Path) -> None:
        ct = coremltools()
        from coremltools.converters.mil.frontend.milproto.load import load  # noqa: PLC0415

        try:
            model = ct.models.MLModel(str(package), skip_model_load=True)
            spec = model.get_spec()
            program = load(spec, spec.specificationVersion, model.weights_dir)
            self._main = program.functions["main"]
        except Exception as error:  # coremltools' and protobuf's, without a common base
            raise VoxError(
                f"{package} is no Core ML package of ours, or is damaged; export it anew."
            ) from error
        self._outputs = [feature.name for feature in spec.description.output]
        self._states = {s.name: tuple(s.type.stateType.arrayType.shape) for s in spec.description.state}
        values = [operation.val.val for operation in self._main.operations if operation.op_type == "const"]
        self.constants = [x for x in values if isinstance(x, np.ndarray) and x.dtype.kind == "f"]

    def make_state(self) -> dict[str, Array]:
        """States as a session begins; as coremltools' own, pass them to every `predict`."""
        return {name: np.zeros(shape, np.float16) for name, shape in self._states.items()}

    def predict(self, given: dict[str, Array], state: dict[str, Array] | None = None) -> dict[str, Array]:
        """The outputs, float32, for the inputs; `state` moves on."""
        state = {} if state is None else state
        known: dict[str, Any] = {name: np.asarray(x, np.float32) for name, x in given.items()}
        with np.errstate(over="ignore"):
            for operation in self._main.operations:
                made = _run(operation, known, state)
                for out, value in zip(operation.outputs, made, strict=True):
                    known[out.name] = value
        return {name: np.asarray(known[name], np.float32) for name in self._outputs}


def _run(operation: Any, known: dict[str, Any], state: dict[str, Array]) -> tuple[Any, ...]:  # noqa: ANN401, C901, PLR0911, PLR0912  # a table
    """One operation; sums inside it are in single precision, its result in half."""
    kind = operation.op_type
    if kind == "const":
        return (operation.val.val,)
    if kind == "read_state":
        return (state[operation.input.name].copy(),)

    def get(name: str, default: Any = None) -> Any:  # noqa: ANN401  # an array, a number, or several
        var = operation.inputs.get(name)
        if var is None:
            return default
        if isinstance(var, (list, tuple)):
            return [_value(one, known) for one in var]
        return _value(var, known)

    x = get("x")
    match kind:
        case "coreml_update_state":
            state[operation.state.name][...] = get("value")
            return (get("value"),)
        case "cast":
            return (
                np.asarray(x).astype(
                    {"fp16": np.float16, "fp32": np.float32, "int32": np.int32}[get("dtype")]
                ),
            )
        case "add" | "sub" | "mul":
            return (
                _half(
                    {"add": np.add, "sub": np.subtract, "mul": np.multiply}[kind](
                        _single(x), _single(get("y"))
                    )
                ),
            )
        case "matmul":
            y = get("y")
            x = np.swapaxes(x, -1, -2) if get("transpose_x") else x
            return (_half(_single(x) @ _single(np.swapaxes(y, -1, -2) if get("transpose_y") else y)),)
        case "linear":
            return (_half(_single(x) @ _single(get("weight")).T + _single(get("bias", 0.0))),)
        case "conv":  # one row of taps a channel, valid, as our blocks have it
            taps = _single(get("weight"))[:, 0]
            windows = np.lib.stride_tricks.sliding_window_view(_single(x), taps.shape[1], axis=2)
            return (
                _half(np.einsum("bctk,ck->bct", windows, taps) + _single(get("bias", np.zeros(1)))[:, None]),
            )
        case "gelu":
            from scipy.special import erf  # noqa: PLC0415  # slow to import

            return (_half(0.5 * _single(x) * (1 + erf(_single(x) / np.sqrt(2)))),)
        case "layer_norm":
            axes = tuple(get("axes"))
            off = _single(x) - _single(x).mean(axes, keepdims=True)
            normal = off / np.sqrt(np.square(off).mean(axes, keepdims=True) + _single(get("epsilon")))
            return (_half(normal * _single(get("gamma")) + _single(get("beta"))),)
        case "concat":
            return (np.concatenate(get("values"), get("axis")),)
        case "expand_dims":
            return (np.expand_dims(x, tuple(get("axes"))),)
        case "transpose":
            return (np.transpose(x, get("perm")),)
        case "reshape":
            return (np.reshape(x, get("shape")),)
        case "split":
            sizes = get("split_sizes")
            parts = np.cumsum(sizes)[:-1] if sizes is not None else get("num_splits")
            return tuple(np.split(x, parts, get("axis")))
        case "slice_by_index":
            return (x[_slices(get, np.ndim(x))],)
        case "slice_update":
            out = x.copy()
            out[_slices(get, np.ndim(x))] = get("update")
            return (out,)
    raise VoxError(
        f"The package has the operation '{kind}', which is not known here; run the check on a Mac."
    )


def _slices(get: Any, axes: int) -> tuple[Any, ...]:  # noqa: ANN401  # a function
    """What `slice_by_index` and `slice_update` take."""
    begin, end = get("begin"), get("end")
    none = [False] * axes
    stride = get("stride", [1] * axes)
    from_first, to_last, one = (get(name, none) for name in ("begin_mask", "end_mask", "squeeze_mask"))
    return tuple(
        int(begin[at])
        if one[at]
        else slice(
            None if from_first[at] else int(begin[at]), None if to_last[at] else int(end[at]), int(stride[at])
        )
        for at in range(axes)
    )


def _value(var: Any, known: dict[str, Any]) -> Any:  # noqa: ANN401  # coremltools'
    if var.name in known:
        return known[var.name]
    return var.val


def _single(x: Any) -> npt.NDArray[np.float32]:  # noqa: ANN401  # array or number
    return np.asarray(x, np.float32)


def _half(x: Any) -> Array:  # noqa: ANN401  # array
    return np.asarray(x).astype(np.float16)
