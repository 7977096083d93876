"""A file of somebody's own, recognised and filed: a voice on the shelf, anything else among the models."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from voxhumana import config, places
from voxhumana.convert.rvc.settings import CONTENT
from voxhumana.errors import UsageError, VoxError
from voxhumana.library import changes, folder
from voxhumana.library.card import Card
from voxhumana.library.changes import About
from voxhumana.library.index import changing
from voxhumana.library.models.manifest import ModelFile
from voxhumana.library.models.recognise import Found, recognise
from voxhumana.library.models.store import Receipt, Store, digest
from voxhumana.library.shelf import Shelf
from voxhumana.voice import Voice

NEEDS = {
    "autovc": (("autovc.ckpt",), ("3000000-BL.ckpt",), ("hifigan-16k.pth",)),
    "fragmentvc": (("fragmentvc.pt",), ("wav2vec2-base.onnx",), ("fragmentvc-vocoder.pt",)),
    "openvoice": (("openvoice-v2.pth",),),
}
"""Files that an engine is made of besides the voice, each by the names that will do."""
MOST = 500
"""Files of a model that is a folder."""


def known(path: Path) -> Found:
    """What a file is that can be used.

    Raises:
        UsageError: It is not there.
        VoxError: Nobody knows it, or something is missing from it.
    """
    found = recognise(path)
    if found.problems:
        raise VoxError(
            f"{path} was recognised ({found.kind}), but cannot be used. {' '.join(found.problems)}"
        )
    return found


def lacking(found: Found) -> list[str]:
    """What a model's engine needs besides, and is not among the models, by the names it is looked for by."""
    missing, models = [], config.load().data_dir / "models"
    content = {"v1": (CONTENT[256],), "v2": (CONTENT[768],)}.get(found.facts.get("version", ""))
    heard = (content or tuple(CONTENT.values()),) if found.engine == "rvc" else ()
    for names in (*heard, *NEEDS.get(found.engine or "", ())):
        for name in names:
            try:
                places.find(name, models, name)
            except VoxError:
                continue
            break
        else:
            missing.append(" or ".join(names))
    return missing


def add(path: Path, found: Found, store: Store, name: str | None = None) -> Receipt:
    """Copy a model file, or folder, among the models; the original stays.

    Args:
        path: The file.
        found: What it is.
        store: Where to.
        name: Another than the file's own.

    Raises:
        UsageError: The name is taken, or cannot be one.
        VoxError: There is no room.
    """
    word = name or re.sub(r"[^a-z0-9._-]+", "-", path.stem.lower()).strip("-._")
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", word):
        raise UsageError(f"'{word}' cannot be a model's name; say another with --name.")
    if (store.folder / word).exists():
        raise UsageError(f"There is a model '{word}' already; say another --name, or remove that one first.")
    draft = store.folder / f".add-{word}"
    try:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        for source, target in _parts(path, found).items():
            (draft / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, draft / target)
        receipt = Receipt(
            name=word,
            kind=found.kind,
            engine=found.engine,
            licence="the file's own",
            origin=path.name,
            files=tuple(_seen(draft)),
            trusted=False,
        )
        store.file(receipt, draft)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise VoxError(
            f"{path} cannot be copied to {store.folder} ({why}); free space or mend its rights."
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return receipt


def shelve(path: Path, found: Found, shelf: Shelf, name: str, about: About) -> Voice:
    """Copy a model that is one person's voice to the shelf; the engine finds it in the voice's folder.

    Raises:
        UsageError: The name is taken, or consent is missing.
        VoxError: There is no room.
    """
    assert found.engine
    changes.check_name(shelf, name)
    changes.check_consent(about)
    settings = {"model": path.name}
    settings |= dict([("index", other.name) for other in found.files if other.suffix == ".index"][:1])
    voice = changes.describe(name, about, []).model_copy(update={"engines": {found.engine: settings}})
    with changing(shelf.data_dir), changes.made(shelf, name) as draft:
        for source in (path, *found.files):
            shutil.copyfile(source, draft / source.name)
        folder.write_card(draft, Card(origin="file", real=about.real))
        folder.write_voice(draft / folder.VOICE, voice)
    shelf.look()
    return shelf.find(name)


def _parts(path: Path, found: Found) -> dict[Path, str]:
    """What is copied, and its name in the model's folder."""
    if not path.is_dir():
        return {path: path.name} | {other: other.name for other in found.files}
    inside = [part for part in path.rglob("*") if part.is_file() and not part.is_symlink()]
    if len(inside) > MOST:
        raise VoxError(
            f"{path} holds {len(inside)} files, more than a model has; name the model's own folder."
        )
    return {part: part.relative_to(path).as_posix() for part in inside}


def _seen(folder: Path) -> list[ModelFile]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return [
        ModelFile(
            path=path.relative_to(folder).as_posix(), bytes=path.stat().st_size or None, sha256=digest(path)
        )
        for path in paths
    ]
