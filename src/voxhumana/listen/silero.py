"""Voice activity by Silero VAD v6: one probability of speech every 32 ms, 0.08 ms of compute each.

Source: snakers4/silero-vad (MIT); the ONNX file is the one that faster-whisper carries, with the recurrent
state (h, c) as inputs.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import onnxruntime

from voxhumana import onnx, weights
from voxhumana.dialogue import Activity
from voxhumana.engine import Block

MODEL = weights.Carried(
    ("faster_whisper/assets/silero_vad_v6.onnx",),
    "4cbf549b8326f60f80f2536d9eefeb450a9abe83365a098031c89719f1be17d2",
    "pip install faster-whisper==1.2.1",
)
CONTEXT = 64
"""Samples of the frame before that the model sees again (silero-vad, `OnnxWrapper`)."""


class Silero:
    """The detector; its session is shared by all streams."""

    name = "silero"
    rate_hz = 16_000
    hop = 512

    def __init__(self) -> None:
        self._session = onnx.session(weights.read(MODEL), "Silero VAD")

    def open(self) -> SileroStream:
        """Begin a session, as if silence had gone before."""
        return SileroStream(self._session)


class SileroStream:
    """The model's memory and the samples that do not fill a frame yet."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session
        self._state = {"h": np.zeros((1, 1, 128), np.float32), "c": np.zeros((1, 1, 128), np.float32)}
        self._held = np.zeros(CONTEXT, np.float32)
        self._end = 0

    def push(self, item: Block) -> Iterator[Activity]:
        """Yield one `Activity` for each frame of 512 samples that is whole now."""
        self._held = np.concatenate([self._held, item])
        while len(self._held) >= CONTEXT + Silero.hop:
            frame, self._held = self._held[: CONTEXT + Silero.hop], self._held[Silero.hop :]
            speech, h, c = self._session.run(None, {"input": frame[None], **self._state})
            self._state = {"h": h, "c": c}
            self._end += Silero.hop
            yield Activity(self._end, float(speech.item()))

    def flush(self) -> Iterator[Activity]:
        """Yield nothing: half a frame says nothing."""
        yield from ()
