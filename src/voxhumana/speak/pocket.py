"""Speech by Pocket TTS (Kyutai): 100 M parameters made for CPUs, streamed in frames of 80 ms, any voice.

The library is MIT. It fetches its model at first use, once (CC-BY-4.0, says its card); the one that clones is
fetched only after its terms were accepted there. Source: the package `pocket-tts` 4.0.1.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from voxhumana.engine import Block
from voxhumana.errors import UsageError, VoxError
from voxhumana.speak import reference
from voxhumana.voice import Voice

INSTALL = "pip install 'voxhumana[pocket]'"
FETCH = "pocket-tts generate"
try:
    import torch
    from pocket_tts import TTSModel
except ImportError as error:
    raise VoxError(f"Pocket TTS is not installed ({error}); run `{INSTALL}`.") from error

SPEAKER = "alba"
"""Of the voices in the library's catalogue."""


class Pocket:
    """The engine; one session speaks at a time.

    Args:
        model: `SPEAKER` or `SPEAKER@CONFIG`: a name of the library's catalogue, a sound file or an exported
            `.safetensors` voice; and a language of the library or the path of its YAML file.
        device: `cpu`, or `cuda` where there is one; `auto` is the CPU, which the model was made for.
    """

    name = "pocket"

    def __init__(self, model: str = "", device: str = "auto") -> None:
        speaker, _, config = model.partition("@")
        self._speaker = speaker or SPEAKER
        wanted = "cpu" if device == "auto" else device
        if wanted != "cpu" and not (wanted == "cuda" and torch.cuda.is_available()):
            raise UsageError(f"Pocket TTS does not run on '{device}' here; choose one of: auto, cpu, cuda.")
        logging.getLogger("pocket_tts").setLevel(logging.ERROR)
        which = {"config": config} if config.endswith((".yaml", ".yml")) else {"language": config or None}
        try:
            self._model: Any = TTSModel.load_model(**which).to(wanted)
        except Exception as error:  # the hub, the network, YAML, pydantic, safetensors: each has its own
            raise VoxError(
                f"Pocket TTS cannot be loaded ({_line(error)}); go online once and run: {FETCH}"
            ) from error
        self.rate_hz = int(self._model.sample_rate)
        self._one = threading.Lock()

    def takes_on(self, voice: Voice) -> bool:
        """Whether it speaks in this voice by itself: it does if the voice keeps a recording."""
        return reference.of(voice) is not None

    def open(self, voice: Voice | None = None) -> PocketStream:
        """Begin a session in the voice that is recorded, else in the engine's own."""
        recording = reference.of(voice) or Path(self._speaker).expanduser()
        prompt: Any = self._speaker  # a name of the catalogue
        if recording.suffix == ".safetensors":
            prompt = recording
        elif recording.suffix:
            prompt = torch.from_numpy(reference.read(recording, self.rate_hz))[None]
        try:
            state = self._model.get_state_for_audio_prompt(prompt)
        except Exception as error:  # as above
            raise VoxError(
                f"Pocket TTS cannot take on '{recording}' ({_line(error)}); name a sound file or a voice of "
                "its catalogue."
            ) from error
        return PocketStream(self._model, state, self._one)


class PocketStream:
    """The speaker, as the model remembers it; keeps nothing between sentences."""

    def __init__(self, model: Any, state: Any, one: threading.Lock) -> None:  # noqa: ANN401  # torch's
        self._model = model
        self._state = state
        self._one = one

    def push(self, item: str) -> Iterator[Block]:
        """Speak `item`, float32 [T] at the engine's rate, frame by frame; nothing if it has no words."""
        if not any(c.isalnum() for c in item):
            return
        stop = threading.Event()
        with self._one:  # the library's own threads work on the one model
            try:
                for sound in self._model.generate_audio_stream(self._state, item, stop=stop):
                    block: Block = np.ascontiguousarray(sound.cpu().numpy(), np.float32)
                    if len(block):
                        yield block
            except (RuntimeError, ValueError, IndexError) as error:
                raise VoxError(
                    f"Pocket TTS failed ({_line(error)}); try again, or another engine: --tts."
                ) from error
            finally:
                stop.set()

    def flush(self) -> Iterator[Block]:
        """Yield nothing: every sentence is whole."""
        yield from ()


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
