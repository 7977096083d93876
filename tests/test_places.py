"""Where engines find files, and that those among the models are what their receipts say."""

import os
from pathlib import Path

import pytest

from voxhumana.errors import VoxError
from voxhumana.library.models import filing
from voxhumana.library.models.recognise import Found
from voxhumana.library.models.store import RECEIPT, Store
from voxhumana.places import find, model


@pytest.fixture
def filed(tmp_path, monkeypatch):
    """A model of one file, added as people do."""
    monkeypatch.setenv("VOX_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "a.onnx").write_bytes(b"weights")
    filing.add(tmp_path / "a.onnx", Found("content encoder", "rvc"), Store(tmp_path / "data"), "mine")
    return tmp_path / "data" / "models" / "mine" / "a.onnx"


def test_a_file_is_found_beside_the_voice_first_then_among_the_models(filed, tmp_path):
    assert find("a.onnx", tmp_path, "x") == tmp_path / "a.onnx"
    assert find("a.onnx", None, "x") == filed
    assert find("mine/a.onnx", tmp_path / "none", "x") == filed
    assert find(str(filed), None, "x") == filed
    with pytest.raises(VoxError, match=r"The network 'b\.onnx' is missing; put it into"):
        find("b.onnx", None, "The network")


def test_a_model_is_found_by_the_name_that_it_was_filed_by(filed):
    assert model("mine") == filed.parent
    assert [model(name) for name in ("yours", "", "../mine", "mine/.", str(filed.parent))] == [None] * 5
    filed.write_bytes(b"wEights")
    os.utime(filed, ns=(2, 2))
    with pytest.raises(VoxError, match="remove the model 'mine' and get it again"):
        model("mine")


@pytest.mark.parametrize("data", [b"weights and more", b"wEights"])
def test_a_file_that_changed_since_it_was_filed_is_refused(filed, data):
    assert find("a.onnx", None, "x") == filed
    filed.write_bytes(data)
    os.utime(filed, ns=(1, 1))
    with pytest.raises(VoxError, match="remove the model 'mine' and get it again"):
        find("a.onnx", None, "x")


@pytest.mark.parametrize("data", [b"", b"{}", b'{"files": 3}', b'{"files": [{"path": "a.onnx"}]}'])
def test_a_damaged_receipt_is_told(filed, data):
    filed.with_name(RECEIPT).write_bytes(data)
    with pytest.raises(VoxError, match="is damaged; remove the model 'mine'"):
        find("a.onnx", None, "x")


def test_what_lies_among_the_models_without_a_receipt_is_taken(filed):
    loose = filed.parents[1] / "loose.onnx"
    loose.write_bytes(b"x")
    assert find("loose.onnx", None, "x") == loose
    other = filed.with_name("other.onnx")
    other.write_bytes(b"x")
    assert find("mine/other.onnx", Path("/none"), "x") == other
