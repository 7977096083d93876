"""Strangers' checkpoints as ONNX files: made once, with torch, kept in the cache by what they hold."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import platformdirs

from voxhumana.config import APP
from voxhumana.errors import VoxError


def as_onnx(path: Path, room: str, version: int, write: Callable[[Path, str], None]) -> Path:
    """The ONNX form of a checkpoint, from the cache or made now.

    Args:
        path: The checkpoint.
        room: Folder in the cache.
        version: Of `write`; another one makes the file anew.
        write: Reads a checkpoint, and writes its ONNX form to a path.

    Raises:
        VoxError: As `write`; or there is no room for it.
    """
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:32]
    target = platformdirs.user_cache_path(APP) / room / f"{digest}-{version}.onnx"
    if target.exists():
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=target.parent, suffix=".part")
        os.close(handle)
        try:
            write(path, draft)
            Path(draft).replace(target)
        finally:
            Path(draft).unlink(missing_ok=True)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise VoxError(
            f"{path.name} cannot be kept as ONNX in {target.parent} ({why}); free space there."
        ) from error
    return target
