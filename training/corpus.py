"""Step b: a corpus is one flat file of sound with its labels beside it, all on one 10 ms grid.

    python -m training.corpus --data DATA real     # DATA/speech/train (Opus)  -> DATA/real
    python -m training.corpus --data DATA synth    # DATA/synth/*.npz          -> DATA/parallel
    python -m training.corpus --data DATA cast     # DATA/cast/*.ogg           -> DATA/built-in
    python -m training.corpus --data DATA said     # the transcripts, by hibari -> DATA/said

    pcm.i16       int16 [N] at 24 kHz, clips back to back, each starting on a 20 ms boundary
    clips.tsv     start, length (samples), speaker, group, band_hz
    phones.u8     uint8 [N / 480] at 50 Hz: teacher's phoneme (parallel only)
    f0.f16 whisper.f16 speaker.f32  written by labels.py

`group` is shared by clips that say the same thing with the same timing; `band_hz` is where the recording ends.
"""

from __future__ import annotations

import argparse
import csv
import pathlib
from collections import Counter
from dataclasses import dataclass

import numpy as np
import soundfile as sf
import soxr

from voxhumana.speak.hibari import HibariSpeaker

RATE = 24000
HOP = 240
"""Samples in 10 ms: the grid of F0 and of the decoder."""
FRAME = 480
"""Samples in 20 ms: the grid of content, and the block of the live engine."""
TEACHER_FRAME = 600
SPEECHOCEAN_CLIPS = 11
"""Clips taken of each speechocean762 speaker: with all of them it would be 60 % of the corpus."""
SAID, SAID_WORDS = 300, 6
"""How many sentences the speech engine says, and how long they are at least."""


@dataclass(frozen=True)
class Clip:
    start: int
    length: int
    speaker: str
    group: str
    band_hz: int

    @property
    def frames(self) -> slice:
        """Its whole frames at 50 Hz."""
        return slice(self.start // FRAME, (self.start + self.length) // FRAME)


class Corpus:
    """A folder of the layout above, memory-mapped."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        with (folder / "clips.tsv").open() as rows:
            fields = [r.rstrip("\n").split("\t") for r in rows]
        self.clips = [Clip(int(s), int(n), who, group, int(band)) for s, n, who, group, band in fields]
        self.pcm = np.memmap(folder / "pcm.i16", np.int16, "r")

    def wave(self, clip: Clip) -> np.ndarray:
        """float32 [length] in -1..1."""
        return self.pcm[clip.start : clip.start + clip.length].astype(np.float32) / 32768

    def table(self, name: str, dtype: type, width: int | None = None, *, mode: str = "r") -> np.ndarray:
        """A label file as an array [rows] or [rows, width]."""
        flat = np.memmap(self.folder / name, dtype, mode)
        return flat if width is None else flat.reshape(-1, width)


class Writer:
    """Appends clips to a new corpus."""

    def __init__(self, folder: pathlib.Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._pcm, self._clips = (folder / "pcm.i16").open("wb"), (folder / "clips.tsv").open("w")
        self._at = 0

    def add(self, pcm: np.ndarray, speaker: str, group: str, band_hz: int) -> int:
        """Writes int16 [n], cut to whole frames; returns how many."""
        frames = len(pcm) // FRAME
        self._pcm.write(pcm[: frames * FRAME].tobytes())
        print(self._at, frames * FRAME, speaker, group, band_hz, sep="\t", file=self._clips)
        self._at += frames * FRAME
        return frames

    def close(self) -> None:
        self._pcm.close()
        self._clips.close()


def pack_real(speech: pathlib.Path, out: pathlib.Path) -> None:
    writer = Writer(out)
    with (speech / "manifest.tsv").open() as file:
        taken = Counter()
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            taken[row["speaker"]] += 1
            if row["source"].startswith("speechocean762") and taken[row["speaker"]] > SPEECHOCEAN_CLIPS:
                continue
            wave, rate = sf.read(speech / row["path"], dtype="float32", always_2d=True)
            wave = soxr.resample(wave.mean(1), rate, RATE)
            band = 7500 if int(row["sample_rate_stored"]) <= 16000 else 11500
            pcm = (np.clip(wave, -1, 1) * 32767).astype(np.int16)
            writer.add(pcm, row["speaker"], row["path"], band)
    writer.close()


def pack_parallel(synth: pathlib.Path, out: pathlib.Path) -> None:
    writer = Writer(out)
    with (out / "phones.u8").open("wb") as phones, (out / "teacher_f0.f16").open("wb") as pitch:
        for path in sorted(synth.glob("[0-9]*[0-9].npz")):
            with np.load(path) as said:
                for voice, (pcm, f0) in enumerate(zip(said["waves"], said["f0"], strict=True)):
                    frames = writer.add(pcm, f"{path.stem}.{voice}", path.stem, 11500)
                    middle = (np.arange(frames) * FRAME + FRAME // 2) // TEACHER_FRAME
                    phones.write(
                        said["phones"][np.minimum(middle, len(said["phones"]) - 1)].astype(np.uint8).tobytes()
                    )
                    at = (np.arange(2 * frames) * HOP + HOP // 2) // (TEACHER_FRAME // 2)
                    pitch.write(f0[np.minimum(at, len(f0) - 1)].tobytes())
    writer.close()


def pack_cast(references: pathlib.Path, out: pathlib.Path) -> None:
    """The built-in voices, in pieces, so that each has others of the same speaker beside it."""
    writer = Writer(out)
    for path in sorted(references.glob("*.ogg")):
        wave, _ = sf.read(path, dtype="float32")
        for number, piece in enumerate(np.array_split(wave, 4)):
            writer.add(
                (np.clip(piece, -1, 1) * 32767).astype(np.int16), path.stem, f"{path.stem}.{number}", 11500
            )
    writer.close()


def pack_said(speech: pathlib.Path, out: pathlib.Path) -> None:
    """What the embedded speech engine says: built-in voices hear it whenever `vox say` or `vox talk` speaks as them."""
    writer, stream = Writer(out), HibariSpeaker().open()
    with (speech / "manifest.tsv").open() as file:
        rows = [r for r in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if r["lang"] == "en"]
    texts = sorted({r["transcript"].lower() for r in rows if len(r["transcript"].split()) >= SAID_WORDS})
    for number, text in enumerate(texts[:: max(1, len(texts) // SAID)]):
        wave = np.concatenate([*stream.push(text)])
        writer.add((np.clip(wave, -1, 1) * 32767).astype(np.int16), "hibari", f"said.{number}", 11500)
    writer.close()


def main() -> None:
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("kind", choices=["real", "synth", "cast", "said"])
    args.add_argument("--data", type=pathlib.Path, required=True)
    args = args.parse_args()
    if args.kind == "real":
        pack_real(args.data / "speech" / "train", args.data / "real")
    elif args.kind == "cast":
        pack_cast(args.data / "cast", args.data / "built-in")
    elif args.kind == "said":
        pack_said(args.data / "speech" / "train", args.data / "said")
    else:
        pack_parallel(args.data / "synth", args.data / "parallel")


if __name__ == "__main__":
    main()
