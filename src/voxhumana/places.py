"""Where the files that voices and engines name are; those among the models are held against receipts."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from pathlib import Path

from voxhumana import config
from voxhumana.errors import VoxError

RECEIPT = "model.json"
"""What `vox models` keeps beside the files of a model: `library.models.store`."""


def find(name: str, folder: Path | None, what: str, how: str = "") -> Path:
    """A file that a voice names: where it says, in the voice's folder, or among the models.

    Args:
        name: As the voice has it.
        folder: The voice's own; None = the current one.
        what: It is, for the error.
        how: Else to get it, for the error.

    Raises:
        VoxError: It is nowhere, or among the models and not what its receipt says.
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
            if models in place.parents:
                _check(place, models)
            return place
    raise VoxError(f"{what} '{name}' is missing; put it into {models}, or name its place in the voice{how}.")


def model(name: str) -> Path | None:
    """The folder of a model that `vox models add` filed by this name; None = there is none.

    Raises:
        VoxError: Something in it is not what its receipt says.
    """
    models = config.load().data_dir / "models"
    folder = models / name
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", name) or not (folder / RECEIPT).is_file():
        return None
    for place in sorted(folder.rglob("*")):
        if place.is_file() and place.name != RECEIPT:
            _check(place, models)
    return folder


def _check(place: Path, models: Path) -> None:
    """Hold a file among the models against the size and hash in its model's receipt, where there is one."""
    own = models / place.relative_to(models).parts[0]
    receipt = own / RECEIPT
    if own == place or not receipt.is_file():
        return
    try:
        files = json.loads(receipt.read_bytes())["files"]
        told = next((f for f in files if own / f["path"] == place), None)
        size, digest = (told["bytes"], told["sha256"]) if told else (None, None)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise VoxError(f"{receipt} is damaged; remove the model '{own.name}' and get it again.") from error
    about = place.stat()
    spoilt = size is not None and about.st_size != size
    if spoilt or (digest and _digest(place, about.st_size, about.st_mtime_ns) != digest):
        raise VoxError(
            f"{place.name} has changed since it was filed; remove the model '{own.name}' and get it again."
        )


@functools.cache
def _digest(place: Path, size: int, changed_ns: int) -> str:  # noqa: ARG001  # what makes it another file
    """SHA-256, hexadecimal; read once as long as the file stays as it is."""
    with place.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
