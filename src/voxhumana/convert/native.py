"""Our own voice conversion: zero-shot, causal, 20 ms blocks, one thread, onnxruntime only.

    block 20 ms -> log-mels, with the tune and level of the block before
                -> decoder.onnx, as the voice -> two envelopes every 10 ms -> source-filter -> block 20 ms

The decoder hears one block (20 ms) beyond the one that is spoken: that is the latency. Everything else is
causal and adds nothing. How the weights were made: `training/README.md`; what they can and cannot do:
`weights/MODEL_CARD.md`.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from voxhumana import onnx
from voxhumana.convert import melody, spectrum, voiceprint
from voxhumana.convert.source import SourceFilter
from voxhumana.convert.timbre import Timbre
from voxhumana.engine import Block
from voxhumana.errors import VoxError
from voxhumana.voice import Voice

Array = npt.NDArray[np.float32]

WEIGHTS = Path(__file__).parent / "weights"
HOP = 480
SPEECH_LEVEL = float(np.log(0.08))
"""Log RMS to which speech was brought in training."""
SILENCE_LEVEL = float(np.log(10 ** (-80 / 20)))
"""Log RMS below which the envelopes sink, eight times as deep as the input, so that silence stays silent.
With -65 dBFS, and the pitch tracker's floor 20 dB higher, speech 30 dB too quiet lost 11 points of words
(18 dev clips); so it loses one."""


CALM = 0.7
"""Nepers by which noise within the voice is turned down. Training mistakes what is irregular in harmonics for
noise; DNSMOS rose from 2.71 to 2.80 with this, likeness stayed, and 1.4 gave no more."""
QUIET = 2.9
"""Nepers below the mean level (25 dB) at which a frame no longer tells of the voice."""
LEAST_SPREAD = 0.5
"""As in training."""
AVERAGE = np.load(WEIGHTS / "average.npy")
"""Mean and spread of log-mels of speech, float32 [2, 80]: what is believed of a source unheard."""
SPAN = 1000.0
"""Frames of 10 ms over which the source's mean is taken; it begins with a tenth of that for the average."""


class Native:
    """The weights; shared by every session.

    Args:
        weights: The folder with casting, decoder and voiceprint.
    """

    name = "native"
    rate_hz = spectrum.RATE_HZ
    hop = HOP
    latency = HOP

    def __init__(self, weights: Path = WEIGHTS) -> None:
        self._weights = weights
        self.casting, self.decoder, self._voiceprint = (
            _session(weights / f"{name}.onnx") for name in ("casting", "decoder", "voiceprint")
        )

    @functools.cached_property
    def fingerprint(self) -> str:
        """Of the weights that `learn` uses."""
        return hashlib.sha256((self._weights / "voiceprint.onnx").read_bytes()).hexdigest()[:16]

    def open(self, voice: Voice | None = None) -> NativeStream:
        """Begin a session in this voice.

        Raises:
            VoxError: The voice has no timbre.
        """
        if voice is None or "timbre" not in voice.engines.get(self.name, {}):
            raise VoxError(
                "The native engine needs a voice with a timbre; make one with `vox voices add NAME WAV`."
            )
        return NativeStream(self, Timbre.parse(voice.engines[self.name]["timbre"]), voice.pitch_semitones)

    def learn(self, sound: Block) -> dict[str, str]:
        """What a voice keeps for this engine, from 10-30 s of speech, float32 [T] at 24 kHz."""
        import soxr  # noqa: PLC0415  # only to learn, and not for the live path's start

        resampled = soxr.resample(sound, self.rate_hz, voiceprint.RATE_HZ)
        printed = voiceprint.embed(self._voiceprint, resampled)
        return {"timbre": str(Timbre(printed, spectrum.colour(sound), melody.mean_hz(sound)))}


@functools.cache
def _session(path: Path) -> ort.InferenceSession:
    return onnx.session(path)


class Network:
    """An ONNX graph whose inputs `state0...` are its own outputs of the step before, the last ones."""

    def __init__(self, session: ort.InferenceSession) -> None:
        self._session = session
        inputs = [i for i in session.get_inputs() if i.name.startswith("state")]
        self._states = {i.name: np.zeros(i.shape, np.float32) for i in inputs}

    def step(self, feed: dict[str, Array]) -> Array:
        """The first output for the next frame."""
        first, *states = self._session.run(None, feed | self._states)
        self._states = dict(zip(self._states, states, strict=True))
        out: Array = first
        return out


class NativeStream:
    """One session: what was heard lately, the networks' states, the running means of level and tune."""

    def __init__(self, engine: Native, timbre: Timbre, pitch_semitones: float) -> None:
        self.pitch_semitones = 0.0
        self._own_semitones = pitch_semitones
        self._target = np.log(timbre.f0_hz)
        cast = engine.casting.run(
            None, {"voiceprint": timbre.voiceprint[None], "colour": timbre.colour[None]}
        )
        self._cast = dict(zip((o.name for o in engine.casting.get_outputs()), cast, strict=True))
        self._decoder = Network(engine.decoder)
        self._past = np.zeros(spectrum.WINDOW - spectrum.HOP, np.float32)
        self._melody, self._loudness, self._colouring = melody.Melody(), Loudness(), Colouring()
        self._mel = np.zeros(2 * spectrum.MELS, np.float32)
        self._levels = np.full(2, spectrum.level(np.zeros((1, 1), np.float32))[0])
        self._source = SourceFilter()
        self._node = np.zeros((2, 80), np.float32) + np.float32(np.log(spectrum.FLOOR))
        self._waiting = np.zeros(0, np.float32)
        self._taken = self._given = 0

    def push(self, item: Block) -> Iterator[Block]:
        """Yield 20 ms for every 20 ms taken."""
        self._taken += len(item)
        self._waiting = np.concatenate([self._waiting, item])
        while len(self._waiting) >= HOP:
            block, self._waiting = self._waiting[:HOP], self._waiting[HOP:]
            self._given += HOP
            yield self._convert(block)

    def flush(self) -> Iterator[Block]:
        """Yield the rest, as if silence followed."""
        due = self._taken + Native.latency - self._given
        rest = np.concatenate([self._waiting, np.zeros(2 * HOP, np.float32)])
        yield np.concatenate([self._convert(rest[at : at + HOP]) for at in range(0, due, HOP)])[:due]

    def _convert(self, block: Array) -> Array:
        """The block before this one, float32 [480], said by the voice."""
        heard = np.concatenate([self._past, block])
        self._past = heard[-len(self._past) :]
        frames = np.lib.stride_tricks.sliding_window_view(heard, spectrum.WINDOW)[:: spectrum.HOP]
        loudness = self._loudness.value
        levels, self._levels = self._levels, spectrum.level(block.reshape(2, -1))
        mels = spectrum.log_mel(frames) - np.float32(loudness - SPEECH_LEVEL)
        mel, self._mel = self._mel, self._colouring.remove(mels, self._levels > loudness - QUIET)
        tune, voiced = self._melody.hear(block)
        semitones = self._own_semitones + self.pitch_semitones
        log_f0 = np.clip(self._target + tune + semitones * np.log(2) / 12, np.log(45), np.log(700))
        tone = 2 * (log_f0 - np.log(150)) * voiced
        each = np.stack([tone, voiced, (levels - loudness) / 2], 1)
        told = np.concatenate([mel, self._mel, each.ravel()]).astype(np.float32)
        nodes = self._decoder.step({"told": told[None, None], **self._cast})[0, 0]
        envelopes = (nodes + np.stack([self._node, nodes[0]])) / 2  # as in training
        self._node = nodes[1]
        envelopes[:, 1] -= CALM * voiced[:, None]
        quiet = np.minimum(0, 8 * (levels - SILENCE_LEVEL))[:, None, None]
        envelopes = (envelopes + quiet + (loudness - SPEECH_LEVEL)).astype(np.float32)
        self._loudness.follow(levels)
        nodes = zip(envelopes, np.exp(log_f0), voiced, strict=True)
        return np.concatenate([self._source.render(e, float(hz), float(v)) for e, hz, v in nodes])


class Colouring:
    """Running mean and spread of each mel band of the source, over its loud frames: what is taken off it."""

    def __init__(self) -> None:
        mean, spread = AVERAGE
        self._mean, self._square = mean.copy(), spread**2
        self._trust = 100.0

    def remove(self, mels: Array, loud: npt.NDArray[np.bool_]) -> Array:
        """Each of the log-mels [2, 80] less the mean, over the spread; float32 [160]."""
        for mel in mels[loud]:
            self._trust = min(self._trust + 1, SPAN)
            off = mel - self._mean
            self._mean += off / self._trust
            self._square += (off * (mel - self._mean) - self._square) / self._trust
        spread = np.sqrt(np.maximum(self._square, LEAST_SPREAD**2))
        normal: Array = ((mels - self._mean) / spread).ravel()
        return normal


@dataclass
class Loudness:
    """How loud speech has been lately: log RMS, deaf to pauses, sinking slowly when it heard a shout."""

    value: float = SPEECH_LEVEL
    trust: float = 20.0
    """Frames of 10 ms that the value is worth; it grows to 3 s."""

    def follow(self, levels: Array) -> None:
        """Take the log RMS of each 10 ms."""
        for level in levels:
            if level > max(self.value - QUIET, SILENCE_LEVEL + 1):
                self.trust = min(self.trust + 1, 300.0)
                power = np.exp(2 * self.value)
                self.value = 0.5 * float(np.log(power + (np.exp(2 * float(level)) - power) / self.trust))
            elif level > SILENCE_LEVEL + 1:
                self.value -= 0.002
