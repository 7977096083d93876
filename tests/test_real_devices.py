"""Real devices of a real server: what is listed, what is heard, and what happens when they go away."""

import contextlib
import shutil
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from sound_server import RATE_HZ
from voxhumana.audio import backends
from voxhumana.audio.device import PATIENCE_S
from voxhumana.errors import DeviceLostError

FRAMES = 256
PROMPT_S = PATIENCE_S + 0.5
"""A loss is noticed within this, on a busy machine."""


@pytest.fixture
def backend(sound_server):
    return backends.choose()


@contextlib.contextmanager
def opened(backend, source="fakemic.monitor", sink="speakers"):
    with contextlib.ExitStack() as stack:
        opened_source = stack.enter_context(contextlib.closing(backend.open_source(source, RATE_HZ, FRAMES)))
        opened_sink = stack.enter_context(contextlib.closing(backend.open_sink(sink, RATE_HZ, FRAMES)))
        yield opened_source, opened_sink


def passes(source, sink, duration_s):
    """Pass sound on; returns it."""
    heard = []
    for _ in range(round(duration_s * source.rate_hz / FRAMES)):
        block = source.read()
        sink.write(block)
        heard.append(block)
    return np.concatenate(heard)


def lost_within(act):
    """Repeat `act` until the device is lost; returns the seconds that passed, and those that we computed."""
    began_s, began_cpu_s = time.monotonic(), time.process_time()

    def keep_acting():
        while time.monotonic() < began_s + 5:
            act()
            time.sleep(0.001)

    with pytest.raises(DeviceLostError):
        keep_acting()
    return time.monotonic() - began_s, time.process_time() - began_cpu_s


def sine(duration_s, hz=440):
    return 0.25 * np.sin(2 * np.pi * hz / RATE_HZ * np.arange(round(duration_s * RATE_HZ)))


def loudest_hz(sound, rate_hz):
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return np.argmax(spectrum) * rate_hz / len(sound)


# --- what is there ---


def test_the_server_that_answers_is_chosen(sound_server, backend):
    assert backend.name == sound_server.kind


def test_devices_have_the_names_that_people_know_and_monitors_are_no_inputs_but_for_the_default(backend):
    rows = [(d.index, d.name, d.direction, d.channels, d.default, d.address) for d in backend.devices()]
    assert rows == [
        (0, "Monitor of Fake Microphone", "input", 1, True, "fakemic.monitor"),
        (1, "Fake Microphone", "output", 1, False, "fakemic"),
        (2, "Speakers", "output", 2, True, "speakers"),
    ]


def test_two_devices_of_one_name_can_be_told_apart(sound_server, backend):
    for name in ("twin1", "twin2"):
        sound_server.plug(name, "Twin")
    names = [device.name for device in backend.devices() if device.address.startswith("twin")]
    for name in ("twin1", "twin2"):
        sound_server.unplug(name)
    assert names == ["Twin", "Twin (2)"]


def test_a_device_that_is_not_there_is_refused(backend):
    for refuse in (backend.open_source, backend.open_sink):
        with pytest.raises(DeviceLostError, match="nowhere is not there"):
            refuse("nowhere", RATE_HZ, FRAMES)


# --- what is heard ---


def test_what_the_microphone_hears_is_read_and_what_is_written_is_played(sound_server, backend):
    with opened(backend) as (source, sink):
        recorder = sound_server.recorder("speakers.monitor")
        player = sound_server.play("fakemic", sine(4))
        read = passes(source, sink, 2)
        player.kill()
        player.wait()
        played = recorder.stop().samples
        assert (source.rate_hz, source.frames, sink.rate_hz) == (RATE_HZ, FRAMES, RATE_HZ)
    for sound in (read, played):
        middle = sound[np.argmax(np.abs(sound) > 0.2) + 4800 :][:24_000]
        assert loudest_hz(middle, RATE_HZ) == pytest.approx(440, abs=20)
    assert np.abs(read).max() == pytest.approx(0.25, abs=0.02)


def test_a_stereo_input_is_mixed_to_its_mean(sound_server, backend):
    with opened(backend, source="speakers.monitor", sink="fakemic") as (source, sink):
        player = sound_server.play("speakers", sine(3))  # alike on both sides
        read = passes(source, sink, 1.5)
        player.kill()
        player.wait()
    assert np.abs(read).max() == pytest.approx(0.25, abs=0.02)


def test_a_device_of_another_rate_works_at_the_rate_it_says(sound_server, backend):
    sound_server.plug("oldmic", "Old Microphone", rate_hz=44_100)
    with opened(backend, source="oldmic.monitor") as (source, sink):
        player = sound_server.play("oldmic", sine(3, hz=1000))
        read = passes(source, sink, 1.5)
        player.kill()
        player.wait()
        rate_hz = source.rate_hz
    sound_server.unplug("oldmic")
    assert rate_hz == (44_100 if sound_server.kind == "pulseaudio" else RATE_HZ)
    assert loudest_hz(read[-rate_hz // 2 :], rate_hz) == pytest.approx(1000, abs=40)


def test_a_stalled_reader_gets_the_newest_sound_and_what_it_missed_is_counted(backend):
    with opened(backend) as (source, sink):
        passes(source, sink, 0.2)
        time.sleep(0.5)
        read = 0
        began_s = time.monotonic()
        while time.monotonic() < began_s + 0.3:
            read += len(source.read())
        passed_s = time.monotonic() - began_s  # more on a busy machine
        assert source.dropped > 0.3 * source.rate_hz
        assert read < (passed_s + 0.2) * source.rate_hz


def test_the_backlog_that_a_burst_leaves_is_cut_out(backend):
    with opened(backend) as (source, sink):
        passes(source, sink, 0.5)
        usual = sink.backlog
        sink.write(np.zeros(RATE_HZ // 4, np.float32))
        assert sink.backlog > RATE_HZ // 5
        passes(source, sink, 1)  # two windows
        for _ in range(10):  # a busy machine stalls anew
            passes(source, sink, 0.5)
            if sink.backlog < usual + 4 * FRAMES:
                break
        assert sink.backlog < usual + 4 * FRAMES
        assert sink.dropped > 0


# --- what goes away ---


@pytest.mark.parametrize("gone", ["oldmic", "oldspeaker"])
def test_an_unplugged_device_is_lost_and_not_replaced_by_another_and_can_be_had_again(
    sound_server, backend, gone
):
    for name in ("oldmic", "oldspeaker"):
        sound_server.plug(name, name)
    with opened(backend, source="oldmic.monitor", sink="oldspeaker") as (source, sink):
        passes(source, sink, 0.2)
        sound_server.unplug(gone)
        act = source.read if gone == "oldmic" else lambda: sink.write(np.zeros(1, np.float32))
        took_s, busy_s = lost_within(act)
        assert took_s < PROMPT_S
        assert busy_s < 0.4
        time.sleep(0.3)
        with sound_server.pulse() as pulse:
            playing = [client.sink for client in pulse.sink_input_list()]
            names = {device.index: device.name for device in pulse.sink_list()}
        assert all(names[sink] == "oldspeaker" for sink in playing)
    sound_server.plug(gone, gone)
    with opened(backend, source="oldmic.monitor", sink="oldspeaker") as (source, sink):
        passes(source, sink, 0.2)
    for name in ("oldmic", "oldspeaker"):
        sound_server.unplug(name)


@pytest.mark.parametrize("end", ["read", "write"])
def test_a_killed_server_is_noticed_at_once_and_found_again_when_it_is_back(sound_server, backend, end):
    with opened(backend) as (source, sink):
        passes(source, sink, 0.2)
        sound_server.kill()
        act = source.read if end == "read" else lambda: sink.write(np.zeros(1, np.float32))
        took_s, busy_s = lost_within(act)
        assert took_s < PROMPT_S
        assert busy_s < 0.4
        with pytest.raises(DeviceLostError):
            backend.open_source("fakemic.monitor", RATE_HZ, FRAMES)
        with pytest.raises(DeviceLostError):
            backend.devices()
        began_s = time.monotonic()
        source.close()
        sink.close()
        assert time.monotonic() - began_s < 1.5
    sound_server.start()
    with opened(backend) as (source, sink):
        passes(source, sink, 0.2)


@pytest.mark.parametrize("end", ["read", "write"])
def test_a_server_that_hangs_is_noticed(sound_server, backend, end):
    with opened(backend) as (source, sink):
        passes(source, sink, 0.2)
        for process in sound_server._processes:
            process.send_signal(signal.SIGSTOP)
        try:
            act = source.read if end == "read" else lambda: sink.write(np.zeros(FRAMES, np.float32))
            took_s, _ = lost_within(act)
            assert took_s < PROMPT_S
            closing = threading.Thread(target=lambda: (source.close(), sink.close()))
            closing.start()
            closing.join(5)
            assert not closing.is_alive()
        finally:
            for process in sound_server._processes:
                process.send_signal(signal.SIGCONT)


def test_a_server_that_changes_its_rate_is_lost_and_taken_at_its_new_rate(sound_server, backend):
    if sound_server.kind != "pipewire":
        pytest.skip("PulseAudio gives each device its own rate")
    if not shutil.which("pw-metadata"):
        pytest.skip("pw-metadata is not installed")

    def force(rate_hz):
        command = ["pw-metadata", "-n", "settings", "0", "clock.force-rate", str(rate_hz)]
        subprocess.run(command, env=sound_server.env, check=True, capture_output=True)

    with opened(backend) as (source, sink):
        passes(source, sink, 0.2)
        force(44_100)
        assert lost_within(source.read)[0] < PROMPT_S
    rate_hz = None
    for _ in range(20):  # as the live path does: look again until it is back
        with contextlib.suppress(DeviceLostError), opened(backend) as (source, sink):
            passes(source, sink, 0.5)
            rate_hz = source.rate_hz
            break
        time.sleep(0.25)
    force(0)
    assert rate_hz == 44_100


HAMMER = """
import sys, threading
from voxhumana.audio import backends
from voxhumana.errors import DeviceLostError

def compute():
    while True:
        sum(range(1000))

for _ in range(2):
    threading.Thread(target=compute, daemon=True).start()
sys.setswitchinterval(0.0005)
backend = backends.choose()
for _ in range(25):
    source = backend.open_source("fakemic.monitor", 48_000, 128)
    sink = backend.open_sink("speakers", 48_000, 128)
    try:
        for _ in range(5):
            sink.write(source.read())
    except DeviceLostError:  # so busy is it
        pass
    source.close()
    sink.close()
print("done")
"""


def test_closing_is_no_deadlock_however_busy_the_interpreter_is(sound_server):
    command = [sys.executable, "-c", HAMMER]
    done = subprocess.run(
        command, env=sound_server.env, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.stdout == "done\n", done.stderr
