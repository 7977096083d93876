"""How soon the program is there: `vox --help`, and `vox live` until it speaks; POSIX only."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from statistics import median

TIMES = 5
"""Starts of each, the first of which is warm-up and does not count."""


def help_s() -> dict[str, float]:
    """Seconds until `vox --help` has ended: on the clock, and of the processor."""
    return _medians([_ended("--help") for _ in range(TIMES + 1)])


def live_s(source: str, output: str) -> dict[str, float]:
    """Seconds until `vox live` says that it speaks, on the clock."""
    return _medians([_spoke("live", "--input", source, "--output", output) for _ in range(TIMES + 1)])


def _medians(runs: Sequence[dict[str, float]]) -> dict[str, float]:
    return {key: median(run[key] for run in runs[1:]) for key in runs[0]}


def _ended(*words: str) -> dict[str, float]:
    began_s = time.monotonic()
    process = _vox(*words)
    assert process.stdout
    process.stdout.read()
    _, _, used = os.wait4(process.pid, 0)
    process.returncode = 0
    process.stdout.close()
    return {"wall_s": time.monotonic() - began_s, "cpu_s": used.ru_utime + used.ru_stime}


def _spoke(*words: str) -> dict[str, float]:
    began_s = time.monotonic()
    with _vox(*words) as process:
        assert process.stdout
        process.stdout.readline()
        took_s = time.monotonic() - began_s
        process.terminate()
        process.stdout.read()
    return {"wall_s": took_s}


def _vox(*words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "voxhumana.cli", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
