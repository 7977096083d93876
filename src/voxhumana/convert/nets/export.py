"""Networks as ONNX files, with names for what they take and give, and lengths left open; torch."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import Tensor, nn

OPSET = 17


def write(
    network: nn.Module, given: dict[str, Tensor], output: str, axes: dict[str, Any], target: str
) -> None:
    """Write a network.

    Args:
        network: In inference.
        given: An example of each input, in order.
        output: What its one output is called.
        axes: Name -> axis -> what its length is called, of those that are open.
        target: The file.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that what follows from shapes is a constant: we know
        torch.onnx.export(
            network,
            tuple(given.values()),
            target,
            input_names=list(given),
            output_names=[output],
            dynamic_axes={name: open_ for name, open_ in axes.items() if name in given or name == output},
            opset_version=OPSET,
            dynamo=False,
        )
