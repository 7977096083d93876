"""A child's ends of its channel: standard input and output, which libraries do not get to see."""

from __future__ import annotations

import os
from io import BufferedReader, FileIO


def pipes() -> tuple[BufferedReader, FileIO]:
    """What comes in, and where to write; what libraries read and print goes elsewhere from now on."""
    commands = os.fdopen(os.dup(0), "rb")
    reports = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    return commands, reports
