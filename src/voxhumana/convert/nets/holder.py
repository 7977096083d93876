"""A module that only gives its parts the names that published checkpoints have; torch."""

from __future__ import annotations

from torch import nn


class Holder(nn.Module):
    """Parts by name."""

    def __init__(self, **parts: nn.Module) -> None:
        super().__init__()
        for name, part in parts.items():
            self.add_module(name, part)
