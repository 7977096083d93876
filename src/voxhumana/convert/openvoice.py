"""The `openvoice` converter: any voice from a recording, by OpenVoice's tone-colour converter; torch.

    22,050 Hz -> spectrum -> posterior -> flow, from the speaker's tone to the voice's -> sound

Not causal, so it works in windows (`windowed`), for files first. The speaker's own tone is the mean over what
was heard so far. The published one adds an inaudible watermark by another model; this does not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from voxhumana.convert import mels
from voxhumana.convert.nets import checkpoint
from voxhumana.convert.packing import pack, unpack
from voxhumana.convert.parts import Parts
from voxhumana.convert.settings import settings_of
from voxhumana.convert.windowed import WindowedStream, Windows
from voxhumana.engine import Block
from voxhumana.errors import VoxError
from voxhumana.voice import Voice

Array = npt.NDArray[np.float32]

RATE_HZ = 22_050
TAU = 0.3
"""Spread of the noise in the latent, as published."""
SPOKEN = 10 ** (-50 / 20)
"""RMS of a window from which on it tells of the speaker."""


class OpenVoiceSettings(BaseModel):
    """`engines: {openvoice: ...}`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tone: str
    """The voice's tone, as `learn` wrote it."""
    model: str = "openvoice-v2.pth"
    """The converter's `checkpoint.pth`."""
    zero: bool = True
    """v2's `zero_g`; false for v1."""


class OpenVoice:
    """The converter.

    Args:
        model: Its `checkpoint.pth`; "" = `openvoice-v2.pth` among the models.
    """

    name = "openvoice"
    rate_hz = RATE_HZ

    def __init__(self, model: str = "") -> None:
        self._given = model
        self._parts = Parts()
        self.windows = Windows(RATE_HZ, mels.OPENVOICE.hop, past_s=1.0, hop_s=2.0, ahead_s=0.5)
        self.hop, self.latency = self.windows.hop, self.windows.latency

    def open(self, voice: Voice | None = None) -> WindowedStream:
        """Begin a session.

        Raises:
            VoxError: The voice has no tone, or the converter is missing or bad.
        """
        needs = "The openvoice engine needs a voice learned from a recording; use --reference WAV."
        settings = settings_of(OpenVoiceSettings, voice, self.name, needs)
        assert voice
        name = self._given or settings.model
        network = self._parts.get(name, voice.folder, "OpenVoice's converter", load_converter)
        session = Session(network, unpack(settings.tone, voice.name), settings.zero)
        return WindowedStream(self.windows, session.render)

    def learn(self, sound: Block) -> dict[str, Any]:
        """The voice's tone, from speech [T] at 22,050 Hz."""
        name = self._given or OpenVoiceSettings.model_fields["model"].default
        network = self._parts.get(name, None, "OpenVoice's converter", load_converter)
        learned: dict[str, Any] = {"tone": pack(tone(network, mels.OPENVOICE.magnitudes(sound)))}
        return learned | ({"model": self._given} if self._given else {})


class Session:
    """One speaker, one voice."""

    def __init__(self, network: Any, target: Array, zero: bool) -> None:  # noqa: ANN401  # torch's
        self._network, self._target, self._zero = network, target, zero
        self._source = np.zeros_like(target)
        self._heard = 0
        self._random = np.random.default_rng(0)

    def render(self, window: Block) -> Block:
        """[N] said by the voice."""
        import torch  # noqa: PLC0415  # behind the extra

        spectrum = mels.OPENVOICE.magnitudes(window)
        if np.sqrt(np.mean(window**2)) > SPOKEN or not self._heard:
            self._heard += 1
            news = tone(self._network, spectrum) - self._source
            self._source = (self._source + news / self._heard).astype(np.float32)
        inter = self._network.enc_q.proj.out_channels // 2
        noise = TAU * self._random.standard_normal((1, inter, len(spectrum)), np.float32)
        given = (spectrum.T[None], self._source[None, :, None], self._target[None, :, None], noise)
        with torch.inference_mode():
            sound = self._network(*(torch.from_numpy(np.ascontiguousarray(x)) for x in given), self._zero)
        out: Block = sound.numpy().ravel()
        return out


def tone(network: Any, spectrum: Array) -> Array:  # noqa: ANN401  # torch's
    """float32 [tone] of magnitudes [T, bins]."""
    import torch  # noqa: PLC0415  # behind the extra

    with torch.inference_mode():
        out: Array = network.ref_enc(torch.from_numpy(np.ascontiguousarray(spectrum.T))[None]).numpy().ravel()
    return out


def load_converter(file: Path) -> Any:  # noqa: ANN401  # torch's
    """OpenVoice's tone-colour converter from its `checkpoint.pth`.

    Raises:
        VoxError: It is another model, or damaged.
    """
    state = checkpoint.tensors(checkpoint.load(file), "model")
    from voxhumana.convert.nets.hifigan import Shape  # noqa: PLC0415  # torch
    from voxhumana.convert.nets.openvoice import Converter, Sizes  # noqa: PLC0415  # torch

    try:
        hidden, bins, _ = state["enc_q.pre.weight"].shape
        inter = state["enc_q.proj.weight"].shape[0] // 2
        told = state["ref_enc.proj.weight"].shape[0]
        width = state["dec.conv_pre.weight"].shape[0]
    except (KeyError, ValueError, IndexError) as error:
        raise VoxError(f"{file.name} is no OpenVoice tone-colour converter, or was cut short.") from error
    if max(hidden, bins, inter, told, width) > 4096:
        raise VoxError(f"{file.name} asks for a network that OpenVoice has not; it is refused.")
    layers = sum(1 for key in state if key.startswith("enc_q.enc.in_layers.") and key.endswith("bias"))
    sizes = Sizes(bins, inter, hidden, told, Shape((8, 8, 2, 2), (16, 16, 4, 4), width), layers)
    return checkpoint.fit(lambda: Converter(sizes), state, file.name)
