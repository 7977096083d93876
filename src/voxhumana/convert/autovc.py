"""The `autovc` converter: AutoVC's published generator, its speaker encoder, and a HiFi-GAN; torch.

    16 kHz -> mels -> codes of 0.5 s, less the speaker -> mels of the voice -> HiFi-GAN -> 16 kHz

Not causal (its LSTM runs both ways), so it works in windows (`windowed`): for files first of all. AutoVC came
with a WaveNet vocoder that is far from real time; a HiFi-GAN for 16 kHz and a hop of 256 takes its place.
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
from voxhumana.convert.vocoder import Vocoder
from voxhumana.convert.windowed import WindowedStream, Windows
from voxhumana.engine import Block
from voxhumana.errors import VoxError
from voxhumana.voice import Voice

Array = npt.NDArray[np.float32]

RATE_HZ = 16_000
CODE = 32
"""Frames a code stands for; windows are of whole codes."""


class AutoVcSettings(BaseModel):
    """`engines: {autovc: ...}`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    speaker: str
    """The voice's vector, as `learn` wrote it."""
    model: str = "autovc.ckpt"
    """The generator."""
    speaker_encoder: str = "3000000-BL.ckpt"
    """The speaker encoder, by its published name."""
    vocoder: str = "hifigan-16k.pth"
    """A HiFi-GAN of 80 bands and a hop of 256."""


class AutoVc:
    """The converter.

    Args:
        folder: Where its three files are; "" = among the models.
    """

    name = "autovc"
    rate_hz = RATE_HZ

    def __init__(self, folder: str = "") -> None:
        self._parts = Parts(folder)
        self.windows = Windows(
            RATE_HZ, CODE * mels.AUTOVC.hop, past_s=1.0, hop_s=2.0, ahead_s=0.5, fade_s=0.5
        )
        self.hop, self.latency = self.windows.hop, self.windows.latency

    def open(self, voice: Voice | None = None) -> WindowedStream:
        """Begin a session.

        Raises:
            VoxError: The voice has no vector, or one of the three files is missing or bad.
        """
        needs = "The autovc engine needs a voice learned from a recording; use --reference WAV."
        settings = settings_of(AutoVcSettings, voice, self.name, needs)
        assert voice
        get, folder = self._parts.get, voice.folder
        session = Session(
            get(settings.model, folder, "AutoVC's generator", load_generator),
            get(settings.speaker_encoder, folder, "AutoVC's speaker encoder", load_encoder),
            get(settings.vocoder, folder, "The vocoder", Vocoder),
            unpack(settings.speaker, voice.name),
        )
        return WindowedStream(self.windows, session.render)

    def learn(self, sound: Block) -> dict[str, Any]:
        """The voice's vector, from speech [T] at 16 kHz."""
        name = AutoVcSettings.model_fields["speaker_encoder"].default
        encoder = self._parts.get(name, None, "AutoVC's speaker encoder", load_encoder)
        return {"speaker": pack(who(encoder, mels.autovc(sound)))}


class Session:
    """One speaker, one voice."""

    def __init__(self, generator: Any, encoder: Any, vocoder: Vocoder, target: Array) -> None:  # noqa: ANN401  # torch's
        self._generator, self._encoder, self._vocoder = generator, encoder, vocoder
        self._target = target
        self._source = np.zeros_like(target)

    def render(self, window: Block) -> Block:
        """[N] said by the voice."""
        import torch  # noqa: PLC0415  # behind the extra

        mel = mels.autovc(window)[: len(window) // mels.AUTOVC.hop]
        self._source = self._source + who(self._encoder, mel)  # the direction is what counts
        source = self._source / max(float(np.linalg.norm(self._source)), 1e-6)
        given = (mel[None], source[None], self._target[None])
        with torch.inference_mode():
            made = self._generator(*(torch.from_numpy(np.ascontiguousarray(x)) for x in given))[0].numpy()
        return self._vocoder.render(mels.autovc_as_hifigan(made))


def who(encoder: Any, mel: Array) -> Array:  # noqa: ANN401  # torch's
    """Unit float32 [256] of AutoVC's mels [T, 80]."""
    import torch  # noqa: PLC0415  # behind the extra

    with torch.inference_mode():
        out: Array = encoder(torch.from_numpy(np.ascontiguousarray(mel))[None]).numpy().ravel()
    return out


def load_generator(path: Path) -> Any:  # noqa: ANN401  # torch's
    """AutoVC's generator from `autovc.ckpt`.

    Raises:
        VoxError: It is another model, or damaged.
    """
    state = _state(path, "model", "encoder.lstm.weight_ih_l0", "AutoVC generator")
    from voxhumana.convert.nets.autovc import BANDS, Generator, Sizes  # noqa: PLC0415  # torch

    try:
        width = state["encoder.convolutions.0.0.conv.weight"].shape[0]
        speaker = state["encoder.convolutions.0.0.conv.weight"].shape[1] - BANDS
        neck = state["encoder.lstm.weight_hh_l0"].shape[1]
        before, after = (state[f"decoder.{name}.weight_hh_l0"].shape[1] for name in ("lstm1", "lstm2"))
    except (KeyError, IndexError, ValueError) as error:
        raise VoxError(f"{path.name} is no AutoVC generator, or was cut short.") from error
    if not 1 <= speaker <= 4096 or max(width, neck, before, after) > 4096:
        raise VoxError(f"{path.name} asks for a network that AutoVC has not; it is refused.")
    sizes = Sizes(neck, speaker, before, CODE, width, after)
    return checkpoint.fit(lambda: Generator(sizes), state, path.name)


def load_encoder(path: Path) -> Any:  # noqa: ANN401  # torch's
    """AutoVC's speaker encoder from `3000000-BL.ckpt`.

    Raises:
        VoxError: It is another model, or damaged.
    """
    state = _state(path, "model_b", "lstm.weight_hh_l0", "speaker encoder of AutoVC's")
    from voxhumana.convert.nets.autovc import SpeakerEncoder  # noqa: PLC0415  # torch

    told = tuple(state["embedding.weight"].shape) if "embedding.weight" in state else ()
    speaker, cell = told if len(told) == 2 else (0, 0)
    if not 1 <= speaker <= 4096 or not 1 <= cell <= 4096:
        raise VoxError(f"{path.name} is no speaker encoder of AutoVC's, or was cut short.")
    return checkpoint.fit(lambda: SpeakerEncoder(cell, speaker), state, path.name)


def _state(path: Path, key: str, sign: str, what: str) -> dict[str, Any]:
    state = checkpoint.tensors(checkpoint.load(path), key)
    if sign not in state:
        raise VoxError(f"{path.name} is no {what}; name the published checkpoint.")
    return state
