"""The `fragmentvc` converter: FragmentVC's published TorchScript, a content encoder, and its vocoder; torch.

    16 kHz -> wav2vec 2.0's frames [T, 768] attend to the voice's own mels -> mels -> vocoder -> 16 kHz

Not causal, so it works in windows (`windowed`), for files first. Layout: yistLin/FragmentVC `convert.py`:
`model(frames [1, T, 768], mels [1, 80, R])` gives mels [1, 80, T], `vocoder.generate([mels [T, 80]])` sound.
Y. Y. Lin et al., "FragmentVC", 2021. Its vocoder is a slow WaveRNN; a HiFi-GAN may be named instead.
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
from voxhumana.convert.rave import check
from voxhumana.convert.rvc.content import BEYOND, STRIDE, Content
from voxhumana.convert.settings import settings_of
from voxhumana.convert.vocoder import Vocoder
from voxhumana.convert.windowed import WindowedStream, Windows
from voxhumana.engine import Block
from voxhumana.errors import VoxError
from voxhumana.voice import Voice

Array = npt.NDArray[np.float32]

RATE_HZ = 16_000
BANDS = 80
KEPT = 500
"""Frames of the voice that are kept, 10 s: what is attended to grows the cost of every window."""


class FragmentVcSettings(BaseModel):
    """`engines: {fragmentvc: ...}`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mels: str
    """The voice's own mels, as `learn` wrote them."""
    model: str = "fragmentvc.pt"
    """The network."""
    content: str = "wav2vec2-base.onnx"
    """An ONNX export of wav2vec 2.0 base: frames of 768 every 20 ms."""
    vocoder: str = "fragmentvc-vocoder.pt"
    """Its TorchScript vocoder, or a HiFi-GAN of hop 326."""


class FragmentVc:
    """The converter.

    Args:
        folder: Where its files are; "" = among the models.
    """

    name = "fragmentvc"
    rate_hz = RATE_HZ

    def __init__(self, folder: str = "") -> None:
        self._parts = Parts(folder)
        self.windows = Windows(RATE_HZ, STRIDE, past_s=1.0, hop_s=2.0, ahead_s=0.5)
        self.hop, self.latency = self.windows.hop, self.windows.latency

    def open(self, voice: Voice | None = None) -> WindowedStream:
        """Begin a session.

        Raises:
            VoxError: The voice has no mels, or one of the files is missing or bad.
        """
        needs = "The fragmentvc engine needs a voice learned from a recording; use --reference WAV."
        settings = settings_of(FragmentVcSettings, voice, self.name, needs)
        assert voice
        target = unpack(settings.mels, voice.name)
        if len(target) % BANDS:
            raise VoxError(f"The voice '{voice.name}' is damaged; learn it again.")
        get, folder = self._parts.get, voice.folder
        session = Session(
            get(settings.model, folder, "FragmentVC", script),
            get(settings.content, folder, "The content encoder", lambda path: Content(path, 768)),
            get(settings.vocoder, folder, "The vocoder", load_vocoder),
            target.reshape(-1, BANDS),
        )
        return WindowedStream(self.windows, session.render)

    def learn(self, sound: Block) -> dict[str, Any]:
        """The voice's mels, from speech [T] at 16 kHz."""
        peak = float(np.abs(sound).max())
        mel = mels.fragmentvc(sound / (peak + 1e-6))[:KEPT]
        return {"mels": pack(mel.ravel())}


class Session:
    """One speaker, one voice."""

    def __init__(self, network: Any, content: Content, vocoder: Any, target: Array) -> None:  # noqa: ANN401  # torch's
        self._network, self._content, self._vocoder = network, content, vocoder
        self._target = target

    def render(self, window: Block) -> Block:
        """[N] said by the voice."""
        import torch  # noqa: PLC0415  # behind the extra

        said = self._content.hear(np.pad(window, (0, BEYOND)))
        with torch.inference_mode():
            told = torch.from_numpy(said)[None], torch.from_numpy(np.ascontiguousarray(self._target.T))[None]
            made = self._network(*told)
            mel = (made[0] if isinstance(made, tuple) else made)[0].T
            if isinstance(self._vocoder, Vocoder):
                sound = self._vocoder.render(mel.numpy())
            else:
                sound = self._vocoder.generate([mel])[0].numpy().ravel()
        at = np.arange(len(window)) * (
            len(sound) / (len(said) * STRIDE)
        )  # its frames are of 326, content's of 320
        out: Block = np.interp(at, np.arange(len(sound)), sound).astype(np.float32)
        return out


def script(path: Path) -> Any:  # noqa: ANN401  # torch's
    """A TorchScript, looked at before it is loaded.

    Raises:
        VoxError: It is damaged, or holds more than arithmetic.
    """
    check(path)
    try:
        return checkpoint.load_script(path)
    except (RuntimeError, ValueError, EOFError) as error:
        raise VoxError(f"{path.name} is damaged or no TorchScript of this torch; get it again.") from error


def load_vocoder(path: Path) -> Any:  # noqa: ANN401  # torch's
    """FragmentVC's own, or a HiFi-GAN.

    Raises:
        VoxError: It is neither, or damaged.
    """
    if not any(name.startswith("code/") for name in checkpoint.members(path)):
        return Vocoder(path)
    module = script(path)
    if not hasattr(module, "generate"):
        raise VoxError(f"{path.name} has no `generate`; it is no vocoder of FragmentVC's.")
    return module
