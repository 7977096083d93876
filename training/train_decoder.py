"""Step d: the decoder learns to say what it hears as somebody else.

    python -m training.train_decoder --data DATA --steps 20000

Goes on from DATA/decoder/last.pt; where there is none, from the shipped network, `decoder.safetensors`, with step 0.

Real speech is brought back from what it would sound like in another mouth (perturb.THROATS: the filters of its mels
moved region by region, and tilted), with the voiceprint of the same speaker's other clips. Parallel speech is
converted: sound and level of one voice go in, sound and pitch of another come out. Either way the speaker can only be
had from the voiceprint. The loss (spectral.py) compares the target's spectrogram with the one that the envelopes
would have on average, so nothing needs to be rendered.
"""

from __future__ import annotations

import argparse
import copy
import pathlib
import time

import numpy as np
import torch
from safetensors.torch import load_file

from training import hearing, likeness, perturb, spectral
from training.corpus import FRAME, HOP, Clip, Corpus
from training.nets import Decoder
from training.render import render
from training.train_encoder import LOOKAHEAD, held_out
from voxhumana.convert import spectrum
from voxhumana.convert.native import AVERAGE, CALM

SAME_WORDS = 1
"""Which corpus has clips that say the same at the same time."""
FRAMES = 166
BATCH = 3
LEAST_SPREAD = 0.5
"""Nepers, of a band's log-mels."""
LEVEL = 0.08
"""RMS of speech to which every clip is brought, before a random step of 3 dB."""
PARALLEL = 8.0
"""How much more often a second of parallel speech is heard than a second of real speech: some 40 % of all."""
SAID = 60.0
"""The same for what the speech engine says."""
BUILT_IN = 12.0
"""The same for the built-in voices: some 5 % of all."""
CAST = 0.5
"""Share of swapped speakers that are built-in voices."""
MEMORY = 1000
"""Steps over which the mean of the weights runs that is exported."""
UNHEARD = 100.0
"""Frames that the average speaker is worth at the start, as in `native.Colouring`."""
WARM = 900.0
"""Frames that the clip's own mean is worth where the speaker has been heard for long."""
COLD = 0.5
"""Share of clips whose speaker is heard for the first time."""
MEAN, MEAN_SQUARE = (torch.from_numpy(each) for each in (AVERAGE[0], AVERAGE[1] ** 2 + AVERAGE[0] ** 2))
TILT = 0.7
"""Nepers (6 dB) of random equalisation."""


class Voices:
    """Random stretches with the voice that is to be heard."""

    def __init__(self, data: pathlib.Path, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self._corpora = [Corpus(data / name) for name in ("real", "parallel", "said", "built-in")]
        self._microphone = perturb.Microphone(data / "speech", self.rng)
        self._f0 = [c.table("f0.f16", np.float16) for c in self._corpora]
        self._prints = [np.array(c.table("speaker.f32", np.float32, 256)) for c in self._corpora]
        self._colours = [np.array(c.table("colour.f32", np.float32, 160)) for c in self._corpora]
        self._kin: dict[tuple[int, str], list[int]] = {}
        self._pool, self.held = [], []
        weight = []
        for which, corpus in enumerate(self._corpora):
            for number, clip in enumerate(corpus.clips):
                kin = clip.group if which == SAME_WORDS else clip.speaker
                self._kin.setdefault((which, kin), []).append(number)
                if held_out(clip):
                    self.held.append((which, number))
                else:
                    self._pool.append((which, number))
                    weight.append(clip.length * (1.0, PARALLEL, SAID, BUILT_IN)[which])
        per_speaker: dict[tuple[int, str], float] = {}
        for (which, number), w in zip(self._pool, weight, strict=True):
            key = (which, self._corpora[which].clips[number].speaker)
            per_speaker[key] = per_speaker.get(key, 0) + w
        flat = [
            w * (per_speaker[which, self._corpora[which].clips[number].speaker] + 240_000) ** -0.5
            for (which, number), w in zip(self._pool, weight, strict=True)
        ]  # speakers with little sound are heard more often than their share
        self._odds = np.array(flat) / sum(flat)
        last = len(self._corpora) - 1
        self._cast = {
            who: self._whole(last, clips) for (which, who), clips in self._kin.items() if which == last
        }

    def _whole(self, which: int, clips: list[int]) -> tuple[np.ndarray, np.ndarray, float]:
        """Voiceprint, colour and mean log F0 of a speaker."""
        mean = self._prints[which][clips].mean(0)
        spans = [self._corpora[which].clips[n] for n in clips]
        f0 = np.concatenate([self._f0[which][c.start // HOP : (c.start + c.length) // HOP] for c in spans])
        tune = np.log(f0[f0 > 0].astype(np.float32)).mean()
        return mean / np.linalg.norm(mean), self._colours[which][clips].mean(0), float(tune)

    def batch(self, size: int) -> dict[str, torch.Tensor]:
        chosen = [self._pool[i] for i in self.rng.choice(len(self._pool), size, p=self._odds)]
        return self.collate([self.stretch(*c) for c in chosen])

    @staticmethod
    def collate(rows: list[dict[str, np.ndarray]]) -> dict[str, torch.Tensor]:
        return {name: torch.from_numpy(np.stack([r[name] for r in rows])) for name in rows[0]}

    def cast(self, size: int) -> dict[str, torch.Tensor]:
        """Speakers, colours and mean log F0 of built-in voices; `chosen` [size] says where they are to be used."""
        names = list(self._cast)
        some = [self._cast[names[i]] for i in self.rng.integers(len(names), size=size)]
        rows = [{"speaker": p, "colour": c, "tune": np.float32(t)} for p, c, t in some]
        return {**self.collate(rows), "chosen": torch.from_numpy(self.rng.random(size) < CAST)}

    def voice(self, which: int, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Voiceprint [256] and colour [160] from some of the speaker's other clips (the same clip where it is alone)."""
        clip = self._corpora[which].clips[number]
        kin = [] if which == SAME_WORDS else self._kin[which, clip.speaker]
        others = [n for n in kin if n != number] or [number]
        some = self.rng.choice(others, min(len(others), int(self.rng.integers(1, 7))), replace=False)
        mean = self._prints[which][some].mean(0) + self.rng.normal(0, 0.01, 256)
        return (mean / np.linalg.norm(mean)).astype(np.float32), self._colours[which][some].mean(0)

    def stretch(self, which: int, number: int) -> dict[str, np.ndarray]:
        corpus, clip = self._corpora[which], self._corpora[which].clips[number]
        said = (
            corpus.clips[int(self.rng.choice(self._kin[which, clip.group]))] if which == SAME_WORDS else clip
        )
        total = clip.length // FRAME
        many = min(FRAMES, total)
        offset = int(self.rng.integers(total - many + 1))
        gain = 10 ** (self.rng.normal(0, 3) / 20)
        wave, heard = (_normal(corpus, c) * np.float32(gain) for c in (clip, said))
        cut = slice(offset * FRAME, (offset + many) * FRAME)
        heard = self._microphone.disturb(heard[cut])
        sound = np.zeros(FRAMES * FRAME, np.float32)
        sound[: many * FRAME] = heard
        first = (clip.start + cut.start) // HOP
        f0 = np.zeros(2 * FRAMES, np.float32)
        f0[: 2 * many] = self._f0[which][first : first + 2 * many]
        level = np.full(2 * FRAMES, -9.0, np.float32)
        level[: 2 * many] = spectrum.level(heard.reshape(-1, HOP))
        target = np.zeros(FRAMES * FRAME, np.float32)
        target[: many * FRAME] = wave[cut]
        speaker, colour = self.voice(which, number)
        mask = np.zeros(2 * FRAMES, np.float32)
        mask[: 2 * many - 1] = 1
        return {
            "sound": sound, "f0": f0, "level": level, "target": target, "speaker": speaker, "colour": colour, "mask": mask,
            "band_hz": np.float32(clip.band_hz),
        }  # fmt: skip


def _normal(corpus: Corpus, clip: Clip) -> np.ndarray:
    """The clip with its loud hops (within 25 dB of the loudest tenth) at LEVEL."""
    wave = corpus.wave(clip)
    power = np.square(wave.reshape(-1, HOP)).mean(1)
    loud = power > np.quantile(power, 0.9) * 10**-2.5
    return wave * np.float32(LEVEL / np.sqrt(power[loud].mean() + 1e-10))


def conditions(mel: torch.Tensor, f0: torch.Tensor, level: torch.Tensor) -> torch.Tensor:
    """Decoder input [B, T, 326] from log-mels [B, T, 160], F0 (0 unvoiced) and log level [B, 2T]; see Decoder."""
    voiced = (f0 > 0).float()
    tone = torch.where(f0 > 0, torch.log(f0.clamp_min(40) / 150), 0.0) * 2
    each = torch.stack([tone, voiced, (level - np.log(LEVEL)) / 2], -1)  # [B, 2T, 3]
    each = each.unflatten(1, (-1, 2)).flatten(2)
    said = torch.nn.functional.pad(torch.cat([mel, each], -1), (0, 0, LOOKAHEAD, 0))[:, : mel.shape[1]]
    return torch.cat([said[..., :160], mel, said[..., 160:]], -1)


def normal(mel: torch.Tensor, trust: torch.Tensor | float = WARM) -> torch.Tensor:
    """[B, T, 160] less each band's mean, over its spread, where it is loud, as `native.Colouring` takes them off.

    They run as in the engine; what is believed at the start is a mixture of the average speaker's and the clip's own,
    the latter worth `trust` [B, 1, 1] frames: 0 for a speaker unheard.
    """
    each = mel.unflatten(-1, (2, 80)).flatten(1, 2).float()
    level = each.mean(-1, keepdim=True)
    loud = (level > level.quantile(0.9, 1, keepdim=True) - 25 / 8.69).float()
    many = loud.sum(1, keepdim=True)
    own, own_square = (
        (each * loud).sum(1, keepdim=True) / many,
        (each.square() * loud).sum(1, keepdim=True) / many,
    )
    begun = torch.as_tensor(trust, dtype=torch.float32, device=mel.device)
    usual, usual_square = MEAN.to(mel.device), MEAN_SQUARE.to(mel.device)
    weight = UNHEARD + begun + loud.cumsum(1)
    mean = (UNHEARD * usual + begun * own + (each * loud).cumsum(1)) / weight
    square = (UNHEARD * usual_square + begun * own_square + (each.square() * loud).cumsum(1)) / weight
    spread = (square - mean.square()).clamp_min(LEAST_SPREAD**2).sqrt()
    each, mean, spread = (part.unflatten(1, (-1, 2)) for part in (each, mean, spread))
    return ((each - mean[:, :, 1:]) / spread[:, :, 1:]).flatten(
        2
    )  # a block's two log-mels are taken in, then told


def say(net: Decoder, batch: dict[str, torch.Tensor], mel: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(envelopes [B, 2T - 2, 2, 80], their F0) of what is heard, normal log-mels [B, T, 160], as the batch's speakers."""
    who = net.speak_as(batch["speaker"], batch["colour"])
    told = conditions(mel, batch["f0"], batch["level"])
    envelopes, _ = net(told, who, net.trunk.start(len(told)))
    nodes = envelopes.float()[:, LOOKAHEAD:].flatten(1, 2)
    before = torch.cat([nodes[:, :1], nodes[:, :-1]], 1)
    return (nodes + before) / 2, batch["f0"][:, : -2 * LOOKAHEAD]


def spectral_loss(envelopes: torch.Tensor, f0: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    last = -2 * LOOKAHEAD
    return spectral.loss(
        envelopes, f0, batch["target"][:, : last * HOP], batch["mask"][:, :last], batch["band_hz"]
    )


def heard_for() -> torch.Tensor:
    """Frames that each of a batch's speakers has been heard for, [BATCH, 1, 1]."""
    return WARM * (torch.rand(BATCH, 1, 1) > COLD).float()


def pretended(
    net: Decoder,
    batch: dict[str, torch.Tensor],
    judge: likeness.Likeness,
    ear: hearing.Hearing,
    trust: torch.Tensor | float = 0.0,
) -> tuple[torch.Tensor, torch.Tensor]:
    """How unlike the batch's speakers it sounds when they say its targets, and how far the words are from those."""
    envelopes, f0 = say(net, batch, normal(perturb.log_mel(batch["target"]), trust))
    envelopes = envelopes - CALM * (f0 > 0)[..., None, None] * envelopes.new_tensor([[0.0], [1.0]])
    said = likeness.heard(render(envelopes, f0))
    many = said.shape[1]
    meant = likeness.heard(batch["target"])[:, :many]
    return judge(said, batch["speaker"], batch["mask"][:, :many]), ear(said, meant, batch["mask"][:, :many])


def main() -> None:
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--data", type=pathlib.Path, required=True)
    args.add_argument("--steps", type=int, default=20_000)
    args.add_argument("--rate", type=float, default=1.5e-3)
    args.add_argument(
        "--likeness", type=float, default=3.0, help="weight of the voiceprint of swapped speakers"
    )
    args.add_argument("--name", default="decoder", help="folder in DATA")
    args.add_argument(
        "--words", type=float, default=4.0, help="weight of the words that swapped speakers say"
    )
    args.add_argument(
        "--begin",
        type=pathlib.Path,
        default=pathlib.Path(__file__).parent / "decoder.safetensors",
        help="weights to go on from where DATA/decoder has none; a name that is not there begins afresh",
    )
    args.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    args = args.parse_args()
    if args.device == "cpu":
        torch.set_num_threads(1)
    folder = args.data / args.name
    folder.mkdir(exist_ok=True)
    last = folder / "last.pt"
    saved = torch.load(last, weights_only=True) if last.exists() else None
    step = saved["step"] if saved else 0
    torch.manual_seed(step)
    voices = Voices(args.data, seed=step)
    net = Decoder().to(args.device)
    optimiser = torch.optim.AdamW(net.parameters(), args.rate, betas=(0.9, 0.98), weight_decay=0.02)
    if not saved and args.begin.exists():
        net.load_state_dict(load_file(args.begin))
    if saved:
        net.load_state_dict(saved["net"])
        optimiser.load_state_dict(saved["optimiser"])
    some = voices.held[:: max(1, len(voices.held) // 32)]
    held = {k: v.to(args.device) for k, v in voices.collate([voices.stretch(*c) for c in some]).items()}
    plain, judge = normal(perturb.log_mel(held["sound"])), likeness.Likeness(args.device)
    ear = hearing.Hearing(args.data / "hearing.npz", args.device)
    mean = copy.deepcopy(net)
    if saved:
        mean.load_state_dict(saved["mean"])
    running, began = 0.0, time.monotonic()
    while step < args.steps:
        rate = float(
            args.rate
            * min(1.0, (step + 1) / 300)
            * (0.02 + 0.98 * 0.5 * (1 + np.cos(np.pi * step / args.steps)))
        )
        for group in optimiser.param_groups:
            group["lr"] = rate
        batch = {k: v.to(args.device) for k, v in voices.batch(BATCH).items()}
        throats = perturb.THROATS[torch.randint(len(perturb.THROATS), (BATCH,))]
        tilts = torch.from_numpy(perturb.tilts(voices.rng, BATCH, TILT))
        with torch.autocast(args.device, torch.bfloat16):
            mel = normal(
                perturb.log_mel(batch["sound"], throats.to(args.device)) + tilts.to(args.device)[:, None],
                heard_for(),
            )
            envelopes, f0 = say(net, batch, mel)
            loss = spectral_loss(envelopes, f0, batch)
            unlike = lost = torch.zeros(())
            if step % 2:  # costs as much as all the rest, so every other time, twice as strong
                cast = {k: v.to(args.device) for k, v in voices.cast(BATCH).items()}
                other = likeness.swapped(batch, cast)
                unlike, lost = (2 * each for each in pretended(net, other, judge, ear, heard_for()))
        (loss + args.likeness * unlike + args.words * lost).backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        step += 1
        with torch.no_grad():
            for kept, now in zip(mean.parameters(), net.parameters(), strict=True):
                kept.lerp_(now, 1 / min(step, MEMORY))
        running = loss.item() if not running else 0.98 * running + 0.02 * loss.item()
        if step % 100 == 0:
            net.eval()
            with torch.inference_mode(), torch.autocast(args.device, torch.bfloat16):
                told = spectral_loss(*say(mean, held, plain), held).item()
                strange, left = (each.item() for each in pretended(mean, likeness.swapped(held), judge, ear))
            net.train()
            line = [
                step,
                f"{running:.4f}",
                f"{told:.4f}",
                f"{1 - strange:.3f}",
                f"{left:.3f}",
                f"{time.monotonic() - began:.0f}",
            ]
            with (folder / "curve.tsv").open("a") as curve:
                print(*line, sep="\t", file=curve)
            print(*line, flush=True)
            torch.save(
                {
                    "step": step,
                    "net": net.state_dict(),
                    "mean": mean.state_dict(),
                    "optimiser": optimiser.state_dict(),
                },
                last.with_suffix(".new"),
            )
            last.with_suffix(".new").rename(last)


if __name__ == "__main__":
    main()
