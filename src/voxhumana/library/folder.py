"""The folders of the user's voices: the truth about them. A folder appears whole, or not at all.

    voices/NAME/voice.yaml       the voice, as people may edit it
    voices/NAME/card.json        when and how it came (`library.card`)
    voices/NAME/reference.flac   the sound it was learned from
    voices/NAME/learned/*.json   what engines learned (`library.learning`)
    voices/NAME.yaml             a voice that is only settings
    voices/.draft-*              a change under way; what is left of one that was killed

Every function here is called by the one writer at a time (`library.index.changing`).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import yaml

from voxhumana.errors import VoxError
from voxhumana.library import card
from voxhumana.library.card import Card
from voxhumana.voice import Voice

VOICE = "voice.yaml"
DRAFT = ".draft-"


def draft(voices: Path) -> Path:
    """A hidden folder to make a voice in."""
    voices.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=DRAFT, dir=voices))


def write_voice(path: Path, voice: Voice) -> None:
    """Write `voice.yaml`, or `NAME.yaml`, at once; what engines learned stays in its own files."""
    engines = {name: {} if _learned(path, name) else given for name, given in voice.engines.items()}
    plain = voice.model_copy(update={"engines": engines}).model_dump(mode="json", exclude_defaults=True)
    _write(path, yaml.safe_dump(plain, sort_keys=False, allow_unicode=True))


def write_card(folder: Path, known: Card) -> None:
    """Write `card.json`, at once."""
    _write(folder / card.FILE, known.model_dump_json(indent=2))


def place(made: Path, at: Path) -> None:
    """Give a finished draft its name, which must be free."""
    for path in (*made.rglob("*"), made):
        _sync(path)
    made.rename(at)
    _sync(at.parent)


def discard(place_: Path) -> None:
    """Delete a voice's folder or file: out of sight at once, then for good."""
    if place_.is_dir():
        gone = place_.with_name(f"{DRAFT}gone-{place_.name}-{os.getpid()}")
        place_.rename(gone)
        _sync(gone.parent)
        shutil.rmtree(gone)
    else:
        place_.unlink()


def sweep(voices: Path) -> None:
    """Delete what killed changes left: drafts, and the old folder of a voice whose renaming got half way."""
    for left in leftovers(voices):
        shutil.rmtree(left, ignore_errors=True)
    for new in voices.glob("*/" + card.FILE):
        try:
            known = card.read(new.parent)
            old = voices / known.renamed_from if known and known.renamed_from else None
            if known and old and old.parent == voices and old != new.parent:
                other = card.read(old)
                if other and other.id == known.id:
                    discard(old)
        except VoxError:
            continue


def leftovers(voices: Path) -> list[Path]:
    """Drafts of changes under way, or killed."""
    return list(voices.glob(DRAFT + "*"))


def _learned(path: Path, engine: str) -> bool:
    from voxhumana.library import learning  # noqa: PLC0415  # both import `voice`, neither needs the other to load

    return path.name == VOICE and (path.parent / learning.FOLDER / f"{engine}.json").exists()


def _write(path: Path, text: str) -> None:
    unfinished = path.with_name(f".{path.name}.part")
    with unfinished.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def _sync(path: Path) -> None:
    """Have the system put a file, or a folder's list of names, on the disk."""
    if os.name == "nt" and path.is_dir():  # Windows opens no folder, and needs none synced
        return
    number = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(number)
    finally:
        os.close(number)
