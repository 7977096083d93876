"""Step c, first half: what the content encoder shall say, learned from speech whose words and voices are known.

    python -m training.targets --data DATA

Parallel speech gives, for every frame, its exact phoneme and the same moment in several voices. So we can
  - find the directions of Whisper's space that words move and voices do not (linear discriminants over frames), and
  - teach a small network to read phonemes off Whisper's features.
Both then speak for real recordings, where nobody knows the phonemes. Writes, beside each corpus and in DATA:
  content.f16  float16 [N / 480, 64]   discriminant coordinates, unit variance times their reliability
  ppg.f16      float16 [N / 480, P]    log-probabilities of phonemes
  phonemes.txt the alphabet, silence first
"""

from __future__ import annotations

import argparse
import pathlib

import numpy as np
import scipy.linalg
import torch
import torch.nn.functional as F
from kokoro_onnx.tokenizer import Tokenizer
from torch import nn

from training.corpus import Corpus
from training.nets import CONTENT

LENGTHENS, STRESSES = "ː", "ˈˌ"
RARE = 200
"""Frames below which a phoneme is left out."""


def merge(phones: np.ndarray) -> np.ndarray:
    """Kokoro's tokens -> sounds: a stress mark's frames belong to the next phoneme, a length mark's to the last;
    pauses of three frames and more are silence (0), shorter gaps between words unknown (255)."""
    names = {v: k for k, v in Tokenizer().vocab.items()}
    kind = np.array([_kind(names.get(i, " ")) for i in range(256)])[phones]
    out = phones.copy()
    for t in range(len(out) - 2, -1, -1):
        if kind[t] == "stress":
            out[t] = out[t + 1]
    for t in range(1, len(out)):
        if kind[t] == "length":
            out[t] = out[t - 1]
    silent = np.array([_kind(names.get(i, " ")) == "pause" for i in range(256)])[out]
    edges = np.flatnonzero(np.diff(np.r_[0, silent.astype(int), 0]))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        out[start:end] = 0 if end - start >= 3 else 255
    return out


def _kind(symbol: str) -> str:
    if symbol in LENGTHENS:
        return "length"
    if symbol in STRESSES:
        return "stress"
    return "phoneme" if symbol.isalpha() else "pause"


def discriminants(seen: np.ndarray, group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(mean [512], projection [512, 64]) from features [N, 512] and which frames are the same moment [N]."""
    mean = seen.mean(0)
    centred = (seen - mean).astype(np.float64)
    _, index, count = np.unique(group, return_inverse=True, return_counts=True)
    sums = np.zeros((len(count), seen.shape[1]))
    np.add.at(sums, index, centred)
    moments = sums / count[:, None]
    across = centred - moments[index]
    within = across.T @ across / len(centred) + 0.02 * np.eye(seen.shape[1]) * centred.var()
    between = moments.T @ moments / len(moments)
    ratio, directions = scipy.linalg.eigh(between, within)
    ratio, directions = ratio[::-1][:CONTENT], directions[:, ::-1][:, :CONTENT]
    spread = (centred @ directions).std(0)
    print("content / voice variance:", np.round(ratio[[0, 7, 15, 31, 63]], 2))
    return mean, (directions / spread * np.sqrt(ratio / (1 + ratio))).astype(np.float32)


class Reader(nn.Module):
    """Three frames of Whisper's features [B, 1536] -> phoneme logits [B, P]."""

    def __init__(self, phonemes: int) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.LayerNorm(1536),
            nn.Dropout(0.2),
            nn.Linear(1536, 512),
            nn.GELU(),
            nn.Dropout(0.3),
            nn.Linear(512, phonemes),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.net(x)


def context(seen: np.ndarray) -> torch.Tensor:
    """[T, 512] -> [T, 1536]: the frame between its neighbours."""
    x = torch.from_numpy(np.asarray(seen, np.float32))
    return torch.cat([x.roll(1, 0), x, x.roll(-1, 0)], 1)


def train_reader(seen: torch.Tensor, label: torch.Tensor, held: torch.Tensor, phonemes: int) -> Reader:
    torch.manual_seed(0)
    net = Reader(phonemes)
    optimiser = torch.optim.AdamW(net.parameters(), 1e-3, weight_decay=0.05)
    train = torch.nonzero(~held)[:, 0]
    steps = 1500
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=steps)
    for step in range(steps):
        rows = train[torch.randint(len(train), (256,))]
        loss = F.cross_entropy(net(seen[rows]), label[rows], label_smoothing=0.05)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    net.eval()
    with torch.inference_mode():
        right = (net(seen[held]).argmax(1) == label[held]).float().mean()
    print(f"phoneme accuracy of the reader on held-out utterances: {right:.3f}")
    return net


def main() -> None:
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--data", type=pathlib.Path, required=True)
    args = args.parse_args()
    torch.set_num_threads(1)
    corpora = [Corpus(args.data / name) for name in ("parallel", "real")]
    parallel = corpora[0]
    seen = parallel.table("whisper.f16", np.float16, 512)
    phones = np.concatenate(
        [merge(np.array(parallel.table("phones.u8", np.uint8)[c.frames])) for c in parallel.clips]
    )
    groups = {name: i for i, name in enumerate(dict.fromkeys(c.group for c in parallel.clips))}
    group = np.concatenate([np.full(c.frames.stop - c.frames.start, groups[c.group]) for c in parallel.clips])
    moment = group * 10_000 + np.concatenate(
        [np.arange(c.frames.stop - c.frames.start) for c in parallel.clips]
    )

    mean, projection = discriminants(np.asarray(seen, np.float32), moment)

    known = phones != 255
    used, counts = np.unique(phones[known], return_counts=True)
    used = used[counts >= RARE]
    assert used[0] == 0
    row = np.full(256, -1)
    row[used] = np.arange(len(used))
    known &= row[phones] >= 0
    names = {v: k for k, v in Tokenizer().vocab.items()}
    (args.data / "phonemes.txt").write_text("\n".join(["silence", *(names[int(i)] for i in used[1:])]) + "\n")
    label = torch.from_numpy(row[phones][known])
    held = torch.from_numpy((group % 10 == 0)[known])
    reader = train_reader(context(seen)[known], label, held, len(used))
    np.save(args.data / "exact.npy", np.where(known, row[phones], -1).astype(np.int16))
    for corpus in corpora:
        seen = corpus.table("whisper.f16", np.float16, 512)
        with (
            (corpus.folder / "content.f16").open("wb") as content,
            (corpus.folder / "ppg.f16").open("wb") as ppg,
        ):
            for start in range(0, len(seen), 20_000):
                part = np.asarray(seen[max(0, start - 1) : start + 20_001], np.float32)
                keep = slice(min(start, 1), min(start, 1) + min(20_000, len(seen) - start))
                content.write(((part - mean) @ projection)[keep].astype(np.float16).tobytes())
                with torch.inference_mode():
                    ppg.write(reader(context(part)).log_softmax(1)[keep].half().numpy().tobytes())


if __name__ == "__main__":
    main()
