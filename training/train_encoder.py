"""Step c: the content encoder learns, from sound as a microphone hears it, what its teachers say of the clean original.

    python -m training.train_encoder --data DATA --steps 20000        # goes on from DATA/encoder/last.pt

Per frame: distance to the 64 discriminant coordinates, and cross-entropy to the phoneme probabilities (exact phonemes
on the teacher's own speech). Prints and appends to DATA/encoder/curve.tsv the same on held-out speakers.
"""

from __future__ import annotations

import argparse
import pathlib
import time

import numpy as np
import torch

from training import perturb
from training.corpus import FRAME, Clip, Corpus
from training.nets import CONTENT, Encoder

SECONDS = 4.0
BATCH = 4
LOOKAHEAD = 1
"""Frames (20 ms) heard beyond the frame that is told."""


class Speech:
    """Random stretches of both corpora with their targets."""

    def __init__(self, data: pathlib.Path, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.phonemes = len((data / "phonemes.txt").read_text().split())
        self._tables, self._pool, self.held = [], [], []
        exact = np.load(data / "exact.npy")
        for which, name in enumerate(("parallel", "real")):
            corpus = Corpus(data / name)
            self._tables.append(
                (
                    corpus,
                    corpus.table("content.f16", np.float16, CONTENT),
                    corpus.table("ppg.f16", np.float16, self.phonemes),
                    exact if name == "parallel" else None,
                )
            )
            for clip in corpus.clips:
                chosen = (which, clip)
                (self.held if held_out(clip) else self._pool).append(chosen)
        weight = np.array([c.length * (1.0 if w else 1.5) for w, c in self._pool], float)
        self._odds = weight / weight.sum()

    def batch(self, size: int, frames: int) -> tuple[np.ndarray, ...]:
        """waves [B, N], content [B, T, 64], log-probabilities [B, T, P]; NaN where there is no speech."""
        rows = [
            self.stretch(*self._pool[i], frames) for i in self.rng.choice(len(self._pool), size, p=self._odds)
        ]
        return tuple(np.stack(part) for part in zip(*rows, strict=True))

    def stretch(self, which: int, clip: Clip, frames: int) -> tuple[np.ndarray, ...]:
        corpus, content, ppg, exact = self._tables[which]
        total = clip.length // FRAME
        offset = int(self.rng.integers(max(1, total - frames + 1)))
        many = min(frames, total)
        rows = slice(clip.start // FRAME + offset, clip.start // FRAME + offset + many)
        pad = int(self.rng.integers(frames - many + 1))
        wave = np.zeros(frames * FRAME, np.float32)
        wave[pad * FRAME : (pad + many) * FRAME] = corpus.pcm[
            rows.start * FRAME : rows.stop * FRAME
        ] / np.float32(32768)
        told = np.full((frames, CONTENT), np.nan, np.float32)
        told[pad : pad + many] = content[rows]
        odds = np.full((frames, self.phonemes), np.nan, np.float32)
        odds[pad : pad + many] = ppg[rows]
        if exact is not None:
            sure = exact[rows]
            soft = np.full((many, self.phonemes), np.log(0.05 / self.phonemes), np.float32)
            soft[np.arange(many), sure] = np.log(0.95)
            odds[pad : pad + many] = np.where((sure >= 0)[:, None], soft, odds[pad : pad + many])
        return wave, told, odds


def held_out(clip: Clip) -> bool:
    """Every 40th speaker or utterance never trains."""
    name = clip.group if clip.speaker[0].isdigit() else clip.speaker
    return sum(name.encode()) % 40 == 7


def losses(
    net: Encoder, mel: torch.Tensor, told: torch.Tensor, odds: torch.Tensor
) -> dict[str, torch.Tensor]:
    content, logits, _ = net(mel, net.trunk.start(len(mel)))
    content, logits = content[:, LOOKAHEAD:].float(), logits[:, LOOKAHEAD:].float()
    told, odds = told[:, :-LOOKAHEAD], odds[:, :-LOOKAHEAD]
    known = ~told[..., 0].isnan()
    distance = (content - told)[known].square().sum(1) / told[known].square().sum(1).mean()
    likely = odds[known].exp()
    cross = -(likely * logits[known].log_softmax(-1)).sum(-1)
    right = (logits[known].argmax(-1) == likely.argmax(-1)).float()
    return {"distance": distance.mean(), "cross": cross.mean(), "accuracy": right.mean()}


def main() -> None:
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--data", type=pathlib.Path, required=True)
    args.add_argument("--steps", type=int, default=20_000)
    args.add_argument("--rate", type=float, default=1.5e-3)
    args.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    args = args.parse_args()
    if args.device == "cpu":
        torch.set_num_threads(1)
    folder = args.data / "encoder"
    folder.mkdir(exist_ok=True)
    step = 0
    last = folder / "last.pt"
    saved = torch.load(last, weights_only=True) if last.exists() else None
    step = saved["step"] if saved else 0
    torch.manual_seed(step)
    speech = Speech(args.data, seed=step)
    microphone = perturb.Microphone(args.data / "speech", speech.rng)
    net = Encoder(speech.phonemes).to(args.device)
    optimiser = torch.optim.AdamW(net.parameters(), args.rate, betas=(0.9, 0.98), weight_decay=0.02)
    if saved:
        net.load_state_dict(saved["net"])
        optimiser.load_state_dict(saved["optimiser"])
    frames = int(SECONDS * 50)
    held = [
        speech.stretch(*speech.held[i], frames)
        for i in range(0, len(speech.held), max(1, len(speech.held) // 32))
    ]
    held = tuple(torch.from_numpy(np.stack(p)) for p in zip(*held, strict=True))
    running: dict[str, float] = {}
    began = time.monotonic()
    while step < args.steps:
        rate = (
            args.rate
            * min(1.0, (step + 1) / 300)
            * (0.02 + 0.98 * 0.5 * (1 + np.cos(np.pi * step / args.steps)))
        )
        for group in optimiser.param_groups:
            group["lr"] = rate
        waves, told, odds = speech.batch(BATCH, frames)
        stretch = torch.randint(len(perturb.STRETCHES), (BATCH,))
        mel = perturb.log_mel(torch.from_numpy(microphone(waves)), perturb.BANKS[stretch])
        batch = [x.to(args.device) for x in (mel, torch.from_numpy(told), torch.from_numpy(odds))]
        with torch.autocast(args.device, torch.bfloat16):
            parts = losses(net, *batch)
        (parts["distance"] + 0.3 * parts["cross"]).backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        step += 1
        for name, value in parts.items():
            running[name] = 0.98 * running.get(name, value.item()) + 0.02 * value.item()
        if step % 100 == 0:
            net.eval()
            with torch.inference_mode(), torch.autocast(args.device, torch.bfloat16):
                level = 0.08 / (held[0].square().mean(1, keepdim=True).sqrt() + 1e-4)
                mel = perturb.log_mel(held[0] * level)
                told_parts = losses(net, *(x.to(args.device) for x in (mel, *held[1:])))
            net.train()
            line = [
                step,
                *(f"{running[k]:.4f}" for k in parts),
                *(f"{v.item():.4f}" for v in told_parts.values()),
            ]
            with (folder / "curve.tsv").open("a") as curve:
                print(*line, f"{time.monotonic() - began:.0f}", sep="\t", file=curve)
            print(*line, f"{time.monotonic() - began:.0f} s", flush=True)
            torch.save(
                {"step": step, "net": net.state_dict(), "optimiser": optimiser.state_dict()},
                last.with_suffix(".new"),
            )
            last.with_suffix(".new").rename(last)


if __name__ == "__main__":
    main()
