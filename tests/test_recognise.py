"""Model files told from their headers, hostile ones refused in a sentence, nothing run."""

import json
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voxhumana.convert.native import WEIGHTS
from voxhumana.errors import UsageError, VoxError
from voxhumana.library.models import onnx_header, recognise, safetensors_header

ONNX = (WEIGHTS / "voiceprint.onnx").read_bytes()


def safetensors(head, data=b""):
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    return struct.pack("<Q", len(text)) + text + data


GOOD = safetensors(
    {
        "__metadata__": {"format": "pt"},
        "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
        "b": {"dtype": "I64", "shape": [], "data_offsets": [24, 32]},
    },
    bytes(32),
)


def put(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    return path


def test_an_onnx_file_tells_what_goes_in_and_out(tmp_path):
    found = recognise.recognise(WEIGHTS / "voiceprint.onnx")
    assert found.kind == "ONNX network"
    assert found.engine is None
    assert found.facts["inputs"] == "mel [windows 160 40]"
    assert "LSTM" in onnx_header.read(WEIGHTS / "voiceprint.onnx").operators


def test_a_safetensors_file_tells_its_tensors(tmp_path):
    header = safetensors_header.read(put(tmp_path, "x.safetensors", GOOD))
    assert header.shapes == {"a": (2, 3), "b": ()}
    assert header.metadata == {"format": "pt"}
    assert recognise.recognise(tmp_path / "x.safetensors").problems


def tensor(**changes):
    return safetensors({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]} | changes}, bytes(4))


@pytest.mark.parametrize(
    "data",
    [
        GOOD[:-1],
        GOOD[:40],
        b"\xff" * 100,
        struct.pack("<Q", 1 << 62) + b"{}",
        safetensors(b"[1, 2]"),
        safetensors(b"[" * 100_000),
        safetensors(b'{"a": 1}'),
        tensor(shape=[2]),
        tensor(shape=[-1, -1]),
        tensor(shape=[1 << 40, 0]) + b"x",
        tensor(shape=[10**30]),
        tensor(shape=["1"]),
        tensor(dtype="F31"),
        tensor(data_offsets=[4, 8]),
        tensor(data_offsets=[0]),
        tensor(data_offsets=["a", "b"]),
    ],
)
def test_a_damaged_or_lying_safetensors_file_is_one_sentence(tmp_path, data):
    with pytest.raises(VoxError, match=r"is not a whole safetensors file \(.*\); download it again\.$"):
        safetensors_header.read(put(tmp_path, "x.safetensors", data))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 60_000), byte=st.integers(0, 255), end=st.integers(0, len(ONNX)))
def test_an_onnx_file_changed_or_cut_anywhere_is_told_or_refused(tmp_path, at, byte, end):
    data = bytearray(ONNX[:end])
    if at < len(data):
        data[at] = byte
    try:
        onnx_header.read(put(tmp_path, "x.onnx", bytes(data)))
    except VoxError as error:
        assert "is not a whole ONNX file" in str(error)  # noqa: PT017


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.binary(min_size=1, max_size=300), ending=st.sampled_from(["onnx", "safetensors", "pth", "bin"])
)
def test_no_bytes_break_recognition(tmp_path, data, ending):
    try:
        found = recognise.recognise(put(tmp_path, f"x.{ending}", data))
    except VoxError:
        return
    assert found.problems  # a few bytes may be a whole file, but not one that an engine would run


def test_weights_outside_the_file_are_a_problem(tmp_path):
    external = b"\x6a\x02\x0a\x00"  # TensorProto.external_data, one empty pair
    graph = b"\x2a" + bytes([len(external)]) + external + b"\x62\x03\x0a\x01y"
    found = recognise.recognise(put(tmp_path, "x.onnx", b"\x3a" + bytes([len(graph)]) + graph))
    assert any("other files" in problem for problem in found.problems)


def test_what_nobody_knows_is_a_sentence(tmp_path):
    with pytest.raises(UsageError, match="There is no file"):
        recognise.recognise(tmp_path / "x.onnx")
    with pytest.raises(VoxError, match="is empty"):
        recognise.recognise(put(tmp_path, "x.onnx", b""))
    with pytest.raises(VoxError, match="no kind of model that is known"):
        recognise.recognise(put(tmp_path, "x.dat", b"\x80\x04cos\nsystem\n."))
    with pytest.raises(VoxError, match="no torch file"):
        recognise.recognise(put(tmp_path, "x.pth", b"\x80\x04cos\nsystem\n."))


def test_a_recogniser_of_ours_is_a_function_that_is_there():
    for name in recognise.RECOGNISERS:
        module, _, function = name.partition(":")
        assert callable(getattr(__import__(module, fromlist=[function]), function))
