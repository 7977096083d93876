"""All recordings on the device, and batches gathered there: what `train_decoder.Voices` gives, for a fast one.

clips -> stretches with the voice that is to be heard, some in rooms, some with noise; stretches of good recordings
"""

from __future__ import annotations

import csv
import pathlib
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training import perturb
from training.corpus import FRAME, HOP, Clip, Corpus
from training.train_decoder import BUILT_IN, CAST, FRAMES, LEVEL, SAME_WORDS, SAID
from training.train_encoder import held_out

NAMES = ("real", "parallel", "said", "built-in")
STARS = 3
"""Which of them are the built-in voices."""
WORTH = np.array([1.0, 5.0, SAID, BUILT_IN])
"""How much more often a second of each is heard than a second of real speech."""
ROOMS, NOISY = 0.12, 0.33
"""Share of a batch in rooms, and with noise."""
SAMPLES = FRAMES * FRAME
WET = 131_072
"""Points of the FFT that puts a stretch in a room."""
NOISE = 8 * 24_000
GOOD_SNR_DB = 48.0
"""From which on a recording of speechocean762 (a noisy corpus, half of all speech) is an example of a good one."""
KIN = 6


@dataclass(frozen=True)
class Groups:
    """Which clips share a key: the clips in order of it, and for each its group's first place, size, and its own."""

    order: np.ndarray
    first: np.ndarray
    size: np.ndarray
    own: np.ndarray

    @classmethod
    def of(cls, key: np.ndarray) -> Groups:
        order = np.argsort(key, kind="stable")
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        _, which, count = np.unique(key, return_inverse=True, return_counts=True)
        first = np.cumsum(np.r_[0, count])[which]
        return cls(order, first, count[which], place - first)

    def any(self, clips: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """One of each clip's group, itself included."""
        return self.order[self.first[clips] + rng.integers(0, self.size[clips])]

    def others(self, clips: np.ndarray, many: int, rng: np.random.Generator) -> np.ndarray:
        """[N, many] of each clip's group without it; it itself where it is alone."""
        size = self.size[clips][:, None]
        pick = rng.integers(0, np.maximum(size - 1, 1), (len(clips), many))
        pick += pick >= self.own[clips][:, None]
        return self.order[self.first[clips][:, None] + np.where(size > 1, pick, 0)]


class Bank:
    """Every clip's int16 sound, F0, voiceprint and colour."""

    def __init__(self, data: pathlib.Path, seed: int, device: str) -> None:
        self.rng, self._device = np.random.default_rng(seed), device
        corpora = [Corpus(data / name) for name in NAMES]
        clips = [(which, clip) for which, corpus in enumerate(corpora) for clip in corpus.clips]
        offsets = np.cumsum([0, *(len(c.pcm) for c in corpora)])
        self._which = np.array([which for which, _ in clips])
        self._start = np.array([offsets[which] + clip.start for which, clip in clips])
        self._length = np.array([clip.length for _, clip in clips])
        self._band = np.array([clip.band_hz for _, clip in clips], np.float32)
        self._gain = np.array([_gain(corpora[which], clip) for which, clip in clips], np.float32)
        self._pcm = torch.from_numpy(np.concatenate([c.pcm for c in corpora])).to(device)
        f0 = np.concatenate([c.table("f0.f16", np.float16) for c in corpora]).astype(np.float32)
        self._f0 = torch.from_numpy(f0).to(device)
        self._prints = np.concatenate([c.table("speaker.f32", np.float32, 256) for c in corpora])
        self._colours = np.concatenate([c.table("colour.f32", np.float32, 160) for c in corpora])
        alone = -1 - np.arange(len(clips))
        speaker, group = (
            np.unique([f"{w}:{getattr(clip, key)}" for w, clip in clips], return_inverse=True)[1]
            for key in ("speaker", "group")
        )
        parallel = self._which == SAME_WORDS
        self._kin = Groups.of(np.where(parallel, alone, speaker))
        self._same = Groups.of(np.where(parallel, group, alone))
        held = np.array([held_out(clip) for _, clip in clips])
        weight = self._length * WORTH[self._which] * ~held
        odds = weight * (np.bincount(speaker, weight)[speaker] + 240_000) ** -0.5
        good = _good(data / "speech" / "train" / "manifest.tsv", clips)
        self._odds, self._good_odds = (np.cumsum(o) / o.sum() for o in (odds, odds * good))
        some = np.flatnonzero(held & (self._length >= SAMPLES // 2))
        self.held = some[:: max(1, len(some) // 48)][:48]
        self._stars = self._cast(speaker, f0)
        rooms = perturb.Microphone(data / "speech", self.rng)
        self._noises, self._rooms = self._put(
            np.stack([np.resize(n, NOISE) for n in rooms.noises]),
            np.stack([np.fft.rfft(r, WET).astype(np.complex64) for r in rooms.rooms]),
        )

    def batch(self, size: int) -> dict[str, Tensor]:
        """Random stretches, as `Voices.stretch` names them; `own_level` is that of the target, `many` its frames."""
        return self.stretches(self._pick(self._odds, size))

    def stretches(self, clips: np.ndarray) -> dict[str, Tensor]:
        """A random stretch of each of these clips."""
        rng, said = self.rng, self._same.any(clips, self.rng)
        total = np.minimum(self._length[clips], self._length[said]) // FRAME
        offset = (rng.random(len(clips)) * (np.maximum(total - FRAMES, 0) + 1)).astype(np.int64) * FRAME
        gain = (10 ** (rng.normal(0, 3, len(clips)) / 20)).astype(np.float32)
        many, start, other, own, theirs, band = self._put(
            np.minimum(FRAMES, total),
            self._start[clips] + offset,
            self._start[said] + offset,
            self._gain[clips] * gain,
            self._gain[said] * gain,
            self._band[clips],
        )
        speaker, colour = self._put(*self._voice(clips))
        target = self._cut(start, many * FRAME, SAMPLES) * own[:, None]
        heard = self._disturb(self._cut(other, many * FRAME, SAMPLES) * theirs[:, None], many * FRAME)
        hop = torch.arange(2 * FRAMES, device=self._device)
        inside = hop < 2 * many[:, None]
        f0 = self._f0[(start[:, None] // HOP + hop).clamp_max(len(self._f0) - 1)]
        return {
            "sound": heard, "target": target, "f0": torch.where(inside, f0, 0.0), "level": _level(heard, inside),
            "own_level": _level(target, inside), "speaker": speaker, "colour": colour, "band_hz": band, "many": many,
            "mask": (hop < 2 * many[:, None] - 1).float(),
        }  # fmt: skip

    def cast(self, size: int) -> dict[str, Tensor]:
        """Speakers, colours and mean log F0 of built-in voices, as `Voices.cast` gives them."""
        which, chosen = self._put(
            self.rng.integers(len(self._stars[0]), size=size), self.rng.random(size) < CAST
        )
        speaker, colour, tune = (each[which] for each in self._stars)
        return {"speaker": speaker, "colour": colour, "tune": tune, "chosen": chosen}

    def good(self, size: int, samples: int) -> Tensor:
        """Stretches [size, samples] of good recordings."""
        clips = self._pick(self._good_odds, size)
        spare = np.maximum(self._length[clips] - samples, 0)
        start, many, gain = self._put(
            self._start[clips] + (self.rng.random(size) * (spare + 1)).astype(np.int64),
            np.minimum(self._length[clips], samples),
            (self._gain[clips] * 10 ** (self.rng.normal(0, 3, size) / 20)).astype(np.float32),
        )
        return self._cut(start, many, samples) * gain[:, None]

    def throats(self, size: int) -> Tensor:
        """Filters of other mouths, [size, bins, 80]."""
        which = torch.from_numpy(self.rng.integers(len(perturb.THROATS), size=size))
        return perturb.THROATS[which].to(self._device)

    def _pick(self, odds: np.ndarray, size: int) -> np.ndarray:
        return np.searchsorted(odds, self.rng.random(size)).clip(max=len(odds) - 1)

    def _put(self, *arrays: np.ndarray) -> list[Tensor]:
        return [torch.from_numpy(np.ascontiguousarray(a)).to(self._device) for a in arrays]

    def _voice(self, clips: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Voiceprints [N, 256] and colours [N, 160] from one to six of each speaker's other clips."""
        some = self._kin.others(clips, KIN, self.rng)
        many = self.rng.integers(1, KIN + 1, len(clips))[:, None]
        weight = ((np.arange(KIN) < many) / many)[..., None].astype(np.float32)
        mean = (self._prints[some] * weight).sum(1) + self.rng.normal(0, 0.01, (len(clips), 256))
        mean /= np.linalg.norm(mean, axis=1, keepdims=True)
        return mean.astype(np.float32), (self._colours[some] * weight).sum(1)

    def _cast(self, speaker: np.ndarray, f0: np.ndarray) -> list[Tensor]:
        """Voiceprint, colour and mean log F0 of each built-in voice."""
        rows = []
        for who in np.unique(speaker[self._which == STARS]):
            clips = np.flatnonzero(speaker == who)
            hops = np.concatenate(
                [
                    f0[a // HOP : (a + n) // HOP]
                    for a, n in zip(self._start[clips], self._length[clips], strict=True)
                ]
            )
            mean = self._prints[clips].mean(0)
            rows.append(
                (mean / np.linalg.norm(mean), self._colours[clips].mean(0), np.log(hops[hops > 0]).mean())
            )
        return self._put(*(np.stack(column).astype(np.float32) for column in zip(*rows, strict=True)))

    def _cut(self, start: Tensor, many: Tensor, size: int) -> Tensor:
        """[B, size], of which each row's first `many` are sound."""
        at = torch.arange(size, device=self._device)
        pcm = self._pcm[(start[:, None] + at).clamp_max(len(self._pcm) - 1)]
        return pcm.float() / 32768 * (at < many[:, None])

    def _disturb(self, wave: Tensor, many: Tensor) -> Tensor:
        """The first rows in rooms, those after them with noise, a few with both; as loud as before."""
        inside = torch.arange(wave.shape[1], device=self._device) < many[:, None]
        power = wave.square().sum(1, keepdim=True) + 1e-5
        rooms, noisy = (max(1, round(share * len(wave))) for share in (ROOMS, NOISY))
        first = max(0, rooms - noisy // 4)
        wave = torch.cat([self._in_rooms(wave[:rooms], inside[:rooms], power[:rooms]), wave[rooms:]])
        some = slice(first, first + noisy)
        noise = self._noise(inside[some], power[some])
        return torch.cat([wave[:first], wave[some] + noise, wave[first + noisy :]])

    def _in_rooms(self, wave: Tensor, inside: Tensor, power: Tensor) -> Tensor:
        room = self._rooms[self.rng.integers(len(self._rooms), size=len(wave))]
        wet = torch.fft.irfft(torch.fft.rfft(wave, WET) * room, WET)[:, : wave.shape[1]] * inside
        return wet * (power / (wet.square().sum(1, keepdim=True) + 1e-5)).sqrt()

    def _noise(self, inside: Tensor, power: Tensor) -> Tensor:
        """8 to 35 dB below the speech; three of ten are fans and air."""
        rng, (size, samples) = self.rng, inside.shape
        which, at, snr_db, slope, fan = self._put(
            rng.integers(len(self._noises), size=(size, 1)),
            rng.integers(NOISE, size=(size, 1)),
            rng.uniform(8, 35, (size, 1)).astype(np.float32),
            rng.uniform(0, 1, (size, 1)).astype(np.float32),
            rng.random((size, 1)) < 0.3,
        )
        street = self._noises[which, (at + torch.arange(samples, device=self._device)) % NOISE]
        bins = torch.arange(samples // 2 + 1, device=self._device)
        air = torch.fft.irfft(torch.fft.rfft(torch.randn_like(street)) * (bins + 20.0) ** -slope, samples)
        noise = torch.where(fan, air, street) * inside
        return noise * (power / (noise.square().sum(1, keepdim=True) + 1e-5)).sqrt() * 10 ** (-snr_db / 20)


def _level(wave: Tensor, inside: Tensor) -> Tensor:
    return torch.where(inside, 0.5 * (wave.unflatten(1, (-1, HOP)).square().mean(2) + 1e-9).log(), -9.0)


def _gain(corpus: Corpus, clip: Clip) -> float:
    """What brings the clip's loud hops to LEVEL."""
    power = np.square(corpus.wave(clip).reshape(-1, HOP)).mean(1)
    loud = power > np.quantile(power, 0.9) * 10**-2.5
    return float(LEVEL / np.sqrt(power[loud].mean() + 1e-10))


def _good(manifest: pathlib.Path, clips: list[tuple[int, Clip]]) -> np.ndarray:
    """Which clips are examples of good recordings."""
    with manifest.open() as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    noisy = {
        r["path"]
        for r in rows
        if r["source"].startswith("speechocean762") and float(r["snr_db"] or 0) <= GOOD_SNR_DB
    }
    return np.array([which > 0 or clip.group not in noisy for which, clip in clips])
