"""The secrets that sign tokens: the newest signs, older ones are still believed, until they are forgotten.

One file in the data folder, readable by its owner alone, replaced whole.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from voxhumana.errors import VoxError

FILE = "server_keys.json"
SECRET_BYTES = 32
"""As long as the hash of HS256, the least that RFC 7518, 3.2 allows."""


@dataclass(frozen=True)
class Key:
    """A secret and its name, which every token carries."""

    name: str
    secret: str
    made: int
    """Unix time."""


class Keys:
    """The file.

    Args:
        data_dir: Where it lies; made at the first use.
    """

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / FILE
        self._stamp: tuple[int, int] | None = None
        self._read: list[Key] = []

    def newest(self) -> Key:
        """The one that signs; made if there is none.

        Raises:
            VoxError: The file cannot be read or written.
        """
        return (self._keys() or self._write([_fresh()]))[-1]

    def find(self, name: object) -> Key | None:
        """The one of this name, if it is still believed; raises as `newest`."""
        return next((key for key in self._keys() if key.name == name), None)

    def rotate(self, forget: bool) -> Key:
        """Make a new one; forget the others, so that their tokens end now. Raises as `newest`."""
        return self._write([*([] if forget else self._keys()), _fresh()])[-1]

    def _keys(self) -> list[Key]:
        try:
            at = self._path.stat()
            if self._stamp != (at.st_mtime_ns, at.st_ino):
                rows = json.loads(self._path.read_text(encoding="utf-8"))
                self._read = [Key(**row) for row in _listed(rows)]
                self._stamp = (at.st_mtime_ns, at.st_ino)
        except FileNotFoundError:
            self._read, self._stamp = [], None
        except (OSError, ValueError, TypeError) as error:
            raise VoxError(
                f"The keys of the server in {self._path} cannot be read ({error}); remove the file, "
                "and make new tokens."
            ) from error
        return self._read

    def _write(self, keys: list[Key]) -> list[Key]:
        draft = self._path.with_name(f".{FILE}.{os.getpid()}.part")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                json.dump([asdict(key) for key in keys], file)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)
        except OSError as error:
            with contextlib.suppress(OSError):  # a disk that is read-only refuses this, too
                draft.unlink(missing_ok=True)
            why = (error.strerror or str(error)).lower()
            raise VoxError(f"{self._path} cannot be written ({why}); free space or change rights.") from error
        return keys


def _listed(rows: object) -> list[Any]:
    if not isinstance(rows, list):
        raise TypeError("no list of keys")
    return rows


def _fresh() -> Key:
    return Key(secrets.token_hex(4), secrets.token_hex(SECRET_BYTES), int(time.time()))
