"""The engine's synthesis (`convert/source.py`) for whole clips in torch, with gradients to the envelopes.

What envelopes have on average is not what is heard: noise fluctuates, filters ring into the next node. A network that
only saw the average flickered from node to node (words of dev, distance as `hearing.py` counts it: 0.24 on average,
0.33 as rendered).
"""

from __future__ import annotations

import torch
from torch import Tensor

from training.corpus import HOP, RATE
from voxhumana.convert import source

SPREAD, FOLD, RISE, PART = (
    torch.from_numpy(each) for each in (source.SPREAD, source.FOLD, source.RISE, source.PART)
)
FFT = source.FFT


def render(envelopes: Tensor, f0: Tensor) -> Tensor:
    """float32 [B, 240 T] of log envelopes [B, T, 2, 80] and F0 [B, T], Hz at the ends of hops, 0 unvoiced."""
    spread, fold, rise = (each.to(f0.device) for each in (SPREAD, FOLD, RISE))
    with torch.no_grad():
        noise = torch.randn(len(f0), f0.shape[1] * HOP, device=f0.device)
        excitation = torch.stack([pulses(f0), noise], 1)
        hops = excitation.unflatten(2, (-1, HOP)).transpose(1, 2)  # [B, T, 2, 240]
        fading, coming = (torch.fft.rfft(hops * gain, FFT) for gain in (1 - rise, rise))
    cepstra = torch.fft.irfft(envelopes.float() @ spread, FFT)
    filters = torch.exp(torch.fft.rfft(cepstra * fold))
    before = torch.cat([filters[:, :1], filters[:, :-1]], 1)
    rings = torch.fft.irfft((fading * before + coming * filters).sum(2), FFT)  # [B, T, 1024]
    padded = torch.nn.functional.pad(rings, (0, -FFT % HOP)).unflatten(2, (-1, HOP))
    late = [
        torch.nn.functional.pad(part, (0, 0, n, 0))[:, : f0.shape[1]]
        for n, part in enumerate(padded.unbind(2))
    ]
    return sum(late).flatten(1)


def pulses(f0: Tensor) -> Tensor:
    """As `SourceFilter` makes them, [B, 240 T]."""
    voiced = (f0 > 0).double()
    places = torch.arange(f0.shape[1], device=f0.device).expand_as(f0)
    last = torch.where(f0 > 0, places, -1).cummax(1).values
    first = (f0 > 0).int().argmax(1, keepdim=True)
    held = f0.double().gather(1, torch.where(last < 0, first, last)).clamp_min(45)
    hz, gain = _between(held), _between(voiced)
    phase = (hz.cumsum(1) / RATE % 1.0) * (2 * torch.pi)
    many = torch.floor(RATE / 2 / hz)
    half = torch.sin(phase / 2)
    near = half.abs() < 1e-4
    cosines = torch.sin(many * phase / 2) * torch.cos((many + 1) * phase / 2) / torch.where(near, 1.0, half)
    return (torch.where(near, many, cosines) * gain * (4 * hz / RATE).sqrt()).float()


def _between(nodes: Tensor) -> Tensor:
    """Straight lines from node to node, [B, 240 T]."""
    before = torch.cat([nodes[:, :1], nodes[:, :-1]], 1)
    return (before[..., None] + (nodes - before)[..., None] * PART.to(nodes.device)).flatten(1)
