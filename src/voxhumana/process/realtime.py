"""Keeping Python and the operating system out of the sound's way, as far as they let us."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import sys

import psutil

SWITCH_S = 0.0005
"""How long a Python thread may keep the others waiting. A thread busy 25 % of the time cost 237 dropouts in
7 s with Python's own 5 ms, and 35 with this (measured over JACK at 128 frames)."""

AIDES, AUDIO = 10, 20
"""SCHED_FIFO priorities: the audio thread goes before its aides, which open voices and report; both go before
everything that is not sound, and after PipeWire's own threads (88)."""

NICE = -11
"""What PulseAudio and rtkit give to sound when real time is refused."""


def collect_by_hand() -> None:
    """Leave what is loaded out of all collections, and let none happen by itself.

    To be called when the path is warm; then `gc.collect(0)` now and then, which has next to nothing to do.
    """
    gc.collect()
    gc.freeze()
    gc.disable()


def hurry(priority: int | None) -> str:
    """Raise this thread, and those that it starts, above what is not sound.

    Aides need it too: whoever holds the interpreter's lock and is kept waiting keeps the audio waiting.

    Args:
        priority: Of the above; None where the sound of many may fill a core, which must not be real time.

    Returns:
        What was granted: `fifo`, `high` or `normal`.
    """
    sys.setswitchinterval(SWITCH_S)
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            if priority is not None:
                os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
                return "fifo"
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, NICE)
            return "high"
    elif sys.platform == "darwin":
        # QOS_CLASS_USER_INTERACTIVE, <sys/qos.h>; keeps the thread off the efficiency cores
        if ctypes.CDLL(None).pthread_set_qos_class_self_np(0x21, 0) == 0:
            return "high"
    elif sys.platform == "win32":
        with contextlib.suppress(OSError, psutil.AccessDenied):
            psutil.Process().nice(psutil.HIGH_PRIORITY_CLASS)
            return "high"
    return "normal"
