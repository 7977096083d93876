"""Multiplications in int8: weights of a byte, activations rounded as they come; torch, onnxruntime's tools.

A graph quantised so needs nothing but onnxruntime. Convolutions over time become multiplications first, as
onnxruntime is slow at int8 convolutions.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class Stacked(nn.Module):
    """A strided convolution as one multiplication: its kernel's samples side by side.

    Args:
        conv: Without padding, dilation or bias.
    """

    def __init__(self, conv: Any) -> None:  # noqa: ANN401  # torch's
        super().__init__()
        given, taken, self._kernel = conv.weight.shape
        self._stride = conv.stride[0]
        self.linear = nn.Linear(self._kernel * taken, given, bias=False)
        self.linear.load_state_dict({"weight": conv.weight.permute(0, 2, 1).reshape(given, -1)})

    def forward(self, x: Tensor) -> Tensor:
        """[1, taken, T] -> [1, given, (T - kernel) // stride + 1]."""
        end = (x.shape[2] - self._kernel) // self._stride * self._stride + 1
        side = torch.cat([x[:, :, at : at + end : self._stride] for at in range(self._kernel)], 1)
        out: Tensor = self.linear(side.transpose(1, 2)).transpose(1, 2)
        return out


def quantise(target: str) -> None:
    """Turn the multiplications of an ONNX file into int8, in place, a scale for each output channel."""
    from onnxruntime.quantization import QuantType, quantize_dynamic  # noqa: PLC0415  # needs the extra's onnx

    quantize_dynamic(
        target, target, op_types_to_quantize=["MatMul", "Gemm"], per_channel=True, weight_type=QuantType.QInt8
    )
