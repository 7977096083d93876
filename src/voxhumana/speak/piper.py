"""Speech by Piper, in a process of its own: it is GPL-3, so it is run and never imported.

    to it      a sentence a line, on its standard input
    from it    a WAV file a line, in a folder of ours, and "... Wrote PATH" on its standard error

The files, not its raw stream (`--output-raw`): there nothing tells where a sentence ends. The process lives
as long as the engine, so its voice is loaded once; should we be killed, it ends as its input closes.
Source: OHF-Voice/piper1-gpl 1.8.0, `__main__.py`.
"""

from __future__ import annotations

import contextlib
import json
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import wave
import weakref
from pathlib import Path
from typing import IO

import numpy as np

from voxhumana import places
from voxhumana.engine import Block
from voxhumana.errors import UsageError, VoxError
from voxhumana.speak.whole import WholeSentences
from voxhumana.voice import Voice

INSTALL = "pip install 'voxhumana[piper]'"
VOICES = "python -m piper.download_voices en_US-lessac-medium"
WAIT_S = 60.0
"""For one sentence, and for loading the voice before the first."""
LARGEST = 1 << 20
"""Bytes of a voice's settings file; real ones have 5 to 10 kB."""


class Piper:
    """The engine; one sentence at a time, in the order asked for.

    Args:
        model: The voice, `PATH.onnx` with its settings beside it, `PATH.onnx.json`; or the name that
            `vox models add` filed it by.
    """

    name = "piper"

    def __init__(self, model: str = "") -> None:
        if not model:
            raise UsageError(
                f"Piper needs a voice, piper:PATH.onnx or the name of an added one; to get one: {VOICES}"
            )
        self._voice = Path(model).expanduser()
        if not self._voice.is_file() and (filed := places.model(model)):
            self._voice = next(filed.glob("*.onnx"), self._voice)
        if not self._voice.is_file():
            raise UsageError(f"There is no Piper voice {self._voice}; to get one: {VOICES}")
        self.rate_hz = _rate_hz(Path(f"{self._voice}.json"))
        self._one = threading.Lock()
        self._process: _Process | None = None
        self.speak("Ready.")

    def open(self, voice: Voice | None = None) -> WholeSentences:  # noqa: ARG002
        """Begin a session; the shelf's voices come by converting what is spoken."""
        return WholeSentences(self.speak)

    def speak(self, sentence: str) -> Block:
        """Speak one sentence, float32 [T] at `rate_hz`; a process that died is started again next time.

        Raises:
            VoxError: Piper is not installed, cannot read the voice, or gives up.
        """
        with self._one:
            process = self._process or _Process(_program(), self._voice)
            self._process = None
            sound = process.speak(" ".join(sentence.split()), self.rate_hz)
            self._process = process  # only if it did not raise
            return sound


class _Process:
    """A running Piper and the folder that it writes to."""

    def __init__(self, program: list[str], voice: Path) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="vox-piper-"))
        command = [*program, "--model", str(voice), "--output-dir", str(self._folder)]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
            )
        except OSError as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise VoxError(f"Piper cannot be started ({error.strerror}); run: {INSTALL}") from error
        self._told: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        assert self._process.stderr
        threading.Thread(
            target=_listen, args=(self._process.stderr, self._told), name="piper", daemon=True
        ).start()
        self.stop = weakref.finalize(self, _stop, self._process, self._folder)

    def speak(self, line: str, rate_hz: int) -> Block:
        assert self._process.stdin
        with contextlib.suppress(BrokenPipeError):  # what it says on standard error tells more
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        said = ""
        while True:
            try:
                told = self._told.get(timeout=WAIT_S)
            except queue.Empty:
                self.stop()
                raise VoxError(f"Piper has been silent for {WAIT_S:.0f} s; try a smaller voice.") from None
            if told is None:
                self.stop()
                raise VoxError(
                    f"Piper failed ({said or 'it says nothing'}); check its voice, or run: {INSTALL}"
                )
            said = told.strip() or said
            path = Path(said.partition("Wrote ")[2])
            if path.parent == self._folder and path.suffix == ".wav":
                return _read(path, rate_hz)


def _listen(stream: IO[str], told: queue.SimpleQueue[str | None]) -> None:
    """On a thread: pass the process's lines on, and None when it ends."""
    with stream:
        for line in stream:
            told.put(line)
    told.put(None)


def _stop(process: subprocess.Popen[str], folder: Path) -> None:
    process.kill()
    process.wait()
    if process.stdin:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
    shutil.rmtree(folder, ignore_errors=True)


def _program() -> list[str]:
    """The one that was installed beside us, else the one on the search path."""
    beside = shutil.which("piper", path=str(Path(sys.executable).parent))
    found = beside or shutil.which("piper")
    if not found:
        raise VoxError(f"Piper is not installed; run `{INSTALL}`.")
    return [found]


def _rate_hz(path: Path) -> int:
    try:
        with path.open("rb") as file:
            return int(json.loads(file.read(LARGEST))["audio"]["sample_rate"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"The Piper voice needs its settings in {path}; keep the two files together ({VOICES})."
        ) from error


def _read(path: Path, rate_hz: int) -> Block:
    """What it wrote, 16-bit mono; the file goes."""
    try:
        with wave.open(str(path), "rb") as file:
            shape = file.getframerate(), file.getnchannels(), file.getsampwidth()
            data = file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise VoxError(f"Piper wrote no sound ({error}); check its voice.") from error
    finally:
        path.unlink(missing_ok=True)
    if shape != (rate_hz, 1, 2):
        raise VoxError("Piper wrote another kind of sound than its voice promises; check its voice.")
    sound: Block = np.frombuffer(data, "<i2").astype(np.float32)
    sound /= 32768
    return sound
