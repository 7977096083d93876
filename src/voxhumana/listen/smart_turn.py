"""Has the speaker finished? Judged by ear, from the melody of the last words, not from what they mean.

Smart Turn v3.2 by Daily (BSD-2-Clause, see weights/NOTICE.md): Whisper tiny's encoder and a small head, int8,
that hears the last 8 s of the user's turn. Its mel is faster-whisper's, equal to the authors' to 5e-6.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from faster_whisper.feature_extractor import FeatureExtractor

from voxhumana import onnx
from voxhumana.engine import Block

MODEL = Path(__file__).parent / "weights" / "smart-turn-v3.2-cpu.onnx"
WINDOW_S = 8
"""What the model takes, with silence before a shorter turn (pipecat-ai 1.14, `LocalSmartTurnAnalyzerV3`)."""
VARIANCE = 1e-7
"""Added to the sound's, as in the training's normalisation (transformers, `zero_mean_unit_var_norm`)."""


class SmartTurn:
    """The model; shareable.

    Args:
        threads: CPU threads.
    """

    name = "smart-turn"
    rate_hz = 16_000

    def __init__(self, threads: int = 1) -> None:
        self._session = onnx.session(MODEL, threads=threads)
        self._mel = FeatureExtractor(sampling_rate=self.rate_hz, chunk_length=WINDOW_S)
        self.complete(np.zeros(self.rate_hz, np.float32))  # kernels now, not at the first turn

    def complete(self, sound: Block) -> float:
        """How surely the turn that is heard in `sound` is over, 0 to 1; its authors cut at 0.5.

        Args:
            sound: The user's turn so far, to the pause that raises the question, float32 [T] at 16 kHz; of a
                longer one than 8 s the end is heard.
        """
        window = np.zeros(WINDOW_S * self.rate_hz, np.float32)
        last = sound[-len(window) :]
        window[len(window) - len(last) :] = last
        window = (window - window.mean()) / np.sqrt(window.var() + VARIANCE)
        mel = self._mel(window, padding=0).astype(np.float32)  # [80, 800]
        (probability,) = self._session.run(["logits"], {"input_features": mel[None]})  # despite the name
        return float(probability.item())
