"""Vocos: mels -> spectra -> sound, under its published parameter names; torch.

Layout: gemelo-ai/vocos `models.py` (`VocosBackbone`), `modules.py` (`ConvNeXtBlock`), `heads.py`
(`ISTFTHead`). H. Siuzdak, "Vocos", 2023.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Block(nn.Module):
    """ConvNeXt."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv1d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.pwconv1 = nn.Linear(width, inner)
        self.pwconv2 = nn.Linear(inner, width)
        self.gamma = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        """[B, width, T] -> the same shape."""
        y = self.norm(self.dwconv(x).transpose(1, 2))
        y = self.gamma * self.pwconv2(nn.functional.gelu(self.pwconv1(y)))
        return x + y.transpose(1, 2)


class Backbone(nn.Module):
    """The convolutions."""

    def __init__(self, bands: int, width: int, inner: int, depth: int) -> None:
        super().__init__()
        self.embed = nn.Conv1d(bands, width, 7, padding=3)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.convnext = nn.ModuleList(Block(width, inner) for _ in range(depth))
        self.final_layer_norm = nn.LayerNorm(width, eps=1e-6)

    def forward(self, mel: Tensor) -> Tensor:
        """[B, bands, T] -> [B, T, width]."""
        x = self.norm(self.embed(mel).transpose(1, 2)).transpose(1, 2)
        for block in self.convnext:
            x = block(x)
        out: Tensor = self.final_layer_norm(x.transpose(1, 2))
        return out


class Head(nn.Module):
    """Magnitudes and phases, and their inverse transform."""

    def __init__(self, width: int, fft: int) -> None:
        super().__init__()
        self.out = nn.Linear(width, fft + 2)


class Vocos(nn.Module):
    """See the module."""

    def __init__(self, bands: int, width: int, inner: int, depth: int, fft: int, hop: int) -> None:
        super().__init__()
        self.backbone = Backbone(bands, width, inner, depth)
        self.head = Head(width, fft)
        self._fft, self._hop = fft, hop

    def forward(self, mel: Tensor) -> Tensor:
        """[1, bands, T] -> [1, (T - 1) * hop]; frame 0 is about sample 0."""
        magnitude, phase = self.head.out(self.backbone(mel)).transpose(1, 2).chunk(2, 1)
        spectrum = torch.polar(torch.exp(magnitude).clamp(max=1e2), phase)
        window = torch.hann_window(self._fft)
        sound: Tensor = torch.istft(spectrum, self._fft, self._hop, self._fft, window, center=True)
        return sound
