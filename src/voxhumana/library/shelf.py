"""The shelf: the voices that ship with the program, and those in the user's own data folder.

A voice is `NAME.yaml`, or a folder `NAME` with `voice.yaml` in it beside the sound that it needs. Names are
looked up among what is there, never joined to a path; the user's own voice hides a built-in one of its name.

Reading is light, for the live path. What changes the shelf is in `library.changes`.
"""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterator, Mapping
from importlib.resources import files as packaged
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from pydantic import ValidationError
from yaml.nodes import Node

from voxhumana.engine import Block, Learner
from voxhumana.errors import UsageError, VoxError
from voxhumana.library import learning
from voxhumana.voice import Voice

if TYPE_CHECKING:  # the live path reads, and changes nothing
    from voxhumana.library.card import Origin
    from voxhumana.library.changes import About, Added

BUILT_IN = Path(str(packaged("voxhumana.library") / "voices"))
"""Voices of ours."""
SAMPLE = Path(str(packaged("voxhumana.library") / "sample.ogg"))
"""Words to preview a voice with; `training/sample.py` made it."""
LARGEST = 1 << 18
"""Bytes that a voice file may have; settings take a few hundred."""
MOST_BRACKETS = 500
"""The most elaborate voice has 20; a thousand, one in the other, take the reader a second."""


class Shelf:
    """Voices by name.

    Args:
        data_dir: The user's data folder; its `voices` need not be there.
    """

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.problems: list[str] = []
        """A sentence for each file that is no voice; it is left out."""
        self._voices: dict[str, Voice] = {}
        self._own: set[str] = set()
        self.look()

    def look(self) -> None:
        """Read all of it again."""
        self._voices = {voice.name: voice for voice in _ours()}
        self._own, self.problems = set(), []
        for path in files(self.data_dir / "voices"):
            try:
                voice = read(path)
            except VoxError as error:
                self.problems.append(str(error))
            else:
                self._voices[voice.name] = voice
                self._own.add(voice.name)

    def __iter__(self) -> Iterator[Voice]:
        """Every voice, by name."""
        return iter(sorted(self._voices.values(), key=lambda voice: voice.name))

    def __contains__(self, name: object) -> bool:
        """Whether there is a voice called `name`."""
        return name in self._voices

    def built_in(self, name: str) -> bool:
        """Whether the voice called `name` is ours, and so not to be changed."""
        return name in self._voices and name not in self._own

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

    def add(
        self,
        name: str,
        sound: Block,
        rate_hz: int,
        about: About,
        learners: Mapping[str, Learner],
        origin: Origin = "file",
        anyway: bool = False,
    ) -> Added:
        """Learn a voice from a recording, and keep it.

        Args:
            name: The word people will type.
            sound: One person's speech, float32 [T]; `enrolment.assess` says beforehand how good it is.
            rate_hz: Its rate.
            about: What only people know: title, consent, licence, ...
            learners: Engine name -> engine, for those that shall learn it now; the first is preferred.
                Others learn it when it is first spoken through them.
            origin: `file` or `microphone`.
            anyway: Add it though two people seem to speak, or the very sound is on the shelf already.

        Raises:
            UsageError: The name is taken, consent is missing, or the sound is on the shelf already.
            VoxError: Nothing can be learned from the sound, or there is no room to keep it.
        """
        from voxhumana.library import changes  # noqa: PLC0415  # database and networks: not for the live path

        return changes.add(self, name, sound, rate_hz, about, learners, origin, anyway)

    def remove(self, name: str) -> None:
        """Delete a voice of the user's, its sound and all.

        Raises:
            UsageError: There is none, or it is built in.
        """
        from voxhumana.library import changes  # noqa: PLC0415

        changes.remove(self, name)

    def rename(self, old: str, new: str) -> None:
        """Give a voice of the user's another name.

        Raises:
            UsageError: There is none, it is built in, or the new name is taken.
        """
        from voxhumana.library import changes  # noqa: PLC0415

        changes.rename(self, old, new)

    def tag(self, name: str, tags: set[str], drop: set[str]) -> Voice:
        """Give a voice of the user's `tags`, take those to `drop` away.

        Raises:
            UsageError: There is none, it is built in, or a tag is more than a word.
        """
        from voxhumana.library import changes  # noqa: PLC0415

        return changes.tag(self, name, tags, drop)

    def tidy(self) -> None:
        """Sweep away what a killed change left, where there is anything."""
        if any((self.data_dir / "voices").glob(".draft-*")):
            from voxhumana.library.index import changing  # noqa: PLC0415

            with changing(self.data_dir):
                pass
            self.look()


def read(path: Path) -> Voice:
    """Read one voice file, and what engines learned that lies beside it.

    Raises:
        VoxError: It cannot be read, or is not a voice.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise VoxError(f"The voice file {path} is larger than a voice can be; remove it.")
        voice = parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        why = " ".join(str(error).split())
        raise VoxError(f"The voice file {path} cannot be read ({why}); mend or remove it.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise VoxError(
            f"The voice file {path} is not a voice ({where}: {first['msg'].lower()}); mend or remove it."
        ) from error
    if voice.name != name_of(path):
        raise VoxError(f"The voice file {path} calls itself '{voice.name}'; let file and name agree.")
    if path.name != "voice.yaml":
        return voice
    learned = {engine: kept["settings"] for engine, kept in learning.read(path.parent).items()}
    return voice.model_copy(update={"folder": path.parent, "engines": voice.engines | learned})


def parse(text: str) -> Voice:
    """The voice that a YAML text describes; aliases, with which a small file becomes a huge one, are refused.

    Raises:
        yaml.YAMLError: It is not YAML.
        ValidationError: It is not a voice.
    """
    if text.count("[") + text.count("{") > MOST_BRACKETS:
        raise yaml.YAMLError("it has more brackets than a voice can have")
    return Voice.model_validate(yaml.load(text, _Plain))  # noqa: S506  # a SafeLoader, and stricter


@functools.cache
def _ours() -> tuple[Voice, ...]:
    """The built-in voices, read once."""
    return tuple(read(path) for path in files(BUILT_IN))


class _Plain(yaml.SafeLoader):
    """YAML without aliases."""

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        """Compose what comes next, unless it is said to be like something before."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not allowed in a voice")
        return super().compose_node(parent, index)


def files(folder: Path) -> list[Path]:
    """The voice files in `folder`; none where it is not there or may not be read."""
    found = (*folder.glob("[!.]*.yaml"), *folder.glob("[!.]*/voice.yaml"))
    return sorted(found, key=lambda path: (name_of(path), path.name))


def name_of(path: Path) -> str:
    """The name that a voice file must bear."""
    return path.parent.name if path.name == "voice.yaml" else path.stem
