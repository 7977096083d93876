"""The example converter: held to the contract, and found by its entry point once installed."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

import signals
from contract import StageContract
from voxhumana.audio.file import SoundReader, SoundWriter

EXAMPLE = Path(__file__).parents[1] / "examples" / "ringmod"


class TestRingMod(StageContract):
    tolerance = 1e-6

    def make(self):
        sys.path.insert(0, str(EXAMPLE))
        try:
            import ringmod
        finally:
            sys.path.remove(str(EXAMPLE))
        return ringmod.RingMod()


def test_it_takes_under_60_lines():
    assert len((EXAMPLE / "ringmod.py").read_text().splitlines()) < 60


def test_once_installed_vox_knows_it(tmp_path):
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*pip, "--target", site, EXAMPLE], check=True, timeout=100)
    sound = signals.speech(0.5, 48_000)
    with SoundWriter(tmp_path / "in.wav", 48_000) as file:
        file.write(sound)
    path = os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])])
    vox = [sys.executable, "-m", "voxhumana.cli", "convert", "in.wav", "out.wav", "--engine", "ringmod"]
    subprocess.run(vox, cwd=tmp_path, env={**os.environ, "PYTHONPATH": path}, check=True, timeout=100)
    with SoundReader(tmp_path / "out.wav") as file:
        out = file.read(10**6)
    carrier = 0.4 + 0.6 * np.cos(2 * np.pi * 30 * np.arange(len(sound)) / 48_000)
    assert np.corrcoef(out, sound * carrier)[0, 1] > 0.99
