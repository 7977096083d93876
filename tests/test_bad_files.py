"""Files that are no models, no voices, no database, to every command that takes one; the real `vox`.

Without torch: what needs it to be told apart is refused all the same (`test_hostile.py` holds the loaders).
"""

import os
import pickle
import shutil
import zipfile

import numpy as np
import pytest

from wrong import refused, tone, vox, write

pytestmark = pytest.mark.slow  # a hundred processes


class Payload:
    """Leaves a trace when it is unpickled without care."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return os.system, (f"touch {self.trace}",)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    write(folder / "good.wav", tone())
    (folder / "folder").mkdir()
    for ending in ("pth", "onnx", "ts", "safetensors", "index", "gguf", "voxvoice", "pt"):
        (folder / f"empty.{ending}").touch()
        (folder / f"noise.{ending}").write_bytes(np.random.default_rng(0).bytes(5_000))
    (folder / "huge.safetensors").write_bytes(b"\xff" * 8 + b"{}")
    trace = folder.parent / "ran"
    payload = pickle.dumps({"weight": Payload(trace)})
    (folder / "bare.pth").write_bytes(payload)
    with zipfile.ZipFile(folder / "evil.pth", "w") as archive:
        archive.writestr("a/data.pkl", payload)
    with zipfile.ZipFile(folder / "out.voxvoice", "w") as archive:
        archive.writestr("../../out.txt", "x")
    yield folder
    assert not trace.exists(), "a pickle was run"


BAD = (
    "nowhere.pth",
    "folder",
    "empty.pth",
    "noise.pth",
    "bare.pth",
    "evil.pth",
    "empty.onnx",
    "noise.onnx",
    "good.wav",
)
"""For whatever takes a model."""
TAKERS = {
    "add": ("models", "add", "{bad}"),
    "rvc": ("convert", "good.wav", "out.wav", "--engine", "rvc:{bad}"),
    "rave": ("convert", "good.wav", "out.wav", "--engine", "rave:{bad}"),
    "tune": ("bench", "rvc", "{bad}"),
    "content": ("models", "content", "{bad}"),
}


@pytest.mark.parametrize("command", TAKERS)
@pytest.mark.parametrize("bad", BAD)
def test_a_model_that_is_none(folder, command, bad):
    refused(folder, *(word.format(bad=bad) for word in TAKERS[command]))


@pytest.mark.parametrize(
    "bad", ["noise.ts", "noise.safetensors", "huge.safetensors", "noise.index", "noise.gguf", "/dev/zero"]
)
def test_a_model_of_another_kind_that_is_none(folder, bad):
    refused(folder, "models", "add", bad)


@pytest.mark.parametrize(
    "bad", ["nowhere.voxvoice", "folder", "empty.voxvoice", "noise.voxvoice", "out.voxvoice"]
)
def test_a_voice_to_import_that_is_none(folder, bad):
    refused(folder, "voices", "import", bad)
    assert not (folder.parent.parent / "out.txt").exists()


@pytest.mark.parametrize("engine", ["rvc", "rave", "autovc", "fragmentvc", "openvoice"])
def test_an_engine_that_the_voice_has_nothing_for(folder, engine):
    refused(folder, "convert", "good.wav", "out.wav", "--engine", engine)


USERS = (
    ("memory", "list"), ("memory", "search", "x"), ("memory", "export", "o.json"),
    ("memory", "forget", "--all"),
    ("token", "create", "x"), ("token", "list"), ("token", "revoke", "x"),
)  # fmt: skip
"""Every command that cannot do without the database."""


@pytest.mark.parametrize("words", USERS, ids=" ".join)
@pytest.mark.parametrize("spoilt", [b"Dear diary,\n" * 99, b"SQLite format 3\0" + b"\xff" * 5_000, None])
def test_a_database_that_is_none(tmp_path, words, spoilt):
    home = tmp_path / "data" / "voxhumana"
    home.mkdir(parents=True)
    (home / "voxhumana.db").mkdir() if spoilt is None else (home / "voxhumana.db").write_bytes(spoilt)
    assert "voxhumana.db" in refused(tmp_path, *words)


def test_voices_are_there_without_the_database(tmp_path):
    """Its index comes back from the folders; what was broken is kept aside."""
    home = tmp_path / "data" / "voxhumana"
    home.mkdir(parents=True)
    (home / "voxhumana.db").write_bytes(b"Dear diary,\n" * 99)
    code, out, errors = vox(tmp_path, "voices", "list")
    assert code == 0, errors
    assert "uncle" in out
    shutil.rmtree(home)
