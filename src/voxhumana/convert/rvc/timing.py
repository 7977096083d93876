"""How much an RVC stream renders at a time; measured once a machine, kept in the cache.

All in frames of 10 ms:

    | context ............. | block ......... | fade | edge | late |
    what the network hears, and has heard before            |      not yet known: its pitch comes late
                            | given now       | faded into the next
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import platformdirs

from voxhumana.config import APP

LATE = 1
"""Frames at the end of the sound whose pitch and content are not known yet (`melody`)."""


@dataclass(frozen=True)
class Timing:
    """The choice."""

    block: int = 24
    """Rendered and given at a time; even, so that content frames of 20 ms stay where they are."""
    context: int = 100
    """Heard again before it; even."""
    fade: int = 4
    """In which one rendering gives way to the next."""
    edge: int = 1
    """Rendered and thrown away: the generator's last samples know nothing of what follows."""


def path() -> Path:
    """Where the choice is kept."""
    return platformdirs.user_cache_path(APP) / "rvc" / "timing.json"


def load() -> Timing:
    """The choice for this machine, or the default."""
    try:
        kept = Timing(**{key: int(value) for key, value in json.loads(path().read_text()).items()})
    except (OSError, ValueError, TypeError, AttributeError):
        return Timing()
    sane = (
        2 <= kept.block <= 200
        and 16 <= kept.context <= 600
        and 1 <= kept.fade < kept.block
        and 0 <= kept.edge <= 20
    )
    return kept if sane and kept.block % 2 == kept.context % 2 == 0 else Timing()


def save(timing: Timing) -> None:
    """Keep the choice."""
    path().parent.mkdir(parents=True, exist_ok=True)
    draft = path().with_suffix(".part")
    draft.write_text(json.dumps(asdict(timing)))
    draft.replace(path())
