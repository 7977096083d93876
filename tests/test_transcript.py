import numpy as np

from listening import LoudDetector
from voxhumana.engine import Block
from voxhumana.listen.transcript import transcript


class LengthTranscriber:
    """Hears how long it was, to a tenth of a second."""

    name = "length"
    rate_hz = 16_000
    longest = 16_000 * 10

    def transcribe(self, sound: Block) -> str:
        return f"{len(sound) / self.rate_hz:.1f}"


def blocks(rate_hz: int) -> list[Block]:
    t = np.arange(rate_hz) / rate_hz
    tone = (0.3 * np.sin(2 * np.pi * 220 * t)).astype(np.float32)
    quiet = np.zeros(2 * rate_hz, np.float32)
    return [quiet, tone, quiet, tone]


def test_utterances_are_written_down_with_their_times_at_any_rate() -> None:
    for rate_hz in (8_000, 44_100, 48_000):
        found = list(transcript(blocks(rate_hz), rate_hz, LoudDetector(), LengthTranscriber()))
        assert [(round(s.start_s, 1), round(s.end_s, 1), s.text) for s in found] == [
            (1.8, 3.2, "1.4"),
            (4.8, 6.0, "1.2"),
        ]


def test_silence_is_never_transcribed() -> None:
    assert (
        list(transcript([np.zeros(160_000, np.float32)], 16_000, LoudDetector(), LengthTranscriber())) == []
    )


def test_no_sound_at_all_has_no_words() -> None:
    assert list(transcript([], 16_000, LoudDetector(), LengthTranscriber())) == []
