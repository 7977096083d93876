"""The `.index` of an RVC voice, told by its name beside the voice: what its speaker sounded like."""

from __future__ import annotations

import re
from pathlib import Path

from voxhumana.convert.rvc.index import Index
from voxhumana.library.models.recognise import Found

EPOCH = re.compile(r"(_e\d+)?(_s\d+)?$")
"""What RVC puts behind a voice's name when it saves one (`process_ckpt.py`, `savee`); an index has none."""

CHANNELS = {"v1": 256, "v2": 768}
"""Of the content encoder, by the version of RVC."""


def beside(voice: Path, version: str = "") -> tuple[Path, ...]:
    """A voice's index: in the same folder, with the voice's name in its own; () = there is none.

    Args:
        voice: The file.
        version: Of RVC, `v1` or `v2`; "" = not known, and then the index is not looked into.

    Raises:
        VoxError: It is damaged, or another voice's.
    """
    name = EPOCH.sub("", voice.stem.lower()) or voice.stem.lower()
    for index in sorted(voice.parent.glob("*.index")):
        if name in index.stem.lower():
            if version in CHANNELS:
                Index(index, CHANNELS[version])
            return (index,)
    return ()


def told(voice: Path) -> str:
    """Which it is, in words, or what to do to have one."""
    if found := beside(voice):
        return found[0].name
    if other := next(iter(sorted(voice.parent.glob("*.index"))), None):
        return (
            f"none with its name; if {other.name} is its, call it {voice.stem}.index and add the voice anew"
        )
    return "none beside it; with one it sounds more like its voice"


def recognise(path: Path) -> Found | None:
    """An index alone, which is no model; None for anything else."""
    if path.suffix.lower() != ".index":
        return None
    problem = "It is no voice: put it beside its voice, with the voice's name in its own, and add that."
    return Found("RVC index", None, (problem,))
