"""Networks as ONNX files, with names for what they take and give, and lengths left open; torch."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import Tensor, nn

OPSET = 17


class Flat(nn.Module):
    """A network of convolutions over time, as ones over pictures a row high: the same sums.

    onnxruntime has its blocked kernels for those alone. RVC's generator takes 0.7 of the time with them
    (bench/rvc.py).

    Args:
        network: Indifferent to further axes behind that of channels; its convolutions are replaced.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        for module in [*self.network.modules()]:
            for name, child in module.named_children():
                if isinstance(child, (nn.Conv1d, nn.ConvTranspose1d)):
                    module.add_module(name, _flat(child))

    def forward(self, *given: Tensor | None, **how: Any) -> Tensor:  # noqa: ANN401  # the network's own
        """What the network says of [B, C, T] tensors."""
        out: Tensor = self.network(*(None if x is None else x[:, :, None] for x in given), **how)
        return out[:, :, 0]


def _flat(conv: Any) -> nn.Module:  # noqa: ANN401  # Conv1d or ConvTranspose1d, which take alike arguments
    kind: Any = nn.Conv2d if isinstance(conv, nn.Conv1d) else nn.ConvTranspose2d
    flat: nn.Module = kind(
        conv.in_channels, conv.out_channels, (1, *conv.kernel_size), (1, *conv.stride), (0, *conv.padding),
        dilation=(1, *conv.dilation), groups=conv.groups, bias=conv.bias is not None,
    )  # fmt: skip
    state = conv.state_dict()
    flat.load_state_dict(state | {"weight": state["weight"][:, :, None]})
    return flat


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
