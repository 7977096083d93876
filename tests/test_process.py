"""The audio process, started for real, between two files."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

from voxhumana.audio.file import SoundReader, SoundWriter
from voxhumana.channel import Failed, Lost, Meters, Mute, Notice, Started, Stop, Stopped, Switch, parse_report
from voxhumana.config import Settings
from voxhumana.errors import VoxError
from voxhumana.process.client import audio_process

RATE_HZ = 48_000


@pytest.fixture
def settings(tmp_path):
    path = tmp_path / "in.wav"
    with SoundWriter(path, RATE_HZ) as file:
        file.write(np.random.default_rng(1).uniform(-0.5, 0.5, RATE_HZ // 2).astype(np.float32))
    return Settings(
        input=f"file:{path}",
        output=f"file:{tmp_path / 'out.wav'}",
        engine="identity",
        denoise=False,
        gate_db=-120,
    )


def test_it_starts_reports_and_stops_when_the_input_ends(settings, tmp_path):
    with audio_process(settings) as audio:
        reports = list(audio.reports())
    assert isinstance(reports[0], Started)
    assert isinstance(reports[-1], Stopped)
    assert sum(isinstance(report, Meters) for report in reports) > 15
    assert reports[-1].report["compute"]["blocks"] == np.ceil(RATE_HZ // 2 / 256)


def test_two_files_are_apart_by_the_declared_latency_to_the_sample(settings, tmp_path):
    with audio_process(settings) as audio:
        *_, stopped = audio.reports()
    with SoundReader(tmp_path / "in.wav") as file:
        heard = file.read(RATE_HZ)
    with SoundReader(tmp_path / "out.wav") as file:
        played = file.read(RATE_HZ)
    delay = round(stopped.report["latency_total_ms"] * RATE_HZ / 1e3)
    if stopped.report["underruns"] == 0:
        np.testing.assert_allclose(played[delay : delay + len(heard)], heard, atol=1e-4)


def test_stop_ends_it_before_the_input_does(settings):
    with audio_process(settings) as audio:
        for report in audio.reports():
            if isinstance(report, Started):
                audio.send(Stop())
    assert isinstance(report, Stopped)
    assert report.report["compute"]["blocks"] < 90


def test_a_voice_that_cannot_be_had_is_a_notice_and_the_path_goes_on(settings):
    with audio_process(settings) as audio:
        audio.send(Switch(voice="uncle", engine="nonesuch"))
        reports = list(audio.reports())
    assert ["nonesuch" in r.text for r in reports if isinstance(r, Notice)] == [True]
    assert isinstance(reports[-1], Stopped)


def test_an_input_that_cannot_be_had_fails_in_one_sentence(settings):
    with audio_process(settings.model_copy(update={"input": "file:/nonesuch.wav"})) as audio:
        failed, stopped = audio.reports()
    assert isinstance(failed, Failed)
    assert failed.exit_code == 2
    assert "nonesuch.wav" in failed.text
    assert stopped.report == {}


def test_it_does_not_outlive_a_face_that_was_killed(settings):
    code = (
        "import os, sys\n"
        "from voxhumana.config import Settings\n"
        "from voxhumana.process.client import audio_process\n"
        f"settings = Settings.model_validate_json({settings.model_dump_json()!r})\n"
        "with audio_process(settings) as audio:\n"
        "    next(audio.reports())\n"
        "    print(audio.pid, flush=True)\n"
        "    os._exit(9)\n"
    )
    face = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    pid = int(face.stdout)
    deadline = time.monotonic() + 10
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "the audio process lives on"
        time.sleep(0.05)


def test_a_process_that_dies_without_a_word_has_failed(settings):
    with audio_process(settings) as audio:
        os.kill(audio.pid, signal.SIGKILL)
        *_, last = audio.reports()
    assert isinstance(last, Failed)


@pytest.mark.parametrize("line", [b"", b"{}\n", b'{"type": "mute"}\n', b"\xff\n"])
def test_a_line_that_is_no_report_is_refused(line):
    with pytest.raises(VoxError, match="no message"):
        parse_report(line)


def test_a_message_survives_the_channel():
    lost = Lost(text="gone\nfor \u201cgood\u201d")
    assert parse_report(lost.line()) == lost
    assert Mute(on=True).line().endswith(b"\n")
