"""What is said, as HuBERT or ContentVec hears it: an ONNX file of the user's.

    float32 [N] at 16 kHz -> float32 [N // 320, 256 or 768], a frame every 20 ms

Known shapes: RVC's `vec-768-layer-12.onnx` (`source` [1, 1, N]), w-okada's `contentvec-f.onnx` (`audio`
[1, N]; outputs `units9`, `unit12`), and plain exports of Hugging Face's HuBERT (`input_values` [1, N]).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from voxhumana import onnx
from voxhumana.errors import VoxError

Array = npt.NDArray[np.float32]

RATE_HZ = 16_000
STRIDE = 320
"""Samples a frame."""
BEYOND = 80
"""Samples past a frame's own 320 that its convolutions reach."""


class Content:
    """An encoder; shared by sessions.

    Args:
        path: The ONNX file.
        channels: What the voice was trained on, 256 or 768.

    Raises:
        VoxError: It does not give frames of so many channels.
    """

    def __init__(self, path: Path, channels: int) -> None:
        self._session = onnx.session(path)
        taken = self._session.get_inputs()
        if len(taken) != 1:
            raise VoxError(f"{path.name} wants {len(taken)} inputs; a content encoder has one, the sound.")
        self._input, self._channels = taken[0], channels
        names = [output.name for output in self._session.get_outputs()]
        layer = "12" if channels == 768 else "9"
        self._output = next((name for name in names if layer in name and "unit" in name), names[0])
        try:
            self.hear(np.zeros(RATE_HZ + BEYOND, np.float32))
        except Exception as error:
            raise VoxError(
                f"{path.name} gives no frames of {channels} channels  every 20 ms, as the voice needs; v1 "
                "want HuBERT's layer 9, v2 its layer 12."
            ) from error

    def hear(self, sound: Array) -> Array:
        """float32 [(N - 80) // 320, channels] of [N]."""
        shaped = sound.reshape((1,) * (len(self._input.shape) - 1) + (-1,))
        if "float16" in self._input.type:
            shaped = shaped.astype(np.float16)
        frames = self._session.run([self._output], {self._input.name: shaped})[0]
        frames = frames.reshape(frames.shape[-2:])
        if frames.shape[1] != self._channels:
            frames = frames.T
        count = (len(sound) - BEYOND) // STRIDE
        if frames.shape[1] != self._channels or len(frames) < count:
            raise ValueError(frames.shape)
        out: Array = frames[:count].astype(np.float32)
        return out
