"""Step a: parallel speech from the teacher. Each utterance is spoken by several voices with one timing.

    python -m training.synthesize --data DATA --hours 2 --worker 0 --workers 2

Reads DATA/kokoro/voices/*.bin and the transcripts of DATA/speech (or --speech); writes DATA/synth/NNNNN.npz:
  waves int16 [K, N] at 24 kHz, phones int16 [T] at 40 Hz, f0 float16 [K, 2T] Hz at 80 Hz, weights float16 [K, voices].
Utterance NNNNN is always the same (its number seeds it), so workers share the range and a killed one goes on.
"""

from __future__ import annotations

import argparse
import csv
import pathlib

import numpy as np

from training import cast
from training.teacher import RATE, Teacher, median_f0

VOICES_EACH = 3
"""Voices that speak each utterance: pairs for conversion, while texts still vary."""
CALIBRATION = "The quick brown fox jumps over the lazy dog, and nobody minds."


def texts(speech: pathlib.Path) -> list[str]:
    """Distinct English transcripts of the training clips."""
    with (speech / "train" / "manifest.tsv").open() as rows:
        reader = csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE)
        said = {
            r["transcript"].strip().lower()
            for r in reader
            if r["lang"].startswith("en") and r["transcript"].strip()
        }
    return sorted(said)


def passage(pool: list[str], rng: np.random.Generator) -> str:
    """Sentences up to about 90 letters: some 6 s of speech."""
    said = ""
    while len(said) < 70:
        said += pool[rng.integers(len(pool))].rstrip(".") + rng.choice([". ", ", ", "? "], p=[0.6, 0.3, 0.1])
    return said.strip()[:220].capitalize()


def speaker(voices: int, rng: np.random.Generator) -> np.ndarray:
    """Weights [voices] of a random speaker: one voice, a blend of two to four, or a step beyond one away from another."""
    weights = np.zeros(voices)
    kind = rng.random()
    if kind < 0.35:
        weights[rng.integers(voices)] = 1
    elif kind < 0.8:
        chosen = rng.choice(voices, rng.integers(2, 5), replace=False)
        weights[chosen] = rng.dirichlet(np.ones(len(chosen)))
    else:
        near, far = rng.choice(voices, 2, replace=False)
        step = rng.uniform(0.1, 0.35)
        weights[near], weights[far] = 1 + step, -step
    return weights


def main() -> None:
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--data", type=pathlib.Path, required=True)
    args.add_argument("--speech", type=pathlib.Path)
    args.add_argument("--hours", type=float, default=2.0)
    args.add_argument("--worker", type=int, default=0)
    args.add_argument("--workers", type=int, default=1)
    args = args.parse_args()
    out = args.data / "synth"
    out.mkdir(exist_ok=True, parents=True)
    pool = texts(args.speech or args.data / "speech")
    teacher = Teacher(args.data / "kokoro" / "voices")
    voices = len(teacher.names)
    tokens = teacher.tokens(CALIBRATION)
    single = np.eye(voices)
    log_median = np.log([median_f0(teacher.read(tokens, teacher.style(w, len(tokens)))) for w in single])
    number, seconds = args.worker, 0.0
    while seconds < args.hours * 3600 / args.workers:
        rng = np.random.default_rng(number)
        path = out / f"{number:05d}.npz"
        number += args.workers
        if path.exists():
            with np.load(path) as old:
                seconds += old["waves"].size / RATE
            continue
        tokens = teacher.tokens(passage(pool, rng))[:400]
        reader = speaker(voices, rng)
        said = teacher.read(tokens, teacher.style(reader, len(tokens)), speed=float(rng.uniform(0.8, 1.25)))
        if not (said.f0 > 50).any():
            continue
        who = np.stack([speaker(voices, rng) for _ in range(VOICES_EACH)])
        members = rng.choice(list(cast.CAST), VOICES_EACH - 1, replace=False)
        shift = np.ones(VOICES_EACH)
        if number % 2:  # every other utterance is spoken by two of the built-in voices, and one passer-by
            who[1:] = [cast.weights(teacher, name) for name in members]
            shift[1:] = [cast.CAST[name][1] for name in members]
        pitch = np.exp(who @ log_median + rng.normal(0, 0.06, VOICES_EACH)) * shift / median_f0(said)
        waves = np.stack(
            [teacher.speak(said, teacher.style(w, len(tokens)), p) for w, p in zip(who, pitch, strict=True)]
        )
        peak = np.abs(waves).max(1, keepdims=True) + 1e-6
        pcm = (waves * np.minimum(1.0, 0.98 / peak) * 32767).astype(np.int16)
        f0 = np.where(said.f0 > 10, said.f0 * pitch[:, None], 0).astype(np.float16)
        np.savez(
            path.with_suffix(".tmp.npz"), waves=pcm, phones=said.phones, f0=f0, weights=who.astype(np.float16)
        )
        path.with_suffix(".tmp.npz").rename(path)
        seconds += pcm.size / RATE
        print(
            f"{path.name} {pcm.shape[1] / RATE:.1f} s x {VOICES_EACH}, total {seconds / 60:.1f} min",
            flush=True,
        )


if __name__ == "__main__":
    main()
