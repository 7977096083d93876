"""Starting the audio process: at once, before a face loads anything, for both take a second to load."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Blocks are too small to be worth the wake-up of a second thread."""


@contextmanager
def spawn() -> Iterator[subprocess.Popen[bytes]]:
    """An audio process that waits for `Start`; it does not outlive the `with` block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "voxhumana.process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=None if "--debug" in sys.argv else subprocess.DEVNULL,  # tracebacks, and what libraries mutter
        env=os.environ | ONE_THREAD,
        start_new_session=True,  # Ctrl-C is for the face, which then says Stop
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )
    try:
        yield process
    finally:
        process.kill()  # nothing, if it has ended as it should
        process.communicate()
