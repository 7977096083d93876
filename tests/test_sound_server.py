"""The sound server that other tests build on does what they count on."""

import numpy as np

from sound_server import RATE_HZ


def sine(duration_s, hz=440, level=0.5):
    return (level * np.sin(2 * np.pi * hz * np.arange(int(duration_s * RATE_HZ)) / RATE_HZ)).astype(
        np.float32
    )


def test_the_default_devices_are_the_fake_ones(sound_server):
    assert sound_server.defaults() == ("fakemic.monitor", "speakers")


def test_what_is_played_into_the_fake_microphone_is_heard_from_it(sound_server):
    recorder = sound_server.recorder("fakemic.monitor")
    player = sound_server.play("fakemic", sine(0.5))
    assert player.wait(10) == 0
    recorder.wait_until(lambda heard: np.count_nonzero(np.abs(heard) > 0.45) > 1000)
    assert np.max(np.abs(recorder.stop().samples)) < 0.51


def test_two_recordings_of_one_source_agree_on_the_time(sound_server):
    recorders = [sound_server.recorder("fakemic.monitor") for _ in range(2)]
    for recorder in recorders:
        recorder.wait_until(lambda heard: len(heard) > RATE_HZ // 2)
    sound_server.play("fakemic", sine(0.5)).wait(10)
    heard = [recorder.stop() for recorder in recorders]
    onsets_s = [r.start_s + np.argmax(np.abs(r.samples) > 0.01) / RATE_HZ for r in heard]
    assert abs(onsets_s[0] - onsets_s[1]) < 0.02


def test_devices_come_and_go(sound_server):
    sound_server.plug("headset", "A Headset", rate_hz=44_100)
    assert sound_server.sinks()["headset"] == "A Headset"
    sound_server.unplug("headset")
    assert "headset" not in sound_server.sinks()


def test_it_comes_back_after_kill_9(sound_server):
    sound_server.restart()
    assert sound_server.defaults() == ("fakemic.monitor", "speakers")
    assert len(sound_server.record("fakemic.monitor", 0.2).samples) >= 0.2 * RATE_HZ
