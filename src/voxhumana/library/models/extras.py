"""What an engine needs to be installed besides us: its extra, and what to type for it."""

from __future__ import annotations

import re
from importlib import metadata

PACKAGE = "voxhumana"
EXTRAS = {"autovc": "rvc", "fragmentvc": "rvc", "llama": "llm", "openvoice": "rvc"}
"""Engine -> the extra that brings what it needs, where they are not called alike."""


def missing(engine: str) -> str:
    """What to type for the extra of an engine of which something is not installed; empty otherwise."""
    extra = EXTRAS.get(engine, engine)
    try:
        wanted = metadata.requires(PACKAGE) or []
    except metadata.PackageNotFoundError:  # run from a folder, not installed
        return ""
    for line in wanted:
        requirement, _, condition = line.partition(";")
        if not re.search(rf"""extra == ['"]{re.escape(extra)}['"]""", condition):
            continue
        found = re.match(r"[\w.-]+", requirement.strip())
        if found and not _installed(found[0]):
            return f"pip install '{PACKAGE}[{extra}]'"
    return ""


def _installed(distribution: str) -> bool:
    try:
        metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True
