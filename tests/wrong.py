"""The real `vox` in a world of its own, and what a refusal must look like; for `test_bad_*.py`."""

import os
import subprocess
import sys
from pathlib import Path

import av
import numpy as np

from voxhumana.audio.file import SoundReader, SoundWriter

VOX = Path(sys.executable).with_name("vox")
RATE = 16_000


def start(folder, *arguments, **more):
    """The real command, in a world of its own: no settings and no voices of the user's."""
    world = {k: v for k, v in os.environ.items() if not k.startswith("VOX_")}
    world |= {"XDG_CONFIG_HOME": str(folder / "config"), "XDG_DATA_HOME": str(folder / "data")}
    world |= more.pop("env", {})
    program = more.pop("program", VOX)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | more
    return subprocess.Popen([program, *map(str, arguments)], cwd=folder, env=world, text=True, **pipes)


def vox(folder, *arguments, **more):
    """Run it to its end: exit code, what it printed, its errors."""
    process = start(folder, *arguments, **more)
    out, errors = process.communicate(timeout=100)
    return process.returncode, out, errors


def files(folder):
    """What is there and since when; but for the database, whose index of voices comes by itself."""
    there = (p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("voxhumana.db"))
    return {p: p.stat().st_mtime_ns for p in there}


def write(path, sound, rate_hz=RATE):
    with SoundWriter(path, rate_hz) as file:
        file.write(np.asarray(sound, np.float32))


def write_float(path, sound):
    with av.open(str(path), "w") as file:
        stream = file.add_stream("pcm_f32le", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.float32(sound)[None], format="flt", layout="mono")
        frame.sample_rate = RATE
        file.mux(stream.encode(frame))


def load(path):
    with SoundReader(path) as file:
        return file.rate_hz, file.read(10**7)


def tone(samples=RATE // 4):
    return 0.3 * np.sin(np.arange(samples) * 0.1)


def refused(folder, *arguments, **more):
    """The sentence with which the command is refused, checked to be one."""
    before = files(folder)
    code, _, errors = vox(folder, *arguments, **more)
    assert code in {1, 2}, errors
    assert errors.startswith("vox: ")
    assert errors.endswith((".\n", "?\n"))
    assert errors.count("\n") == 1, errors
    assert files(folder) == before
    return errors
