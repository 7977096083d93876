"""Whether one can go live and converse on this machine, how fast, and what to do about it: `vox doctor`.

    live: server -> microphone -> virtual microphone -> priority -> compute -> delay -> advice
    talk: ears -> language model -> speech engine -> memory -> other engines

Findings are data, in this order; whoever shows them decides how.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack

from voxhumana.config import Settings
from voxhumana.doctor import advice, delay, devices, speed
from voxhumana.doctor.conversation import conversation
from voxhumana.doctor.finding import Finding, Level

__all__ = ["Finding", "Level", "conversation", "examine"]


def examine(settings: Settings) -> Generator[Finding, None, None]:
    """Look at everything that `vox live` with these settings needs; takes some fifteen seconds.

    What cannot be looked at, because what it needs failed, is left out.
    """
    backend, finding = devices.server()
    yield finding
    with ExitStack() as stack:
        ready = False
        if backend:
            yield devices.microphone(backend, settings)
            finding = stack.enter_context(devices.virtual_microphone())
            yield finding
            ready = finding.level is Level.OK
        yield speed.priority()
        yield speed.compute(settings)
        if backend and ready:
            yield delay.delay(settings)
    yield from advice.advice()
