"""`vox doctor` says what is so, and what to do; the judgements alone first, then the whole for real."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from signals import noise, silence
from sound_server import wait_until
from voxhumana.audio import backends, jack_client, virtual_mic
from voxhumana.bench.delay import Delay
from voxhumana.cli import app
from voxhumana.config import Settings
from voxhumana.doctor import Level, advice, delay
from voxhumana.doctor.delay import judge_delay
from voxhumana.doctor.devices import judge_microphone, microphone, server
from voxhumana.doctor.speed import judge_compute, judge_priority

VOX = Path(sys.executable).with_name("vox")
RATE_HZ = 48_000


def doctor(env, *arguments):
    done = subprocess.run(
        [VOX, "doctor", "--only", "live", "--json", "-", *arguments],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    report = json.loads(done.stdout)
    return done.returncode, report["usable"], {finding["id"]: finding for finding in report["findings"]}


@pytest.mark.parametrize(
    ("platform", "level", "step"),
    [
        ("darwin", Level.FAIL, "Privacy & Security > Microphone"),
        ("win32", Level.FAIL, "allow desktop apps"),
        ("linux", Level.WARN, "mute"),
    ],
)
def test_digital_silence_is_a_missing_permission_where_that_is_how_it_shows(platform, level, step):
    finding = judge_microphone("Mic", silence(1, RATE_HZ), platform)
    assert finding.level is level
    assert any(step in line for line in finding.remedy)


def test_a_quiet_room_is_heard():
    finding = judge_microphone("Mic", noise(1, RATE_HZ, rms=1e-4), "darwin")
    assert finding.level is Level.OK
    assert "dBFS" in finding.sentence


def test_a_clipping_microphone_is_told_so():
    assert judge_microphone("Mic", np.ones(100, np.float32), "linux").level is Level.WARN


def test_real_time_is_what_each_system_calls_so():
    assert judge_priority("fifo", "linux").level is Level.OK
    assert judge_priority("high", "darwin").level is Level.OK
    assert judge_priority("high", "linux").level is Level.WARN
    assert any("rtprio" in step for step in judge_priority("normal", "linux").remedy)


@pytest.mark.parametrize(("rtf", "level"), [(0.1, Level.OK), (0.6, Level.WARN), (1.1, Level.FAIL)])
def test_a_voice_that_takes_the_whole_core_fails(rtf, level):
    assert judge_compute("uncle", rtf).level is level


@pytest.mark.parametrize(
    ("heard", "own_ms", "level"),
    [(50, 40, Level.OK), (50, 200, Level.WARN), (10, 40, Level.WARN), (0, 40, Level.FAIL)],
)
def test_the_delay_is_judged_by_its_sum(heard, own_ms, level):
    measured = Delay(median_ms=12.0, p99_ms=15.0, max_ms=15.0, bursts=50, heard=heard)
    assert judge_delay(measured, 2.0, own_ms, Settings()).level is level


def test_the_delay_is_split_into_devices_and_voice():
    measured = Delay(median_ms=12.0, p99_ms=15.0, max_ms=15.0, bursts=50, heard=50)
    sentence = judge_delay(measured, 2.0, 40.0, Settings()).sentence
    assert "50.0 ms: 10.0 ms the devices" in sentence
    assert "p99 13.0 ms" in sentence
    assert "40.0 ms the voice 'uncle'" in sentence


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_every_platform_is_told_about_discord(platform, monkeypatch):
    monkeypatch.setattr(sys, "platform", platform)
    text = " ".join(step for finding in advice.advice() for step in finding.remedy)
    for switch in ("Krisp", "Echo Cancellation", "Automatic Gain Control", "Advanced Voice", "not Default"):
        assert switch in text
    assert ("48,000 Hz" in text) == (platform != "linux")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a sound server")
def test_without_a_server_live_is_impossible(tmp_path):
    nowhere = {"XDG_RUNTIME_DIR": str(tmp_path), "PULSE_SERVER": f"unix:{tmp_path}/none"}
    code, usable, findings = doctor(os.environ | nowhere, "--only", "live")
    assert (code, usable) == (1, False)
    assert findings["server"]["level"] == "fail"
    assert any("systemctl" in step for step in findings["server"]["remedy"])
    assert "compute" in findings  # what can be looked at, is


def test_pipewire_without_its_jack_library_is_told_what_to_install(sound_server, monkeypatch):
    monkeypatch.setattr(jack_client, "library", lambda: None)
    backend, finding = server()
    assert backend.name == "pulseaudio"
    if sound_server.kind == "pipewire":
        assert finding.level is Level.WARN
        assert finding.remedy == ("Install the package pipewire-jack.",)
    else:
        assert finding.level is Level.OK


def test_an_unknown_microphone_fails_and_is_named(sound_server):
    finding = microphone(backends.choose(), Settings(input="trombone"))
    assert finding.level is Level.FAIL
    assert "trombone" in finding.sentence


def test_the_whole_path_is_measured_and_nothing_is_left_behind(sound_server, monkeypatch, capsys):
    monkeypatch.setattr(delay, "BURSTS", 15)
    sound_server.play("fakemic", noise(60, RATE_HZ), latency_ms=200)
    sound_server.record("fakemic.monitor", 0.2)
    app(["doctor", "--only", "live", "--json", "-"], prog_name="vox", standalone_mode=False)
    told = capsys.readouterr()
    assert told.err == ""
    findings = {finding["id"]: finding["sentence"] for finding in json.loads(told.out)["findings"]}
    assert "is heard" in findings["microphone"]
    assert "Vox Humana Microphone" in findings["virtual-microphone"]
    assert "ms the devices at 256 frames (measured" in findings["delay"]
    assert set(sound_server.sinks()) == {"fakemic", "speakers"}


def test_nothing_is_played_to_a_client_that_listens(sound_server):
    virtual_mic.ensure()
    recorder = sound_server.recorder("vox_humana_microphone")
    recorder.wait_until(len)
    finding = delay.delay(Settings())
    heard = recorder.stop().samples
    assert "not measured" in finding.sentence
    assert not heard.any()
    wait_until(virtual_mic.release, "it goes with the last client")
