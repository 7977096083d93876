"""What a safetensors file holds, from its header alone: 8 bytes of length, then JSON, then the numbers.

Source of the layout: huggingface/safetensors, README, "Format".
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voxhumana.errors import VoxError
from voxhumana.library.models.recognise import Found

LONGEST = 16 << 20
"""Bytes of header read; a model of a thousand tensors takes 0.1 MB (the format allows 100)."""
SIZES = {"BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2} | {
    "I32": 4, "U32": 4, "F32": 4, "F64": 8, "I64": 8, "U64": 8
}  # fmt: skip


@dataclass(frozen=True)
class Header:
    """What is in the file."""

    shapes: dict[str, tuple[int, ...]]
    """Tensor name -> shape."""
    dtypes: dict[str, str]
    metadata: dict[str, str]


def read(path: Path) -> Header:
    """The header, checked: every tensor lies within the file, is as long as its shape says, overlaps none.

    Raises:
        VoxError: It is no safetensors file, or a damaged one.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if length > min(LONGEST, size - 8):
                raise ValueError("its header is longer than it")  # noqa: TRY301  # one sentence for all
            head = json.loads(file.read(length))
        metadata = head.pop("__metadata__", {})
        _check(head, size - 8 - length)
        return Header(
            shapes={name: tuple(info["shape"]) for name, info in head.items()},
            dtypes={name: info["dtype"] for name, info in head.items()},
            metadata={str(key): str(value) for key, value in metadata.items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise VoxError(f"{path} is not a whole safetensors file ({error}); download it again.") from error


def recognise(path: Path) -> Found | None:
    """A safetensors file that no particular recogniser knew."""
    if path.suffix.lower() != ".safetensors" or not path.is_file():
        return None
    header = read(path)
    count = sum(math.prod(shape) for shape in header.shapes.values())
    facts = {"tensors": str(len(header.shapes)), "parameters": f"{count / 1e6:.1f} million"}
    problem = "No engine here knows this layout; name one that does, or convert it to ONNX."
    return Found("safetensors weights", None, (problem,), facts)


def _check(head: dict[str, Any], room: int) -> None:
    end = 0
    for name, info in sorted(head.items(), key=lambda item: item[1]["data_offsets"]):
        first, last = info["data_offsets"]
        if any(type(n) is not int or n < 0 for n in info["shape"]):
            raise ValueError(f"tensor {name[:80]!r} has no shape that could be")
        count = math.prod(info["shape"])
        if first != end or last - first != count * SIZES[info["dtype"]] or last > room:
            raise ValueError(f"tensor {name[:80]!r} does not lie where it says")
        end = last
