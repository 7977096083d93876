"""The architecture, held by a machine."""

import subprocess
import sys
from pathlib import Path


def test_imports_run_one_way():
    root = Path(__file__).parent.parent
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache"], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_help_imports_nothing_heavy():
    code = (
        "import sys, voxhumana.cli\n"
        "heavy = {'numpy', 'scipy', 'onnxruntime', 'av', 'pydantic', 'jack'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"vox --help would import {done.stderr}"


def test_the_audio_process_starts_without_the_database():
    code = (
        "import sys, voxhumana.process.session, voxhumana.library.shelf\n"
        "heavy = {'sqlalchemy', 'alembic', 'sqlite3'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"it would import {done.stderr}"


def test_the_audio_process_speaks_without_scipy():
    """Importing `scipy.signal` took two thirds of what it needs before it speaks."""
    code = (
        "import sys\n"
        "from voxhumana import registry\n"
        "from voxhumana.process import __main__\n"
        "registry.load_converter('dsp')\n"
        "heavy = {'scipy', 'onnxruntime', 'av', 'soxr'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"it would import {done.stderr}"
