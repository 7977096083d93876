import numpy as np
import pytest

from listening import HummingStream
from voxhumana import registry
from voxhumana.library.shelf import Shelf
from voxhumana.speak.pauses import SENTENCE_S
from voxhumana.speak.voiced import Voiced


class Hummer:
    name = "hum"
    rate_hz = 16_000

    def open(self, voice: object = None) -> HummingStream:
        return HummingStream()


@pytest.mark.parametrize("rate_hz", [16_000, 44_100, 48_000])
def test_without_a_converter_the_speaker_is_heard_at_any_rate(rate_hz: int) -> None:
    stream = Voiced(Hummer(), None, rate_hz).open()
    sound = np.concatenate([*stream.push("Hello."), *stream.flush()])
    assert len(sound) == pytest.approx((6 * 0.02 + SENTENCE_S) * rate_hz, abs=2)


def test_a_voice_of_the_shelf_speaks_clause_by_clause_for_as_long_as_the_speaker_did(
    tmp_path: object,
) -> None:
    voice = Shelf(tmp_path).find("uncle")
    stream = Voiced(Hummer(), registry.load_converter("dsp"), 48_000).open(voice)
    plain = np.concatenate([*Voiced(Hummer(), None, 48_000).open().push("A long hello.")])
    first = np.concatenate([*stream.push("A long hello.")])
    again = np.concatenate([*stream.push("A long hello.")])
    assert len(first) == len(again) == pytest.approx(len(plain), abs=4)
    assert np.std(first) > 0.05
    assert not np.allclose(first, plain, atol=0.05)
