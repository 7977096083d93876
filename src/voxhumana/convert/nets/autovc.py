"""AutoVC's generator and its speaker encoder, under their published parameter names; torch.

Layout: auspicious3000/autovc `model_vc.py` (`Generator(32, 256, 512, 32)`) and `model_bl.py` (`D_VECTOR`).
K. Qian et al., "AutoVC: zero-shot voice style transfer with only autoencoder loss", 2019.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

BANDS = 80


@dataclass(frozen=True)
class Sizes:
    """The published ones by default."""

    neck: int = 32
    """Channels of the bottleneck, each way."""
    speaker: int = 256
    before: int = 512
    freq: int = 32
    """Frames a code stands for."""
    width: int = 512
    """Of the encoder's and the postnet's convolutions."""
    after: int = 1024
    """Of the decoder's last LSTM."""


def _holder(**parts: nn.Module) -> nn.Module:
    holder = nn.Module()
    for name, part in parts.items():
        holder.add_module(name, part)
    return holder


def _convolution(taken: int, given: int) -> nn.Module:
    """A convolution and its norm, as `0.conv` and `1`."""
    conv = _holder(conv=nn.Conv1d(taken, given, 5, padding=2))
    return _holder(**{"0": conv, "1": nn.BatchNorm1d(given)})


def _through(layer: nn.Module, x: Tensor) -> Tensor:
    conv, norm = dict(layer.named_children()).values()
    out: Tensor = norm(conv.conv(x))
    return out


class Encoder(nn.Module):
    """Mel and speaker -> codes."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        widths = [BANDS + sizes.speaker, *[sizes.width] * 3]
        self.convolutions = nn.ModuleList(map(_convolution, widths, widths[1:]))
        self.lstm = nn.LSTM(sizes.width, sizes.neck, 2, batch_first=True, bidirectional=True)
        self._neck, self._freq = sizes.neck, sizes.freq

    def forward(self, mel: Tensor, speaker: Tensor) -> Tensor:
        """[1, T, 80] and [1, speaker] -> [1, T / freq, 2 * neck]."""
        x = torch.cat([mel.transpose(1, 2), speaker[:, :, None].expand(-1, -1, mel.shape[1])], 1)
        for layer in self.convolutions:
            x = torch.relu(_through(layer, x))
        out, _ = self.lstm(x.transpose(1, 2))
        ahead, back = out[:, :, : self._neck], out[:, :, self._neck :]
        return torch.cat([ahead[:, self._freq - 1 :: self._freq], back[:, :: self._freq]], 2)


class Decoder(nn.Module):
    """Codes and speaker -> mel."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.lstm1 = nn.LSTM(2 * sizes.neck + sizes.speaker, sizes.before, 1, batch_first=True)
        self.convolutions = nn.ModuleList(_convolution(sizes.before, sizes.before) for _ in range(3))
        self.lstm2 = nn.LSTM(sizes.before, sizes.after, 2, batch_first=True)
        self.linear_projection = _holder(linear_layer=nn.Linear(sizes.after, BANDS))

    def forward(self, x: Tensor) -> Tensor:
        """[1, T, 2 * neck + speaker] -> [1, T, 80]."""
        x = self.lstm1(x)[0].transpose(1, 2)
        for layer in self.convolutions:
            x = torch.relu(_through(layer, x))
        out: Tensor = self.linear_projection.linear_layer(self.lstm2(x.transpose(1, 2))[0])
        return out


class Postnet(nn.Module):
    """What the decoder left out."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        widths = [BANDS, *[sizes.width] * 4, BANDS]
        self.convolutions = nn.ModuleList(map(_convolution, widths, widths[1:]))

    def forward(self, x: Tensor) -> Tensor:
        """[1, 80, T] -> [1, 80, T]."""
        *inner, last = self.convolutions
        for layer in inner:
            x = torch.tanh(_through(layer, x))
        return _through(last, x)


class Generator(nn.Module):
    """The whole."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.encoder, self.decoder, self.postnet = Encoder(sizes), Decoder(sizes), Postnet(sizes)
        self._freq = sizes.freq

    def forward(self, mel: Tensor, source: Tensor, target: Tensor) -> Tensor:
        """[1, T, 80] with T of whole codes, speakers [1, speaker] -> [1, T, 80]."""
        codes = self.encoder(mel, source).repeat_interleave(self._freq, 1)
        who = target[:, None].expand(-1, codes.shape[1], -1)
        made = self.decoder(torch.cat([codes, who], 2))
        out: Tensor = made + self.postnet(made.transpose(1, 2)).transpose(1, 2)
        return out


class SpeakerEncoder(nn.Module):
    """Mel -> a speaker's unit vector."""

    def __init__(self, cell: int = 768, speaker: int = 256) -> None:
        super().__init__()
        self.lstm = nn.LSTM(BANDS, cell, 3, batch_first=True)
        self.embedding = nn.Linear(cell, speaker)

    def forward(self, mel: Tensor) -> Tensor:
        """[1, T, 80] -> [1, speaker]."""
        return nn.functional.normalize(self.embedding(self.lstm(mel)[0][:, -1]), dim=1)
