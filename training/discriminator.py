"""Is it a recording? Told from the spectrograms of short stretches, at three resolutions, with gradients.

Multi-resolution spectrogram discriminators (UnivNet, Jang et al. 2021) with least squares (Mao et al. 2017) and
feature matching (MelGAN, Kumar et al. 2019). They see magnitudes only: the phases of a source-filter are never those
of a mouth. They see nothing above `TOP_HZ`, where most recordings end.
"""

from __future__ import annotations

from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from training.corpus import RATE

WINDOWS = ((512, 360, 120), (1024, 960, 160), (2048, 1920, 320))
"""FFT, window and step in samples: 15, 40 and 80 ms."""
TOP_HZ = 7500
WIDTH = 32
POWER = 0.15
"""Exponent of a bin's power: its magnitude to the 0.3, so that pauses count and digital silence is no cliff."""
SLOPE = 0.2
Seen: TypeAlias = list[list[Tensor]]
"""Of each resolution the layers' outputs, the last one the verdict: 1 for a recording."""


class Spectrogram(nn.Module):
    """One resolution: float32 [B, N] at 24 kHz -> what each layer saw."""

    def __init__(self, fft: int, window: int, step: int) -> None:
        super().__init__()
        self.fft, self.window, self.step = fft, window, step
        hann = torch.hann_window(window)
        self.register_buffer("hann", hann / hann.square().sum().sqrt(), persistent=False)
        self.bins = int(TOP_HZ / RATE * fft)
        halving = [_conv(WIDTH, WIDTH, 9, step=2) for _ in range(3)]
        self.layers = nn.ModuleList([_conv(1, WIDTH, 9), *halving, _conv(WIDTH, WIDTH, 3)])
        self.last = _conv(WIDTH, 1, 3)

    def forward(self, wave: Tensor) -> list[Tensor]:
        with torch.autocast(wave.device.type, enabled=False):
            frames = wave.float().unfold(-1, self.window, self.step) * self.hann
            bins = torch.fft.rfft(frames, self.fft)[..., : self.bins]
            x = (bins.real.square() + bins.imag.square() + 1e-8).pow(POWER)[:, None]
        seen = []
        for layer in self.layers:
            x = nn.functional.leaky_relu(layer(x), SLOPE).contiguous(memory_format=torch.channels_last)
            seen.append(x)
        return [*seen, self.last(x)]


class Discriminator(nn.Module):
    """All resolutions: float32 [B, N >= 1920] -> Seen."""

    def __init__(self) -> None:
        super().__init__()
        self.each = nn.ModuleList(Spectrogram(*size) for size in WINDOWS)

    def forward(self, wave: Tensor) -> Seen:
        return [one(wave) for one in self.each]


def told_apart(real: Seen, fake: Seen) -> Tensor:
    """What the discriminators learn by: recordings are 1, what was rendered is 0."""
    both = zip(real, fake, strict=True)
    return sum((r[-1].float() - 1).square().mean() + f[-1].float().square().mean() for r, f in both) / len(
        real
    )


def found_out(fake: Seen, rows: slice = slice(None)) -> Tensor:
    """How far these rows are from passing for recordings."""
    return sum((f[-1][rows].float() - 1).square().mean() for f in fake) / len(fake)


def unlike(real: Seen, fake: Seen, rows: slice = slice(None)) -> Tensor:
    """How far these rows lie from the recordings of the same words, layer by layer, as a share of what is there."""
    layers = [pair for r, f in zip(real, fake, strict=True) for pair in zip(r[:-1], f[:-1], strict=True)]
    off = [(r.float() - f[rows].float()).abs().mean() / (r.float().abs().mean() + 1e-6) for r, f in layers]
    return sum(off) / len(real)


def _conv(inputs: int, outputs: int, bins: int, step: int = 1) -> nn.Module:
    """Three frames by `bins`."""
    layer = nn.Conv2d(inputs, outputs, (3, bins), (1, step), (1, bins // 2))
    nn.init.kaiming_normal_(layer.weight, SLOPE)
    nn.init.zeros_(layer.bias)
    return weight_norm(layer)
