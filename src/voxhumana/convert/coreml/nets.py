"""The native model's network as Core ML is to have it: any number of blocks a call; torch.

    voiceprint [1, 256], colour [1, 160] -> Caster -> modulations, bias, mean, spread [1, 1, n]
    told [1, T, 326], these, states -> Decoder -> envelopes [1, T, 2, 2, 80], states

Layout: `training/nets.py`, from which the ONNX files were exported, one block a call; there the
convolution is a sum of products, here it is a convolution, so that T may be anything.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from voxhumana.convert.coreml.weights import Sizes

KERNEL, BANDS = 7, 80
TOLD, PRINT, COLOUR = 326, 256, 160
WHITE, LEVEL, PRINT_GAIN = 2.4, -2.24, 8.0
"""Constants of `training/nets.py`; that they are still those of the ONNX files is measured at each export."""


class Block(nn.Module):
    """ConvNeXt, causal, speaking as somebody."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.taps = nn.Parameter(torch.zeros(KERNEL, width))
        self.norm = nn.LayerNorm(width)
        self.up, self.down = nn.Linear(width, 3 * width), nn.Linear(3 * width, width)
        self.gain = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor, state: Tensor, modulation: Tensor) -> tuple[Tensor, Tensor]:
        """[1, T, width] and the 6 frames before -> [1, T, width] and the last 6."""
        past = torch.cat([state, x], 1)
        heard = functional.conv1d(past.transpose(1, 2), self.taps.T[:, None], groups=len(self.gain))
        scale, shift, gate = modulation.chunk(3, -1)
        y = self.norm(heard.transpose(1, 2)) * (1 + scale) + shift
        y = self.down(functional.gelu(self.up(y))) * (self.gain * (1 + gate))
        return x + y, past[:, -(KERNEL - 1) :].reshape(
            1, KERNEL - 1, len(self.gain)
        )  # said, as tracing forgets it


class Trunk(nn.Module):
    """The blocks, and what is before and after them; only names its parts."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.enter = nn.Linear(TOLD, sizes.width)
        self.blocks = nn.ModuleList(Block(sizes.width) for _ in range(sizes.depth))
        self.norm = nn.LayerNorm(sizes.width)


class Decoder(nn.Module):
    """What is heard -> envelopes; states are inputs and outputs."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.trunk = Trunk(sizes)
        self.head = nn.Linear(sizes.width, 4 * BANDS)
        self.heard = nn.Parameter(torch.zeros(BANDS, BANDS))
        self.breath = nn.Parameter(torch.zeros(2, BANDS))

    def forward(self, told: Tensor, *rest: Tensor) -> tuple[Tensor, ...]:
        """Envelopes [1, T, 2, 2, 80] and the states after."""
        depth = self.sizes.depth
        modulations, (bias, mean, spread), states = rest[:depth], rest[depth : depth + 3], rest[depth + 3 :]
        y, after = self.trunk.enter(told), []
        for block, state, modulation in zip(self.trunk.blocks, states, modulations, strict=True):
            y, kept = block(y, state, modulation)
            after.append(kept)
        learnt = self.head(self.trunk.norm(y)).view(1, -1, 2, 2, BANDS)
        around = told[..., BANDS : 3 * BANDS].reshape(1, -1, 2, 1, BANDS)
        heard = (around * spread[:, :, None, None] + mean[:, :, None, None]) @ self.heard - WHITE
        voiced = told[..., 4 * BANDS + 1 :: 3].reshape(1, -1, 2, 1, 1)
        return learnt + bias.view(1, 1, 1, 2, BANDS) + heard + voiced * self.breath, *after


class Stateful(nn.Module):
    """The decoder with its states inside, as macOS 15 and iOS 18 keep them."""

    def __init__(self, decoder: Decoder) -> None:
        super().__init__()
        self.decoder = decoder
        for at in range(decoder.sizes.depth):
            self.register_buffer(f"state{at}", torch.zeros(1, KERNEL - 1, decoder.sizes.width))

    def begin(self) -> None:
        """Forget what was heard."""
        for state in self.buffers(recurse=False):
            state.zero_()

    def forward(self, told: Tensor, *cast: Tensor) -> Tensor:
        """Envelopes alone; the states move on."""
        states: list[Any] = [getattr(self, f"state{at}") for at in range(self.decoder.sizes.depth)]
        envelopes, *after = self.decoder(told, *cast, *states)
        for state, kept in zip(states, after, strict=True):
            state[:] = kept
        return envelopes


class Caster(nn.Module):
    """What a voice does to the decoder."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.timbre = nn.Sequential(nn.Linear(PRINT + COLOUR, 256), nn.GELU(), nn.Linear(256, 256), nn.GELU())
        self.modulate = nn.ModuleList(nn.Linear(256, 3 * sizes.width) for _ in range(sizes.depth))
        self.colour = nn.Linear(256, 2 * BANDS)

    def forward(self, voiceprint: Tensor, colour: Tensor) -> tuple[Tensor, ...]:
        """A modulation [1, 1, 3 * width] a block, bias [1, 1, 160], mean and spread [1, 1, 80]."""
        who = self.timbre(torch.cat([PRINT_GAIN * voiceprint, colour], 1))[:, None]
        mean, spread = colour[:, None].chunk(2, -1)
        return *(layer(who) for layer in self.modulate), self.colour(who), mean + LEVEL, spread
