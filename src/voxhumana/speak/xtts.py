"""Speech by XTTS v2 (coqui-tts): any voice from a few seconds of it, 17 languages, streamed while it is made.

What XTTS hears of a speaker takes a second or more to compute, so it is kept in the user's cache folder, one
`.npz` a recording. The library is MPL-2.0; the released weights are under the Coqui Public Model License, for
non-commercial use. Source: Casanova et al. 2024, arXiv:2406.04904.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hibari
import numpy as np
import platformdirs

from voxhumana import places
from voxhumana.config import APP
from voxhumana.engine import Block
from voxhumana.errors import UsageError, VoxError
from voxhumana.speak import reference
from voxhumana.voice import Voice

INSTALL = "pip install 'voxhumana[xtts]'"
FETCH = "tts --model_name tts_models/multilingual/multi-dataset/xtts_v2 --list_speaker_idxs"
try:
    import torch
    import transformers
    from trainer.io import get_user_data_dir
    from TTS.tts.configs.xtts_config import XttsConfig
    from TTS.tts.models import xtts
except ImportError as error:
    raise VoxError(f"XTTS is not installed ({error}); run `{INSTALL}`.") from error

RELEASED = "tts_models--multilingual--multi-dataset--xtts_v2"
"""Folder that `FETCH` downloads to, in coqui-tts' own data folder."""
FILES = ("config.json", "model.pth", "vocab.json")
SPEAKER = "Claribel Dervla"
"""Of the 58 that come with the released weights; speaks where no one else is named."""
REFERENCE_HZ = 22_050
"""At which XTTS hears (coqui-tts, `get_conditioning_latents`)."""
CONDITION_S, CHUNK_S = 30, 6
"""Of the recording; and how much of it at a time (coqui-tts, `gpt_cond_len`, `gpt_cond_chunk_len`)."""
STREAM_TOKENS = 20
"""A block of sound is this many tokens, 0.93 s (coqui-tts' own example)."""
DEEPEST = 100
"""Layers beyond which no such network is; the released one has 30."""
CHARACTERS = 200
"""At once where the tokenizer sets no limit of its own."""


class Xtts:
    """The engine.

    Args:
        model: `SPEAKER` or `SPEAKER@FOLDER`: a speaker that came with the weights, or a sound file to
            imitate; and where the weights lie, or the name that `vox models add` filed them by. Both may be
            left out.
        device: `cpu`, `cuda`, `mps`, or `auto`: CUDA where there is one, else the CPU.
    """

    name = "xtts"
    rate_hz = 24_000

    def __init__(self, model: str = "", device: str = "auto") -> None:
        self._speaker, _, folder = model.partition("@")
        self._device = _device(device)
        filed = places.model(folder) if folder and not Path(folder).expanduser().is_dir() else None
        path = filed or (Path(folder).expanduser() if folder else Path(get_user_data_dir("tts")) / RELEASED)
        if missing := [name for name in FILES if not (path / name).is_file()]:
            raise VoxError(f"XTTS needs {', '.join(missing)} in {path}; to get the weights: {FETCH}")
        transformers.logging.set_verbosity_error()
        config = XttsConfig()
        try:
            config.load_json(str(path / "config.json"))
            _check(config.model_args, (path / "model.pth").stat().st_size)
            self._model: Any = xtts.Xtts(config)
            self._model._load_checkpoint = _tensors  # noqa: SLF001  # theirs may write the file anew
            self._model.load_checkpoint(config, checkpoint_dir=str(path), eval=True)  # with weights_only
            self._model.to(self._device)
        except Exception as error:  # a damaged file fails in as many ways as there are
            raise VoxError(
                f"The XTTS model in {path} cannot be loaded ({_line(error)}); fetch it again: {FETCH}"
            ) from error
        self._languages = list(config.languages)
        weights = (path / "model.pth").stat()
        self._weights = (weights.st_size, weights.st_mtime_ns)

    def takes_on(self, voice: Voice) -> bool:
        """Whether it speaks in this voice by itself: it does if the voice keeps a recording."""
        return reference.of(voice) is not None

    def open(self, voice: Voice | None = None) -> XttsStream:
        """Begin a session in the voice that is recorded, else in the engine's own."""
        language = self._language(voice.language if voice else "en")
        return XttsStream(self._model, language, *self._speaks(voice))

    def _speaks(self, voice: Voice | None) -> tuple[Any, Any]:
        """What the model hears of the speaker: float tensors [1, 1024, 32] and [1, 512, 1] as released."""
        if recording := reference.of(voice):
            return self._heard(recording)
        if Path(self._speaker).suffix and Path(self._speaker).expanduser().is_file():
            return self._heard(Path(self._speaker).expanduser())
        known = self._model.speaker_manager.speakers if self._model.speaker_manager else {}
        name = self._speaker or SPEAKER
        if name not in known:
            have = f"it has: {', '.join(sorted(known))}" if known else "its weights came without speakers"
            raise UsageError(f"XTTS knows no speaker '{name}' ({have}); name a sound file: xtts:PATH.wav")
        gpt, embedding = known[name].values()
        return gpt.to(self._device), embedding.to(self._device)

    def _heard(self, path: Path) -> tuple[Any, Any]:
        """As kept, or computed now and kept."""
        sound = reference.read(path, REFERENCE_HZ)
        kept = platformdirs.user_cache_path(APP) / "xtts" / f"{reference.digest(sound, self._weights)}.npz"
        arrays = _load(kept)
        if arrays is None:
            wave = torch.from_numpy(sound)[None]
            gpt = self._model.get_gpt_cond_latents(wave, REFERENCE_HZ, CONDITION_S, CHUNK_S)
            embedding = self._model.get_speaker_embedding(wave, REFERENCE_HZ)
            arrays = gpt.cpu().float().numpy(), embedding.cpu().float().numpy()
            _save(kept, arrays)
        first, second = (torch.from_numpy(array).to(self._device) for array in arrays)
        return first, second

    def _language(self, tag: str) -> str:
        language = "zh-cn" if tag.lower().startswith("zh") else tag.lower().partition("-")[0]
        if language not in self._languages:
            raise UsageError(f"XTTS does not speak '{tag}'; it speaks: {', '.join(self._languages)}.")
        return language


class XttsStream:
    """Who speaks, and in which language; keeps nothing between sentences."""

    def __init__(self, model: Any, language: str, gpt: Any, embedding: Any) -> None:  # noqa: ANN401  # tensors
        self._model = model
        self._language = language
        self._speaker = (gpt, embedding)

    def push(self, item: str) -> Iterator[Block]:
        """Speak `item`, float32 [T] at 24 kHz, about a second at a time; nothing if it has no words."""
        limits = self._model.tokenizer.char_limits
        longest = limits.get(self._language.partition("-")[0], CHARACTERS)
        for sentence in hibari.Hibari.split_sentences(item):
            for piece in textwrap.wrap(sentence, longest):
                if any(c.isalnum() for c in piece):
                    yield from self._say(piece)

    def flush(self) -> Iterator[Block]:
        """Yield nothing: every sentence is whole."""
        yield from ()

    def _say(self, text: str) -> Iterator[Block]:
        try:
            for sound in self._model.inference_stream(
                text, self._language, *self._speaker, stream_chunk_size=STREAM_TOKENS
            ):
                block: Block = np.ascontiguousarray(sound.cpu().numpy(), np.float32)
                if len(block):
                    yield block
        except (RuntimeError, AssertionError, IndexError) as error:
            raise VoxError(f"XTTS failed ({_line(error)}); try again, or another engine: --tts.") from error


def _device(wanted: str) -> str:
    """What torch calls it."""
    if wanted == "auto":  # not mps: some of what XTTS needs is missing there
        return "cuda" if torch.cuda.is_available() else "cpu"
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there.get(wanted, False):
        able = ", ".join(name for name, is_there in there.items() if is_there)
        raise UsageError(f"There is no device '{wanted}' for torch here; choose one of: auto, {able}.")
    return wanted


def _load(path: Path) -> tuple[Block, Block] | None:
    """What is kept; None if nothing is, or it is damaged."""
    with contextlib.suppress(Exception), np.load(path, allow_pickle=False) as kept:
        gpt, embedding = kept["gpt"], kept["embedding"]
        if gpt.dtype == embedding.dtype == np.float32 and gpt.ndim == embedding.ndim == 3:
            return gpt, embedding
    return None


def _save(path: Path, arrays: tuple[Block, Block]) -> None:
    """Keep it, whole or not at all; a cache that cannot be written to is no error."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, gpt=arrays[0], embedding=arrays[1])
            Path(draft).replace(path)
        finally:
            Path(draft).unlink(missing_ok=True)


def _check(args: Any, size: int) -> None:  # noqa: ANN401  # coqui-tts'
    """Refuse a `config.json` whose network has more numbers than `model.pth` bytes, before it is built.

    Counted are GPT-2's matrices, what its tokens and places are looked up in, and the vocoder's first layers
    (coqui-tts 0.28, `layers/xtts/gpt.py`, `hifigan_decoder.py`): 0.4 thousand million of the released model.

    Raises:
        ValueError: It would.
    """
    places_and_tokens = args.gpt_max_audio_tokens + args.gpt_max_text_tokens + args.gpt_max_prompt_tokens
    places_and_tokens += 2 * args.gpt_num_audio_tokens
    width, entered = args.gpt_n_model_channels, 7 * args.decoder_input_dim + args.d_vector_dim
    numbers = 12 * args.gpt_layers * width**2 + width * places_and_tokens + 512 * entered
    if args.gpt_layers > DEEPEST or numbers > size:
        raise ValueError("config.json asks for a larger network than model.pth can be")


def _tensors(path: Path) -> dict[str, Any]:
    """The weights in `model.pth`, and nothing run; the released one holds settings as classes of coqui-tts'.

    Its own reader saves such a file again without them (0.28, `Xtts._load_checkpoint`); a file that is
    somebody's is not ours to write.
    """
    with xtts._legacy_safe_globals():  # noqa: SLF001
        held: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)["model"]
    return held


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
