"""The pitch networks that people have for RVC, CREPE, FCPE and RMVPE, and their export to ONNX; torch.

    frames [F, 1024] -> Crepe -> salience [1, F, 360]      a frame of 64 ms at 16 kHz, mean 0, spread 1
    mels [1, 128, T] -> Fcpe, Rmvpe -> salience [1, T, 360] a frame every 10 ms; Rmvpe: T in 32s

Layouts: maxrmorrison/torchcrepe `model.py`; CNChTu/FCPE `models.py` and `model_conformer_naive.py`, without
attention, as its published weights are; RVC-Project/Retrieval-based-Voice-Conversion-WebUI
`infer/lib/rmvpe.py`. Papers: J. W. Kim et al., "CREPE", 2018; Y. Luo et al., "FCPE", 2025; H. Wei et al.,
"RMVPE", 2023.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from voxhumana.convert.nets import checkpoint
from voxhumana.convert.nets.export import write
from voxhumana.convert.nets.holder import Holder
from voxhumana.errors import VoxError

BINS = 360
MELS = 128


class Crepe(nn.Module):
    """Six convolutions over the waveform, halved after each."""

    def __init__(self, channels: list[int]) -> None:
        super().__init__()
        for at, (taken, given) in enumerate(zip([1, *channels], channels, strict=False), 1):
            kernel, stride = ((512, 1), (4, 1)) if at == 1 else ((64, 1), (1, 1))
            self.add_module(f"conv{at}", nn.Conv2d(taken, given, kernel, stride))
            self.add_module(f"conv{at}_BN", nn.BatchNorm2d(given, eps=0.001))
        self.classifier = nn.Linear(4 * channels[-1], BINS)

    def forward(self, frames: Tensor) -> Tensor:
        """[F, 1024] -> [1, F, 360]."""
        x = frames[:, None, :, None]
        for at in range(1, 7):
            x = functional.pad(x, (0, 0, 254, 254) if at == 1 else (0, 0, 31, 32))
            x = self.get_submodule(f"conv{at}_BN")(torch.relu(self.get_submodule(f"conv{at}")(x)))
            x = functional.max_pool2d(x, (2, 1), (2, 1))
        return torch.sigmoid(self.classifier(x.permute(0, 2, 1, 3).flatten(1)))[None]


class Swap(nn.Module):
    """Time and channels changed round."""

    def forward(self, x: Tensor) -> Tensor:
        """[1, A, B] -> [1, B, A]."""
        return x.transpose(1, 2)


class Depthwise(nn.Module):
    """A convolution a channel; only gives it the published name."""

    def __init__(self, width: int, kernel: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)

    def forward(self, x: Tensor) -> Tensor:
        """[1, C, T] -> [1, C, T]."""
        out: Tensor = self.conv(x)
        return out


class Conformer(nn.Module):
    """The convolutional half of a conformer layer; `norm` is the other half's, which FCPE left out."""

    def __init__(self, width: int, inner: int, kernel: int) -> None:
        super().__init__()
        parts = [
            nn.LayerNorm(width), Swap(), nn.Conv1d(width, 2 * inner, 1), nn.GLU(dim=1),
            Depthwise(inner, kernel), nn.SiLU(), nn.Conv1d(inner, width, 1), Swap(),
        ]  # fmt: skip
        self.conformer = nn.Module()
        self.conformer.add_module("net", nn.Sequential(*parts))
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        """[1, T, C] -> [1, T, C]."""
        return x + self.conformer.net(x)


class Fcpe(nn.Module):
    """Convolutions over mels."""

    def __init__(self, mels: int, width: int, inner: int, kernel: int, layers: int) -> None:
        super().__init__()
        self.input_stack = nn.Sequential(
            nn.Conv1d(mels, width, 3, padding=1), nn.GroupNorm(4, width), nn.LeakyReLU(),
            nn.Conv1d(width, width, 3, padding=1),
        )  # fmt: skip
        self.net = nn.Module()
        self.net.add_module(
            "encoder_layers", nn.ModuleList(Conformer(width, inner, kernel) for _ in range(layers))
        )
        self.norm = nn.LayerNorm(width)
        self.output_proj = nn.Linear(width, BINS)

    def forward(self, mels: Tensor) -> Tensor:
        """[1, 128, T] -> [1, T, 360]."""
        x = self.input_stack(mels).transpose(1, 2)
        for layer in self.net.encoder_layers:
            x = layer(x)
        return torch.sigmoid(self.output_proj(self.norm(x)))


class Residual(nn.Module):
    """Two convolutions around which a way leads."""

    def __init__(self, taken: int, given: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(taken, given, 3, padding=1, bias=False), nn.BatchNorm2d(given), nn.ReLU(),
            nn.Conv2d(given, given, 3, padding=1, bias=False), nn.BatchNorm2d(given), nn.ReLU(),
        )  # fmt: skip
        if taken != given:
            self.shortcut = nn.Conv2d(taken, given, 1)

    def forward(self, x: Tensor) -> Tensor:
        """[1, taken, T, M] -> [1, given, T, M]."""
        out: Tensor = self.conv(x) + (self.shortcut(x) if hasattr(self, "shortcut") else x)
        return out


class Down(nn.Module):
    """Residual blocks of a level, in a list of the published name."""

    def __init__(self, taken: int, given: int, blocks: int) -> None:
        super().__init__()
        self.conv = nn.ModuleList(Residual(given if at else taken, given) for at in range(blocks))

    def forward(self, x: Tensor) -> Tensor:
        """[1, taken, T, M] -> [1, given, T, M]."""
        for block in self.conv:
            x = block(x)
        return x


class Up(nn.Module):
    """A level of the decoder: twice as large, with what its level of the encoder had."""

    def __init__(self, taken: int, given: int, blocks: int) -> None:
        super().__init__()
        self.conv1 = nn.Sequential(
            nn.ConvTranspose2d(taken, given, 3, 2, padding=1, output_padding=1, bias=False),
            nn.BatchNorm2d(given),
            nn.ReLU(),
        )
        self.conv2 = nn.ModuleList(Residual(given if at else 2 * given, given) for at in range(blocks))

    def forward(self, x: Tensor, other: Tensor) -> Tensor:
        """[1, taken, T, M] and [1, given, 2T, 2M] -> [1, given, 2T, 2M]."""
        x = torch.cat([self.conv1(x), other], 1)
        for block in self.conv2:
            x = block(x)
        return x


class Rmvpe(nn.Module):
    """A U-net over mels, then a GRU both ways."""

    def __init__(self, width: int, levels: int, middle: int, blocks: int, cell: int) -> None:
        super().__init__()
        wide = [width << at for at in range(levels)]
        self.unet = Holder(
            encoder=Holder(
                bn=nn.BatchNorm2d(1),
                layers=nn.ModuleList(Down(a, b, blocks) for a, b in zip([1, *wide], wide, strict=False)),
            ),
            intermediate=Holder(
                layers=nn.ModuleList(
                    Down(wide[-1] * (2 if at else 1), 2 * wide[-1], blocks) for at in range(middle)
                )
            ),
            decoder=Holder(layers=nn.ModuleList(Up(2 * n, n, blocks) for n in reversed(wide))),
        )
        self.cnn = nn.Conv2d(width, 3, 3, padding=1)
        gru = Holder(gru=nn.GRU(3 * MELS, cell, batch_first=True, bidirectional=True))
        self.fc = nn.Sequential(gru, nn.Linear(2 * cell, BINS))

    def forward(self, mels: Tensor) -> Tensor:
        """[1, 128, T] -> [1, T, 360]; T is a multiple of 2 to the number of levels."""
        kept: list[Tensor] = []
        x = self.unet.encoder.bn(mels.transpose(1, 2)[:, None])
        for layer in self.unet.encoder.layers:
            kept.append(layer(x))
            x = functional.avg_pool2d(kept[-1], 2)
        for layer in self.unet.intermediate.layers:
            x = layer(x)
        for layer in self.unet.decoder.layers:
            x = layer(x, kept.pop())
        x = self.cnn(x).transpose(1, 2).flatten(2)
        return torch.sigmoid(self.fc[1](self.fc[0].gru(x)[0]))


def build(held: Any, name: str) -> tuple[str, nn.Module]:  # noqa: ANN401  # whatever a stranger's file holds
    """The network of a checkpoint, told from its tensors, and what it is called: crepe, fcpe or rmvpe.

    Raises:
        VoxError: It is none of them, or has sizes that none of them has.
    """
    state = checkpoint.tensors(held, "model")
    signs = {"classifier.weight": "crepe", "input_stack.0.weight": "fcpe", "unet.encoder.bn.weight": "rmvpe"}
    kind = next((k for sign, k in signs.items() if sign in state), None)
    if kind is None:
        raise VoxError(f"{name} is no CREPE, FCPE or RMVPE; name the published weights of one.")
    try:
        sizes = {"crepe": _crepe, "fcpe": _fcpe, "rmvpe": _rmvpe}[kind](state)
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        raise VoxError(f"{name} is no whole {kind.upper()}, or was cut short.") from error
    if not 1 <= min(sizes) <= max(sizes) <= checkpoint.WIDEST or (kind == "rmvpe" and sizes[1] > 6):
        raise VoxError(f"{name} asks for a network that no {kind.upper()} is; it is refused.")
    derived = ("cent_table", "gaussian_blurred_cent_mask")
    own = {key: t for key, t in state.items() if key not in derived}
    makes = {"crepe": lambda: Crepe(sizes), "fcpe": lambda: Fcpe(*sizes), "rmvpe": lambda: Rmvpe(*sizes)}
    return kind, checkpoint.fit(makes[kind], own, name)


def _crepe(state: Mapping[str, Any]) -> list[int]:
    return [int(state[f"conv{at}.weight"].shape[0]) for at in range(1, 7)]


def _fcpe(state: Mapping[str, Any]) -> list[int]:
    width, mels, _ = state["input_stack.0.weight"].shape
    inner, _, kernel = state["net.encoder_layers.0.conformer.net.4.conv.weight"].shape
    if mels != MELS or width % 4:
        raise ValueError(mels)
    return [
        int(mels),
        int(width),
        int(inner),
        int(kernel),
        checkpoint.layers(state, r"net\.encoder_layers\.(\d+)\."),
    ]


def _rmvpe(state: Mapping[str, Any]) -> list[int]:
    first = "unet.encoder.layers.0.conv"
    return [
        int(state[f"{first}.0.conv.0.weight"].shape[0]),
        checkpoint.layers(state, r"unet\.encoder\.layers\.(\d+)\."),
        checkpoint.layers(state, r"unet\.intermediate\.layers\.(\d+)\."),
        checkpoint.layers(state, rf"{re.escape(first)}\.(\d+)\."),
        int(state["fc.0.gru.weight_hh_l0"].shape[1]),
    ]


def export(kind: str, network: nn.Module, target: str) -> None:
    """Write it as ONNX: `frames` or `mel` -> `salience`."""
    name = "frames" if kind == "crepe" else "mel"
    given = torch.zeros(5, 1024) if kind == "crepe" else torch.zeros(1, MELS, 64)
    axes = {"frames": {0: "T"}, "mel": {2: "T"}, "salience": {1: "T"}}
    write(network, {name: given}, "salience", axes, target)
