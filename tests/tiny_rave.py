"""Tiny RAVE exports with the real attributes: nn~'s parameters, `sr`, methods, caches that make them stream.

Layout: acids-ircam/RAVE `scripts/export.py` and acids-ircam/nn_tilde `python_tools/module.py`.
"""

import torch


class Rave(torch.nn.Module):
    """Blocks of `ratio` samples -> latents by a rotation -> held for some frames -> turned back.

    Its delay is known, and with as many latents as `ratio` its sound is its input's, late.
    """

    sr: int

    def __init__(self, channels=1, latents=32, ratio=32, frames=3, sr=44_100, noisy=False):
        super().__init__()
        torch.manual_seed(0)
        turn, _ = torch.linalg.qr(torch.randn(ratio, ratio))
        self.register_buffer("turn", turn[:latents].reshape(latents, 1, ratio))
        self.register_buffer("cache", torch.zeros(1, latents, frames))
        self.register_buffer("encode_params", torch.tensor([channels, 1, latents, ratio]))
        self.register_buffer("decode_params", torch.tensor([latents, ratio, channels, 1]))
        self.register_buffer("forward_params", torch.tensor([channels, 1, channels, 1]))
        self.sr, self.ratio, self.channels, self.noisy = sr, ratio, channels, noisy

    @torch.jit.export
    def encode(self, x: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.conv1d(x.mean(1, keepdim=True), self.turn, stride=self.ratio)

    @torch.jit.export
    def decode(self, z: torch.Tensor) -> torch.Tensor:
        held = torch.cat([self.cache, z], 2)
        self.cache = held[:, :, z.shape[2] :]
        z = held[:, :, : z.shape[2]]
        if self.noisy:
            z = z + 0.1 * torch.randn(z.shape)
        y = torch.nn.functional.conv_transpose1d(z, self.turn, stride=self.ratio)
        return y.expand(-1, self.channels, -1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.decode(self.encode(x))


def save(path, **shape):
    torch.jit.script(Rave(**shape)).save(str(path))
    return path
