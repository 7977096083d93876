"""OpenVoice's tone-colour converter, v1 and v2, under its published parameter names; torch.

    spectrum [1, 513, T], source's tone -> posterior -> flow forth as the source, back as the target -> sound

Layout: myshell-ai/OpenVoice `openvoice/models.py` (`SynthesizerTrn` with `n_speakers=0`). Z. Qin et al.,
"OpenVoice", 2023. v2's config has `zero_g`: posterior and generator are told of nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from voxhumana.convert.nets.flow import Flow, Gated
from voxhumana.convert.nets.hifigan import V1, Generator, Shape


@dataclass(frozen=True)
class Sizes:
    """What `config.json` says; the defaults are the published converters'."""

    bins: int = 513
    inter: int = 192
    hidden: int = 192
    tone: int = 256
    generator: Shape = V1
    layers: int = 16
    """Of the posterior encoder."""


class Posterior(nn.Module):
    """Spectrum -> latent."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.pre = nn.Conv1d(sizes.bins, sizes.hidden, 1)
        self.enc = Gated(sizes.hidden, 5, sizes.layers, sizes.tone)
        self.proj = nn.Conv1d(sizes.hidden, 2 * sizes.inter, 1)

    def forward(self, spectrum: Tensor, tone: Tensor, noise: Tensor) -> Tensor:
        """[1, bins, T], [1, tone, 1], [1, inter, T] -> [1, inter, T]."""
        mean, log_spread = self.proj(self.enc(self.pre(spectrum), tone)).chunk(2, 1)
        z: Tensor = mean + noise * torch.exp(log_spread)
        return z


class Reference(nn.Module):
    """Spectrum -> tone."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        widths = [1, 32, 32, 64, 64, 128, 128]
        self.layernorm = nn.LayerNorm(sizes.bins)
        self.convs = nn.ModuleList(nn.Conv2d(taken, given, 3, 2, 1) for taken, given in pairwise(widths))
        left = sizes.bins
        for _ in self.convs:
            left = (left - 1) // 2 + 1
        self.gru = nn.GRU(128 * left, 128, batch_first=True)
        self.proj = nn.Linear(128, sizes.tone)

    def forward(self, spectrum: Tensor) -> Tensor:
        """[1, bins, T] -> [1, tone, 1]."""
        x = self.layernorm(spectrum.transpose(1, 2)[:, None])
        for conv in self.convs:
            x = torch.relu(conv(x))
        x = x.transpose(1, 2).flatten(2)
        out: Tensor = self.proj(self.gru(x)[1][0]).unsqueeze(-1)
        return out


class Converter(nn.Module):
    """The whole."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.enc_q = Posterior(sizes)
        self.flow = Flow(sizes.inter, sizes.hidden, sizes.tone, layers=4)
        self.dec = Generator(sizes.inter, sizes.generator, sizes.tone, last_bias=False)
        self.ref_enc = Reference(sizes)

    def forward(self, spectrum: Tensor, source: Tensor, target: Tensor, noise: Tensor, zero: bool) -> Tensor:
        """[1, bins, T], two tones [1, tone, 1], noise [1, inter, T] -> [1, 1, T * hop]."""
        nobody = torch.zeros_like(source)
        z = self.enc_q(spectrum, nobody if zero else source, noise)
        z = self.flow(self.flow(z, source, back=False), target, back=True)
        sound: Tensor = self.dec(z, nobody if zero else target)
        return sound
