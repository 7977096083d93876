"""What `--json F` writes; `-` is the terminal."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from voxhumana.errors import UsageError, VoxError

TERMINAL = Path("-")


def check_writable(path: Path) -> None:
    """Refuse a report's name before any work is done for it.

    Raises:
        UsageError: Its folder is not there, or it is a folder itself.
        VoxError: Its folder may not be written to.
    """
    if path == TERMINAL:
        return
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name a file in it.")
    if not path.parent.is_dir():
        raise UsageError(f"There is no folder {path.parent}; make it first.")
    if not os.access(path.parent, os.W_OK):
        raise VoxError(f"The folder {path.parent} may not be written to; choose another.")


def unfinished(path: Path) -> Path | None:
    """Where a report that takes minutes is until it is whole: beside it; None, if it goes to the terminal."""
    return None if path == TERMINAL else path.with_suffix(f".unfinished{path.suffix}")


def write(path: Path, report: Mapping[str, object]) -> None:
    """Write `report` as JSON, whole or not at all.

    Raises:
        VoxError: The disk is full or the folder went away.
    """
    write_text(path, json.dumps(report, indent=2, ensure_ascii=False))


def write_text(path: Path, text: str) -> None:
    """Write `text`, whole or not at all; raises as `write`."""
    if path == TERMINAL:
        print(text)
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        draft.write_text(text + "\n", encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):  # a disk that is read-only refuses this, too
            draft.unlink(missing_ok=True)
        why = (error.strerror or str(error)).lower()
        raise VoxError(f"{path} cannot be written ({why}); free space or name another.") from error
