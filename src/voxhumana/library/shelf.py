"""The shelf: the voices that ship with the program, and those in the user's own data folder.

A voice is `NAME.yaml`, or a folder `NAME` with `voice.yaml` in it beside the sound that it needs. Names are
looked up among what is there, never joined to a path; the user's own voice hides a built-in one of its name.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import yaml
from pydantic import ValidationError

from voxhumana.errors import UsageError, VoxError
from voxhumana.voice import Voice

BUILT_IN = Path(str(files("voxhumana.library") / "voices"))
"""Voices of ours."""
SAMPLE = Path(str(files("voxhumana.library") / "sample.ogg"))
"""Words to preview a voice with; `training/sample.py` made it."""
LARGEST = 1 << 18
"""Bytes that a voice file may have; settings take a few hundred."""


class Shelf:
    """Voices by name.

    Args:
        data_dir: The user's data folder; its `voices` need not be there.
    """

    def __init__(self, data_dir: Path) -> None:
        self._voices: dict[str, Voice] = {}
        self.problems: list[str] = []
        """A sentence for each file that is no voice; it is left out."""
        for path in (*_files(BUILT_IN), *_files(data_dir / "voices")):
            try:
                voice = read(path)
            except VoxError as error:
                self.problems.append(str(error))
            else:
                self._voices[voice.name] = voice

    def __iter__(self) -> Iterator[Voice]:
        """Every voice, by name."""
        return iter(sorted(self._voices.values(), key=lambda voice: voice.name))

    def find(self, name: str) -> Voice:
        """The voice called `name`.

        Raises:
            UsageError: There is none.
        """
        if name in self._voices:
            return self._voices[name]
        for problem in self.problems:
            if f"{name}.yaml" in problem:
                raise UsageError(problem)
        near = difflib.get_close_matches(name, self._voices, n=1)
        hint = f"did you mean '{near[0]}'?" if near else "choose one of `vox voices list`."
        raise UsageError(f"There is no voice '{name}'; {hint}")


def read(path: Path) -> Voice:
    """Read one voice file.

    Raises:
        VoxError: It cannot be read, or is not a voice.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise VoxError(f"The voice file {path} is larger than a voice can be; remove it.")
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        voice = Voice.model_validate(data)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        why = " ".join(str(error).split())
        raise VoxError(f"The voice file {path} cannot be read ({why}); mend or remove it.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise VoxError(
            f"The voice file {path} is not a voice ({where}: {first['msg'].lower()}); mend or remove it."
        ) from error
    own = path.parent.name if path.name == "voice.yaml" else path.stem
    if voice.name != own:
        raise VoxError(f"The voice file {path} calls itself '{voice.name}'; let file and name agree.")
    return voice.model_copy(update={"folder": path.parent}) if path.name == "voice.yaml" else voice


def _files(folder: Path) -> list[Path]:
    """The voice files in `folder`; none where it is not there or may not be read."""
    return sorted((*folder.glob("*.yaml"), *folder.glob("*/voice.yaml")))
