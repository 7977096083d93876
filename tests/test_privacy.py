"""Whatever happens to `vox live`, a call never hears the real microphone or the speakers through it."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest

from signals import noise
from sound_server import RATE_HZ, wait_until
from voxhumana.audio import virtual_mic

VOX = Path(sys.executable).with_name("vox")
MICROPHONE = "vox_humana_microphone"
OUTPUT = "vox_humana_output"
LOUD = 0.05


class Program:
    """A running `vox live` that changes nothing, from the default microphone to the virtual one."""

    def __init__(self, server):
        plain = {"VOX_DENOISE": "false", "VOX_GATE_DB": "-120"}
        self._process = subprocess.Popen(
            [VOX, "live", "--engine", "identity"],
            env=server.env | plain,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert "Speaking as" in self._process.stdout.readline()

    def stop(self):
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        self._process.communicate(timeout=20)

    def crash(self):
        """`kill -9`, with the audio process."""
        family = [psutil.Process(self._process.pid)]
        family += family[0].children(recursive=True)
        for process in family:
            process.kill()
        psutil.wait_procs(family, 10)


@pytest.fixture
def room(sound_server):
    """Somebody speaks into the real microphone, all the time."""
    player = sound_server.play("fakemic", noise(100, RATE_HZ), latency_ms=200)
    sound_server.record("fakemic.monitor", 0.2)
    yield player
    player.kill()
    player.wait()


@pytest.fixture
def live(sound_server, room):
    program = Program(sound_server)
    yield program
    program.stop()
    wait_until(virtual_mic.release, "nobody records any more")


@pytest.fixture
def call(sound_server, live):
    """A real client that hears the room through us."""
    client = sound_server.recorder(MICROPHONE)
    client.wait_until(lambda heard: len(heard) and np.abs(heard[-RATE_HZ // 10 :]).max() > LOUD)
    yield client
    if client.alive:
        client.stop()


def loudest_of_the_next(client, duration_s=1.0):
    already = len(client.samples)
    enough = already + duration_s * RATE_HZ
    client.wait_until(lambda heard: len(heard) >= enough)
    return float(np.abs(client.samples[already:]).max())


def test_when_live_is_killed_the_call_hears_silence(sound_server, live, call):
    live.crash()
    wait_until(lambda: loudest_of_the_next(call, 0.2) == 0, "what was queued is over", 3)
    assert loudest_of_the_next(call) == 0
    assert MICROPHONE in sound_server.sources()


def test_when_live_stops_during_a_call_the_call_hears_silence(sound_server, live, call):
    live.stop()
    assert MICROPHONE in sound_server.sources()
    assert loudest_of_the_next(call) == 0


def test_when_live_stops_after_the_call_the_microphone_is_gone(sound_server, live, call):
    call.stop()
    live.stop()
    assert MICROPHONE not in sound_server.sources()


def test_when_our_output_is_unloaded_we_are_not_played_to_the_speakers_or_the_microphone(
    sound_server, live, room
):
    speakers = sound_server.recorder("speakers.monitor")
    sound_server.unplug(OUTPUT)
    room.kill()  # so that only we could be heard in the microphone
    microphone = sound_server.recorder("fakemic.monitor")
    assert loudest_of_the_next(speakers, 2) == 0
    loudest_of_the_next(microphone, 0.5)
    assert loudest_of_the_next(microphone) == 0
    speakers.stop()
    microphone.stop()


def test_when_the_microphone_is_unplugged_the_call_does_not_hear_another(sound_server, live, call, room):
    sound_server.plug("other", "Another Microphone")
    sound_server.play("other", noise(20, RATE_HZ), latency_ms=200)
    with sound_server.pulse() as pulse:
        pulse.source_default_set("other.monitor")
    room.kill()
    room.wait()
    try:
        sound_server.unplug("fakemic")
        loudest_of_the_next(call, 0.5)
        assert loudest_of_the_next(call, 2) == 0
    finally:
        sound_server.unplug("other")
        sound_server.plug("fakemic", "Fake Microphone")
        with sound_server.pulse() as pulse:
            pulse.source_default_set("fakemic.monitor")
