"""The HiFi-GAN generator, as RVC, OpenVoice and HiFi-GAN's own checkpoints (v1-v3) have it.

    [B, C, T] -> conv -> (upsample -> mean of residual stacks)* -> conv -> [B, 1, T * product of rates]

Parameter names are those of the published models, weight norm folded (`checkpoint.fuse`). Layouts read from
jik876/hifi-gan `models.py`, RVC-Project/Retrieval-based-Voice-Conversion-WebUI `infer_pack/models.py` and
myshell-ai/OpenVoice `openvoice/models.py`. J. Kong et al., "HiFi-GAN", 2020; X. Wang et al., "Neural
source-filter waveform models", 2019, for the source that RVC feeds in.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor, nn
from torch.nn import functional

SLOPE = 0.1
"""Of the leaky rectifiers inside; the last has torch's default 0.01, as published."""


@dataclass(frozen=True)
class Shape:
    """What a generator's config file says."""

    rates: tuple[int, ...]
    """Upsampling at each step; their product is the hop."""
    kernels: tuple[int, ...]
    """Width of each upsampling."""
    width: int
    """Channels before the first upsampling; each step halves them."""
    stack_kernels: tuple[int, ...] = (3, 7, 11)
    stack_dilations: tuple[tuple[int, ...], ...] = ((1, 3, 5), (1, 3, 5), (1, 3, 5))
    kind: str = "1"
    """Residual stacks: "1" has a plain convolution after each dilated one, "2" has not."""


V1 = Shape((8, 8, 2, 2), (16, 16, 4, 4), 512)
V2 = Shape((8, 8, 2, 2), (16, 16, 4, 4), 128)
V3 = Shape((8, 8, 4), (16, 16, 8), 256, (3, 5, 7), ((1, 2), (2, 6), (3, 12)), "2")
"""The three of jik876/hifi-gan `config_v*.json`, for mels of 80 bands and a hop of 256 at 22,050 Hz."""


class Stack1(nn.Module):
    """Dilated and plain convolutions in turn, each pair with its residual."""

    def __init__(self, width: int, kernel: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.convs1 = nn.ModuleList(_same(width, kernel, d) for d in dilations)
        self.convs2 = nn.ModuleList(_same(width, kernel, 1) for _ in dilations)

    def forward(self, x: Tensor) -> Tensor:
        """[B, width, T] -> the same shape."""
        for dilated, plain in zip(self.convs1, self.convs2, strict=True):
            x = x + plain(functional.leaky_relu(dilated(functional.leaky_relu(x, SLOPE)), SLOPE))
        return x


class Stack2(nn.Module):
    """Dilated convolutions, each with its residual."""

    def __init__(self, width: int, kernel: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.convs = nn.ModuleList(_same(width, kernel, d) for d in dilations)

    def forward(self, x: Tensor) -> Tensor:
        """[B, width, T] -> the same shape."""
        for dilated in self.convs:
            x = x + dilated(functional.leaky_relu(x, SLOPE))
        return x


def _same(width: int, kernel: int, dilation: int) -> nn.Module:
    return nn.Conv1d(width, width, kernel, dilation=dilation, padding=(kernel - 1) * dilation // 2)


class Merge(nn.Module):
    """Sine and noise -> the source that the generator hears."""

    def __init__(self) -> None:
        super().__init__()
        self.l_linear = nn.Linear(1, 1)

    def forward(self, source: Tensor) -> Tensor:
        """[B, 1, ...] -> the same shape."""
        return torch.tanh(self.l_linear.weight[0, 0] * source + self.l_linear.bias)


class Generator(nn.Module):
    """See the module.

    Args:
        inputs: Channels of what it takes.
        shape: Of the generator.
        speaker: Channels of a speaker's embedding, added at the start; 0 = none.
        source: Whether a source waveform (NSF) is added at each step.
        last_bias: Whether the last convolution has one: HiFi-GAN's has, the VITS family's has not.
    """

    def __init__(
        self, inputs: int, shape: Shape, speaker: int = 0, source: bool = False, last_bias: bool = True
    ) -> None:
        super().__init__()
        widths = [shape.width >> step for step in range(len(shape.rates) + 1)]
        self.conv_pre = nn.Conv1d(inputs, shape.width, 7, padding=3)
        if speaker:
            self.cond = nn.Conv1d(speaker, shape.width, 1)
        stack = Stack1 if shape.kind == "1" else Stack2
        self.ups = nn.ModuleList(
            nn.ConvTranspose1d(wide, narrow, kernel, rate, padding=(kernel - rate) // 2)
            for wide, narrow, kernel, rate in zip(
                widths, widths[1:], shape.kernels, shape.rates, strict=False
            )
        )
        kinds = list(zip(shape.stack_kernels, shape.stack_dilations, strict=True))
        self.resblocks = nn.ModuleList(
            stack(width, kernel, dilations) for width in widths[1:] for kernel, dilations in kinds
        )
        if source:
            self.m_source = Merge()
            strides = [prod(shape.rates[step + 1 :]) for step in range(len(shape.rates))]
            self.noise_convs = nn.ModuleList(
                nn.Conv1d(1, width, 2 * stride, stride, padding=stride // 2) if stride > 1
                else nn.Conv1d(1, width, 1)
                for width, stride in zip(widths[1:], strides, strict=True)
            )  # fmt: skip
        self.conv_post = nn.Conv1d(widths[-1], 1, 7, padding=3, bias=last_bias)
        self._stacks = len(kinds)

        self._rates, self._kernels = shape.rates, shape.kernels

    def reach(self) -> tuple[int, list[int]]:
        """How much before a sample has a say in it: frames taken, samples after each upsampling."""
        after = _side(self.conv_post)
        reaches: list[int] = []
        for step in reversed(range(len(self._rates))):
            stacks = self.resblocks[step * self._stacks : (step + 1) * self._stacks]
            sides = (sum(_side(m) for m in stack.modules() if hasattr(m, "dilation")) for stack in stacks)
            reaches.insert(0, after + max(sides))
            rate, kernel = self._rates[step], self._kernels[step]
            after = (reaches[0] + kernel - 1 - (kernel - rate) // 2) // rate
        return after + _side(self.conv_pre), reaches

    def forward(
        self, x: Tensor, speaker: Tensor | None = None, source: Tensor | None = None, lead: int = 0
    ) -> Tensor:
        """[B, inputs, T], speaker [B, S, 1], source [B, 1, T * hop] -> [B, 1, (T - lead) * hop] within +-1.

        `lead` frames are heard and not rendered, each step dropping what has no say any more; if given, at
        least `reach()` of them.
        """
        wanted, reaches = x.shape[-1] - lead, self.reach()[1]
        source = None if source is None else self.m_source(source)
        x = self.conv_pre(x)
        if speaker is not None:
            x = x + self.cond(speaker)
        for step, up in enumerate(self.ups):
            x = up(functional.leaky_relu(x, SLOPE))
            if source is not None:
                x = x + self.noise_convs[step](source)[..., -x.shape[-1] :]
            wanted = wanted * self._rates[step]
            if lead:
                x = x[..., -(wanted + reaches[step]) :]
            stacks = self.resblocks[step * self._stacks : (step + 1) * self._stacks]
            x = sum(stack(x) for stack in stacks) / self._stacks
        return torch.tanh(self.conv_post(functional.leaky_relu(x)))[..., -wanted:]


def _side(conv: nn.Module) -> int:
    """Samples to one side that a convolution hears."""
    return int(conv.dilation[-1] * (conv.kernel_size[-1] - 1) // 2)
