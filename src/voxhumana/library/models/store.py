"""The models in the user's data folder: one folder each, with a receipt of what must be in it.

    models/NAME/...          the files
    models/NAME/model.json   the receipt: whence they came, sizes and hashes
    models/.pull-NAME/       a pull under way, or interrupted: the next one goes on from there

A folder appears whole: it is filled under another name, and renamed. `checked` is what engines ask.
"""

from __future__ import annotations

import difflib
import hashlib
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from voxhumana.errors import UsageError, VoxError
from voxhumana.library.models.manifest import ModelFile, Source, known

RECEIPT = "model.json"
CHUNK = 1 << 22


class Receipt(BaseModel):
    """What was filed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: str
    engine: str | None
    licence: str
    source: Source | None = None
    """None for a file that somebody added."""
    origin: str = ""
    """The file that it was added from."""
    added: datetime = Field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    files: tuple[ModelFile, ...]
    """Each with its size and hash."""
    trusted: bool
    """Whether the hashes were known beforehand; else they are the first pull's, or the added file's."""


class Store:
    """The models people pulled or added.

    Args:
        data_dir: The user's data folder; its `models` need not be there.
    """

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / "models"

    def __iter__(self) -> Iterator[Receipt]:
        """Every model with a receipt, by name."""
        for path in sorted(self.folder.glob(f"[!.]*/{RECEIPT}")):
            try:
                yield self._read(path)
            except VoxError:
                continue

    def find(self, name: str) -> Receipt:
        """The receipt of the model called `name`.

        Raises:
            UsageError: There is none.
            VoxError: The receipt is damaged.
        """
        names = [path.parent.name for path in self.folder.glob(f"[!.]*/{RECEIPT}")]
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            hint = "`vox models list` names those that are, and those that can be fetched."
            if near or name in known():
                hint = f"did you mean '{near[0]}'?" if near else f"`vox models pull {name}` fetches it."
            raise UsageError(f"The model '{name}' is not here; {hint}")
        return self._read(self.folder / name / RECEIPT)

    def checked(self, name: str) -> Path:
        """The folder of a model, every file of which was found to be what the receipt says just now.

        Raises:
            UsageError: It is not here.
            VoxError: It is not what it should be.
        """
        receipt = self.find(name)
        if problems := self.verify(receipt):
            raise VoxError(f"The model '{name}' is damaged ({problems[0]}); remove it and pull it again.")
        return self.folder / name

    def verify(self, receipt: Receipt, tell: Callable[[int], None] = lambda _: None) -> list[str]:
        """What is wrong with a model's files, a phrase each; nothing when all is well.

        Args:
            receipt: Of which model.
            tell: Called with the bytes read.
        """
        return [
            problem for file in receipt.files if (problem := check(self.folder / receipt.name, file, tell))
        ]

    def file(self, receipt: Receipt, draft: Path) -> None:
        """Give a filled folder its name; what had the name before goes.

        Raises:
            VoxError: There is no room, or no right to write there.
        """
        place = self.folder / receipt.name
        gone = self.folder / f".gone-{receipt.name}"
        try:
            (draft / RECEIPT).write_text(receipt.model_dump_json(indent=2), encoding="utf-8")
            shutil.rmtree(gone, ignore_errors=True)
            if place.exists():
                place.rename(gone)
            draft.rename(place)
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise VoxError(
                f"The model cannot be kept in {self.folder} ({why}); free space or mend its rights."
            ) from error
        shutil.rmtree(gone, ignore_errors=True)

    def remove(self, name: str) -> int:
        """Delete a model; returns the bytes that it had.

        Raises:
            UsageError: It is not here.
        """
        names = {path.name for path in self.folder.glob("[!.]*") if path.is_dir()}
        if name not in names:
            self.find(name)
        place, gone = self.folder / name, self.folder / f".gone-{name}"
        size = sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
        shutil.rmtree(gone, ignore_errors=True)
        place.rename(gone)
        shutil.rmtree(gone)
        return size

    def _read(self, path: Path) -> Receipt:
        try:
            receipt = Receipt.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise VoxError(f"{path} is damaged; remove the model and pull it again.") from error
        if receipt.name != path.parent.name:
            raise VoxError(f"{path} is another model's; remove the model and pull it again.")
        return receipt


def check(folder: Path, file: ModelFile, tell: Callable[[int], None] = lambda _: None) -> str:
    """What is wrong with a file, in a phrase; empty when it is what it should be."""
    path = folder / file.path
    if not path.is_file():
        return f"{file.path} is missing"
    if file.bytes is not None and path.stat().st_size != file.bytes:
        return f"{file.path} has {path.stat().st_size} bytes and not {file.bytes}"
    if file.sha256 and digest(path, tell) != file.sha256:
        return f"{file.path} has another sha256"
    return ""


def digest(path: Path, tell: Callable[[int], None] = lambda _: None) -> str:
    """SHA-256 of a file, hexadecimal; `tell` is called with the bytes read."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while data := file.read(CHUNK):
            found.update(data)
            tell(len(data))
    return found.hexdigest()
