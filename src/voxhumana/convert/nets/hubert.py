"""HuBERT and ContentVec, as Hugging Face's checkpoints have them, and their export to ONNX; torch.

    sound [1, N] at 16 kHz -> seven convolutions, 320 to 1 -> transformer -> frames [1, N // 320, width]

Layout: huggingface/transformers `models/hubert/modeling_hubert.py` (`HubertModel` with group norm), and the
`final_proj` that ContentVec's conversion for it adds. W.-N. Hsu et al., "HuBERT", 2021.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from voxhumana.convert.nets import checkpoint
from voxhumana.convert.nets.export import write
from voxhumana.convert.nets.holder import Holder
from voxhumana.convert.nets.int8 import Stacked, quantise
from voxhumana.errors import VoxError

KERNELS, STRIDES = (10, 3, 3, 3, 3, 2, 2), (5, 2, 2, 2, 2, 2, 2)
"""HuBERT's front end; frames of 400 samples every 320."""


@dataclass(frozen=True)
class Shape:
    """Sizes; the defaults are HuBERT-base's, and ContentVec's."""

    front: int = 512
    width: int = 768
    inner: int = 3072
    layers: int = 12
    heads: int = 12
    reach: int = 128
    """Frames of the convolution that tells positions."""
    groups: int = 16
    final: int = 256
    """Channels of `final_proj`; 0 = there is none."""


class Front(nn.Module):
    """One of the seven convolutions."""

    def __init__(self, taken: int, given: int, kernel: int, stride: int, norm: bool) -> None:
        super().__init__()
        self.conv = nn.Conv1d(taken, given, kernel, stride, bias=False)
        self.layer_norm = nn.GroupNorm(given, given) if norm else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """[1, taken, T] -> [1, given, T // stride]."""
        return functional.gelu(self.layer_norm(self.conv(x)))


class Attention(nn.Module):
    """Self-attention over all frames."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self._heads = heads
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        """[1, T, width] -> [1, T, width]."""
        deep = x.shape[2] // self._heads
        query, key, value = (
            layer(x).view(1, -1, self._heads, deep).transpose(1, 2)
            for layer in (self.q_proj, self.k_proj, self.v_proj)
        )
        weight = torch.softmax(query @ key.transpose(2, 3) * deep**-0.5, -1)
        out: Tensor = self.out_proj((weight @ value).transpose(1, 2).reshape(1, -1, x.shape[2]))
        return out


class Feed(nn.Module):
    """The transformer's other half."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.intermediate_dense = nn.Linear(width, inner)
        self.output_dense = nn.Linear(inner, width)

    def forward(self, x: Tensor) -> Tensor:
        """[1, T, width] -> [1, T, width]."""
        out: Tensor = self.output_dense(functional.gelu(self.intermediate_dense(x)))
        return out


class Layer(nn.Module):
    """A transformer layer, normed after."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.attention = Attention(shape.width, shape.heads)
        self.layer_norm = nn.LayerNorm(shape.width)
        self.feed_forward = Feed(shape.width, shape.inner)
        self.final_layer_norm = nn.LayerNorm(shape.width)

    def forward(self, x: Tensor) -> Tensor:
        """[1, T, width] -> [1, T, width]."""
        x = self.layer_norm(x + self.attention(x))
        out: Tensor = self.final_layer_norm(x + self.feed_forward(x))
        return out


class Hubert(nn.Module):
    """Frames of layer 9, projected to 256, for RVC v1; of the last layer, for v2."""

    def __init__(self, shape: Shape, channels: int) -> None:
        super().__init__()
        self._first = channels != shape.width
        self._used = shape.layers * 3 // 4 if self._first else shape.layers
        takes = [1, *[shape.front] * (len(KERNELS) - 1)]
        self.feature_extractor = Holder(
            conv_layers=nn.ModuleList(
                Front(taken, shape.front, kernel, stride, norm=not at)
                for at, (taken, kernel, stride) in enumerate(zip(takes, KERNELS, STRIDES, strict=True))
            )
        )
        self.feature_projection = Holder(
            layer_norm=nn.LayerNorm(shape.front), projection=nn.Linear(shape.front, shape.width)
        )
        position = nn.Conv1d(
            shape.width, shape.width, shape.reach, padding=shape.reach // 2, groups=shape.groups
        )
        self.encoder = Holder(
            pos_conv_embed=Holder(conv=position),
            layer_norm=nn.LayerNorm(shape.width),
            layers=nn.ModuleList(Layer(shape) for _ in range(shape.layers)),
        )
        if shape.final:
            self.final_proj = nn.Linear(shape.width, shape.final)

    def forward(self, sound: Tensor) -> Tensor:
        """[1, N] -> [1, (N - 80) // 320, channels]."""
        x = sound[:, None]
        for front in self.feature_extractor.conv_layers:
            x = front(x)
        parts = self.feature_projection
        x = parts.projection(parts.layer_norm(x.transpose(1, 2)))
        told = self.encoder.pos_conv_embed.conv(x.transpose(1, 2))[:, :, : x.shape[1]]
        x = self.encoder.layer_norm(x + functional.gelu(told).transpose(1, 2))
        for layer in list(self.encoder.layers)[: self._used]:
            x = layer(x)
        return self.final_proj(x) if self._first else x


def shape_of(state: Mapping[str, Any], name: str) -> Shape:
    """The sizes of a checkpoint, from its tensors.

    Raises:
        VoxError: It is no HuBERT of this kind.
    """
    try:
        front = state["feature_extractor.conv_layers.0.conv.weight"].shape[0]
        width = state["feature_projection.projection.weight"].shape[0]
        inner = state["encoder.layers.0.feed_forward.intermediate_dense.weight"].shape[0]
        position = next(state[f"encoder.pos_conv_embed.conv.{key}"] for key in (
            "weight_v", "parametrizations.weight.original1", "weight",
        ) if f"encoder.pos_conv_embed.conv.{key}" in state)  # fmt: skip
        layers = checkpoint.layers(state, r"encoder\.layers\.(\d+)\.")
    except (KeyError, IndexError, ValueError, StopIteration) as error:
        raise VoxError(f"{name} is no HuBERT or ContentVec in Hugging Face's layout.") from error
    final = state["final_proj.weight"].shape[0] if "final_proj.weight" in state else 0
    heads = max(1, width // 64)
    sizes = (front, width, inner, position.shape[2], max(1, final))
    if max(sizes) > checkpoint.WIDEST or position.dim() != 3 or width % position.shape[1]:
        raise VoxError(f"{name} asks for a network that no HuBERT is; it is refused.")
    return Shape(front, width, inner, layers, heads, position.shape[2], width // position.shape[1], final)


FAIRSEQ = (
    (r"feature_extractor\.conv_layers\.(\d+)\.0\.", r"feature_extractor.conv_layers.\1.conv."),
    (r"feature_extractor\.conv_layers\.(\d+)\.2\.", r"feature_extractor.conv_layers.\1.layer_norm."),
    (r"post_extract_proj\.", "feature_projection.projection."),
    (r"layer_norm\.", "feature_projection.layer_norm."),
    (r"encoder\.pos_conv\.0\.", "encoder.pos_conv_embed.conv."),
    (r"(encoder\.layers\.\d+)\.self_attn\.", r"\1.attention."),
    (r"(encoder\.layers\.\d+)\.self_attn_layer_norm\.", r"\1.layer_norm."),
    (r"(encoder\.layers\.\d+)\.fc1\.", r"\1.feed_forward.intermediate_dense."),
    (r"(encoder\.layers\.\d+)\.fc2\.", r"\1.feed_forward.output_dense."),
)
"""fairseq's names -> Hugging Face's: transformers `models/hubert/convert_hubert_original_pytorch_...py`."""
UNUSED = ("mask_emb", "label_embs_concat", "masked_spec_embed")
"""What only training needs."""


def from_fairseq(state: Mapping[str, Any]) -> dict[str, Any]:
    """The same tensors under Hugging Face's names."""
    named = {}
    for name, tensor in state.items():
        found = next((new for old, to in FAIRSEQ if (new := re.sub(rf"^{old}", to, name)) != name), name)
        named[found] = tensor
    return named


def build(state: Mapping[str, Any], channels: int, name: str) -> Hubert:
    """The network with these weights, giving frames of so many channels.

    Raises:
        VoxError: The weights are of something else, or cannot give such frames.
    """
    state = {key.removeprefix("hubert."): t for key, t in state.items() if not key.endswith(UNUSED)}
    shape = shape_of(state, name)
    if channels not in {shape.width, shape.final}:
        raise VoxError(f"{name} gives {shape.width} channels{' or 256' * bool(shape.final)}, not {channels}.")
    network: Hubert = checkpoint.fit(lambda: Hubert(shape, channels), state, name)
    return network


def export(network: Hubert, target: str, int8: bool = False) -> None:
    """Write it as ONNX: `source` [1, N] -> `units` [1, frames, channels]."""
    if int8:
        network = copy.deepcopy(network)
        for front in list(network.feature_extractor.conv_layers)[1:]:  # the first has one channel and a norm
            front.conv = Stacked(front.conv)
    axes = {"source": {1: "samples"}, "units": {1: "frames"}}
    write(network, {"source": torch.zeros(1, 16_080)}, "units", axes, target)
    if int8:
        quantise(target)
