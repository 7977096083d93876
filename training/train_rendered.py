"""Step d, second half, for a GPU: all that is said is rendered, and told from recordings.

    python -m training.train_rendered --data DATA --minutes 9

Goes on from DATA/NAME/last.pt; where there is none, from the shipped network. The rate of learning falls over the
minutes, however many steps they hold. A batch has two halves, as in `train_decoder`: people brought back from another
mouth (`own`), and the same words said by the next one (`other`). Both are rendered; words are listened to in both,
likeness in the other's, and the discriminators (discriminator.py) hear stretches of both against good recordings.

What the discriminators want is weighed by its gradient to the envelopes: `--own` and `--other` say how long it is
beside that of everything else, whatever the sizes of the losses (the balancer of EnCodec, Defossez et al. 2022).
"""

from __future__ import annotations

import argparse
import copy
import pathlib
import time

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from training import discriminator, hearing, likeness, perturb
from training.bank import Bank
from training.corpus import HOP
from training.nets import Decoder
from training.render import render
from training.train_decoder import CALM, COLD, TILT, WARM, normal, say, spectral_loss

STRETCH = 80
"""Hops that the discriminators hear at once: 0.8 s."""
LIKENESS, WORDS, OWN_WORDS, MATCH = 96.0, 128.0, 48.0, 2.0
"""Weights: of the other's voice and words, of one's own words, and of what the discriminators see of the target."""
ROUGH = 0.2
"""Share of what is to be said by others that was recorded badly."""
RISE = 150
"""Steps over which the rate of learning rises."""
ALONE, JOINED = 100, 400
"""The discriminators learn by themselves until the first of these steps; from the second on their word has full weight."""
MEMORY = 300
"""Steps over which the mean of the weights runs that is exported."""
SECONDS = 20
"""Between two lines of the curve and two checkpoints."""


class Trainer:
    """Network, its running mean, discriminators and judges on one device."""

    def __init__(self, data: pathlib.Path, args: argparse.Namespace, saved: dict | None) -> None:
        self._args, device = args, args.device
        self._device = device
        self._bank = Bank(data, 0, device)
        self._judge, self._ear = likeness.Likeness(device), hearing.Hearing(data / "hearing.npz", device)
        self.net = Decoder()
        self.net.load_state_dict(saved["net"] if saved else load_file(args.begin))
        self.net.to(device)
        self.mean = copy.deepcopy(self.net).requires_grad_(False)
        if saved:
            self.mean.load_state_dict(saved["mean"])
        self.optimiser = torch.optim.AdamW(
            self.net.parameters(), args.rate, betas=(0.9, 0.98), weight_decay=0.02
        )
        self._disc = discriminator.Discriminator().to(device)
        self._disc_optimiser = torch.optim.AdamW(
            self._disc.parameters(), 3e-4, betas=(0.8, 0.99), weight_decay=0
        )
        self._lengths: dict[str, Tensor] = {}
        self._held = self._bank.stretches(self._bank.held)
        self.step = 0

    def learn(self, part: float) -> dict[str, Tensor]:
        """One step, `part` (0..1) of the way; the losses."""
        args, size = self._args, self._args.batch
        rise = min(1.0, (self.step + 1) / RISE)
        for group in self.optimiser.param_groups:
            group["lr"] = float(args.rate * rise * (0.02 + 0.98 * 0.5 * (1 + np.cos(np.pi * min(part, 1.0)))))
        batch, both, mel = self._heard(size)
        envelopes, f0 = self._say(self.net, both, mel)
        nodes = envelopes.detach().requires_grad_()
        spectrum = spectral_loss(nodes[:size], f0[:size], batch)
        (pull,) = torch.autograd.grad(spectrum, nodes)
        wave = _calmly(nodes, f0)
        unlike, lost, own = self._judged(wave, both, size)
        judged = LIKENESS * unlike + WORDS * lost + OWN_WORDS * own
        pull = pull + torch.autograd.grad(judged, nodes, retain_graph=True)[0]
        real, fake = self._stretches(wave, batch)
        told = self._tell(fake)
        weight = min(1.0, max(0.0, (self.step - ALONE) / (JOINED - ALONE)))
        if weight:
            self._disc.requires_grad_(False)
            with torch.autocast(self._device, torch.bfloat16):
                with torch.no_grad():
                    known = self._disc(real)
                seen = self._disc(fake)
                wish = discriminator.found_out(seen, slice(0, size))
                wish = wish + discriminator.found_out(seen, slice(size, None))
                wish = wish + MATCH * discriminator.unlike(known, seen, slice(0, size))
            (drawn,) = torch.autograd.grad(wish, nodes)
            for name, rows, share in (
                ("own", slice(0, size), args.own),
                ("other", slice(size, None), args.other),
            ):
                pull[rows] += weight * share * self._ratio(name, pull[rows], drawn[rows]) * drawn[rows]
        envelopes.backward(torch.nan_to_num(pull, 0, 0, 0))
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad()
        self.step += 1
        with torch.no_grad():
            for kept, now in zip(self.mean.parameters(), self.net.parameters(), strict=True):
                kept.lerp_(now, 1 / min(self.step + 5, MEMORY))
        return {"spectrum": spectrum, "unlike": unlike, "lost": lost, "own": own, "told": told}

    @torch.no_grad()
    def judge(self) -> list[float]:
        """Spectral loss, likeness and lost words of the mean network on held-out speakers."""
        held = self._held
        told = spectral_loss(*self._say(self.mean, held, normal(perturb.log_mel(held["sound"]))), held)
        other = likeness.swapped({**held, "level": held["own_level"]})
        wave = _calmly(*self._say(self.mean, other, normal(perturb.log_mel(held["target"]), 0.0)))
        said = likeness.heard(wave)
        mask, meant = held["mask"][:, : said.shape[1]], likeness.heard(held["target"])[:, : said.shape[1]]
        unlike, lost = self._judge(said, other["speaker"], mask), self._ear(said, meant, mask)
        return [told.item(), 1 - unlike.item(), lost.item()]

    @torch.no_grad()
    def _heard(self, size: int) -> tuple[dict[str, Tensor], dict[str, Tensor], Tensor]:
        """(the batch, its two halves with whom they are to be said by, normal log-mels of both)."""
        batch = self._bank.batch(size)
        trust = WARM * (torch.rand(2 * size, 1, 1, device=self._device) > COLD).float()
        tilts = torch.from_numpy(perturb.tilts(self._bank.rng, size, TILT)).to(self._device)
        moved = perturb.log_mel(batch["sound"], self._bank.throats(size)) + tilts[:, None]
        rough = (torch.arange(size, device=self._device) < round(ROUGH * size))[:, None]
        plain = perturb.log_mel(torch.where(rough, batch["sound"], batch["target"]))
        level = torch.where(rough, batch["level"], batch["own_level"])
        other = likeness.swapped({**batch, "level": level}, self._bank.cast(size))
        names = ("speaker", "colour", "f0", "level", "mask", "target")
        both = {name: torch.cat([batch[name], other[name]]) for name in names}
        return batch, both, normal(torch.cat([moved, plain]), trust)

    def _say(self, net: Decoder, batch: dict[str, Tensor], mel: Tensor) -> tuple[Tensor, Tensor]:
        with torch.autocast(self._device, torch.bfloat16):
            envelopes, f0 = say(net, batch, mel)
        return envelopes.float(), f0

    def _judged(self, wave: Tensor, both: dict[str, Tensor], size: int) -> tuple[Tensor, Tensor, Tensor]:
        """How unlike the others it sounds, the words lost by them, and the own ones lost."""
        said = likeness.heard(wave)
        mask, meant = (
            both["mask"][:, : said.shape[1]],
            likeness.heard(both["target"][:size])[:, : said.shape[1]],
        )
        unlike = self._judge(said[size:], both["speaker"][size:], mask[size:])
        with torch.autocast(self._device, torch.bfloat16):
            lost = self._ear(said[size:], meant, mask[size:])
            own = self._ear(said[:size], meant, mask[:size])
        return unlike, lost, own

    def _stretches(self, wave: Tensor, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Random stretches: [B, N] of the targets, [2B, N] of what is said, the first B of them the same words."""
        hops = wave.shape[1] // HOP
        spare = (2 * batch["many"] - 2 - STRETCH).clamp(0, hops - STRETCH).repeat(2)
        at = (torch.rand(len(wave), device=self._device) * (spare + 1)).long() * HOP
        places = at[:, None] + torch.arange(STRETCH * HOP, device=self._device)
        return batch["target"].gather(1, places[: len(wave) // 2]), wave.gather(1, places)

    def _tell(self, fake: Tensor) -> Tensor:
        """A step of the discriminators, with every other of the fakes."""
        fake = fake.detach()[self.step % 2 :: 2]
        real = self._bank.good(len(fake), fake.shape[1])
        self._disc.requires_grad_(True)
        with torch.autocast(self._device, torch.bfloat16):
            seen = self._disc(torch.cat([real, fake]))
            halves = (
                [[x[part] for x in one] for one in seen]
                for part in (slice(0, len(real)), slice(len(real), None))
            )
            told = discriminator.told_apart(*halves)
        told.backward()
        torch.nn.utils.clip_grad_norm_(self._disc.parameters(), 5.0)
        self._disc_optimiser.step()
        self._disc_optimiser.zero_grad()
        return told

    def _ratio(self, name: str, pull: Tensor, drawn: Tensor) -> Tensor:
        """The one gradient's running length over the other's."""
        now = torch.stack([pull.norm(), drawn.norm()])
        self._lengths[name] = self._lengths[name].lerp(now, 0.05) if name in self._lengths else now
        long, short = self._lengths[name]
        return long / (torch.maximum(short, now[1]) + 1e-12)


def _calmly(envelopes: Tensor, f0: Tensor) -> Tensor:
    """Rendered as the engine does, noise within the voice turned down."""
    return render(envelopes - CALM * (f0 > 0)[..., None, None] * envelopes.new_tensor([[0.0], [1.0]]), f0)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--name", default="rendered", help="folder in DATA")
    parser.add_argument("--minutes", type=float, default=9.0)
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--rate", type=float, default=5e-4)
    parser.add_argument(
        "--own", type=float, default=0.3, help="what the discriminators weigh where people say their own"
    )
    parser.add_argument("--other", type=float, default=0.25, help="the same where others say it")
    parser.add_argument(
        "--begin", type=pathlib.Path, default=pathlib.Path(__file__).parent / "decoder.safetensors"
    )
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    args = parser.parse_args()
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.benchmark = True
    folder = args.data / args.name
    folder.mkdir(exist_ok=True)
    last = folder / "last.pt"
    trainer = Trainer(args.data, args, torch.load(last, weights_only=True) if last.exists() else None)
    began = shown = time.monotonic()
    while (spent := time.monotonic() - began) < 60 * args.minutes:
        losses = trainer.learn(spent / (60 * args.minutes))
        if time.monotonic() - shown > SECONDS:
            shown = time.monotonic()
            _note(folder, trainer, spent, losses)
    _note(folder, trainer, 60 * args.minutes, losses)


def _note(folder: pathlib.Path, trainer: Trainer, spent: float, losses: dict[str, Tensor]) -> None:
    """A line of the curve, and a checkpoint."""
    now = [f"{value.item():.3f}" for value in losses.values()]
    line = [trainer.step, *now, *(f"{value:.4f}" for value in trainer.judge()), f"{spent:.0f}"]
    with (folder / "curve.tsv").open("a") as curve:
        print(*line, sep="\t", file=curve)
    print(*line, flush=True)
    state = {"step": trainer.step, "net": trainer.net.state_dict(), "mean": trainer.mean.state_dict()}
    torch.save(state, folder / "last.new")
    (folder / "last.new").rename(folder / "last.pt")


if __name__ == "__main__":
    main()
