"""What an ONNX file is, from its structure alone: inputs, outputs and operators; weights are jumped over.

Source of the field numbers: onnx/onnx, `onnx.proto`; of the wire format: protobuf's "Encoding" page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from voxhumana.errors import VoxError
from voxhumana.library.models.recognise import Found

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""Wire types."""
MODEL_PRODUCER, MODEL_GRAPH, MODEL_METADATA = 2, 7, 14
GRAPH_NODE, GRAPH_WEIGHT, GRAPH_INPUT, GRAPH_OUTPUT = 1, 5, 11, 12
NODE_OPERATOR, NODE_DOMAIN = 4, 7
WEIGHT_NAME, WEIGHT_EXTERNAL = 8, 13
VALUE_NAME, VALUE_TYPE, TYPE_TENSOR, TENSOR_SHAPE, SHAPE_DIM, DIM_VALUE, DIM_NAME = 1, 2, 1, 2, 1, 1, 2
KEY, VALUE = 1, 2
LONGEST = 1 << 16
"""Bytes of a name."""
MOST = 200_000
"""Nodes and weights; the largest speech networks have 20,000."""


@dataclass
class Header:
    """What is in the file."""

    producer: str = ""
    inputs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Name -> shape, each dimension a number or a word; weights are left out."""
    outputs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    operators: set[str] = field(default_factory=set)
    """`domain:Operator` where the domain is not ONNX's own."""
    metadata: dict[str, str] = field(default_factory=dict)
    weights: int = 0
    external: bool = False
    """Whether weights lie in other files."""


def read(path: Path) -> Header:
    """Walk the file; memory and time do not grow with its weights.

    Raises:
        VoxError: It is no ONNX file, or a damaged one.
    """
    header = Header()
    weights: set[str] = set()
    try:
        with path.open("rb") as file:
            for number, span in _fields(file, 0, path.stat().st_size):
                if number == MODEL_PRODUCER:
                    header.producer = _text(file, span)
                elif number == MODEL_GRAPH:
                    _graph(file, span, header, weights)
                elif number == MODEL_METADATA:
                    pair = dict(_fields(file, *span))
                    header.metadata[_text(file, pair[KEY])] = _text(file, pair[VALUE])
        header.inputs = {name: shape for name, shape in header.inputs.items() if name not in weights}
        if not header.outputs:
            raise ValueError("it has no graph")  # noqa: TRY301  # one sentence for all
    except (OSError, ValueError, KeyError) as error:
        raise VoxError(f"{path} is not a whole ONNX file ({error}); download it again.") from error
    return header


def recognise(path: Path) -> Found | None:
    """An ONNX file that no particular recogniser knew."""
    if path.suffix.lower() != ".onnx" or not path.is_file():
        return None
    header = read(path)
    problems = []
    if header.external:
        problems.append("Its weights lie in other files; save it again as one file.")
    facts = {
        "inputs": ", ".join(f"{name} [{' '.join(shape)}]" for name, shape in header.inputs.items()),
        "outputs": ", ".join(f"{name} [{' '.join(shape)}]" for name, shape in header.outputs.items()),
        "producer": header.producer or "unknown",
    }
    takes = f"No engine here knows this network, which takes {facts['inputs']} and gives {facts['outputs']}."
    return Found("ONNX network", None, (takes[:400], *problems), facts)


Span = tuple[int, int]
"""Where bytes lie: offset and length; for a number, its value and -1."""


def _graph(file: BinaryIO, span: Span, header: Header, weights: set[str]) -> None:
    for seen, (number, inner) in enumerate(_fields(file, *span)):
        if seen > MOST:
            raise ValueError("it has too many parts")
        if number == GRAPH_NODE:
            found = {n: _text(file, s) for n, s in _fields(file, *inner) if n in {NODE_OPERATOR, NODE_DOMAIN}}
            domain = found.get(NODE_DOMAIN, "")
            header.operators.add(f"{domain}:{found.get(NODE_OPERATOR, '')}".lstrip(":"))
        elif number == GRAPH_WEIGHT:
            header.weights += 1
            for n, s in _fields(file, *inner):
                if n == WEIGHT_NAME:
                    weights.add(_text(file, s))
                header.external |= n == WEIGHT_EXTERNAL
        elif number in {GRAPH_INPUT, GRAPH_OUTPUT}:
            name, shape = _value(file, inner)
            (header.inputs if number == GRAPH_INPUT else header.outputs)[name] = shape


def _value(file: BinaryIO, span: Span) -> tuple[str, tuple[str, ...]]:
    name, shape = "", []
    for number, inner in _fields(file, *span):
        if number == VALUE_NAME:
            name = _text(file, inner)
        elif number == VALUE_TYPE:
            for dim in _deeper(file, inner, TYPE_TENSOR, TENSOR_SHAPE, SHAPE_DIM):
                parts = dict(_fields(file, *dim))
                known = parts.get(DIM_VALUE)
                word = _text(file, parts[DIM_NAME]) if DIM_NAME in parts else "?"
                shape.append(str(known[0]) if known else word)
    return name, tuple(shape)


def _deeper(file: BinaryIO, span: Span, *path: int) -> Iterator[Span]:
    """The messages at a path of field numbers below a message."""
    if not path:
        yield span
        return
    for number, inner in _fields(file, *span):
        if number == path[0] and inner[1] >= 0:
            yield from _deeper(file, inner, *path[1:])


def _fields(file: BinaryIO, at: int, length: int) -> Iterator[tuple[int, Span]]:
    """Each field of the message there: its number, and where its content lies."""
    if length < 0:
        raise ValueError("a part of it is not what it should be")
    end = at + length
    while at < end:
        file.seek(at)
        key, at = _varint(file, at)
        kind = key & 7
        if kind == VARINT:
            value, at = _varint(file, at)
            yield key >> 3, (value, -1)
            continue
        if kind == BYTES:
            size, at = _varint(file, at)
        elif kind in {FIXED64, FIXED32}:
            size = 8 if kind == FIXED64 else 4
        else:
            raise ValueError("it is not laid out like one")
        if at + size > end:
            raise ValueError("it ends too early")
        yield key >> 3, (at, size)
        at += size


def _varint(file: BinaryIO, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = file.read(1)
        if not byte:
            break
        at += 1
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value, at
    raise ValueError("it ends too early")


def _text(file: BinaryIO, span: Span) -> str:
    at, size = span
    if not 0 <= size <= LONGEST:
        raise ValueError("a name in it is too long")
    file.seek(at)
    return file.read(size).decode("utf-8", "replace")
