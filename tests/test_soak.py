"""Half an hour live as a character, beside a hog on the other core: nothing drops out, grows or leaks.

`VOX_SOAK_MINUTES` makes it shorter.
"""

import os

import pytest

from voxhumana.bench.soak import soak
from voxhumana.config import Settings

MINUTES = float(os.environ.get("VOX_SOAK_MINUTES", "30"))

pytestmark = [pytest.mark.soak, pytest.mark.timeout(MINUTES * 60 + 180)]


def test_nothing_drops_out_grows_or_leaks(sound_server):
    measured = soak(Settings(), MINUTES)
    print(measured)
    assert not measured.losses
    assert measured.blocks > MINUTES * 60 * 48_000 / Settings().frames * 0.99
    assert measured.underruns_in_1000 < 1
    assert measured.delay_after_ms == pytest.approx(measured.delay_before_ms, abs=5)
    assert measured.resident_after_mb - measured.resident_before_mb < 20
