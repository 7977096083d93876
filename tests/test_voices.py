"""`vox voices`, run for real."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from voxhumana.audio.file import SoundReader

VOX = Path(sys.executable).with_name("vox")


def vox(folder, *arguments):
    """Run the real command with its data in `folder`; exit code, what it printed, and its errors."""
    done = subprocess.run(
        [VOX, "voices", *arguments],
        cwd=folder,
        env=os.environ | {"VOX_DATA_DIR": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_the_list_names_everyone_and_what_cannot_be_read(tmp_path):
    (tmp_path / "voices").mkdir()
    (tmp_path / "voices" / "bad.yaml").write_text("a: [")
    code, out, errors = vox(tmp_path, "list")
    assert code == 0
    assert "uncle" in out
    assert "CC0-1.0" in out
    assert "bad.yaml" in errors
    assert errors.count("\n") == 1


def test_the_list_is_json_where_asked(tmp_path):
    code, out, errors = vox(tmp_path, "list", "--json", "-")
    assert (code, errors) == (0, "")
    assert "uncle" in [voice["name"] for voice in json.loads(out)["voices"]]
    assert vox(tmp_path, "list", "--json", "list.json")[0] == 0
    assert json.loads((tmp_path / "list.json").read_text()) == json.loads(out)


def test_a_voice_is_shown_whole(tmp_path):
    code, out, _ = vox(tmp_path, "show", "uncle")
    assert code == 0
    assert "pitch_hz" in out
    assert json.loads(vox(tmp_path, "show", "uncle", "--json", "-")[1])["engines"]["dsp"]["pitch_hz"]


@pytest.mark.parametrize("command", [["show"], ["preview", "--output", "file:x.wav"]])
def test_an_unknown_voice_is_one_sentence(tmp_path, command):
    code, out, errors = vox(tmp_path, *command, "unkle")
    assert (code, out) == (2, "")
    assert errors.startswith("vox: There is no voice 'unkle'; did you mean 'uncle'")
    assert not list(tmp_path.iterdir())


def test_a_preview_speaks_into_a_file(tmp_path):
    code, _, errors = vox(tmp_path, "preview", "uncle", "--output", "file:uncle.wav")
    assert (code, errors) == (0, "")
    with SoundReader(tmp_path / "uncle.wav") as file:
        sound = file.read(10**7)
        assert len(sound) / file.rate_hz > 3
    assert np.sqrt(np.mean(sound**2)) > 0.02
