"""The network of an RVC voice, v1 and v2, with and without F0, and its export to ONNX; torch.

    content [1, T, 256 | 768], pitch [1, T] -> text encoder -> mean and spread
    + noise -> flow, as the speaker -> the last frames -> generator, with the source -> sound

Two things differ from the published code, neither changes the sound of a whole file: the source (sine and
noise) is an input, so that its phase goes on from block to block; and only the last frames, those that
`source` has, go through the flow and the generator.

Layout: RVC-Project/Retrieval-based-Voice-Conversion-WebUI,
`infer/lib/infer_pack/models.py` (`SynthesizerTrnMs256NSFsid`, `...768NSFsid`, and their `_nono`).
"""

from __future__ import annotations

import copy
from math import sqrt
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from voxhumana.convert.nets.export import Flat, write
from voxhumana.convert.nets.flow import Flow
from voxhumana.convert.nets.hifigan import Generator
from voxhumana.convert.rvc.layout import FLOW_MARGIN, Layout

REACH = 10
"""Frames to either side whose distance the attention knows."""


class Norm(nn.Module):
    """Layer norm over the channels of [B, C, T], under the published names."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(width))
        self.beta = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, T] -> the same shape."""
        return functional.layer_norm(x.transpose(1, 2), self.gamma.shape, self.gamma, self.beta).transpose(
            1, 2
        )


class Attention(nn.Module):
    """Self-attention with learned embeddings of short distances (Shaw et al., 2018)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self._heads, self._deep = heads, width // heads
        self.conv_q, self.conv_k, self.conv_v, self.conv_o = (nn.Conv1d(width, width, 1) for _ in range(4))
        self.emb_rel_k = nn.Parameter(torch.randn(1, 2 * REACH + 1, self._deep) * self._deep**-0.5)
        self.emb_rel_v = nn.Parameter(torch.randn(1, 2 * REACH + 1, self._deep) * self._deep**-0.5)

    def forward(self, x: Tensor) -> Tensor:
        """[1, C, T] -> [1, C, T]."""
        length = x.shape[2]
        query, key, value = (
            layer(x).view(self._heads, self._deep, -1).transpose(1, 2)
            for layer in (self.conv_q, self.conv_k, self.conv_v)
        )
        query = query / sqrt(self._deep)
        at = torch.arange(length)
        apart = at[None, :] - at[:, None]  # [T, T]: key minus query
        near = (apart.abs() <= REACH).to(x.dtype)
        step = (apart.clamp(-REACH, REACH) + REACH)[None].expand(self._heads, -1, -1)
        told = torch.gather(query @ self.emb_rel_k.transpose(1, 2), 2, step) * near
        weight = torch.softmax(query @ key.transpose(1, 2) + told, -1)
        there = at[:, None] + torch.arange(-REACH, REACH + 1)[None]  # [T, 21]: the keys nearby
        inside = ((there >= 0) & (there < length)).to(x.dtype)
        there = torch.minimum(there.clamp(min=0), at[-1:])[None].expand(self._heads, -1, -1)
        close = torch.gather(weight, 2, there) * inside
        y = weight @ value + close @ self.emb_rel_v
        out: Tensor = self.conv_o(y.transpose(1, 2).reshape(1, self._heads * self._deep, -1))
        return out


class FeedForward(nn.Module):
    """Two convolutions with a rectifier between."""

    def __init__(self, width: int, inner: int, kernel: int) -> None:
        super().__init__()
        self._pad = ((kernel - 1) // 2, kernel // 2)
        self.conv_1 = nn.Conv1d(width, inner, kernel)
        self.conv_2 = nn.Conv1d(inner, width, kernel)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, T] -> [B, C, T]."""
        out: Tensor = self.conv_2(
            functional.pad(torch.relu(self.conv_1(functional.pad(x, self._pad))), self._pad)
        )
        return out


class Encoder(nn.Module):
    """The transformer of the text encoder."""

    def __init__(self, layout: Layout) -> None:
        super().__init__()
        width, each = layout.hidden, range(layout.layers)
        self.attn_layers = nn.ModuleList(Attention(width, layout.heads) for _ in each)
        self.norm_layers_1 = nn.ModuleList(Norm(width) for _ in each)
        self.ffn_layers = nn.ModuleList(FeedForward(width, layout.filters, layout.kernel) for _ in each)
        self.norm_layers_2 = nn.ModuleList(Norm(width) for _ in each)

    def forward(self, x: Tensor) -> Tensor:
        """[1, C, T] -> [1, C, T]."""
        layers = (self.attn_layers, self.norm_layers_1, self.ffn_layers, self.norm_layers_2)
        for attend, first, feed, second in zip(*layers, strict=True):
            x = first(x + attend(x))
            x = second(x + feed(x))
        return x


class TextEncoder(nn.Module):
    """Content and pitch -> mean and log spread of what the flow takes."""

    def __init__(self, layout: Layout) -> None:
        super().__init__()
        self.emb_phone = nn.Linear(layout.content, layout.hidden)
        if layout.f0:
            self.emb_pitch = nn.Embedding(256, layout.hidden)
        self._gain = sqrt(layout.hidden)
        self.encoder = Encoder(layout)
        self.proj = nn.Conv1d(layout.hidden, 2 * layout.inter, 1)

    def forward(self, content: Tensor, pitch: Tensor | None) -> tuple[Tensor, Tensor]:
        """[1, T, content] and [1, T] -> two of [1, inter, T]."""
        x = self.emb_phone(content)
        if pitch is not None:
            x = x + self.emb_pitch(pitch)
        x = functional.leaky_relu(x * self._gain, 0.1).transpose(1, 2)
        mean, log_spread = self.proj(self.encoder(x)).chunk(2, 1)
        return mean, log_spread


class Synthesizer(nn.Module):
    """The whole voice; with F0 it takes pitch and source, else `source` only says how much to render."""

    lead = 0
    """Frames at the start of those rendered that are only heard (`Generator.forward`)."""

    def __init__(self, layout: Layout) -> None:
        super().__init__()
        self.layout = layout
        self.enc_p = TextEncoder(layout)
        self.flow = Flow(layout.inter, layout.hidden, layout.speaker)
        self.dec = Generator(layout.inter, layout.generator, layout.speaker, layout.f0, last_bias=False)
        self.emb_g = nn.Embedding(layout.speakers, layout.speaker)

    def forward(
        self, content: Tensor, noise: Tensor, speaker: Tensor, source: Tensor, pitch: Tensor | None = None
    ) -> Tensor:
        """Render the last frames of the window.

        Args:
            content: [1, T, 256 or 768], a frame every 10 ms.
            noise: [1, inter, T].
            speaker: [1], int64.
            source: [1, 1, N * hop], sine and noise of the last N frames.
            pitch: [1, T], int64 in 1..255; None for voices without F0.

        Returns:
            [1, 1, (N - lead) * hop].
        """
        who = self.emb_g(speaker).unsqueeze(-1)
        mean, log_spread = self.enc_p(content, pitch)
        frames = source.shape[2] // self.layout.hop
        z = mean + torch.exp(log_spread) * noise
        z = self.flow(z[:, :, -(frames + FLOW_MARGIN) :], who, back=True)[:, :, -frames:]
        sound: Tensor = self.dec(z, who, source if self.layout.f0 else None, lead=self.lead)
        return sound


def live(network: Synthesizer) -> Synthesizer:
    """A copy for live use: of the N frames the first only hear, and the rest is quick (`Flat`)."""
    quick = copy.deepcopy(network)
    quick.lead, _ = network.dec.reach()
    quick.flow, quick.dec = Flat(quick.flow), Flat(quick.dec)
    return quick


def export(network: Synthesizer, target: str) -> None:
    """Write the network as an ONNX file that takes windows of any length."""
    layout, frames = network.layout, 60
    given: dict[str, Any] = {
        "content": torch.zeros(1, frames, layout.content),
        "noise": torch.zeros(1, layout.inter, frames),
        "speaker": torch.zeros(1, dtype=torch.int64),
        "source": torch.zeros(1, 1, 20 * layout.hop),
    }
    if layout.f0:
        given["pitch"] = torch.ones(1, frames, dtype=torch.int64)
    axes = {
        "content": {1: "frames"},
        "noise": {2: "frames"},
        "source": {2: "samples"},
        "pitch": {1: "frames"},
        "sound": {2: "samples"},
    }
    write(network, given, "sound", axes, target)
