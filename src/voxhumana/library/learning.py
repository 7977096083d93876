"""What each engine learned of a voice: computed once, kept in its folder, learned anew when weights change.

    voices/NAME/learned/ENGINE.json     {"fingerprint": of the weights, "settings": what `Learner.learn` gave}

`library.shelf` reads them into `voice.engines`. Any thread; two that learn at once write the same.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import uuid
from pathlib import Path
from typing import Any

from voxhumana.engine import Block, Converter, Learner, fingerprint
from voxhumana.voice import Voice

FOLDER = "learned"
LARGEST = 1 << 20
"""Bytes; `native` takes 1.3 kB, an engine that keeps conditioning frames some 200."""
ENGINE = re.compile(r"^[a-z0-9][a-z0-9_-]{0,31}$")


def learn(name: str, learner: Learner, sound: Block, rate_hz: int) -> str:
    """What an engine's file shall hold, from float32 [T] at `rate_hz`."""
    from voxhumana.library.reference import resampled  # noqa: PLC0415  # FFmpeg, for the live path only if need be

    settings = learner.learn(resampled(sound, rate_hz, learner.rate_hz))
    return json.dumps({"engine": name, "fingerprint": fingerprint(learner), "settings": settings})


def ready(voice: Voice, converter: Converter) -> Voice:
    """The voice with what `converter` needs of it: as kept, or learned now and kept.

    Raises:
        VoxError: The sound to learn from is damaged.
    """
    if voice.folder is None or not isinstance(converter, Learner):
        return voice
    name, kept = converter.name, read(voice.folder)
    if name in kept and kept[name]["fingerprint"] == fingerprint(converter):
        return voice
    from voxhumana.library import reference  # noqa: PLC0415

    if (heard := reference.read(voice.folder)) is None:
        return voice
    text = learn(name, converter, *heard)
    write(voice.folder, name, text)
    return voice.model_copy(update={"engines": voice.engines | {name: json.loads(text)["settings"]}})


def read(folder: Path) -> dict[str, dict[str, Any]]:
    """What is kept in a voice's folder, by engine; what is damaged counts as not there."""
    kept = {}
    for path in sorted((folder / FOLDER).glob("*.json")):
        if ENGINE.match(path.stem) and (found := _parsed(path)):
            kept[path.stem] = found
    return kept


def write(folder: Path, engine: str, text: str) -> None:
    """Keep what an engine learned, whole or not at all; a folder that may not be written to keeps nothing."""
    path = folder / FOLDER / f"{engine}.json"
    draft = path.with_name(f".{engine}.{uuid.uuid4().hex}.part")
    try:
        path.parent.mkdir(exist_ok=True)
        with draft.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        with contextlib.suppress(OSError):  # a disk that is read-only refuses this, too
            draft.unlink(missing_ok=True)


def _parsed(path: Path) -> dict[str, Any] | None:
    try:
        if path.stat().st_size > LARGEST:
            return None
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    sound = isinstance(found, dict) and isinstance(found.get("settings"), dict)
    return (
        {"fingerprint": str(found.get("fingerprint", "")), "settings": found["settings"]} if sound else None
    )
