"""When and on what a measurement was taken: no figure means anything without it."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from pathlib import Path

import psutil

from voxhumana import __version__


def machine() -> dict[str, str | int | float]:
    """Date, versions, processor, cores, and how busy they were before."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "voxhumana": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": _processor(),
        "cores": psutil.cpu_count() or 1,
        "load": psutil.getloadavg()[0],
    }


def _processor() -> str:
    """Its name; Linux alone keeps it from `platform`."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()
