"""The files that an engine is made of, each found and loaded once, whoever asks for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from voxhumana.places import find


class Parts:
    """An engine's loaded files; shared by its sessions.

    Args:
        folder: Where they are; "" = in the voice's folder, or among the models.
    """

    def __init__(self, folder: str = "") -> None:
        self.folder = Path(folder).absolute() if folder else None
        self._loaded: dict[Path, Any] = {}

    def get(self, name: str, folder: Path | None, what: str, load: Callable[[Path], Any]) -> Any:  # noqa: ANN401  # torch's
        """What `load` makes of the file called `name`.

        Args:
            name: As the voice has it.
            folder: The voice's own; looked into where the engine has none.
            what: It is, for the error.
            load: Reads it.

        Raises:
            VoxError: It is missing, or `load` refuses it.
        """
        path = find(name, self.folder or folder, what)
        if path not in self._loaded:
            self._loaded[path] = load(path)
        return self._loaded[path]
