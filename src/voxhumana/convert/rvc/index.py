"""RVC's `.index`: content frames of the voice's own speech, and the blend of what is said with their like.

The file is faiss' IVF-Flat, read here as numbers, without faiss: layout of `write_index` for "IwFl" with an
"IxF2" quantizer and array inverted lists (facebookresearch/faiss `impl/index_write.cpp`). One list is probed,
as RVC does.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt

from voxhumana.errors import VoxError

Array = npt.NDArray[np.float32]

NEIGHBOURS = 8
"""As RVC: weighed by one over the squared distance, squared."""
LARGEST = 1 << 30
"""Bytes; ten minutes of speech make 100 MB."""


class Reader:
    """Takes numbers off bytes, never more than there are."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = memoryview(data), 0

    def one(self, kind: str) -> int:
        """A number of `struct`'s kind."""
        (value,) = struct.unpack("<" + kind, self.take(struct.calcsize("<" + kind)))
        return int(value)

    def take(self, count: int) -> memoryview:
        """The next `count` bytes."""
        if not 0 <= count <= len(self._data) - self._at:
            raise ValueError(count)
        self._at += count
        return self._data[self._at - count : self._at]

    def word(self) -> bytes:
        """A four-letter code."""
        return bytes(self.take(4))

    def vector(self, kind: str) -> npt.NDArray[np.generic]:
        """A counted array."""
        count = self.one("Q")
        return np.frombuffer(self.take(count * np.dtype(kind).itemsize), kind)


class Index:
    """The voice's own content frames, in lists by likeness.

    Args:
        path: The file.
        channels: What the voice was trained on; the index must agree.

    Raises:
        VoxError: It is damaged, no such index, or of another kind of voice.
    """

    def __init__(self, path: Path, channels: int) -> None:
        try:
            if path.stat().st_size > LARGEST:
                raise VoxError(f"{path.name} is larger than an index can be; it is refused.")
            self.centres, self.lists = _parse(Reader(path.read_bytes()))
        except OSError as error:
            raise VoxError(f"There is no index {path}; name the file, or leave `index` out.") from error
        except (ValueError, struct.error) as error:
            raise VoxError(
                f"{path.name} is damaged or no index of RVC's (faiss, IVF with flat lists)."
            ) from error
        if self.centres.shape[1] != channels:
            raise VoxError(
                f"{path.name} has frames of {self.centres.shape[1]} channels, the voice {channels}; it is "
                "another voice's index."
            )
        self._norms = np.square(self.centres).sum(1)

    def blend(self, frames: Array, rate: float) -> Array:
        """Move `frames` [T, channels] the part `rate` of the way to their likes."""
        nearest = np.argmin(self._norms - 2 * (frames @ self.centres.T), 1)
        out = frames.copy()
        for which in np.unique(nearest):
            own = self.lists[which]
            if not len(own):
                continue
            mine = np.flatnonzero(nearest == which)
            apart = np.square(frames[mine][:, None] - own[None]).sum(2)
            close = np.argpartition(apart, min(NEIGHBOURS, len(own)) - 1, 1)[:, :NEIGHBOURS]
            weight = 1 / np.maximum(np.take_along_axis(apart, close, 1), 1e-12) ** 2
            weight /= weight.sum(1, keepdims=True)
            out[mine] += rate * ((own[close] * weight[..., None]).sum(1) - frames[mine])
        return out.astype(np.float32)


def _header(data: Reader) -> tuple[int, int]:
    """Width and number of vectors."""
    width, count = data.one("i"), data.one("q")
    data.take(16)
    data.one("?")
    if data.one("i") != 1 or not 1 <= width <= 4096 or count < 0:  # 1: squared distance
        raise ValueError(width)
    return width, count


def _parse(data: Reader) -> tuple[Array, list[Array]]:
    if data.word() != b"IwFl":
        raise ValueError("IwFl")
    width, count = _header(data)
    lists = data.one("Q")
    data.one("Q")  # lists that faiss would probe; RVC sets 1
    if data.word() != b"IxF2":
        raise ValueError("IxF2")
    _, centres_count = _header(data)
    centres = data.vector("<f4").reshape(-1, width)
    if data.one("b"):  # a direct map
        raise ValueError("direct map")
    data.vector("<i8")
    if data.word() != b"ilar" or data.one("Q") != lists or data.one("Q") != 4 * width:
        raise ValueError("ilar")
    if len(centres) != lists or centres_count != lists:
        raise ValueError(lists)
    sizes = _sizes(data, lists)
    if sizes.min(initial=0) < 0 or sizes.sum() != count:
        raise ValueError(count)
    kept = []
    for size in sizes:
        kept.append(np.frombuffer(data.take(int(size) * 4 * width), "<f4").reshape(-1, width))
        data.take(int(size) * 8)  # their numbers
    if not all(np.isfinite(part).all() for part in (centres, *kept)):
        raise ValueError("nan")
    return centres.astype(np.float32), kept


def _sizes(data: Reader, lists: int) -> npt.NDArray[np.int64]:
    """How many vectors each list has."""
    sizes = np.zeros(lists, np.int64)
    kind, counted = data.word(), data.vector("<u8").astype(np.int64)
    if kind == b"full":
        sizes[:] = counted
    elif kind == b"sprs":
        pairs = counted.reshape(-1, 2)
        if len(pairs) and not 0 <= pairs[:, 0].min() <= pairs[:, 0].max() < lists:
            raise ValueError(kind)
        sizes[pairs[:, 0]] = pairs[:, 1]
    else:
        raise ValueError(kind)
    return sizes
