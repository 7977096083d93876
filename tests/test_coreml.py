"""Core ML: the conversion of the native model, as far as it runs without a Mac; torch and coremltools."""

import numpy as np
import pytest
from typer.testing import CliRunner

from voxhumana.cli import app
from voxhumana.convert.coreml import check, export, weights
from voxhumana.convert.native import WEIGHTS
from voxhumana.errors import VoxError

pytestmark = [pytest.mark.torch, pytest.mark.timeout(600), pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    pytest.importorskip("coremltools")
    folder = tmp_path_factory.mktemp("coreml")
    return folder, export.export(folder)


def test_the_packages_hold_the_weights_within_half_precision(packages):
    folder, reports = packages
    depth = (
        len([name for name in weights.read(WEIGHTS / "casting.onnx") if name.startswith("modulate.")]) // 2
    )
    assert [reports[name].weights for name in sorted(reports)] == [3 + depth, 3 + 3 * depth, 3 + 3 * depth]
    for name, found in reports.items():
        assert (folder / f"{name}.mlpackage" / "Manifest.json").is_file()
        assert found.weight_error < 2**-11  # half precision has 11 bits


def test_what_is_saved_computes_what_onnx_does(packages):
    _, reports = packages
    assert reports["casting"].graph_error < 1e-5
    for found in reports.values():
        assert found.program_error < 2e-3  # each result rounded to half precision
        assert found.graph_error < 0.05  # onnxruntime rounds what it multiplies to int8


def test_the_targets_are_what_is_said(packages):
    import coremltools as ct

    folder, _ = packages
    specs = {}
    for name, version in (("casting", 7), ("decoder-macos13", 7), ("decoder-macos15", 9)):
        specs[name] = ct.models.MLModel(str(folder / f"{name}.mlpackage"), skip_model_load=True).get_spec()
        assert specs[name].specificationVersion == version  # 7: macOS 13; 9: macOS 15, with states
    states = {
        state.name: state.type.stateType.arrayType for state in specs["decoder-macos15"].description.state
    }
    own = weights.sizes(weights.read(WEIGHTS / "decoder.onnx"))
    assert set(states) == {f"state{at}" for at in range(own.depth)}
    assert all(list(array.shape) == [1, 6, own.width] for array in states.values())
    for name in ("decoder-macos13", "decoder-macos15"):
        told = next(i for i in specs[name].description.input if i.name == "told")
        shapes = [list(s.shape) for s in told.type.multiArrayType.enumeratedShapes.shapes]
        assert sorted(shapes) == [[1, blocks, 326] for blocks in export.BLOCKS]


def test_any_number_of_blocks_a_call_gives_what_onnxruntime_gives_block_by_block(packages):
    folder, _ = packages
    found = list(check.check(folder))
    assert [one.package for one in found] == ["decoder-macos13", "decoder-macos15"]
    assert all(one.fine and one.error < 0.01 for one in found)


class Deaf:
    """A runtime that gets it wrong."""

    def __init__(self, package):
        self._program = check.Program(package)
        self.make_state = self._program.make_state

    def predict(self, given, state):
        return {name: 0.9 * x for name, x in self._program.predict(given, state).items()}


def test_a_unit_that_computes_something_else_is_told(packages):
    folder, _ = packages
    assert not any(one.fine for one in check.check(folder, opened={"deaf": Deaf}))


def test_a_state_that_does_not_move_on_is_told(packages):
    """Else the check would pass for a runtime that forgets."""

    class Forgetful(Deaf):
        def predict(self, given, state):
            if "told" in given:
                given = {n: 0 * x if n.startswith("state") else x for n, x in given.items()}
            return self._program.predict(given, self.make_state())

    folder, _ = packages
    assert not any(one.fine for one in check.check(folder, opened={"forgetful": Forgetful}))


def test_the_command_shows_it_and_says_what_is_lacking(packages, tmp_path):
    folder, _ = packages
    shown = CliRunner().invoke(app, ["models", "check-coreml", str(folder)])
    assert shown.exit_code == 0
    assert "decoder-macos15" in shown.output
    assert "numpy, in half precision" in shown.output
    with pytest.raises(VoxError, match=r"lacks casting\.mlpackage.*vox models export --coreml"):
        next(check.check(tmp_path))


def test_what_is_no_package_is_refused(packages, tmp_path):
    for name in ("casting", "decoder-macos13", "decoder-macos15"):
        (tmp_path / f"{name}.mlpackage").mkdir()
    with pytest.raises(VoxError, match="does not run on numpy"):
        next(check.check(tmp_path))


def test_a_matrix_that_is_not_there_is_missed():
    matrix = np.ones((16, 32), np.float32)
    assert export.compare({"a": matrix}, [matrix.T]) == (1, 0.0)
    with pytest.raises(VoxError, match="missing"):
        export.compare({"a": matrix}, [np.ones((8, 64), np.float32)])


def test_weights_of_another_network_are_refused(packages, tmp_path):
    for name, other in (("decoder", "casting"), ("casting", "decoder"), ("decoder", "decoder")):
        (tmp_path / f"{name}.onnx").write_bytes((WEIGHTS / f"{other}.onnx").read_bytes())
        if (tmp_path / "casting.onnx").is_file():
            with pytest.raises(VoxError, match="another network"):
                export.export(tmp_path / "out", tmp_path)
