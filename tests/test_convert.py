"""`vox convert`: names, folders, failures among many, references, progress."""

import json
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

import signals
from voxhumana.audio.file import SoundReader, SoundWriter
from voxhumana.commands.convert import pair
from voxhumana.errors import UsageError

VOX = Path(sys.executable).with_name("vox")


def vox(folder, *arguments):
    """Run the real command; its exit code, what it printed, and its errors."""
    done = subprocess.run([VOX, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def folder(tmp_path):
    for name in ("a.wav", "b.flac"):
        with SoundWriter(tmp_path / name, 48_000) as file:
            file.write(signals.speech(0.5, 48_000))
    return tmp_path


def load(path):
    with SoundReader(path) as file:
        return file.read(10**8)


@pytest.mark.parametrize("how", [[], ["--stream"]])
def test_the_identity_engine_gives_back_what_it_was_given(folder, how):
    code, _, errors = vox(
        folder, "convert", "a.wav", "out.flac", "--engine", "identity", *how, "--json", "m.json"
    )
    assert (code, errors) == (0, "")
    np.testing.assert_array_equal(load(folder / "out.flac"), load(folder / "a.wav"))
    measured = json.loads((folder / "m.json").read_text())
    assert measured["block"] == (256 if how else 24_000)
    assert measured["compute"]["blocks"] == (94 if how else 1)
    assert measured["latency_total_ms"] == pytest.approx(sum(measured["latency_ms"].values()))


def floats(path, samples):
    """A WAV file of these very numbers, float32 at 8 kHz."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream("pcm_f32le", rate=8_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[None].astype(np.float32), format="flt", layout="mono")
        frame.sample_rate = 8_000
        file.mux(stream.encode(frame))


def test_samples_that_are_no_numbers_are_told_and_a_file_of_nothing_else_is_refused(folder):
    floats(folder / "some.wav", np.where(np.arange(8_000) < 100, np.nan, 0.1))
    code, _, errors = vox(
        folder, "convert", "some.wav", "out.wav", "--engine", "identity", "--json", "m.json"
    )
    assert (code, json.loads((folder / "m.json").read_text())["no_numbers"]) == (0, 100)
    assert "100 samples of some.wav are no numbers" in errors
    floats(folder / "none.wav", np.full(8_000, np.nan))
    code, _, errors = vox(folder, "convert", "none.wav", "none.flac", "--engine", "identity")
    assert (code, errors) == (1, "vox: Not one sample of none.wav is a number; record or export it again.\n")
    assert not (folder / "none.flac").exists()


def test_several_files_go_into_a_folder_and_one_that_fails_does_not_stop_the_others(folder):
    (folder / "bad.wav").write_text("no sound")
    code, told, errors = vox(
        folder, "convert", "a.wav", "bad.wav", "b.flac", "out", "--engine", "identity", "--json", "m.json"
    )
    assert code == 1
    assert errors.splitlines() == [
        "vox: bad.wav is not a sound file that can be read; use one of: wav flac ogg opus mp3 m4a.",
        "vox: 1 of 3 files could not be converted; the others are done.",
    ]
    assert len(told.splitlines()) == 2
    assert sorted(p.name for p in (folder / "out").iterdir()) == ["a.wav", "b.flac"]
    assert [f.get("error", "") != "" for f in json.loads((folder / "m.json").read_text())["files"]] == [
        False,
        True,
        False,
    ]


def test_a_file_that_cannot_be_written_in_its_own_format_becomes_wav(folder):
    assert pair([folder / "film.mkv"], folder) == [(folder / "film.mkv", folder / "film.wav")]


@pytest.mark.parametrize(
    ("sources", "out", "sentence"),
    [
        (["a.wav"], "a.wav", "written over itself"),
        (["a.wav"], ".", "written over itself"),
        (["a.wav", "b.flac"], "b.flac", "is the name of a file"),
        (["a.wav", "b.flac"], "new.wav", "is the name of a file"),
        (["a.wav", "b.flac"], "no/where", "cannot be one"),
        (["a.wav", "x/a.wav"], "out", "would both become"),
    ],
)
def test_names_that_would_destroy_something_are_refused(folder, sources, out, sentence):
    with pytest.raises(UsageError, match=sentence):
        pair([folder / name for name in sources], folder / out)


@pytest.mark.parametrize(
    "references", [["--reference", "a.wav", "b.flac"], ["--reference", "a.wav", "--reference=b.flac"]]
)
def test_an_engine_that_cannot_imitate_says_so_and_references_are_never_overwritten(folder, references):
    before = (folder / "b.flac").read_bytes()
    code, _, errors = vox(folder, "convert", "a.wav", "out.wav", *references, "--engine", "identity")
    assert code == 2
    assert errors == "vox: The engine 'identity' cannot take a voice from recordings; use --voice.\n"
    assert (folder / "b.flac").read_bytes() == before
    assert not (folder / "out.wav").exists()


def test_a_voice_and_references_exclude_each_other(folder):
    code, _, errors = vox(folder, "convert", "a.wav", "o.wav", "--voice", "uncle", "--reference", "b.flac")
    assert code == 2
    assert "leave one of them out" in errors
