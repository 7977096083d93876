"""Sound as it travels: PCM16 little-endian, or G.711 u-law and A-law, one byte a sample.

G.711 is encoded as the nearest of its 256 levels, which are those of ITU-T G.711 (11/88), tables 1a to 2b,
scaled to 16 bits as in ITU-T G.191.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from voxhumana.engine import Block

Levels: TypeAlias = npt.NDArray[np.float32]

FULL = 32_768.0
"""PCM16 of full scale."""


class Pcm16:
    """Two bytes a sample."""

    width = 2

    def decode(self, data: bytes) -> Block:
        """float32 [T] from 2 T bytes.

        Raises:
            ValueError: Half a sample is left over.
        """
        return np.frombuffer(data, "<i2").astype(np.float32) / np.float32(FULL)

    def encode(self, block: Block) -> bytes:
        """2 T bytes from float32 [T]; what is over full scale is clipped."""
        data: bytes = np.clip(np.rint(block * FULL), -FULL, FULL - 1).astype("<i2").tobytes()
        return data


@dataclass(frozen=True)
class G711:
    """One byte a sample, from its table of levels."""

    levels: Levels
    """float32 [256], full scale +-1.0: what each byte means."""
    width: int = 1

    def decode(self, data: bytes) -> Block:
        """float32 [T] from T bytes."""
        return self.levels[np.frombuffer(data, np.uint8)]

    def encode(self, block: Block) -> bytes:
        """T bytes from float32 [T], each the nearest level."""
        order = np.argsort(self.levels, kind="stable")
        rising = self.levels[order]
        between = (rising[1:] + rising[:-1]) / 2
        return order[np.searchsorted(between, block)].astype(np.uint8).tobytes()


def _mu_law() -> Levels:
    code = ~np.arange(256, dtype=np.uint8)
    segment, step = (code >> 4) & 7, code & 15
    size = (((step.astype(np.int32) << 3) + 132) << segment) - 132
    return (np.where(code & 128, -size, size) / FULL).astype(np.float32)


def _a_law() -> Levels:
    code = np.arange(256, dtype=np.uint8) ^ 0x55
    segment, step = (code >> 4) & 7, (code & 15).astype(np.int32)
    size = np.where(
        segment, ((step << 4) + 264) << np.maximum(segment, 1).astype(np.int32) - 1, (step << 4) + 8
    )
    return (np.where(code & 128, size, -size) / FULL).astype(np.float32)


PCM16 = Pcm16()
MU_LAW = G711(_mu_law())
A_LAW = G711(_a_law())

Codec: TypeAlias = Pcm16 | G711
