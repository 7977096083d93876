"""Core ML: the conversion of the native model, as far as it runs without a Mac; torch and coremltools."""

import numpy as np
import pytest

from voxhumana.convert import coreml

pytestmark = [
    pytest.mark.torch,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore"),
]


def test_the_packages_hold_the_weights_within_half_precision(tmp_path):
    pytest.importorskip("coremltools")
    for name, found in coreml.export(tmp_path).items():
        assert (tmp_path / f"{name}.mlpackage" / "Manifest.json").is_file()
        assert found["weights"] > 5
        assert found["weight_error"] < 2**-10
        assert (
            found["graph_error"] < 0.05
        )  # onnxruntime rounds what it multiplies to int8; the package does not


def test_a_matrix_that_is_not_there_is_missed():
    matrix = np.ones((16, 32), np.float32)
    assert coreml.compare(iter([matrix]), [matrix.T]) == (0.0, 1)
    with pytest.raises(coreml.VoxError, match="missing"):
        coreml.compare(iter([matrix]), [np.ones((8, 64), np.float32)])
