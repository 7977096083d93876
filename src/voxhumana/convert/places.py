"""Where the files that a voice names are."""

from __future__ import annotations

from pathlib import Path

from voxhumana import config
from voxhumana.errors import VoxError


def find(name: str, folder: Path | None, what: str) -> Path:
    """A file that a voice names: where it says, in the voice's folder, or among the models.

    Args:
        name: As the voice has it.
        folder: The voice's own; None = the current one.
        what: It is, for the error.

    Raises:
        VoxError: It is nowhere.
    """
    models = config.load().data_dir / "models"
    if Path(name).is_absolute():
        places = [Path(name)]
    else:
        places = [
            (folder or Path()).absolute() / name,
            models / name,
            *sorted(models.glob(f"*/{Path(name).name}")),
        ]
    for place in places:
        if place.is_file():
            return place
    raise VoxError(f"{what} '{name}' is missing; put it into {models}, or name its place in the voice.")
