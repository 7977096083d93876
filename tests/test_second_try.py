"""A test that fails once and then passes is not passed over in silence."""

import subprocess
import sys
from pathlib import Path

RACY = """
from pathlib import Path

def test_sound():
    pass

def test_racy():
    trace = Path(__file__).with_name("trace")
    there = trace.exists()
    trace.touch()
    assert there

def test_broken():
    assert False
"""


def tried(folder, *words):
    """What pytest prints at last."""
    there = {"env": {"PYTHONPATH": str(Path(__file__).parent)}, "cwd": folder}
    command = [sys.executable, "-m", "pytest", "-p", "second_try", "--rootdir", folder, *words, "test_it.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, **there)
    return [line for line in done.stdout.splitlines() if "second try" in line]


def test_what_passes_only_when_tried_again_is_named(tmp_path):
    (tmp_path / "test_it.py").write_text(RACY)
    (tmp_path / "pytest.ini").touch()
    assert tried(tmp_path) == []
    assert tried(tmp_path, "--lf") == ["passed on the second try: test_it.py::test_racy"]
    assert tried(tmp_path, "--lf") == []  # that one is broken
