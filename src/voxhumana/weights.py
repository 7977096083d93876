"""Weights that other packages carry in parts: found, joined and checked.

A package's version can gain files after we pinned it, so what is joined must have the hash named in our code.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from voxhumana.errors import VoxError


@dataclass(frozen=True)
class Carried:
    """A file, in parts, inside installed packages."""

    parts: tuple[str, ...]
    """`package/path/of/part`, in order."""
    sha256: str
    """Of the parts joined, hexadecimal."""
    install: str
    """What brings the packages: `pip install ...`."""
    otherwise: str = ""
    """What helps as well, to be said after it."""

    def paths(self) -> list[Path]:
        """Where the parts lie.

        Raises:
            VoxError: One of them is not installed.
        """
        return [_locate(part, f"`{self.install}`{self.otherwise}") for part in self.parts]


def read(file: Carried) -> bytes:
    """Join in memory.

    Raises:
        VoxError: A part is missing, or the whole is not what it should be.
    """
    data = b"".join(path.read_bytes() for path in file.paths())
    _check(hashlib.sha256(data).hexdigest(), file)
    return data


def verify(file: Carried) -> None:
    """Read the parts through, in little memory.

    Raises:
        VoxError: A part is missing, or the whole is not what it should be.
    """
    paths = file.paths()
    _check(_copy(paths, lambda _: None, sum(path.stat().st_size for path in paths), lambda _: None), file)


def join(file: Carried, target: Path, progress: Callable[[float], None]) -> Path:
    """Join into `target`, once: a target of the right size was checked when it was written.

    Args:
        file: What to join.
        target: Where to; written beside it first, so that it is whole or not there.
        progress: Called with the fraction done.

    Raises:
        VoxError: A part is missing, the whole is not what it should be, or the disk is full.
    """
    paths = file.paths()
    sizes = [path.stat().st_size for path in paths]
    if target.exists() and target.stat().st_size == sum(sizes):
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as out:
                digest = _copy(paths, out.write, sum(sizes), progress)
            _check(digest, file)
            Path(name).replace(target)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        gigabytes = sum(sizes) / 1e9
        raise VoxError(
            f"The model needs {gigabytes:.1f} GB in {target.parent} ({error.strerror}); free space, mend its "
            "rights, or name another VOX_DATA_DIR."
        ) from error
    return target


def _copy(
    paths: Sequence[Path], write: Callable[[bytes], object], total: int, progress: Callable[[float], None]
) -> str:
    digest, done = hashlib.sha256(), 0
    for path in paths:
        with path.open("rb") as part:
            while data := part.read(1 << 22):
                write(data)
                digest.update(data)
                done += len(data)
                progress(done / total)
    return digest.hexdigest()


def _locate(part: str, remedy: str) -> Path:
    package, _, rest = part.partition("/")
    spec = importlib.util.find_spec(package)
    if spec is not None and spec.submodule_search_locations:
        path = Path(spec.submodule_search_locations[0], rest)
        if path.exists():
            return path
    raise VoxError(f"The model file {part} is not installed; run {remedy}.")


def _check(digest: str, file: Carried) -> None:
    if digest != file.sha256:
        raise VoxError(
            f"The model in {file.parts[0].partition('/')[0]} is damaged or not the one expected; "
            f"reinstall it: `{file.install} --force-reinstall`{file.otherwise}."
        )
