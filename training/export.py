"""Step e: the network as ONNX with their states as inputs and outputs, fp32 and int8, checked against torch.

    python -m training.export --data DATA --out src/voxhumana/convert/weights [--fp32]

    decoder.onnx    told [1, 1, 326], modulation*, bias, mean, spread, state* -> envelopes [1, 1, 2, 2, 80], states
    casting.onnx    voiceprint [1, 256], colour [1, 160] -> modulation*, bias, mean, spread
    voiceprint.onnx mel [W, 160, 40] -> unit [W, 256]

Beside this file, `decoder.safetensors`: the same decoder in float16, to go on training from.

Matrix products are quantised to int8 with a scale a column, activations as they come; the last
layers stay fp32, since there an error is heard directly.
"""

from __future__ import annotations

import argparse
import pathlib

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.torch import save_file
from torch import Tensor, nn

from training.nets import Decoder
from training.voiceprint import Voiceprint


class Spoken(nn.Module):
    """The decoder behind its conditions."""

    def __init__(self, decoder: Decoder) -> None:
        super().__init__()
        self.decoder = decoder

    def forward(self, told: Tensor, *rest: Tensor) -> tuple[Tensor, ...]:
        cast = self.decoder.trunk.depth + 3
        envelopes, states = self.decoder(told, list(rest[:cast]), list(rest[cast:]))
        return envelopes, *states


class Cast(nn.Module):
    """What a voice does to the decoder, computed once."""

    def __init__(self, decoder: Decoder) -> None:
        super().__init__()
        self.decoder = decoder

    def forward(self, voiceprint: Tensor, colour: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.decoder.speak_as(voiceprint, colour))


def write(
    net: nn.Module, feed: dict[str, Tensor], outputs: list[str], path: pathlib.Path, *, keep: str | None
) -> None:
    """Exports, quantises (`keep` is part of the names of weights left alone, None keeps all), compares with torch."""
    net.eval()
    axes = {"mel": {0: "windows"}, outputs[0]: {0: "windows"}} if path.stem == "voiceprint" else None
    torch.onnx.export(
        net, tuple(feed.values()), str(path), input_names=list(feed), output_names=outputs, dynamic_axes=axes,
        opset_version=17, dynamo=False,
    )  # fmt: skip
    if keep is not None:
        nodes = onnx.load(str(path)).graph.node
        excluded = [n.name for n in nodes if n.op_type in {"MatMul", "Gemm"} and keep and keep in n.name]
        quantize_dynamic(
            str(path), str(path), op_types_to_quantize=["MatMul"], nodes_to_exclude=excluded, per_channel=True,
            weight_type=QuantType.QInt8, extra_options={"MatMulConstBOnly": True},
        )  # fmt: skip
    session = ort.InferenceSession(str(path))
    got = session.run(None, {k: v.numpy() for k, v in feed.items()})[0]
    with torch.inference_mode():
        want = net(*feed.values())
    want = (want[0] if isinstance(want, tuple) else want).numpy()
    snr_db = 10 * np.log10(np.square(want).mean() / np.square(got - want).mean())
    print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB, {snr_db:.0f} dB against torch")


def main() -> None:
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--data", type=pathlib.Path, required=True)
    args.add_argument("--out", type=pathlib.Path, required=True)
    args.add_argument("--name", default="decoder", help="folder in DATA")
    args.add_argument("--fp32", action="store_true")
    args = args.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    decoder = Decoder()
    saved = torch.load(args.data / args.name / "last.pt", weights_only=True)
    decoder.load_state_dict(saved["mean"])
    print("decoder at step", saved["step"])
    halves = {name: tensor.half() for name, tensor in decoder.state_dict().items()}
    save_file(halves, pathlib.Path(__file__).parent / "decoder.safetensors")
    print_, colour = torch.nn.functional.normalize(torch.rand(1, 256)), torch.randn(1, 160)
    cast = [c.detach() for c in decoder.eval().speak_as(print_, colour)]
    names = [*(f"modulation{i}" for i in range(len(cast) - 3)), "bias", "mean", "spread"]
    write(
        Cast(decoder),
        {"voiceprint": print_, "colour": colour},
        names,
        args.out / "casting.onnx",
        keep=None,
    )

    states = decoder.trunk.start(1)
    feed = {"told": torch.randn(1, 1, 326), **dict(zip(names, cast, strict=True))}
    feed |= {f"state{i}": s for i, s in enumerate(states)}
    outputs = ["envelopes", *(f"after{i}" for i in range(len(states)))]
    write(Spoken(decoder), feed, outputs, args.out / "decoder.onnx", keep=None if args.fp32 else "/head/")

    write(
        Voiceprint.pretrained(),
        {"mel": torch.rand(3, 160, 40)},
        ["voiceprint"],
        args.out / "voiceprint.onnx",
        keep=None,
    )


if __name__ == "__main__":
    main()
