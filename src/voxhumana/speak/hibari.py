"""The embedded speech: hibari, an 8 MB model distilled from one Kokoro voice, 12-24 ms a sentence on a CPU.

Source: the package `hibari-tts` 0.2.1 (Apache-2.0, weights included); 1 word of 167 misheard by Whisper base.
"""

from __future__ import annotations

from collections.abc import Iterator

import hibari

from voxhumana.engine import Block
from voxhumana.errors import UsageError, VoxError
from voxhumana.voice import Voice

LONG = "and when the kettle sang the rain had gone over the hill " * 5
"""As long a sentence as a reply has, 15 s: working memory grows with the longest sentence spoken, by 56 MB
from one word to this, and is not given back."""
NOISE_SEED = 7
"""Of the breath noise: the same words sound the same, so that tests can compare."""


class HibariSpeaker:
    """One English voice inside the package; four more are fetched by hibari on first use.

    Args:
        model: A voice of hibari: heart (inside), fenrir, emma, fable, kore.
    """

    name = "hibari"
    rate_hz = hibari.SAMPLE_RATE

    def __init__(self, model: str = hibari.tts.DEFAULT) -> None:
        if model not in hibari.tts.VOICES:
            raise UsageError(f"hibari has no voice '{model}'; choose one of: {', '.join(hibari.tts.VOICES)}.")
        try:
            self._model = hibari.Hibari(voice=model)
        except RuntimeError as error:  # offline, or a download that is not what it should be
            raise VoxError(
                f"The hibari voice '{model}' could not be fetched; use 'heart', or go online."
            ) from error
        self._model(LONG, seed=NOISE_SEED)  # lexicon, kernels and memory now, not at the first reply

    def open(self, voice: Voice | None = None) -> HibariStream:  # noqa: ARG002
        """Begin a session; the shelf's voices come by converting what is spoken."""
        return HibariStream(self._model)


class HibariStream:
    """Keeps nothing between sentences."""

    def __init__(self, model: hibari.Hibari) -> None:
        self._model = model

    def push(self, item: str) -> Iterator[Block]:
        """Speak `item`, sentence by sentence, float32 [T] at 24 kHz each; nothing if it has no words."""
        if not any(c.isalnum() for c in item):
            return  # the model would breathe for 0.4 s
        for sound in self._model.stream(item, seed=NOISE_SEED):
            if len(sound):
                yield sound

    def flush(self) -> Iterator[Block]:
        """Yield nothing: every sentence is whole."""
        yield from ()
