"""A finding: what is so, how bad that is, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Level(StrEnum):
    """How bad."""

    OK = "ok"
    NOTE = "note"
    """What no program can see, and people should."""
    WARN = "warn"
    """Live works, but not as well as it could."""
    FAIL = "fail"
    """Live is impossible."""


@dataclass(frozen=True)
class Finding:
    """One line of `vox doctor`."""

    id: str
    """A word that stays the same whatever is found."""
    level: Level
    sentence: str
    remedy: tuple[str, ...] = ()
    """What to do, one sentence a step."""
    figures: Mapping[str, float] = field(default_factory=dict)
    """What was measured, with its unit in its name."""
