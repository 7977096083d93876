"""What is done to the shelf: voices added, removed, renamed, tagged. Each change is whole, or did not happen.

    add:  sound -> assessed -> cut -> learned from ... -> | locked: draft folder -> its name -> row |

Everything slow is done before the lock. Folders are the truth, rows follow (`library.index`): a kill at any
moment loses at most the voice under way, and leaves at most a draft that the next change sweeps away.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from voxhumana.engine import Block, Learner
from voxhumana.errors import UsageError, VoxError
from voxhumana.library import card, enrolment, folder, learning, reference
from voxhumana.library.card import Card, Origin
from voxhumana.library.enrolment import Assessment
from voxhumana.library.index import Index, changing
from voxhumana.voice import Voice

if TYPE_CHECKING:  # it imports us, when something is to be changed
    from voxhumana.library.shelf import Shelf

ALIKE = 0.85
"""Likeness from which two voices are probably one person's: 95 % of 71 speakers are 0.88 and more like
themselves, none of 400 pairs of others was over 0.83."""
RESERVED = {"con", "nul", "prn", "aux", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
"""Names that Windows keeps for devices."""


@dataclass(frozen=True)
class About:
    """What only people know of a voice."""

    title: str
    licence: str
    """Under which it may be used: SPDX identifier, or words such as `private`."""
    source: str
    consent: str = ""
    """Who agreed, and to what; must be given for a real person's voice."""
    real: bool = True
    """Whether a person speaks; False for machines and drawings."""
    character: str = ""
    language: str = "en"
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Added:
    """A voice that is on the shelf now."""

    voice: Voice
    assessment: Assessment
    alike: tuple[tuple[str, float], ...]
    """Voices that sound like the same person, and how much, likest first."""


def add(
    shelf: Shelf,
    name: str,
    sound: Block,
    rate_hz: int,
    about: About,
    learners: Mapping[str, Learner],
    origin: Origin = "file",
    anyway: bool = False,
) -> Added:
    """Learn a voice from a recording, float32 [T] at `rate_hz`, and keep it; see `Shelf.add`."""
    check_name(shelf, name)
    check_consent(about)
    assessment = enrolment.assess(sound, rate_hz)
    refuse(assessment, anyway)
    speech = reference.quantized(enrolment.spoken(sound, rate_hz))
    known = Card(
        origin=origin,
        real=about.real,
        audio_sha256=reference.digest(speech, rate_hz),
        print=card.encode(assessment.voiceprint),
    )
    voice = describe(name, about, list(learners))
    learned = {engine: learning.learn(engine, one, speech, rate_hz) for engine, one in learners.items()}
    with changing(shelf.data_dir) as index, made(shelf, name) as draft:
        alike = likest(index, known)
        if not anyway:
            refuse_copy(index, known)
        reference.write(draft, speech, rate_hz)
        for engine, text in learned.items():
            learning.write(draft, engine, text)
        folder.write_card(draft, known)
        folder.write_voice(draft / folder.VOICE, voice)
    shelf.look()
    return Added(shelf.find(name), assessment, alike)


def remove(shelf: Shelf, name: str) -> None:
    """Delete a voice of the user's, its sound and all; see `Shelf.remove`."""
    with changing(shelf.data_dir, forget=True):
        folder.discard(_own(shelf, name))
    shelf.look()


def rename(shelf: Shelf, old: str, new: str) -> None:
    """Give a voice of the user's another name; see `Shelf.rename`."""
    check_name(shelf, new)
    with changing(shelf.data_dir):
        path = _own(shelf, old)
        voice = shelf.find(old).model_copy(update={"name": new})
        known = (card.read(path) if path.is_dir() else None) or Card()
        with made(shelf, new) as draft:
            if path.is_dir():
                shutil.copytree(path, draft, dirs_exist_ok=True)
                folder.write_card(path, known)  # one id on both: if killed now, `sweep` knows which goes
            folder.write_card(draft, known.model_copy(update={"renamed_from": path.name}))
            folder.write_voice(draft / folder.VOICE, voice)
        folder.discard(path)
        folder.write_card(shelf.data_dir / "voices" / new, known)
    shelf.look()


def tag(shelf: Shelf, name: str, tags: set[str], drop: set[str]) -> Voice:
    """Give a voice of the user's tags, and take some away; see `Shelf.tag`."""
    with changing(shelf.data_dir):
        path = _own(shelf, name)
        voice = shelf.find(name)
        kept = tuple(sorted((set(voice.tags) | tags) - drop))
        voice = _checked(lambda: Voice.model_validate(voice.model_dump() | {"tags": kept}), voice.folder)
        folder.write_voice(path / folder.VOICE if path.is_dir() else path, voice)
    shelf.look()
    return shelf.find(name)


def describe(name: str, about: About, engines: list[str]) -> Voice:
    """The voice in words.

    Raises:
        UsageError: Some of the words cannot stand in a voice.
    """
    return _checked(
        lambda: Voice(
            name=name,
            title=about.title.strip() or name,
            character=about.character.strip(),
            language=about.language,
            licence=about.licence.strip(),
            source=about.source.strip(),
            consent=about.consent.strip(),
            tags=tuple(sorted(set(about.tags))),
            engines={engine: {} for engine in engines},
        )
    )


def check_name(shelf: Shelf, name: str) -> None:
    """Refuse a name before any work is done for it.

    Raises:
        UsageError: It cannot be one, or is taken.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", name) or name in RESERVED:
        raise UsageError(f"'{name}' cannot be a voice's name; use small letters, digits and hyphens.")
    if name in shelf:
        whose = "a built-in voice" if shelf.built_in(name) else "a voice of yours"
        raise UsageError(f"'{name}' is {whose} already; choose another name or remove that one first.")


def check_consent(about: About) -> None:
    """Refuse a real person's voice about which nobody says who agreed.

    Raises:
        UsageError: Consent or licence is missing.
    """
    if about.real and not about.consent.strip():
        raise UsageError(
            "Whose voice is it? Say who agreed, and to what, with --consent 'my own voice' or the like; "
            "for a voice that is no real person's say --synthetic."
        )
    if not about.licence.strip():
        raise UsageError("How may the voice be used? Say --licence private, CC0-1.0 or what was agreed.")


def refuse(assessment: Assessment, anyway: bool) -> None:
    """Stop where nothing good can come of a recording.

    Raises:
        VoxError: The gravest of its flaws, if that forbids it.
    """
    for hint in assessment.hints:
        if hint.blocking:
            raise VoxError(f"The recording cannot be used. {hint.text}")
        if hint.doubtful and not anyway:
            raise VoxError(f"{hint.text.rstrip('.')}; if it is one person all the same, say --anyway.")


def likest(index: Index, known: Card) -> tuple[tuple[str, float], ...]:
    """Voices on the shelf that are probably the same person's."""
    if known.voiceprint is None:
        return ()
    return tuple(found for found in index.alike(known.voiceprint) if found[1] >= ALIKE)


def refuse_copy(index: Index, known: Card) -> None:
    """Refuse a sound that is on the shelf already.

    Raises:
        UsageError: It is.
    """
    if same := index.same(known.audio_sha256):
        raise UsageError(
            f"This very recording is on the shelf already, as '{same[0]}'; say --anyway to add it once more."
        )


@contextmanager
def made(shelf: Shelf, name: str) -> Iterator[Path]:
    """A folder to fill out of sight, which then gets its name; nothing stays of it if filling fails; locked.

    Raises:
        UsageError: The name was taken meanwhile.
        VoxError: There is no room, or no right to write there.
    """
    voices = shelf.data_dir / "voices"
    try:
        draft = folder.draft(voices)
        try:
            yield draft
            if (voices / f"{name}.yaml").exists() or (voices / name).exists():
                raise UsageError(f"'{name}' is a voice of yours already; choose another name.")
            folder.place(draft, voices / name)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise VoxError(
            f"The voice cannot be kept in {voices} ({why}); free space or mend its rights."
        ) from error


def _own(shelf: Shelf, name: str) -> Path:
    """The folder or file of a voice that may be changed, as it is now; locked."""
    shelf.look()
    voice = shelf.find(name)
    if shelf.built_in(name):
        raise UsageError(f"'{name}' is built in and stays as it is; change voices of your own.")
    return voice.folder or shelf.data_dir / "voices" / f"{name}.yaml"


def _checked(make: Callable[[], Voice], at: Path | None = None) -> Voice:
    try:
        return make().model_copy(update={"folder": at})
    except ValidationError as error:
        first = error.errors()[0]
        if first["loc"][:1] == ("tags",):
            raise UsageError(
                f"{first['input']!r} cannot be a tag; use one word of letters, digits and hyphens."
            ) from error
        where = " ".join(str(part) for part in first["loc"])
        raise UsageError(f"{where} cannot be {first['input']!r}: {first['msg'].lower()}.") from error
