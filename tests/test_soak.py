"""Half an hour live as a character, beside a hog on the other core: nothing drops out, grows or leaks.

`VOX_SOAK_MINUTES` makes it shorter.
"""

import os
import subprocess
import sys
import time
from contextlib import contextmanager

import numpy as np
import psutil
import pytest

import signals
from live_path import SETTINGS, delay_ms, live_path
from sound_server import RATE_HZ
from voxhumana.channel import Bypass

CHARACTER = SETTINGS.model_copy(update={"engine": None})

MINUTES = float(os.environ.get("VOX_SOAK_MINUTES", "30"))
SETTLED_S = 20.0
BURSTS = 50

pytestmark = [pytest.mark.soak, pytest.mark.timeout(MINUTES * 60 + 180)]


@contextmanager
def hogs():
    """Every core but one is busy."""
    hogs = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
        for _ in range(max(1, psutil.cpu_count() - 1))
    ]
    yield
    for hog in hogs:
        hog.kill()
        hog.wait()


def dry_delay_ms(path):
    """Of the dry side, held back as long as the voice takes: its bursts keep their shape, and are found."""
    path.send(Bypass(on=True))
    time.sleep(1)
    delay = delay_ms(BURSTS)
    path.send(Bypass(on=False))
    return delay


def resident_mb(path):
    return path.process.memory_info().rss / 2**20


def test_nothing_drops_out_grows_or_leaks(sound_server):
    speech = np.tile(signals.speech(10.0, RATE_HZ), 6)
    with live_path(CHARACTER) as path, hogs():
        time.sleep(SETTLED_S)
        delay_at_start_ms = dry_delay_ms(path)
        at_start, resident_at_start_mb = path.meters, resident_mb(path)
        end_s = time.monotonic() + MINUTES * 60
        while time.monotonic() < end_s:
            sound_server.play("fakemic", speech).wait(90)
        at_end, resident_at_end_mb = path.meters, resident_mb(path)
        delay_at_end_ms = dry_delay_ms(path)
        assert not path.said
    blocks = at_end.cost.blocks - at_start.cost.blocks
    underruns = at_end.underruns - at_start.underruns
    print(
        f"{blocks} blocks, {underruns} underruns, {at_end.dropped_ms - at_start.dropped_ms:.0f} ms dropped, "
        f"delay {delay_at_start_ms:.1f} -> {delay_at_end_ms:.1f} ms, "
        f"resident {resident_at_start_mb:.1f} -> {resident_at_end_mb:.1f} MB"
    )
    assert blocks > MINUTES * 60 * RATE_HZ / SETTINGS.frames * 0.99
    assert underruns < blocks / 1000
    assert delay_at_end_ms == pytest.approx(delay_at_start_ms, abs=5)
    assert resident_at_end_mb - resident_at_start_mb < 20
