"""The tensors in a checkpoint that also pickles a project's classes, such as fairseq's; none of it is run.

    .pt -> data.pkl, where every class that is named becomes a husk that keeps nothing -> tensors, in numpy

`pickle` can do harm only through what its names are looked up as; here they are looked up as nothing: what is
no tensor, dict or list is a `Husk`. Names beyond the known projects' are refused before that.
"""

from __future__ import annotations

import io
import math
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from voxhumana.convert.nets import checkpoint
from voxhumana.errors import VoxError

Array = npt.NDArray[Any]

KNOWN = {"fairseq", "omegaconf", "argparse", "typing", "enum", "collections", "numpy", "hydra", "torch",
         "_codecs", "__builtin__", "builtins", "copyreg", "copy_reg"}  # fmt: skip
"""Packages whose classes such checkpoints hold."""
HARMLESS = {"dict", "list", "set", "tuple", "object", "int", "float", "bool", "str", "_reconstructor"}
"""Of Python's own, which are husks as well."""
KINDS = {"FloatStorage": "<f4", "HalfStorage": "<f2", "DoubleStorage": "<f8", "LongStorage": "<i8",
         "IntStorage": "<i4", "BoolStorage": "?", "ByteStorage": "u1"}  # fmt: skip
MOST_AXES = 8


class Husk:
    """What stands for a stranger's object: takes anything, does nothing."""

    def __new__(cls, *_: object, **__: object) -> Self:
        """Whatever it is built from is let go."""
        return super().__new__(cls)

    def __init__(self, *_: object, **__: object) -> None:
        """Whatever it is built from is let go."""

    def __setstate__(self, state: object) -> None:
        """What it would hold is let go."""

    def __setitem__(self, key: object, value: object) -> None:
        """What it would hold is let go."""

    def append(self, item: object) -> None:
        """What it would hold is let go."""

    def extend(self, items: object) -> None:
        """What it would hold is let go."""


def read(path: Path) -> Any:  # noqa: ANN401  # a pickle's own shape; callers check it
    """Dicts and lists of float, int and bool arrays; `Husk` for anything else.

    Raises:
        VoxError: It is no torch file, is damaged, or names what no such checkpoint does.
    """
    for asked in sorted(checkpoint.globals_of(path)):
        module, _, name = asked.partition(" ")
        root = module.partition(".")[0]
        plain = root in {"__builtin__", "builtins", "copyreg", "copy_reg"}
        if root not in KNOWN or (plain and name not in HARMLESS):
            raise VoxError(f"{path.name} would run '{module}.{name}' when loaded; it is refused.")
    try:
        with zipfile.ZipFile(path) as archive:
            inside = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
            return _Reader(archive, inside.removesuffix("data.pkl")).load()
    except VoxError:
        raise
    except Exception as error:  # whatever a damaged pickle makes of itself
        raise VoxError(f"{path.name} is damaged or no torch file; get it again.") from error


def check_sizes(path: Path) -> None:
    """Refuse a torch file whose tensors, written out, would be larger than itself; reads no tensor.

    Call `checkpoint.check` before: this one looks every name up as nothing, whatever it is.

    Raises:
        VoxError: They would be, or the file is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            inside = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
            measure = _Measure(archive.read(inside))
        measure.load()
    except Exception as error:  # whatever a damaged pickle makes of itself
        raise VoxError(f"{path.name} is damaged or no torch file; get it again.") from error
    if measure.size > checkpoint.SHARED * path.stat().st_size:
        raise VoxError(f"{path.name} has tensors larger than itself; it is refused.")


class _Measure(pickle.Unpickler):
    """Sums what tensors would take; the numbers stay where they are."""

    size = 0
    """Bytes."""

    def __init__(self, text: bytes) -> None:
        super().__init__(io.BytesIO(text), encoding="utf-8", errors="replace")

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401  # pickle's
        """What a name stands for: nothing of what it names."""
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module == "torch" and name.endswith("Storage"):
            return np.dtype(KINDS.get(name, "u1")).itemsize
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return self._tensor
        return type(name, (Husk,), {})

    def persistent_load(self, pid: Any) -> int:  # noqa: ANN401  # pickle's
        """A number's bytes, of which a storage is made."""
        _, width, *_ = pid
        return int(width)

    def _tensor(self, width: int, _: int, shape: tuple[int, ...], *__: object) -> Husk:
        self.size += width * math.prod(shape)
        return Husk()


class _Reader(pickle.Unpickler):
    """Looks names up as husks, and tensors' parts as arrays."""

    def __init__(self, archive: zipfile.ZipFile, root: str) -> None:
        super().__init__(io.BytesIO(archive.read(f"{root}data.pkl")), encoding="utf-8", errors="replace")
        self._archive, self._root = archive, root
        self._parts: dict[str, Array] = {}

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401  # pickle's
        """What a name stands for: nothing of what it names."""
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module == "torch" and name in KINDS:
            return type(name, (), {"kind": KINDS[name]})
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return _parameter
        return type(name, (Husk,), {})

    def persistent_load(self, pid: Any) -> Array:  # noqa: ANN401  # pickle's
        """The numbers of a storage, read when a tensor wants them."""
        _, kind, key, *_ = pid
        if key not in self._parts:
            self._parts[key] = np.frombuffer(self._archive.read(f"{self._root}data/{int(key)}"), kind.kind)
        return self._parts[key]


def _tensor(
    storage: Array, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object
) -> Array:
    """A view of the storage, never beyond it."""
    if len(shape) != len(strides) or len(shape) > MOST_AXES or min((*shape, *strides, offset), default=0) < 0:
        raise ValueError(shape)
    last = offset + sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
    if not np.prod(shape, dtype=object) or last >= len(storage):
        raise ValueError(shape)
    width = storage.itemsize
    view = np.lib.stride_tricks.as_strided(storage[offset:], shape, [step * width for step in strides])
    if view.size > len(storage):  # strides of nought make much of little
        raise ValueError(shape)
    return view.copy()


def _parameter(data: Array, *_: object) -> Array:
    return data
