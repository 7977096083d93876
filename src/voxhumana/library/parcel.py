"""A voice to give away: `NAME.voxvoice`, a zip of what its folder holds and a manifest with hashes.

    manifest.json                                   {"format": "voxvoice", "version": 1, "made_by": ...,
                                                     "files": {name: {"bytes": ..., "sha256": ...}}}
    voice.yaml                                      always
    card.json, reference.flac, learned/ENGINE.json  where the voice has them

What comes from others is not trusted: only these names are read, never more than their limits, and written
under names of ours; hashes must agree; the sound must be FLAC and is decoded; engines learn from it anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from voxhumana import __version__
from voxhumana.engine import Learner
from voxhumana.errors import UsageError, VoxError
from voxhumana.library import card, changes, enrolment, folder, learning, reference, shelf
from voxhumana.library.card import Card
from voxhumana.library.index import changing
from voxhumana.library.shelf import Shelf
from voxhumana.voice import Voice

ENDING = ".voxvoice"
VERSION = 1
MANIFEST = "manifest.json"
LIMITS = {
    MANIFEST: 1 << 16,
    folder.VOICE: shelf.LARGEST,
    card.FILE: card.LARGEST,
    reference.FILE: 24 << 20,
}
"""Bytes that each may have unpacked; a minute of 16-bit FLAC at 48 kHz has at most 6 MB."""
LEARNED = re.compile(rf"^{learning.FOLDER}/([a-z0-9][a-z0-9_-]{{0,31}})\.json$")
MOST = 24
"""Files in a parcel."""
LARGEST = 48 << 20
"""Bytes of a parcel."""
DIRECTORY = 1 << 14
"""Bytes of the zip's list of files: 24 take some 2,000."""
BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, OSError, ValueError, NotImplementedError, EOFError,
    RuntimeError,
)  # fmt: skip
"""What `zipfile` raises for files that are none."""
END = b"PK\x05\x06"
"""Begins the last 22 bytes of a zip without a comment (PKWARE APPNOTE, 4.3.16)."""


class Listed(BaseModel):
    """A file, as the manifest has it."""

    model_config = ConfigDict(extra="forbid")

    bytes: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Manifest(BaseModel):
    """What a parcel says of itself."""

    model_config = ConfigDict(extra="forbid")

    format: str
    version: int
    made_by: str = Field(max_length=200)
    files: dict[str, Listed] = Field(max_length=MOST)


@dataclass(frozen=True)
class Imported:
    """A voice that is on the shelf now."""

    voice: Voice
    alike: tuple[tuple[str, float], ...]
    """See `changes.Added`."""


def export(voice: Voice, to: Path) -> None:
    """Write the voice as a parcel, at once or not at all.

    Raises:
        UsageError: The name does not end in `.voxvoice`, or its folder is not there.
        VoxError: The voice cannot be read, or there is no room.
    """
    if to.suffix != ENDING or to.is_dir():
        raise UsageError(f"{to} cannot be a parcel's name; let it end in {ENDING}.")
    if not to.parent.is_dir():
        raise UsageError(f"There is no folder {to.parent}; make it first.")
    draft = to.with_name(f".{to.name}.{os.getpid()}.part")
    try:
        contents = _contents(voice)
        files = {name: _listed(data) for name, data in contents.items()}
        manifest = Manifest(
            format="voxvoice", version=VERSION, made_by=f"voxhumana {__version__}", files=files
        )
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as out:
            out.writestr(MANIFEST, manifest.model_dump_json(indent=2))
            for name, data in contents.items():
                out.writestr(name, data)
        draft.replace(to)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise VoxError(f"{to} cannot be written ({why}); free space or name another.") from error
    finally:
        with contextlib.suppress(OSError):  # a folder that is read-only
            draft.unlink(missing_ok=True)


def take_in(
    shelf: Shelf,
    path: Path,
    learners: Mapping[str, Learner],
    name: str | None = None,
    consent: str = "",
    anyway: bool = False,
) -> Imported:
    """Put a parcel's voice on the shelf.

    Args:
        shelf: Whose.
        path: The parcel.
        learners: Engines that may learn from its sound.
        name: Another name than its own.
        consent: Who agreed, where the parcel does not say.
        anyway: Take it though its sound is on the shelf already.

    Raises:
        UsageError: There is no such file, the name is taken, or consent is missing.
        VoxError: It is no parcel, a damaged, hostile or newer one.
    """
    contents = read(path)
    voice, told = _voice(path, contents, name)
    changes.check_name(shelf, voice.name)
    sound = contents.get(reference.FILE)
    if sound is not None and told.real and not (consent or voice.consent).strip():
        raise UsageError(f"{path} does not say who agreed to this voice; say it with --consent.")
    voice = voice.model_copy(update={"consent": voice.consent or consent.strip()})
    with changing(shelf.data_dir) as index, changes.made(shelf, voice.name) as draft:
        known = Card(origin="import", real=told.real)
        if sound is None:
            _keep_learned(draft, contents)
        else:
            known = _hear(draft, sound, voice, learners, known)
            if not anyway:
                changes.refuse_copy(index, known)
        alike = changes.likest(index, known)
        folder.write_card(draft, known)
        folder.write_voice(draft / folder.VOICE, voice)
    shelf.look()
    return Imported(shelf.find(voice.name), alike)


def read(path: Path) -> dict[str, bytes]:
    """The files of a parcel, by name, all that the manifest lists and nothing else, each with its hash.

    Raises:
        UsageError: There is no such file.
        VoxError: It is no parcel, a damaged, hostile or newer one.
    """
    if not path.is_file():
        raise UsageError(f"There is no file {path}; check the name.")
    try:
        _check_outside(path)
        with zipfile.ZipFile(path) as parcel:
            contents = {info.filename: _unpacked(parcel, info) for info in _entries(parcel)}
        manifest = Manifest.model_validate_json(contents.pop(MANIFEST, b""))
    except ValidationError as error:
        raise VoxError(f"{path} is not a voice ({_first(error)}); ask for it again.") from error
    except BROKEN as error:
        raise VoxError(f"{path} is not a whole {ENDING} file ({error}); ask for it again.") from error
    if manifest.format != "voxvoice" or manifest.version != VERSION:
        raise VoxError(
            f"{path} is of version {manifest.version}, and this program reads {VERSION}; update the program."
        )
    if {name: _listed(data) for name, data in contents.items()} != manifest.files:
        raise VoxError(f"{path} does not hold what its manifest says; ask for it again.")
    return contents


def _contents(voice: Voice) -> dict[str, bytes]:
    if voice.folder is None:
        plain = voice.model_dump(mode="json", exclude_defaults=True)
        return {folder.VOICE: yaml.safe_dump(plain, sort_keys=False, allow_unicode=True).encode()}
    own = voice.folder
    others = [path.name for path in own.iterdir() if path.is_file() and path.name not in LIMITS]
    if others:
        raise VoxError(
            f"'{voice.name}' needs {', '.join(others)}, which a {ENDING} file cannot carry; give that "
            "file away instead."
        )
    paths = [own / folder.VOICE, own / card.FILE, own / reference.FILE]
    paths += [own / learning.FOLDER / f"{engine}.json" for engine in learning.read(own)]
    return {path.relative_to(own).as_posix(): path.read_bytes() for path in paths if path.is_file()}


def _listed(data: bytes) -> Listed:
    return Listed(bytes=len(data), sha256=hashlib.sha256(data).hexdigest())


def _check_outside(path: Path) -> None:
    """Bound what the zip reader will read before it is asked to."""
    size = path.stat().st_size
    if size > LARGEST:
        raise ValueError(f"it has more than {LARGEST >> 20} MB")
    with path.open("rb") as file:
        file.seek(max(0, size - 22))
        end = file.read(22)
    if end[:4] != END or int.from_bytes(end[10:12], "little") > MOST:
        raise ValueError("it does not end like one")
    if int.from_bytes(end[12:16], "little") > DIRECTORY:
        raise ValueError("its list of files is too long")


def _entries(parcel: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    entries = parcel.infolist()
    names = [info.filename for info in entries]
    if len(entries) > MOST or len(set(names)) < len(names):
        raise ValueError("it lists too many files, or one twice")
    for info in entries:
        if info.filename not in LIMITS and not LEARNED.match(info.filename):
            raise ValueError(f"{info.filename[:80]!r} has no place in it")
        if info.flag_bits & 1 or stat.S_ISLNK(info.external_attr >> 16):
            raise ValueError(f"{info.filename!r} is locked, or a link")
    return entries


def _unpacked(parcel: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    limit = LIMITS.get(info.filename, learning.LARGEST)
    if info.file_size > limit:
        raise ValueError(f"{info.filename!r} is too large")
    with parcel.open(info) as file:
        data = file.read(limit + 1)
    if len(data) != info.file_size:
        raise ValueError(f"{info.filename!r} is not as long as it says")
    return data


def _voice(path: Path, contents: Mapping[str, bytes], name: str | None) -> tuple[Voice, Card]:
    try:
        voice = shelf.parse(contents[folder.VOICE].decode())
        told = Card.model_validate_json(contents[card.FILE]) if card.FILE in contents else Card()
        return Voice.model_validate(voice.model_dump() | {"name": name or voice.name}), told
    except KeyError as error:
        raise VoxError(f"{path} has no voice in it; ask for it again.") from error
    except ValidationError as error:
        raise VoxError(f"{path} is not a voice ({_first(error)}); ask for it again.") from error
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        why = " ".join(str(error).split())
        raise VoxError(f"{path} is not a voice ({why}); ask for it again.") from error


def _keep_learned(draft: Path, contents: Mapping[str, bytes]) -> None:
    """Without a sound, what engines learned is all there is; it is read as warily as any of it."""
    for name, data in contents.items():
        if found := LEARNED.match(name):
            learning.write(draft, found[1], data.decode("utf-8", "replace"))


def _hear(draft: Path, sound: bytes, voice: Voice, learners: Mapping[str, Learner], known: Card) -> Card:
    """Unpack the sound, and tell from it alone who it is."""
    (draft / reference.FILE).write_bytes(sound)
    heard = reference.read(draft)
    assert heard is not None
    samples, rate_hz = heard
    for engine in voice.engines.keys() & learners.keys():
        learning.write(draft, engine, learning.learn(engine, learners[engine], samples, rate_hz))
    return known.model_copy(
        update={
            "audio_sha256": reference.digest(samples, rate_hz),
            "print": card.encode(enrolment.assess(samples, rate_hz).voiceprint),
        }
    )


def _first(error: ValidationError) -> str:
    first: Any = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "the file"
    return f"{where}: {first['msg'].lower()}"
