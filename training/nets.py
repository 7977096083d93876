"""The networks. All are causal and run at 50 Hz; the same `forward` trains on whole clips and streams frame by frame.

Tensors are float32 [batch, frames, channels]. A network takes its states and returns new ones: each holds the last
`KERNEL - 1` inputs of one depthwise convolution, zeros at the start of a stream.

    two log-mels [B, T, 160] -> Encoder -> content [B, T, 64] and phonemes
    log-mels, F0, voicing, level; speaker -> Decoder -> two log spectral envelopes every 10 ms
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from voxhumana.convert import source, spectrum

KERNEL = 7
"""Frames seen by one block: 140 ms."""
CONTENT = 64
"""Width of the content vector."""
SPEAKER = 256


class Block(nn.Module):
    """ConvNeXt, causal: depthwise convolution, norm, pointwise up and down, residual.

    A `modulation` [B, 1, 3C] (scale, shift, gate), where given, makes it speak as somebody (AdaLN).
    """

    def __init__(self, width: int, expansion: int = 3) -> None:
        super().__init__()
        self.taps = nn.Parameter(torch.randn(KERNEL, width) / KERNEL**0.5)
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, expansion * width)
        self.down = nn.Linear(expansion * width, width)
        self.gain = nn.Parameter(torch.full((width,), 0.1))

    def forward(self, x: Tensor, state: Tensor, modulation: Tensor | None = None) -> tuple[Tensor, Tensor]:
        past = torch.cat([state, x], 1)
        if x.shape[1] > KERNEL:
            y = F.conv1d(past.transpose(1, 2), self.taps.T[:, None], groups=x.shape[2]).transpose(1, 2)
        else:  # few frames: a sum of products beats a convolution (COMPUTE.md)
            y = sum(past[:, k : k + x.shape[1]] * self.taps[k] for k in range(KERNEL))
        y = self.norm(y)
        gain = self.gain
        if modulation is not None:
            scale, shift, gate = modulation.chunk(3, -1)
            y, gain = y * (1 + scale) + shift, gain * (1 + gate)
        return x + self.down(F.gelu(self.up(y))) * gain, past[:, -(KERNEL - 1) :]


class Trunk(nn.Module):
    """[B, T, inputs] -> [B, T, width] through `depth` blocks."""

    def __init__(self, inputs: int, width: int, depth: int) -> None:
        super().__init__()
        self.enter = nn.Linear(inputs, width)
        self.blocks = nn.ModuleList(Block(width) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.width, self.depth = width, depth

    def start(self, batch: int) -> list[Tensor]:
        here = self.enter.weight.device
        return [torch.zeros(batch, KERNEL - 1, self.width, device=here) for _ in range(self.depth)]

    def forward(
        self, x: Tensor, states: list[Tensor], modulations: list[Tensor | None] | None = None
    ) -> tuple[Tensor, list[Tensor]]:
        y, after = self.enter(x), []
        for block, state, modulation in zip(
            self.blocks, states, modulations or [None] * self.depth, strict=True
        ):
            y, state = block(y, state, modulation)
            after.append(state)
        return self.norm(y), after


class Encoder(nn.Module):
    """Two log-mels [B, T, 160] -> content of the frame before, [B, T, 64], and its phoneme logits."""

    def __init__(self, phonemes: int, width: int = 256, depth: int = 6) -> None:
        super().__init__()
        self.trunk = Trunk(160, width, depth)
        self.content = nn.Linear(width, CONTENT)
        self.phonemes = nn.Linear(width, phonemes)

    def forward(self, mel: Tensor, states: list[Tensor]) -> tuple[Tensor, Tensor, list[Tensor]]:
        y, states = self.trunk(mel, states)
        return self.content(y), self.phonemes(y), states


class Decoder(nn.Module):
    """What is heard, and who is to say it -> the two log spectral envelopes of the source-filter synthesis.

    Takes [B, T, 326]: the two log-mels of the frame to be said (160) and of the one after it (160), each band less
    its mean and over its spread in the source's speech; then for each 10 ms of the former log F0 (0 where unvoiced),
    voicing, and level. Gives [B, T, 2, 2, 80]: for each 10 ms the envelopes of harmonics and of noise. They begin as
    the spectrum that was heard, with the mean and spread of the target; what has to be learned is the rest.
    """

    BANDS = 80

    def __init__(self, width: int = 256, depth: int = 10) -> None:
        super().__init__()
        self.trunk = Trunk(2 * 160 + 6, width, depth)
        self.timbre = nn.Sequential(nn.Linear(SPEAKER + 160, 256), nn.GELU(), nn.Linear(256, 256), nn.GELU())
        self.modulate = nn.ModuleList(nn.Linear(256, 3 * width) for _ in range(depth))
        for layer in self.modulate:
            nn.init.normal_(layer.weight, std=0.02)
            nn.init.zeros_(layer.bias)
        self.colour = nn.Linear(256, 2 * self.BANDS)
        self.head = nn.Linear(width, 4 * self.BANDS)
        with torch.no_grad():
            self.head.weight.mul_(0.2)
            self.colour.weight.mul_(0.2)
        self.register_buffer("heard", torch.from_numpy(heard_as_envelope()))
        self.register_buffer(
            "breath", torch.stack([torch.zeros(self.BANDS), torch.linspace(*BREATH, self.BANDS)])
        )

    def speak_as(self, speaker: Tensor, colour: Tensor) -> list[Tensor]:
        """Modulations of every block, a bias of the envelopes, and the target's mean and spread, [B, 1, n] each.

        From a voiceprint [B, 256] and a colour [B, 160].
        """
        who = self.timbre(torch.cat([8 * speaker, colour], 1))[:, None]
        mean, spread = colour[:, None].chunk(2, -1)
        return [*(layer(who) for layer in self.modulate), self.colour(who), mean + LEVEL, spread]

    def forward(self, told: Tensor, who: list[Tensor], states: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        *modulations, bias, mean, spread = who
        y, states = self.trunk(told, states, modulations)
        around = told[..., 80:240]  # the windows whose middles lie 2.5 ms before the ends of the two hops
        mel = around.unflatten(-1, (2, 1, 80)) * spread[:, :, None, None] + mean[:, :, None, None]
        heard = mel @ self.heard - WHITE
        envelopes = self.head(y).unflatten(-1, (2, 2, self.BANDS)) + bias.unflatten(-1, (1, 2, self.BANDS))
        voiced = told[..., 321::3].unflatten(-1, (2, 1, 1))
        return envelopes + heard + voiced * self.breath, states


BREATH = (-2.5, -0.4)
"""Noise against harmonics where there is voice, nepers, from the lowest band to the highest: -22 to -3 dB."""
LEVEL = -2.24
"""Mean log-mel of speech at the training's level, over frames and bands: measured on 250 clips, +-0.44."""
WHITE = 2.4
"""Log-mel of white noise of unit power; so what is heard of flat filters is 0."""


def heard_as_envelope() -> np.ndarray:
    """[80, 80]: log-mels, read off at the bands of the envelopes; above the highest mel its value is kept."""
    mels = spectrum.mel_filters(source.RATE_HZ, 4097, 80, spectrum.MEL_LOW_HZ, spectrum.MEL_HIGH_HZ).argmax(1)
    centres = mels * source.TOP_HZ / 4096
    return np.stack([np.interp(source.CENTRES_HZ, centres, row) for row in np.eye(80)]).astype(np.float32)
