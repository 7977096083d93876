"""ONNX sessions: the provider that was chosen, or the CPU and a sentence that says so."""

from pathlib import Path

import pytest

from voxhumana import onnx
from voxhumana.bench.convert import engine_rows
from voxhumana.config import Settings
from voxhumana.errors import UsageError, VoxError

MODEL = Path(__file__).parent / "models" / "vec-256-layer-9.onnx"


@pytest.fixture(autouse=True)
def as_before():
    yield
    onnx.choose("cpu")
    onnx.notices.clear()


def test_a_provider_that_is_not_there_gives_way_to_the_cpu_and_says_so(monkeypatch):
    monkeypatch.setattr(onnx.ort, "get_available_providers", lambda: ["CPUExecutionProvider"])
    onnx.choose("cuda")
    (notice,) = onnx.notices
    assert notice.startswith("This onnxruntime has no cuda, so the CPU is used (pip install onnxruntime-gpu")
    assert onnx.session(MODEL).get_providers() == ["CPUExecutionProvider"]


def test_a_model_that_a_provider_cannot_run_gives_way_too(monkeypatch):
    monkeypatch.setattr(onnx.ort, "get_available_providers", lambda: list(onnx.PROVIDERS.values()))
    real = onnx.ort.InferenceSession

    def picky(model, options, providers):
        if providers[0] != "CPUExecutionProvider":
            raise RuntimeError("this graph is not for me")
        return real(model, options, providers=providers)

    monkeypatch.setattr(onnx.ort, "InferenceSession", picky)
    onnx.choose("coreml")
    onnx.session(MODEL)
    assert "does not run on coreml" in onnx.notices[0]
    assert "not for me" in onnx.notices[0]


def test_an_unknown_provider_and_a_damaged_model_are_refused(tmp_path):
    with pytest.raises(UsageError, match="choose one of: cpu, coreml, cuda, directml"):
        onnx.choose("abacus")
    (tmp_path / "a.onnx").write_bytes(b"no model")
    with pytest.raises(VoxError, match=r"a\.onnx is damaged"):
        onnx.session(tmp_path / "a.onnx")
    with pytest.raises(VoxError, match="no file"):
        onnx.session(tmp_path / "none.onnx")


def test_the_table_of_engines_has_a_row_for_each_or_says_what_it_lacks(tmp_path, monkeypatch):
    import voxhumana.bench.convert as bench

    monkeypatch.setattr(bench, "converter_names", lambda: ["identity", "rvc", "autovc", "dsp"])
    rows = {row["engine"]: row for row in engine_rows(Settings(data_dir=tmp_path, frames=960))}
    assert rows["identity"]["latency_ms"] == 0
    assert rows["dsp"]["memory_mb"] >= 0
    assert "needs a voice" in rows["rvc"]["lacks"]
    assert "recording" in rows["autovc"]["lacks"]
