"""How much a conversion sounds like its target, with gradients, without rendering it.

    envelopes, F0 -> the power spectrogram that they have on average -> mel power, as GE2E hears it -> voiceprint

There is no recording of somebody saying what somebody else said; there is their voiceprint. Measured with an
independent verifier too, since a network can learn to please the one that teaches it.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from training.spectral import comb
from training.voiceprint import Voiceprint
from voxhumana.convert import source, voiceprint

HZ = np.linspace(0, voiceprint.RATE_HZ / 2, voiceprint.WINDOW // 2 + 1)
SPREAD = torch.from_numpy(
    np.stack([np.interp(HZ, source.CENTRES_HZ, row) for row in np.eye(source.BANDS)])
).float()
FILTERS = torch.from_numpy(voiceprint.FILTERS.T * np.square(voiceprint.HANN).sum())
"""[201, 40] from power per bin; white noise of unit power has the window's energy in each."""
WINDOW = 600
"""GE2E's 25 ms at 24 kHz, as `comb` counts them."""


class Likeness:
    """1 - cosine between what is said and who is to say it."""

    def __init__(self) -> None:
        self._net = Voiceprint.pretrained().requires_grad_(False)

    def __call__(self, envelopes: Tensor, f0: Tensor, speaker: Tensor) -> Tensor:
        """Mean over the batch; envelopes [B, T, 2, 80], F0 [B, T] (0 unvoiced), speaker [B, 256]; T >= 160."""
        first = int(torch.randint(envelopes.shape[1] - voiceprint.SPAN + 1, ()))
        span = slice(first, first + voiceprint.SPAN)
        f0 = f0[:, span]
        harmonic, noise = torch.exp(2 * (envelopes[:, span] @ SPREAD)).unbind(2)
        rows = comb(f0, torch.zeros_like(f0), torch.from_numpy(HZ).float(), WINDOW)
        power = harmonic * rows * (f0 > 0)[..., None] + noise
        return 1 - (self._net(power @ FILTERS) * speaker).sum(1).mean()


def swapped(batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """The batch with each clip to be said by the next one's speaker, at that one's pitch."""
    voiced = batch["f0"] > 0
    mean = (batch["f0"].clamp_min(1).log() * voiced).sum(1) / voiced.sum(1).clamp_min(1)
    shift = torch.where(mean.roll(-1) * mean > 0, (mean.roll(-1) - mean).exp(), 1.0)
    who = {name: batch[name].roll(-1, 0) for name in ("speaker", "colour")}
    return {**batch, **who, "f0": (batch["f0"] * shift[:, None]).clamp(0, 650)}
