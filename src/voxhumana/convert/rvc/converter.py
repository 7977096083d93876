"""The `rvc` converter: a stranger's RVC voice, live, window by window.

    48 kHz -> 16 kHz -> content every 20 ms -> its likes in the index ----.
           -> 12 kHz -> F0 every 10 ms, followed as it comes -> source ----+-> network -> join -> 48 kHz

The network hears a window of `timing.context` and the block anew each time, for it is not causal; what is
streamed is around it: pitch, phase and noise go on from window to window, so that what overlaps agrees and
joins do not click. Runs on the thread of the live path.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.signal import firwin, resample_poly

from voxhumana.audio.reblock import Hops
from voxhumana.convert.dsp.history import History
from voxhumana.convert.rvc import timing as timings
from voxhumana.convert.rvc.content import BEYOND, Content
from voxhumana.convert.rvc.index import Index
from voxhumana.convert.rvc.join import Join
from voxhumana.convert.rvc.model import Model, Window, open_model
from voxhumana.convert.rvc.pitch import tracker
from voxhumana.convert.rvc.settings import CONTENT, RvcSettings
from voxhumana.convert.rvc.source import Source
from voxhumana.convert.settings import settings_of
from voxhumana.engine import Block
from voxhumana.places import find
from voxhumana.voice import Voice

Array = npt.NDArray[np.float32]

RATE_HZ = 48_000
FRAME = 480
"""Samples of 10 ms."""
SEARCH = FRAME
"""Samples in which a rendering in another phase is moved to fit, half to either side."""
TAPS = 97
"""Of the filters to 16 and 12 kHz; half of them, 1 ms, is their delay."""
LOUDNESS = 10 ** (-60 / 20)
"""RMS below which the output sinks with the input, so that silence stays silence."""
SPREAD = 0.66666
"""RVC's scale of the noise in the latent."""


@cache
def _filter(rate_hz: int) -> Array:
    taps: Array = firwin(TAPS, 0.46 * rate_hz, fs=RATE_HZ).astype(np.float32)
    return taps


@cache
def _model(path: Path) -> Model:
    return open_model(path)


@cache
def _content(path: Path, channels: int) -> Content:
    return Content(path, channels)


class Rvc:
    """RVC voices.

    Args:
        model: A `.pth`, `.safetensors` or `.onnx` to speak as, whoever is opened; "" = the voice's own.
        timing: How much to render at a time; None = what was measured on this machine.
    """

    name = "rvc"
    rate_hz = RATE_HZ

    def __init__(self, model: str = "", timing: timings.Timing | None = None) -> None:
        self._model = model
        self.timing = timing or timings.load()
        self.hop = self.timing.block * FRAME
        self.latency = (timings.LATE + self.timing.edge + self.timing.fade) * FRAME + SEARCH // 2

    def open(self, voice: Voice | None = None) -> RvcStream:
        """Begin a session; the first with a `.pth` takes some seconds to turn it into ONNX.

        Raises:
            VoxError: The voice has no RVC model, or one of its files is missing or bad.
        """
        if self._model:
            return RvcStream(
                self, RvcSettings(model=self._model), None, voice.pitch_semitones if voice else 0.0
            )
        needs = "The rvc engine needs a voice with an RVC model; make one with `vox models add FILE.pth`."
        settings = settings_of(RvcSettings, voice, self.name, needs)
        assert voice
        return RvcStream(self, settings, voice.folder, voice.pitch_semitones)


class RvcStream:
    """One session: what was heard lately, as the network needs it."""

    def __init__(self, engine: Rvc, settings: RvcSettings, folder: Path | None, semitones: float) -> None:
        self.pitch_semitones = 0.0
        self._own_semitones = semitones
        self._settings = settings
        self._timing = t = engine.timing
        self.model = _model(find(settings.model, folder, "The RVC model"))
        encoder = settings.content or CONTENT[self.model.channels]
        how = "; `vox models content hubert_base.pt` makes it"
        self._content = _content(find(encoder, folder, "The content encoder", how), self.model.channels)
        self._index = (
            Index(find(settings.index, folder, "The index"), self.model.channels) if settings.index else None
        )
        self._wanted = self.model.lead + t.block + t.fade + t.edge + 1
        self._frames = max(t.context + t.block, self._wanted + self._wanted % 2)
        self._sound = History((self._frames + timings.LATE) * FRAME + 2 * TAPS)
        self._f0 = np.zeros(self._frames, np.float32)
        self._loud = np.zeros(self._wanted, np.float32)
        self._pitch = tracker(settings, folder)
        self._source = Source(self.model.rate_hz, self.model.hop)
        self._excited = np.zeros(self._wanted * self.model.hop, np.float32)
        self._random = np.random.default_rng(settings.seed)
        self._noise = np.zeros((self.model.inter, self._frames), np.float32)
        self._join = Join(t.block * FRAME, t.fade * FRAME, 0 if self.model.phased else SEARCH)
        self._hops = Hops(self._step, engine.hop, engine.latency)
        self.model.render(self._window(), settings.speaker)  # the first run allocates

    def push(self, item: Block) -> Iterator[Block]:
        """Yield a block for each one taken."""
        return self._hops.push(item)

    def flush(self) -> Iterator[Block]:
        """Yield the rest, as if silence followed."""
        return self._hops.flush()

    def _step(self, block: Array) -> Array:
        """Take a block, and give the one that `latency` says."""
        t = self._timing
        self._sound.push(block)
        self._listen()
        window = self._window()
        sound = self.model.render(window, self._settings.speaker)
        if self.model.rate_hz != RATE_HZ:
            sound = resample_poly(sound, RATE_HZ // 8000, self.model.rate_hz // 8000).astype(np.float32)
        sound = sound * self._audible()[-len(sound) :]
        search = 0 if self.model.phased else SEARCH
        start = len(sound) - (t.edge + t.fade + t.block) * FRAME - SEARCH // 2 - search // 2
        return self._join.next(sound[start : start + search + (t.block + t.fade) * FRAME])

    def _listen(self) -> None:
        """Follow pitch, phase, noise and loudness to the end of the window."""
        t, model = self._timing, self.model
        end = self._sound.end
        fresh = self._down(self._pitch.rate_hz, end - t.block * FRAME - TAPS // 2, end - TAPS // 2)
        heard = self._pitch.hear(fresh) * np.float32(2 ** ((self._own_semitones + self.pitch_semitones) / 12))
        self._f0 = np.concatenate([self._f0, heard])[-self._frames :]
        excited = self._source.render(heard)
        self._excited = np.concatenate([self._excited, excited])[-self._wanted * model.hop :]
        self._noise = np.concatenate([self._noise, self._fresh(t.block)], 1)[:, -self._frames :]
        stop = end - timings.LATE * FRAME
        loud = np.sqrt(np.mean(self._sound.between(stop - t.block * FRAME, stop).reshape(-1, FRAME) ** 2, 1))
        self._loud = np.concatenate([self._loud, loud])[-self._wanted :]

    def _window(self) -> Window:
        stop = self._sound.end - timings.LATE * FRAME
        start = stop - self._frames * FRAME
        heard = self._down(16_000, start, stop + BEYOND * (RATE_HZ // 16_000))
        said = self._content.hear(heard)
        content = np.repeat(said, 2, 0)
        if self._index and self._settings.index_rate:
            like = np.repeat(self._index.blend(said, self._settings.index_rate), 2, 0)
            keep = np.where(self._f0 > 0, 1.0, self._settings.protect)[:, None] if self.model.f0 else 1.0
            content = (content + keep * (like - content)).astype(np.float32)
        return Window(content, self._f0, self._noise, self._excited)

    def _down(self, rate_hz: int, start: int, stop: int) -> Array:
        """Samples [start, stop) of the sound, at another rate."""
        half = TAPS // 2
        around = self._sound.between(start - half, stop + half)
        slow: Array = np.convolve(around, _filter(rate_hz), "valid")[:: RATE_HZ // rate_hz]
        return slow

    def _audible(self) -> Array:
        """Gain of each wanted sample at 48 kHz: 1, but less where the input is next to silent."""
        gains = np.minimum(1.0, (self._loud / LOUDNESS) ** 2)
        at = np.arange(self._wanted * FRAME) / FRAME - 0.5
        out: Array = np.interp(at, np.arange(self._wanted), gains).astype(np.float32)
        return out

    def _fresh(self, frames: int) -> Array:
        noise: Array = (SPREAD * self._random.standard_normal((frames, self.model.inter), np.float32)).T
        return noise
