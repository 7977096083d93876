"""What listening costs while nobody speaks: the processor time of the real `vox talk` on file devices."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

from voxhumana.audio.file import SoundWriter
from voxhumana.bench import sounds
from voxhumana.config import Settings
from voxhumana.engine import Block
from voxhumana.errors import VoxError

RATE_HZ = 48_000
SETTLE_S = 3.0
"""After the engines are awake, and before counting begins."""


def measure(settings: Settings, seconds: float, *, noise: bool) -> dict[str, str | float]:
    """Let `vox talk` listen to silence, or to a fan at -50 dBFS; takes a little longer than `seconds`.

    Raises:
        VoxError: It did not begin, or ended too soon.
    """
    with tempfile.TemporaryDirectory() as folder:
        heard, said = Path(folder, "heard.wav"), Path(folder, "said.wav")
        length_s = seconds + 2 * SETTLE_S
        sound: Block = np.zeros(round(length_s * RATE_HZ), np.float32)
        if noise:
            fan = sounds.noise(np.random.default_rng(5), length_s, -50.0)
            sound = np.repeat(fan, RATE_HZ // sounds.RATE_HZ)
        with SoundWriter(heard, RATE_HZ) as file:
            file.write(sound)
        command = [sys.executable, "-m", "voxhumana.cli", "talk"]
        command += ["--input", f"file:{heard}", "--output", f"file:{said}", "--voice", settings.voice]
        command += ["--llm", settings.llm, "--stt", settings.stt, "--tts", settings.tts]
        env = os.environ | {"VOX_MEMORY": "false", "PYTHONUNBUFFERED": "1"}
        talk = subprocess.Popen(command, stdout=subprocess.PIPE, env=env, text=True)
        try:
            assert talk.stdout
            first = talk.stdout.readline()  # once the engines are awake
            process = psutil.Process(talk.pid)
            time.sleep(SETTLE_S)
            before, began_s = process.cpu_times(), time.monotonic()
            time.sleep(seconds)
            after, took_s = process.cpu_times(), time.monotonic() - began_s
            memory_mb = process.memory_info().rss / 1e6
        except psutil.Error as error:
            raise VoxError("`vox talk` ended before it could be measured; try it by hand.") from error
        finally:
            talk.terminate()
            rest = talk.communicate()[0]
        used_s = (after.user - before.user) + (after.system - before.system)
        words = len((first + rest).splitlines()) - 1
        return {
            "what": f"listening to {'a fan at -50 dBFS' if noise else 'silence'}",
            "seconds": took_s,
            "of one core %": 100 * used_s / took_s,
            "memory MB": memory_mb,
            "lines said": words,
        }
