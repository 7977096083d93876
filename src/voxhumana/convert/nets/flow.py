"""The normalising flow of the VITS family, and the gated stack in it, as RVC and OpenVoice have them.

Parameter names are the published ones, weight norm folded. J. Kim et al., "Conditional variational
autoencoder with adversarial learning for end-to-end text-to-speech", 2021, section 2.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Gated(nn.Module):
    """WaveNet-like layers whose skips are summed ("WN" in VITS)."""

    def __init__(self, width: int, kernel: int, layers: int, speaker: int, dilation: int = 1) -> None:
        super().__init__()
        self._width = width
        if speaker:
            self.cond_layer = nn.Conv1d(speaker, 2 * width * layers, 1)
        self.in_layers = nn.ModuleList(
            nn.Conv1d(width, 2 * width, kernel, dilation=dilation**i, padding=(kernel - 1) * dilation**i // 2)
            for i in range(layers)
        )
        self.res_skip_layers = nn.ModuleList(
            nn.Conv1d(width, width if i == layers - 1 else 2 * width, 1) for i in range(layers)
        )

    def forward(self, x: Tensor, speaker: Tensor) -> Tensor:
        """[B, width, T] and [B, speaker, 1] -> [B, width, T]."""
        told = self.cond_layer(speaker).chunk(len(self.in_layers), 1)
        total = torch.zeros_like(x)
        for layer, gate, who in zip(self.in_layers, self.res_skip_layers, told, strict=True):
            loud, let = (layer(x) + who).chunk(2, 1)
            y = gate(torch.tanh(loud) * torch.sigmoid(let))
            if y.shape[1] > self._width:
                x, y = x + y[:, : self._width], y[:, self._width :]
            total = total + y
        return total


class Coupling(nn.Module):
    """Shifts one half of the channels by what the other half says."""

    def __init__(self, channels: int, width: int, kernel: int, layers: int, speaker: int) -> None:
        super().__init__()
        self.pre = nn.Conv1d(channels // 2, width, 1)
        self.enc = Gated(width, kernel, layers, speaker)
        self.post = nn.Conv1d(width, channels // 2, 1)

    def forward(self, x: Tensor, speaker: Tensor, back: bool) -> Tensor:
        """[B, channels, T] -> the same shape, forth or back."""
        kept, moved = x.chunk(2, 1)
        shift = self.post(self.enc(self.pre(kept), speaker))
        return torch.cat([kept, moved - shift if back else moved + shift], 1)


class Flow(nn.Module):
    """Couplings with the channels turned round between them; `flows.1`, `flows.3`... are those turns."""

    def __init__(
        self, channels: int, width: int, speaker: int, kernel: int = 5, layers: int = 3, couplings: int = 4
    ) -> None:
        super().__init__()
        self.flows = nn.ModuleDict(
            {str(2 * i): Coupling(channels, width, kernel, layers, speaker) for i in range(couplings)}
        )

    def forward(self, x: Tensor, speaker: Tensor, back: bool) -> Tensor:
        """[B, channels, T] -> the same shape; `back` from the prior to the sound's own space."""
        couplings = list(self.flows.values())
        if not back:
            for coupling in couplings:
                x = torch.flip(coupling(x, speaker, back), [1])
            return x
        for coupling in reversed(couplings):
            x = coupling(torch.flip(x, [1]), speaker, back)
        return x
