"""Vectors in a voice's file: half precision, base64."""

from __future__ import annotations

import base64
import binascii

import numpy as np
import numpy.typing as npt

from voxhumana.errors import VoxError

Array = npt.NDArray[np.float32]


def pack(values: Array) -> str:
    """float32 [N] as letters."""
    return base64.urlsafe_b64encode(values.astype("<f2").tobytes()).decode()


def unpack(text: str, name: str) -> Array:
    """What `pack` wrote, float32 [N].

    Raises:
        VoxError: The voice called `name` has something else there.
    """
    try:
        values = np.frombuffer(base64.urlsafe_b64decode(text), "<f2").astype(np.float32)
    except (binascii.Error, ValueError) as error:
        raise VoxError(f"The voice '{name}' is damaged; learn it again.") from error
    if not len(values) or not np.isfinite(values).all():
        raise VoxError(f"The voice '{name}' is damaged; learn it again.")
    return values
