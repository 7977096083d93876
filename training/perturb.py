"""What a microphone, a room and another throat do to speech: only the student hears it, its teacher hears the original.

Microphone(speech folder)(waves [B, N]) -> noise, room, level, clipping, bandwidth
heard(waves) -> log-mels, with the filters stretched at random: another vocal tract, the same timing (VTLP)
"""

from __future__ import annotations

import csv
import pathlib

import numpy as np
import soundfile as sf
import soxr
import torch
from torch import Tensor

from training.corpus import RATE
from voxhumana.convert import spectrum

STRETCHES = np.exp(np.linspace(-0.2, 0.2, 21))
"""Vocal-tract ratios 0.82 to 1.22: child to large man."""


def _bank(stretch: float | np.ndarray) -> np.ndarray:
    low, high = spectrum.MEL_LOW_HZ, spectrum.MEL_HIGH_HZ
    return 20 * spectrum.mel_filters(RATE, spectrum.FFT // 2 + 1, spectrum.MELS, low, high, stretch).T


def _throats(many: int) -> np.ndarray:
    """Other people's mouths: each formant region moved by its own smooth amount, [many, bins, 80]."""
    rng = np.random.default_rng(0)
    place = np.linspace(0, 4, spectrum.MELS + 2)
    curves = [
        rng.uniform(-0.22, 0.22) + np.interp(place, np.arange(5), rng.normal(0, 0.06, 5)) for _ in range(many)
    ]
    return np.stack([_bank(np.exp(c)) for c in curves])


BANKS = torch.from_numpy(np.stack([_bank(s) for s in STRETCHES]))  # [21, bins, 80]
THROATS = torch.from_numpy(
    np.concatenate([_bank(1.0)[None], _throats(199)])
)  # [200, bins, 80], the first as it is
HANN = torch.from_numpy(spectrum.HANN)


def frames(waves: Tensor, window: int) -> Tensor:
    """Causal 10 ms frames [B, N / 240, window] of [B, N]: each ends where its hop ends."""
    return torch.nn.functional.pad(waves, (window - spectrum.HOP, 0)).unfold(-1, window, spectrum.HOP)


def log_mel(waves: Tensor, bank: Tensor | None = None) -> Tensor:
    """[B, N / 480, 160]: two log-mels a 20 ms frame; `bank` [B, bins, 80] moves each clip's filters."""
    magnitude = torch.fft.rfft(frames(waves, spectrum.WINDOW) * HANN.to(waves.device), spectrum.FFT).abs()
    mel = (
        (magnitude @ (THROATS[0] if bank is None else bank).to(waves.device)).clamp_min(spectrum.FLOOR).log()
    )
    return mel.unflatten(1, (-1, 2)).flatten(2)


class Microphone:
    """Random noise, rooms, level, tilt and clipping."""

    def __init__(self, speech: pathlib.Path, rng: np.random.Generator) -> None:
        self._rng = rng
        self.noises, self.rooms = [], []
        folder = speech / "noise"
        with (folder / "manifest.tsv").open() as rows:
            for row in csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE):
                wave, rate = sf.read(folder / row["path"], dtype="float32", always_2d=True)
                wave = soxr.resample(wave[:, 0], rate, RATE)
                room = row["path"].startswith("rir/")
                (self.rooms if room else self.noises).append(_trimmed(wave) if room else wave)
        self.noises = [n for n in self.noises if np.square(n).mean() > 1e-8]

    def __call__(self, waves: np.ndarray, *, strength: float = 1.0) -> np.ndarray:
        """float32 [B, N] as recorded."""
        return np.stack([self._record(wave, strength) for wave in waves])

    def disturb(self, wave: np.ndarray) -> np.ndarray:
        """float32 [N] in a room (one of eight) and with noise (a third), as loud as before where it speaks."""
        rng = self._rng
        before = np.mean(wave**2) + 1e-9
        if rng.random() < 0.12:
            wave = _convolve(wave, self.rooms[rng.integers(len(self.rooms))])
            wave = wave * np.sqrt(before / (np.mean(wave**2) + 1e-9))
        if rng.random() < 0.35:
            noise = self._noise(len(wave))
            wave = wave + noise * np.sqrt(before / (np.mean(noise**2) + 1e-9)) * 10 ** (
                -rng.uniform(8, 35) / 20
            )
        return wave.astype(np.float32)

    def _record(self, wave: np.ndarray, strength: float) -> np.ndarray:
        rng = self._rng
        size = len(wave)
        if rng.random() < 0.25 * strength:
            wave = _convolve(wave, self.rooms[rng.integers(len(self.rooms))])
        if rng.random() < 0.5:
            wave = _convolve(wave, _tilt(rng))
        if rng.random() < 0.6 * strength:
            noise = self._noise(size)
            snr_db = rng.uniform(3, 40)
            wave = wave + noise * np.sqrt(np.mean(wave**2) / (np.mean(noise**2) + 1e-9)) * 10 ** (
                -snr_db / 20
            )
        wave = wave * (0.08 / (np.sqrt(np.mean(wave**2)) + 1e-4)) * 10 ** (rng.uniform(-24, 8) / 20)
        return np.clip(wave, -1, 1).astype(np.float32)

    def _noise(self, size: int) -> np.ndarray:
        rng = self._rng
        if rng.random() < 0.3:  # coloured: fans and air
            bins = size // 2 + 1
            shape = (np.arange(bins) + 20.0) ** -rng.uniform(0, 1)
            return np.fft.irfft(shape * (rng.normal(size=bins) + 1j * rng.normal(size=bins)), size)
        noise = self.noises[rng.integers(len(self.noises))]
        start = rng.integers(len(noise))
        return np.resize(
            np.roll(noise, -start)[: max(size, 1)] if len(noise) >= size else np.roll(noise, -start), size
        )


def _trimmed(room: np.ndarray) -> np.ndarray:
    """An impulse response from its direct sound on, at most 0.6 s."""
    peak = int(np.abs(room).argmax())
    tail = room[max(0, peak - 24) : peak + int(0.6 * RATE)]
    return tail / np.sqrt(np.sum(tail**2))


def _tilt(rng: np.random.Generator) -> np.ndarray:
    """A random smooth equaliser as a short filter: +-8 dB over eight octave points."""
    bins = 129
    points = rng.uniform(-8, 8, 9)
    octaves = np.log2(np.linspace(0, 128, bins) + 1)
    gain = 10 ** (np.interp(octaves, np.linspace(0, 7.01, 9), points) / 20)
    return np.roll(np.fft.irfft(gain), 12)[:160]


def _convolve(wave: np.ndarray, response: np.ndarray) -> np.ndarray:
    size = 1 << (len(wave) + len(response) - 1).bit_length()
    return np.fft.irfft(np.fft.rfft(wave, size) * np.fft.rfft(response, size), size)[: len(wave)]


def tilts(rng: np.random.Generator, many: int, size: float = 0.35) -> np.ndarray:
    """Random smooth equalisers as offsets of a frame's two log-mels, float32 [many, 160]: +-`size` nepers at 6 points."""
    points = rng.uniform(-size, size, (many, 6))
    curve = np.stack([np.interp(np.linspace(0, 5, 80), np.arange(6), p) for p in points])
    return np.tile(curve, 2).astype(np.float32)
