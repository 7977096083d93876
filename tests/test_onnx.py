"""ONNX sessions: the provider that was chosen, or the CPU and a sentence that says so."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from voxhumana import SILENT, onnx
from voxhumana.bench.convert import engine_rows
from voxhumana.build import provide
from voxhumana.config import Settings
from voxhumana.errors import UsageError, VoxError
from voxhumana.library.shelf import SAMPLE

MODEL = Path(__file__).parent / "models" / "vec-256-layer-9.onnx"


@pytest.fixture(autouse=True)
def as_before():
    yield
    onnx.choose("cpu")
    onnx.notices.clear()
    onnx._listeners.clear()


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


@pytest.mark.parametrize("command", ["serve", "studio", "say", "talk"])
def test_every_command_that_loads_an_engine_says_what_the_cpu_runs_instead(monkeypatch, capsys, command):
    from voxhumana.commands.provider import provide

    monkeypatch.setattr(onnx.ort, "get_available_providers", lambda: ["CPUExecutionProvider"])
    module = importlib.import_module(f"voxhumana.commands.{command}")
    assert module.provide is provide
    module.provide(Settings(provider="directml"))
    assert "vox: This onnxruntime has no directml, so the CPU is used" in capsys.readouterr().err


def test_what_is_told_later_is_heard_as_well(monkeypatch):
    monkeypatch.setattr(onnx.ort, "get_available_providers", lambda: list(onnx.PROVIDERS.values()))
    heard = []
    provide(Settings(provider="cuda"), heard.append)
    assert heard == []
    onnx._tell("a.onnx does not run on cuda, so the CPU is used (so).")
    onnx._tell("a.onnx does not run on cuda, so the CPU is used (so).")
    assert heard == ["a.onnx does not run on cuda, so the CPU is used (so)."]


def test_a_live_session_tells_its_face(monkeypatch, tmp_path):
    from voxhumana.process.session import Session

    monkeypatch.setattr(onnx.ort, "get_available_providers", lambda: ["CPUExecutionProvider"])
    told = []
    files = {"input": f"file:{SAMPLE}", "output": f"file:{tmp_path / 'out.wav'}"}
    session = Session(Settings(provider="coreml", voice="ogre", data_dir=tmp_path, **files), told.append)
    session.live.stop()
    session.live.run()
    assert any("no coreml, so the CPU is used" in getattr(one, "text", "") for one in told)


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
    assert rows["dsp"]["memory_mb"] > 1
    assert "needs a voice" in rows["rvc"]["lacks"]
    assert "recording" in rows["autovc"]["lacks"]


def test_the_runtime_reports_to_nobody(tmp_path):
    """Left to itself it keeps a device ID in the cache folder, and looks for its maker's collector."""
    code = f"from voxhumana import onnx; from pathlib import Path; onnx.session(Path({str(MODEL)!r}))"
    world = os.environ | {"XDG_CACHE_HOME": str(tmp_path)}
    world = {name: value for name, value in world.items() if name not in SILENT}
    subprocess.run([sys.executable, "-c", code], env=world, check=True, timeout=60)
    assert list(tmp_path.iterdir()) == []
