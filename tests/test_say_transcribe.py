"""`vox say` and `vox transcribe`, as a user runs them."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from voxhumana.audio.file import SoundWriter


def vox(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "voxhumana.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)


@pytest.mark.models
def test_what_vox_says_vox_writes_down(tmp_path: Path) -> None:
    said, report = tmp_path / "said.flac", tmp_path / "said.json"
    assert vox("say", "The kettle is on the stove. Would you like a cup?", said).returncode == 0
    heard = vox("transcribe", said, "--json", report)
    assert heard.returncode == 0
    assert " ".join(heard.stdout.split()) == "The kettle is on the stove. Would you like a cup?"
    told = json.loads(report.read_text())
    assert told["text"] == " ".join(heard.stdout.split())
    assert told["segments"][0]["start_s"] < 1 < told["segments"][-1]["end_s"] <= told["duration_s"]


@pytest.mark.models
def test_a_silent_file_has_no_words(tmp_path: Path) -> None:
    with SoundWriter(tmp_path / "silence.wav", 44_100) as file:
        file.write(np.zeros(44_100 * 3, np.float32))
    heard = vox("transcribe", tmp_path / "silence.wav")
    assert (heard.returncode, heard.stdout) == (0, "")
    assert heard.stderr == f"Nobody says a word in {tmp_path / 'silence.wav'}.\n"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("say", " ... ", "out.wav"), "nothing to say"),
        (("say", "Hello.", "out.xyz"), "Cannot tell the sound format"),
        (("say", "Hello.", "no/such/folder/out.wav"), "There is no folder"),
        (("say", "Hello.", "out.wav", "--tts", "parrot"), "no speech engine called 'parrot'"),
        (("transcribe", "nowhere.wav"), "There is no file"),
        (("transcribe", "{quiet}", "--stt", "parrot"), "no speech recogniser called 'parrot'"),
        (("transcribe", "{quiet}", "--json", "no/such/folder/x.json"), "There is no folder"),
    ],
)
def test_a_command_that_cannot_be_meant_is_refused_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with SoundWriter(tmp_path / "quiet.wav", 16_000) as file:
        file.write(np.zeros(1_600, np.float32))
    done = vox(*(a.format(quiet="quiet.wav") for a in arguments))
    assert done.returncode == 2
    assert why in done.stderr
    assert done.stderr.count("\n") == 1
    assert [p.name for p in tmp_path.iterdir()] == ["quiet.wav"]
