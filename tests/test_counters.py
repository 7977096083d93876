from prometheus_client import CollectorRegistry

from voxhumana.assistant.counters import Counters
from voxhumana.assistant.notes import Notice, Said
from voxhumana.assistant.timing import TurnTiming
from voxhumana.assistant.turn import MS, Phase


def test_turns_pauses_interruptions_failures_and_delays_are_counted() -> None:
    registry = CollectorRegistry()
    counters = Counters(registry)
    answered = TurnTiming(end_of_speech=1_000 * MS, first_sound=1_350 * MS)
    broken_off = TurnTiming(end_of_speech=1_000 * MS, first_sound=2_000 * MS, interruption=3_000 * MS)
    for note in (
        Phase.SPEAKING,
        Said("user", "Hello.", final=True),
        answered,
        Phase.INTERRUPTED,
        broken_off,
        TurnTiming(),
        Notice("The server was unplugged; plug it in."),
    ):
        counters.note(note)
    counted = {
        name: registry.get_sample_value(name)
        for name in (
            "vox_turns_total",
            "vox_interruptions_total",
            "vox_pauses_total",
            "vox_failures_total",
            "vox_voice_to_voice_seconds_count",
            "vox_voice_to_voice_seconds_sum",
        )
    }
    assert [*counted.values()] == [3.0, 1.0, 1.0, 1.0, 2.0, 1.35]
    assert registry.get_sample_value("vox_voice_to_voice_seconds_bucket", {"le": "0.4"}) == 1.0
