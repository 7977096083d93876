"""`vox voices`, run for real."""

import io
import json
import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from voxhumana.audio.file import SoundReader
from voxhumana.errors import UsageError
from voxhumana.library.shelf import Shelf

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


SAMPLE = str(files("voxhumana.library") / "sample.ogg")


@pytest.fixture
def inside(tmp_path, monkeypatch, capsys):
    """The command in this process, which spares its start; what it printed."""
    from voxhumana.cli import app

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VOX_DATA_DIR", str(tmp_path))

    def run(*words):
        app(["voices", *words], prog_name="vox", standalone_mode=False)
        return capsys.readouterr()

    return run


@pytest.mark.models
def test_a_voice_is_added_shown_spoken_given_away_and_removed(tmp_path, inside):
    told = ("--consent", "my own voice", "--licence", "private", "--tag", "warm")
    assert "my-dad is on the shelf" in inside("add", "My Dad", SAMPLE, *told, "--json", "added.json").out
    measured = json.loads((tmp_path / "added.json").read_text())
    assert measured["assessment"]["usable"]
    assert measured["voice"]["consent"] == "my own voice"
    listed = json.loads(inside("list", "--own", "--tag", "warm", "--json", "-").out)["voices"]
    assert [(voice["name"], voice["built_in"]) for voice in listed] == [("my-dad", False)]
    inside("preview", "my-dad", "--output", "file:dad.wav")
    with SoundReader(tmp_path / "dad.wav") as file:
        assert np.sqrt(np.mean(file.read(10**7) ** 2)) > 0.01
    inside("export", "my-dad", "dad.voxvoice")
    assert "my-dad is gone" in inside("remove", "my-dad").out
    assert "Consent: my own voice" in inside("import", "dad.voxvoice", "--name", "dad").out
    assert "dad is pa now" in inside("rename", "dad", "pa").out
    assert "pa: old" in inside("tag", "pa", "old", "--drop", "warm").out


@pytest.mark.models
def test_a_voice_is_recorded_from_a_microphone(tmp_path, inside):
    told = ("--consent", "my own voice", "--licence", "private", "--duration", "5")
    shown = inside("record", "me", "--input", f"file:{SAMPLE}", *told)
    assert "The north wind and the sun" in shown.err
    assert "me is on the shelf" in shown.out
    assert Shelf(tmp_path).find("me").engines["native"]["timbre"]


def test_a_microphone_that_is_not_there_is_refused_before_anything_is_asked_or_shown(inside, capsys):
    with pytest.raises(UsageError, match="no file"):
        inside("record", "me", "--input", "file:nowhere.wav")
    assert capsys.readouterr() == ("", "")


def test_a_question_that_nobody_answers_changes_nothing(tmp_path, monkeypatch, capsys):
    from voxhumana import cli

    monkeypatch.setenv("VOX_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["vox", "models", "remove", "mine"])
    person = io.StringIO("n\n")
    monkeypatch.setattr(person, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", person)
    (tmp_path / "models" / "mine").mkdir(parents=True)
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 1
    assert capsys.readouterr().err == "vox: You said no, so nothing was changed.\n"
    assert (tmp_path / "models" / "mine").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("add", "me", SAMPLE), "--consent"),
        (("add", "me", "nowhere.wav", "--consent", "x", "--licence", "x"), "There is no file"),
        (("remove", "uncle"), "is built in"),
        (("import", "nowhere.voxvoice"), "There is no file"),
    ],
)
def test_what_cannot_be_done_to_the_shelf_is_one_sentence(tmp_path, words, sentence):
    code, _, errors = vox(tmp_path, *words)
    assert code == 2
    assert sentence in errors
    assert errors.count("\n") == 1
