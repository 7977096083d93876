"""A spectral loss that needs no sound: the spectrogram that envelopes and F0 would have on average, against the target's.

Pulses and noise both have unit power per bin before their filters, so behind a window of width L the expected power is

    P(f) = |Hh(f)|^2 comb(f; F0) + |Hn(f)|^2,    comb = 1 + 2 sum_m q^(m^2) cos(2 pi m f / F0),  q = exp(-2 pi^2 s^2)

a row of Gaussians at the harmonics (Jacobi's theta function) with s = width / F0: the window's main lobe, and the
drift of the k-th harmonic within the window. Wide windows see the single harmonics (so the split into pulses and
noise is learned), narrow ones the moment.
"""

from __future__ import annotations

import torch
from torch import Tensor

from training.corpus import HOP, RATE
from voxhumana.convert import source, spectrum

WINDOWS = (480, 1200)
"""20 and 50 ms."""
FLOOR = 1e-9
TERMS = 4
SPREAD = {}


def _spread(fft: int) -> Tensor:
    if fft not in SPREAD:
        step = source.FFT // fft if fft <= source.FFT else None
        full = torch.from_numpy(source.SPREAD)
        SPREAD[fft] = (
            full[:, ::step]
            if step
            else torch.nn.functional.interpolate(
                full[:, None], fft // 2 + 1, mode="linear", align_corners=True
            )[:, 0]
        )
    return SPREAD[fft]


def comb(f0: Tensor, drift: Tensor, hz: Tensor, window: int) -> Tensor:
    """[B, T, bins] from F0 and its change within the window, Hz [B, T]; flat where unvoiced (F0 = 0)."""
    safe = f0.clamp_min(50)[..., None]
    lobe = 0.61 * RATE / window  # Hz: a Gaussian as wide as the squared Hann lobe at -3 dB
    order = hz / safe
    blur = (lobe**2 + (order * (0.3 * drift[..., None] + 0.004 * safe)) ** 2) / safe**2  # s^2
    q = torch.exp(-2 * torch.pi**2 * blur)
    cosine = torch.cos(2 * torch.pi * order)
    total, before, now = torch.ones_like(q), torch.ones_like(q), cosine
    for m in range(1, TERMS + 1):
        total = total + 2 * q ** (m * m) * now
        before, now = now, 2 * cosine * now - before
    return total.clamp_min(1e-4)


def stft(wave: Tensor, window: int, fft: int, every: int = 1) -> Tensor:
    """Around the ends of hops 0, `every`, ..., complex [B, T, bins]; white noise of variance 1 has power 1 in each."""
    hann = torch.hann_window(window, device=wave.device)
    frames = torch.nn.functional.pad(wave, (window // 2 - HOP, window // 2)).unfold(-1, window, every * HOP)
    return torch.fft.rfft(frames * (hann / hann.square().sum().sqrt()), fft)


def power(wave: Tensor, window: int, fft: int, every: int = 1) -> Tensor:
    """The same's power, [B, T, bins]."""
    return stft(wave, window, fft, every).abs().square()


def loss(envelopes: Tensor, f0: Tensor, target: Tensor, mask: Tensor, band_hz: Tensor) -> Tensor:
    """Mean absolute log difference; envelopes [B, T, 2, 80], F0 [B, T], target [B, 240 T], mask [B, T], band [B]."""
    total = 0.0
    ahead = torch.cat([f0[:, 1:], f0[:, -1:]], 1)
    slope = torch.where((f0 > 0) & (ahead > 0), (ahead - f0).abs(), 0.0)  # Hz a hop
    voiced = (f0 > 0)[..., None].float()
    for window in WINDOWS:
        fft = 512 if window <= 512 else 2048
        wide = fft > 512  # sees single harmonics, which matter below 5 kHz; every other node is enough
        some, keep = (
            (slice(None, None, 2), slice(2, int(5000 / RATE * fft))) if wide else (slice(None), slice(None))
        )
        hz = torch.linspace(0, RATE / 2, fft // 2 + 1, device=f0.device)[keep]
        harmonic, noise = torch.exp(2 * (envelopes[:, some] @ _spread(fft).to(f0.device)[:, keep])).unbind(2)
        mean = (
            harmonic * comb(f0[:, some], slope[:, some] * window / HOP, hz, window) * voiced[:, some] + noise
        )
        seen = power(target, window, fft, 2 if wide else 1)[..., keep]
        weight = torch.ones_like(f0[:, some])[..., None]
        if not wide:
            bands = _bands(fft).to(f0.device)
            mean, seen = mean @ bands, seen @ bands
            weight = (_centres(fft).to(f0.device) < band_hz[:, None]).float()[:, None]
        weight = weight * mask[:, some, None]
        # The median of a noisy power lies below its mean: by log(ln 2) = -0.37 for one bin, less for a band of them.
        bias = -0.37 if wide else -0.15
        distance = (bias + torch.log(mean + FLOOR) - torch.log(seen + FLOOR)).abs()
        total = total + (distance * weight).sum() / (weight.expand_as(distance).sum() + 1)
    return total


BANDS = {}


def _bands(fft: int) -> Tensor:
    """[bins, 100] averaging bands up to 12 kHz."""
    if fft not in BANDS:
        rows = torch.from_numpy(spectrum.mel_filters(RATE, fft // 2 + 1, 100, 60.0, 11_900.0))
        rows = rows + 1e-9
        BANDS[fft] = (rows / rows.sum(1, keepdim=True)).T.contiguous()
    return BANDS[fft]


def _centres(fft: int) -> Tensor:
    bands = _bands(fft)
    return torch.linspace(0, RATE / 2, fft // 2 + 1) @ bands
