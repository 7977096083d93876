"""Faults, with a real sound server: the sound comes back by itself, and is said to."""

import signal
import time

import numpy as np
import pytest

from live_path import MICROPHONE, delay_ms, live_path
from sound_server import RATE_HZ, wait_until
from voxhumana.channel import Back, Lost

BACK_WITHIN_S = 3.0
TONE, AGAIN = (
    (0.3 * np.sin(2 * np.pi * hz * np.arange(60 * RATE_HZ) / RATE_HZ)).astype(np.float32) for hz in (440, 660)
)
"""The first may still be playing when the second begins: the same twice could cancel itself out."""


def hears(server):
    """Whether a call hears the tone now."""
    if MICROPHONE not in server.sources():
        return False
    return np.sqrt(np.mean(server.record(MICROPHONE, 0.1).samples ** 2)) > 0.1


def is_back_in_time(server):
    """Wait for the sound, from the moment of the device's return on."""
    server.play("fakemic", AGAIN)
    wait_until(lambda: hears(server), "sound is back", BACK_WITHIN_S)


@pytest.fixture
def path(sound_server):
    sound_server.play("fakemic", TONE)
    with live_path() as path:
        wait_until(lambda: hears(sound_server), "the tone is heard", 15)
        yield path
    sound_server.unplug("fakemic")  # whatever a test left of it
    sound_server.plug("fakemic", "Fake Microphone")


def one_line_each(path):
    path.wait_for(Back)
    assert [type(report) for report in path.said] == [Lost, Back]
    assert not any("\n" in report.text for report in path.said)


def test_the_sound_server_dies_and_comes_back(sound_server, path):
    sound_server.kill()
    path.wait_for(Lost)
    busy = path.process.cpu_times()
    time.sleep(1.0)
    assert sum(path.process.cpu_times()[:2]) - sum(busy[:2]) < 0.3, "it spins while it waits"
    sound_server.start()
    is_back_in_time(sound_server)
    one_line_each(path)


def test_the_virtual_microphone_is_unloaded(sound_server, path):
    sound_server.unplug("vox_humana_output")
    is_back_in_time(sound_server)
    one_line_each(path)


@pytest.mark.parametrize("rate_hz", [RATE_HZ, 44_100])
def test_the_microphone_is_unplugged_and_comes_back_at_this_rate(sound_server, path, rate_hz):
    sound_server.unplug("fakemic")
    assert "Fake Microphone" in path.wait_for(Lost)
    time.sleep(0.5)
    sound_server.plug("fakemic", "Fake Microphone", rate_hz=rate_hz)
    is_back_in_time(sound_server)
    one_line_each(path)


def test_a_stall_of_the_machine_leaves_no_delay_behind(sound_server):
    with live_path() as path:
        before_ms = delay_ms()
        path.process.send_signal(signal.SIGSTOP)
        time.sleep(0.25)
        path.process.send_signal(signal.SIGCONT)
        time.sleep(2.0)
        left = "the delay is what it was"  # a busy machine stalls anew; what a stall leaves behind stays
        wait_until(lambda: delay_ms() < before_ms + 5, left, 20)
