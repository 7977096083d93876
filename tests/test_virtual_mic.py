"""The virtual microphone is there when it should be, and nobody's real microphone is heard through it."""

import signal
import subprocess
import sys

import numpy as np
import pytest

from sound_server import RATE_HZ, wait_until
from voxhumana.audio import virtual_mic
from voxhumana.errors import DeviceLostError

MICROPHONE = "vox_humana_microphone"
OUTPUT = "vox_humana_output"


@pytest.fixture(autouse=True)
def _afterwards_it_is_gone(sound_server):
    yield
    assert virtual_mic.release()


@pytest.fixture
def recorder(sound_server):
    """A real client that records from the virtual microphone."""
    virtual_mic.ensure()
    recorder = sound_server.recorder(MICROPHONE)
    recorder.wait_until(len)
    yield recorder
    if recorder.alive:
        recorder.stop()


@pytest.fixture
def loud_room(sound_server):
    """Somebody speaks into the real microphone, and others are heard from the speakers, all the time."""
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, 60 * RATE_HZ)
    players = [sound_server.play(sink, noise) for sink in ("fakemic", "speakers")]
    sound_server.record("fakemic.monitor", 0.2)
    yield
    for player in players:
        player.kill()
        player.wait()


def tone(duration_s=1.0):
    return 0.25 * np.sin(2 * np.pi * 440 * np.arange(int(duration_s * RATE_HZ)) / RATE_HZ)


def loudest_of_the_next(recorder, duration_s=1.0):
    already = len(recorder.samples)
    enough = already + duration_s * RATE_HZ
    recorder.wait_until(lambda heard: len(heard) >= enough)
    return float(np.max(np.abs(recorder.samples[already:])))


def modules(sound_server):
    with sound_server.pulse() as pulse:
        return sorted(m.name for m in pulse.module_list() if "vox_humana" in (m.argument or ""))


BOTH = ["module-null-sink", "module-remap-source"]


def test_it_is_listed_by_the_name_that_people_know(sound_server):
    assert virtual_mic.find() is None
    assert virtual_mic.ensure() == "Vox Humana Output"
    assert virtual_mic.find() == "Vox Humana Output"
    assert sound_server.sources()[MICROPHONE] == "Vox Humana Microphone"
    assert sound_server.sinks()[OUTPUT] == "Vox Humana Output"


def test_what_is_played_into_its_output_is_heard_from_it(sound_server, recorder):
    sound_server.play(OUTPUT, tone())
    recorder.wait_until(lambda heard: np.count_nonzero(np.abs(heard) > 0.24) > 1000)


def test_asking_twice_makes_one(sound_server):
    virtual_mic.ensure()
    virtual_mic.ensure()
    assert modules(sound_server) == BOTH


def test_released_it_is_gone(sound_server):
    virtual_mic.ensure()
    assert virtual_mic.release()
    assert modules(sound_server) == []


def test_the_default_devices_stay_what_they_were(sound_server):
    before = sound_server.defaults()
    virtual_mic.ensure()
    assert sound_server.defaults() == before
    virtual_mic.release()
    assert sound_server.defaults() == before


def test_the_default_devices_stay_even_where_the_server_prefers_new_ones(sound_server):
    if sound_server.kind != "pulseaudio":
        pytest.skip("PipeWire has no such module")
    index = sound_server.load_module("module-switch-on-connect", "ignore_virtual=no")
    try:
        before = sound_server.defaults()
        virtual_mic.ensure()
        assert sound_server.defaults() == before
    finally:
        sound_server.unload_module(index)


def test_after_a_crash_the_client_hears_silence_and_not_the_room(sound_server, recorder, loud_room):
    code = (
        "import os, signal; from voxhumana.audio import virtual_mic;"
        "virtual_mic.ensure(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    crashed = subprocess.run([sys.executable, "-c", code], env=sound_server.env, check=False)
    assert crashed.returncode == -signal.SIGKILL
    assert loudest_of_the_next(recorder) == 0


def test_after_a_crash_it_is_adopted_and_not_doubled(sound_server, recorder):
    virtual_mic.ensure()
    assert modules(sound_server) == BOTH
    sound_server.play(OUTPUT, tone())
    assert loudest_of_the_next(recorder) > 0.24


def test_it_is_never_removed_while_a_client_records_from_it(sound_server, recorder, loud_room):
    assert not virtual_mic.release()
    assert modules(sound_server) == BOTH
    assert loudest_of_the_next(recorder) == 0
    recorder.stop()
    wait_until(virtual_mic.release, "it goes with the last client")
    assert modules(sound_server) == []


def test_it_is_never_removed_while_a_client_records_from_its_outputs_monitor(sound_server):
    virtual_mic.ensure()
    monitor = sound_server.recorder(f"{OUTPUT}.monitor")
    monitor.wait_until(len)
    assert not virtual_mic.release()
    monitor.stop()
    wait_until(virtual_mic.release, "it goes with the last client")


@pytest.mark.parametrize("in_use", [False, True])
def test_when_somebody_else_unloads_its_output_it_is_made_whole_again(sound_server, loud_room, in_use):
    virtual_mic.ensure()
    early = [sound_server.recorder(MICROPHONE)] if in_use else []
    for recorder in early:
        recorder.wait_until(len)
    sound_server.unplug(OUTPUT)
    virtual_mic.ensure()
    assert modules(sound_server) == BOTH
    late = sound_server.recorder(MICROPHONE)
    late.wait_until(len)
    assert loudest_of_the_next(late) == 0
    sound_server.play(OUTPUT, tone())
    assert loudest_of_the_next(late) == pytest.approx(0.25, abs=0.01)
    for recorder in [late, *early]:
        recorder.stop()
    wait_until(virtual_mic.release, "it goes with the last client")


def test_it_is_made_again_after_the_server_was_killed(sound_server):
    virtual_mic.ensure()
    sound_server.kill()
    with pytest.raises(DeviceLostError, match="start PipeWire"):
        virtual_mic.ensure()
    assert virtual_mic.release()
    sound_server.start()
    assert virtual_mic.find() is None
    virtual_mic.ensure()
    assert modules(sound_server) == BOTH
