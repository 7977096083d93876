"""What conversations come to, as Prometheus counts it; `note` takes what a conversation tells.

    vox_turns_total, vox_interruptions_total, vox_pauses_total, vox_failures_total
    vox_voice_to_voice_seconds (histogram)

A server shows them beside its own: `server.app` counts its sockets' conversations, the studio its own.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

from voxhumana.assistant.notes import Note, Notice
from voxhumana.assistant.timing import TurnTiming
from voxhumana.assistant.turn import Phase

BUCKETS_S = (0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9, 1.2, 2.0, 4.0)
"""0.4 s is the median to reach, 0.9 s what nineteen of twenty answers must keep."""


class Counters:
    """Counts of all conversations in this process.

    Args:
        registry: Where they are shown.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._turns = Counter("vox_turns", "Turns that were answered", registry=registry)
        self._stops = Counter("vox_interruptions", "Replies that the user broke off", registry=registry)
        self._pauses = Counter("vox_pauses", "Times a reply fell silent to listen", registry=registry)
        self._failures = Counter("vox_failures", "Sentences about something that failed", registry=registry)
        self._delay = Histogram(
            "vox_voice_to_voice_seconds",
            "From the last syllable to the first sound of the answer",
            registry=registry,
            buckets=BUCKETS_S,
        )

    def note(self, what: Note) -> None:
        """Count; any thread."""
        match what:
            case Phase.INTERRUPTED:
                self._pauses.inc()
            case Notice():
                self._failures.inc()
            case TurnTiming():
                self._turns.inc()
                if what.interruption is not None:
                    self._stops.inc()
                delay_ms = what.report()["voice_to_voice_ms"]
                if isinstance(delay_ms, float):
                    self._delay.observe(delay_ms / 1e3)
