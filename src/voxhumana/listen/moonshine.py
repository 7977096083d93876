"""Speech recognition by Moonshine: its encoder is as long as the sound, so short turns cost little.

The library (MIT, 20 MB, no torch) fetches a model at first use, once; the English ones are MIT too.
Source: Jeffries et al. 2024, arXiv:2410.15608; the package `moonshine-voice` 0.1.5.
"""

from __future__ import annotations

import numpy as np

from voxhumana.engine import Block
from voxhumana.errors import UsageError, VoxError

INSTALL = "pip install 'voxhumana[moonshine]'"
try:
    from moonshine_voice import ModelArch, Transcriber, get_model_for_language
except (ImportError, OSError) as error:  # its own library needs glibc 2.34
    raise VoxError(f"Moonshine is not installed or does not run here ({error}); run `{INSTALL}`.") from error

MODELS = {arch.name.lower().replace("_", "-"): arch for arch in ModelArch}
"""What may follow the colon: tiny, base, tiny-streaming, ..."""


class Moonshine:
    """The engine; one call at a time.

    Args:
        model: One of `MODELS`, English; empty = the library's choice.
    """

    name = "moonshine"
    rate_hz = 16_000
    longest = 29 * 16_000

    def __init__(self, model: str = "") -> None:
        if model and model not in MODELS:
            raise UsageError(f"Moonshine has no model '{model}'; choose one of: {', '.join(MODELS)}.")
        try:
            folder, arch = get_model_for_language("en", MODELS.get(model))
            self._model = Transcriber(folder, arch)
        except Exception as error:  # the network, the disk, and its own
            why = " ".join(str(error).split())
            raise VoxError(
                f"The Moonshine model cannot be loaded ({why}); go online once, or use another: --stt whisper"
            ) from error
        self.transcribe(np.zeros(self.rate_hz, np.float32))

    def transcribe(self, sound: Block) -> str:
        """Return the words in `sound`, float32 [T] at 16 kHz, T <= `longest`."""
        heard = self._model.transcribe_without_streaming(sound.tolist(), self.rate_hz)
        return " ".join(line.text.strip() for line in heard.lines if line.text.strip())
