"""Models known by name: what they are, whence they come, and how to tell that they are the right ones."""

from __future__ import annotations

import difflib
import functools
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator

from voxhumana.errors import UsageError

MANIFEST = Path(__file__).with_name("manifest.yaml")


class _Plain(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Plain):
    """A repository on the hub, at one moment."""

    repo: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    revision: str = Field(pattern=r"^[0-9a-f]{40}$")
    """A commit: what is at a branch's name changes."""


class ModelFile(_Plain):
    """A file of a model."""

    path: str
    """Below the repository, and below the model's folder."""
    bytes: int | None = Field(default=None, gt=0)
    sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    """Empty where no public source that can be trusted says it."""

    @field_validator("path")
    @classmethod
    def _inside(cls, path: str) -> str:
        pure = PurePosixPath(path)
        if pure.is_absolute() or ".." in pure.parts or "\\" in path or not pure.parts:
            raise ValueError("a file lies within its model's folder")
        return path


class Known(_Plain):
    """A model of the manifest."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")
    title: str
    kind: str
    """`transcription`, `speech`, `language`, `pitch`, `voice activity`."""
    engine: str
    licence: str
    packages: dict[str, str] = Field(default_factory=dict)
    """Packages that carry it, and the version of each; an empty one is whatever our own dependency takes."""
    install: str = ""
    """What brings the packages."""
    weights: str = ""
    """`module:NAME` of the `weights.Carried` that hold its hashes; empty where we have none."""
    source: Source | None = None
    """Where it is pulled from, if no package carries it."""
    files: tuple[ModelFile, ...] = ()

    @property
    def bytes(self) -> int | None:
        """Of all its files; None where some are not known."""
        sizes = [file.bytes for file in self.files]
        return sum(size or 0 for size in sizes) if sizes and all(sizes) else None

    @property
    def hashed(self) -> bool:
        """Whether every file's hash is known before it is pulled."""
        return bool(self.weights) or (bool(self.files) and all(file.sha256 for file in self.files))

    @property
    def carried(self) -> bool:
        """Whether the packages that carry it are installed, in the right versions."""
        try:
            return bool(self.packages) and all(
                version(package) == wanted or not wanted for package, wanted in self.packages.items()
            )
        except PackageNotFoundError:
            return False


@functools.cache
def known() -> dict[str, Known]:
    """Every model of the manifest, by name."""
    models = [Known.model_validate(entry) for entry in yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))]
    return {model.name: model for model in models}


def find(name: str) -> Known:
    """The model called `name`.

    Raises:
        UsageError: There is none.
    """
    if name in known():
        return known()[name]
    near = difflib.get_close_matches(name, known(), n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"known are: {', '.join(known())}."
    raise UsageError(f"There is no model '{name}'; {hint}")
