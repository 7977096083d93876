"""Vocoders that people have, as blocks: HiFi-GAN v1-v3 and Vocos, from their published checkpoints; torch.

mels float32 [frames, bands] -> float32 [frames * hop]
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voxhumana.convert import mels
from voxhumana.convert.nets import checkpoint
from voxhumana.errors import VoxError

Array = npt.NDArray[np.float32]


class Vocoder:
    """A vocoder, in inference.

    Args:
        path: HiFi-GAN's `g_02500000` or `generator...pth.tar`, or Vocos' `pytorch_model.bin`; HiFi-GAN's
            `config.json` beside it tells its rate, else 22,050 Hz is taken.

    Raises:
        VoxError: It is no such checkpoint, is damaged, or torch is not installed.
    """

    def __init__(self, path: Path) -> None:
        state = checkpoint.tensors(checkpoint.load(path), "generator")
        if "backbone.embed.weight" in state:
            self.front, self._network = _vocos(state, path.name)
            self.kind = "vocos"
        elif "conv_pre.weight_v" in state or "conv_pre.weight" in state:
            self.front, self._network = _hifigan(state, path)
            self.kind = "hifigan"
        else:
            raise VoxError(f"{path.name} is no HiFi-GAN and no Vocos; name a vocoder's checkpoint.")

    def mel(self, sound: Array) -> Array:
        """What it was trained to make sound of, [frames, bands], of [T] at its rate."""
        return mels.hifigan(sound, self.front) if self.kind == "hifigan" else mels.vocos(sound, self.front)

    def render(self, mel: Array) -> Array:
        """float32 [frames * hop] of [frames, bands]."""
        import torch  # noqa: PLC0415  # behind the extra

        with torch.inference_mode():
            sound = self._network(torch.from_numpy(np.ascontiguousarray(mel.T))[None]).numpy().ravel()
        out: Array = np.pad(sound, (0, max(0, len(mel) * self.front.hop - len(sound)))).astype(np.float32)
        return out


def _hifigan(state: Mapping[str, Any], path: Path) -> tuple[mels.Front, Any]:
    from voxhumana.convert.nets.hifigan import Generator, Shape  # noqa: PLC0415  # torch

    shapes = {key.replace("weight_v", "weight"): list(tensor.shape) for key, tensor in state.items()}
    try:
        steps = range(checkpoint.layers(shapes, r"ups\.(\d+)\."))
        kernels = tuple(shapes[f"ups.{i}.weight"][2] for i in steps)
        first = "1" if "resblocks.0.convs1.0.weight" in shapes else "2"
        stacks = checkpoint.layers(shapes, r"resblocks\.(\d+)\.") // len(kernels)
        inner = "convs1" if first == "1" else "convs"
        stack_kernels = tuple(shapes[f"resblocks.{i}.{inner}.0.weight"][2] for i in range(stacks))
        width, bands, _ = shapes["conv_pre.weight"]
    except (KeyError, ValueError, IndexError, ZeroDivisionError) as error:
        raise VoxError(f"{path.name} is no HiFi-GAN generator, or was cut short.") from error
    dilations = ((1, 3, 5),) * stacks if first == "1" else ((1, 2), (2, 6), (3, 12))[:stacks]
    config = _config(path)
    rates = tuple(config.get("upsample_rates") or (kernel // 2 for kernel in kernels))
    shape = Shape(rates, kernels, width, stack_kernels, dilations, first)
    network = checkpoint.fit(lambda: Generator(bands, shape), state, path.name)
    told = {
        "rate_hz": "sampling_rate",
        "fft": "n_fft",
        "hop": "hop_size",
        "low_hz": "fmin",
        "high_hz": "fmax",
    }
    given = {name: config[key] for name, key in told.items() if key in config}
    front = replace(mels.HIFIGAN, bands=bands, **given)
    if front.hop != int(np.prod(rates)):
        raise VoxError(
            f"{path.name} makes {int(np.prod(rates))} samples a frame, its config.json says {front.hop}."
        )
    return front, network


def _config(path: Path) -> dict[str, Any]:
    beside = path.with_name("config.json")
    try:
        told = json.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else {}
    except (OSError, ValueError) as error:
        raise VoxError(f"{beside} is no JSON; mend or remove it.") from error
    return told if isinstance(told, dict) and "upsample_rates" in told else {}


def _vocos(state: Mapping[str, Any], name: str) -> tuple[mels.Front, Any]:
    from voxhumana.convert.nets.vocos import Vocos  # noqa: PLC0415  # torch

    try:
        width, bands, _ = state["backbone.embed.weight"].shape
        inner = state["backbone.convnext.0.pwconv1.weight"].shape[0]
        fft = state["head.out.weight"].shape[0] - 2
        depth = checkpoint.layers(state, r"backbone\.convnext\.(\d+)\.")
    except (KeyError, ValueError, IndexError) as error:
        raise VoxError(f"{name} is no Vocos with mels, or was cut short.") from error
    if (width > 4096) or not 64 <= fft <= 8192:
        raise VoxError(f"{name} asks for a network that no Vocos has; it is refused.")
    own = {k: t for k, t in state.items() if not k.startswith("feature_extractor.") and "istft" not in k}
    network = checkpoint.fit(lambda: Vocos(bands, width, inner, depth, fft, fft // 4), own, name)
    front = replace(mels.VOCOS, bands=bands, fft=fft, hop=fft // 4)
    return front, network
