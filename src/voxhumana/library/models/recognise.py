"""What a model file is, told from its header: nothing in it is run, unpickled or loaded.

    recognise(path) -> Found          from the first recogniser that knows the file; a sentence if none does

A recogniser is a function `Path -> Found | None`, named in `RECOGNISERS`, most particular first. It reads
what it needs to tell the file and to check it; for a hostile file it raises `VoxError` and nothing else.
Others' packages name theirs by the entry point `voxhumana.recognisers`.
"""

from __future__ import annotations

import importlib
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import TypeAlias

from voxhumana.errors import UsageError, VoxError

RECOGNISERS = (
    "voxhumana.library.models.voice_header:recognise",
    "voxhumana.library.models.torch_header:recognise",
    "voxhumana.library.models.onnx_header:recognise",
    "voxhumana.library.models.safetensors_header:recognise",
    "voxhumana.library.models.rvc_index:recognise",
)
"""Ours, `module:function`; imported when a file is to be recognised."""

GROUP = "voxhumana.recognisers"


@dataclass(frozen=True)
class Found:
    """What a file is."""

    kind: str
    """In words: `RVC v2 voice`, `ONNX network`."""
    engine: str | None
    """The engine that runs it, as `--engine`, `--tts` and so on take it; None where we have none."""
    problems: tuple[str, ...] = ()
    """A sentence for each thing that is missing or wrong; with one, the engine would refuse it."""
    facts: dict[str, str] = field(default_factory=dict)
    """What the header tells, for people: rates, shapes, versions."""
    files: tuple[Path, ...] = ()
    """What else belongs to it and must be filed with it, such as an index beside it."""


Recogniser: TypeAlias = Callable[[Path], Found | None]


def recognise(path: Path) -> Found:
    """What the file, or folder, is.

    Raises:
        UsageError: It is not there.
        VoxError: It is damaged or dangerous; or nobody knows it, and then the sentence says what is known.
    """
    if not path.exists():
        raise UsageError(f"There is no file {path}; check the name.")
    if not path.is_file() and not path.is_dir():  # a device or a pipe has no end to look at
        raise VoxError(f"{path} is neither a file nor a folder; name the model's own file.")
    if path.is_file() and path.stat().st_size == 0:
        raise VoxError(f"{path} is empty (0 bytes); copy or download it again.")
    for one in _recognisers():
        if found := one(path):
            return found
    if path.is_dir():
        raise VoxError(f"{path} is no folder of a model that is known here; name the model file in it.")
    if zipfile.is_zipfile(path):
        raise VoxError(f"{path} is an archive; unpack it, and name the model file in it.")
    raise VoxError(
        f"{path} is no kind of model that is known here; see docs/VOICES-AND-MODELS.md for those that are."
    )


def _recognisers() -> Iterator[Recogniser]:
    for entry in entry_points(group=GROUP):
        yield entry.load()
    for name in RECOGNISERS:
        module, _, function = name.partition(":")
        yield getattr(importlib.import_module(module), function)
