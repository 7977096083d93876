"""How much a conversion sounds like its target, with gradients.

    sound -> its power spectrogram -> mel power, as GE2E hears it -> voiceprint

There is no recording of somebody saying what somebody else said; there is their voiceprint. Measured with an
independent verifier too, since a network can learn to please the one that teaches it.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from training import spectral
from training.voiceprint import Voiceprint
from voxhumana.convert import voiceprint

HZ = np.linspace(0, voiceprint.RATE_HZ / 2, voiceprint.WINDOW // 2 + 1)
FILTERS = torch.from_numpy(voiceprint.FILTERS.T * np.square(voiceprint.HANN).sum())
"""[201, 40] from power per bin; white noise of unit power has the window's energy in each."""
WINDOW = 600
"""GE2E's 25 ms at 24 kHz."""


class Likeness:
    """1 - cosine between what is said and who is to say it."""

    def __init__(self, device: str = "cpu") -> None:
        self._net = Voiceprint.pretrained().requires_grad_(False).to(device)
        self._net.train()  # cuDNN's LSTM has gradients in training mode only; there is nothing that drops out

    def __call__(self, power: Tensor, speaker: Tensor, mask: Tensor) -> Tensor:
        """Mean over the batch; power per bin [B, T >= 160, 201] every 10 ms as `heard` gives it, speaker [B, 256].

        Compared is the mean of the windows' voiceprints, as of a whole utterance: a single window is far from its
        own speaker's mean for what it says, and a network that is to change that mumbles. Windows that reach into
        what is masked (mask [B, T]) do not count, but for the first.
        """
        many = power.shape[1] // voiceprint.SPAN
        first = int(torch.randint(power.shape[1] - many * voiceprint.SPAN + 1, ()))
        windows = power[:, first : first + many * voiceprint.SPAN].unflatten(1, (many, voiceprint.SPAN))
        full = mask[:, first : first + many * voiceprint.SPAN].unflatten(1, (many, voiceprint.SPAN)).mean(2)
        told = self._net(windows.flatten(0, 1) @ FILTERS.to(power.device)).unflatten(0, (-1, many))
        counts = torch.cat([torch.ones_like(full[:, :1]), (full[:, 1:] > 0.9).float()], 1)
        mean = torch.nn.functional.normalize((told * counts[..., None]).sum(1), dim=1)
        return 1 - (mean * speaker).sum(1).mean()


def heard(wave: Tensor) -> Tensor:
    """Power per bin [B, T, 201] (0 to 8 kHz, 25 ms around the ends of hops) of [B, 240 T] at 24 kHz."""
    return spectral.power(wave, WINDOW, WINDOW)[..., : len(HZ)]


def swapped(batch: dict[str, Tensor], cast: dict[str, Tensor] | None = None) -> dict[str, Tensor]:
    """The batch with each clip to be said by the next one's speaker, at that one's pitch; by the cast's where chosen."""
    voiced = batch["f0"] > 0
    mean = (batch["f0"].clamp_min(1).log() * voiced).sum(1) / voiced.sum(1).clamp_min(1)
    who = {name: batch[name].roll(-1, 0) for name in ("speaker", "colour")}
    tune = mean.roll(-1)
    if cast is not None:
        chosen = cast["chosen"]
        who = {name: torch.where(chosen[:, None], cast[name], rows) for name, rows in who.items()}
        tune = torch.where(chosen, cast["tune"], tune)
    shift = torch.where(tune * mean > 0, (tune - mean).exp(), 1.0)
    return {**batch, **who, "f0": (batch["f0"] * shift[:, None]).clamp(0, 650)}
