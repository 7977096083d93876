"""Pictures of sound."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from signals import noise
from voxhumana.audio import spectrogram

RATE_HZ = 48_000


def tone(hz, seconds=0.5):
    return np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE_HZ)) / RATE_HZ).astype(np.float32)


def brightest(sound):
    """The row in the middle of the picture that is brightest; 0 is the highest pitch."""
    shares = spectrogram.levels(sound, RATE_HZ)
    return int(np.argmax(shares[:, spectrogram.WIDE // 2]))


def test_a_higher_tone_stands_higher():
    rows = [brightest(tone(hz)) for hz in (200, 800, 3200)]
    assert rows == sorted(rows, reverse=True)
    assert rows[0] - rows[2] > spectrogram.HIGH / 4


def test_what_comes_later_stands_further_right():
    shares = spectrogram.levels(np.concatenate([np.zeros(RATE_HZ, np.float32), tone(1000, 1.0)]), RATE_HZ)
    half = spectrogram.WIDE // 2
    assert shares[:, : half - 30].max() < 0.2 < shares[:, half + 30 : -30].max()


def test_silence_is_dark():
    assert spectrogram.levels(np.zeros(RATE_HZ, np.float32), RATE_HZ).max() == 0


@pytest.mark.parametrize("samples", [0, 1, 100, RATE_HZ])
@pytest.mark.parametrize("rate_hz", [8_000, 48_000])
def test_any_sound_has_a_picture_of_one_size(samples, rate_hz):
    uri = spectrogram.picture(noise(1, RATE_HZ)[:samples], rate_hz)
    image = Image.open(io.BytesIO(base64.b64decode(uri.removeprefix("data:image/png;base64,"))))
    assert image.size == (spectrogram.WIDE, spectrogram.HIGH)
