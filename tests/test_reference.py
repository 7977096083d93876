"""`vox convert --reference FILE` from end to end, by the zero-shot engines, tiny, with the real layouts."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import voxhumana.library
from voxhumana.audio.file import SoundReader
from voxhumana.cli import app
from voxhumana.library.shelf import SAMPLE

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
]
REFERENCES = Path(voxhumana.library.__file__).parent / "references"
ENGINES = ("autovc", "fragmentvc", "openvoice")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    pytest.importorskip("torch")
    import tiny_voices

    folder = tmp_path_factory.mktemp("data")
    (folder / "models").mkdir()
    for name in ENGINES:
        getattr(tiny_voices, name)(folder / "models")
    return folder


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path_factory, request):
    if "data" in request.fixturenames:
        monkeypatch.setenv("VOX_DATA_DIR", str(request.getfixturevalue("data")))


def vox(*words):
    return CliRunner().invoke(app, ["convert", *map(str, words)])


def heard(path):
    with SoundReader(path) as file:
        return file.read(10**7)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_file_is_said_by_whom_a_recording_is_of(data, tmp_path, engine):
    outs = []
    for who in ("uncle", "lady"):
        out = tmp_path / f"{who}.wav"
        shown = vox(SAMPLE, out, "--engine", engine, "--reference", REFERENCES / f"{who}.ogg")
        assert shown.exit_code == 0, shown.output or shown.exception
        outs.append(heard(out))
    assert len(outs[0]) == len(outs[1]) == len(heard(SAMPLE))
    assert all(np.isfinite(out).all() and np.sqrt(np.mean(out**2)) > 1e-4 for out in outs)
    assert not np.allclose(*outs, atol=1e-4), "the recording makes no difference"


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_missing_is_one_sentence(engine, monkeypatch, tmp_path):
    monkeypatch.setenv("VOX_DATA_DIR", str(tmp_path))
    shown = vox(SAMPLE, tmp_path / "a.wav", "--engine", engine, "--reference", REFERENCES / "uncle.ogg")
    assert shown.exit_code != 0
    assert "is missing; put it into" in str(shown.exception)
