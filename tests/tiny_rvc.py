"""Tiny RVC voices and a tiny HuBERT with the real layouts, random weights; needs torch.

    python tests/tiny_rvc.py        writes tests/models/*.onnx anew

The keys are what RVC's `save_small_model` writes (RVC-Project/Retrieval-based-Voice-Conversion-WebUI,
`infer/lib/train/process_ckpt.py`): half precision, weight norm as `weight_g` and `weight_v`, without `enc_q`.
"""

from pathlib import Path

import torch

MODELS = Path(__file__).parent / "models"
NORMED = ("ups.", "resblocks.", "in_layers.", "res_skip_layers.", "cond_layer.")
RATES = {
    ("v2", 48_000): ([12, 10, 2, 2], [24, 20, 4, 4]),
    ("v1", 48_000): ([10, 6, 2, 2, 2], [16, 16, 4, 4, 4]),
    ("v2", 40_000): ([10, 10, 2, 2], [16, 16, 4, 4]),
    ("v1", 40_000): ([10, 10, 2, 2], [16, 16, 4, 4]),
    ("v2", 32_000): ([10, 8, 2, 2], [20, 16, 4, 4]),
    ("v1", 32_000): ([10, 4, 2, 2, 2], [16, 16, 4, 4, 4]),
}
"""RVC's own, of each version and rate."""


def config(version="v2", rate_hz=40_000, width=16):
    rates, kernels = RATES[version, rate_hz]
    return [
        1025, 32, 8, 8, 16, 2, 2, 3, 0, "1", [3, 7, 11], [[1, 3, 5]] * 3,
        rates, width, kernels, 3, 8, rate_hz,
    ]  # fmt: skip


def voice(version="v2", rate_hz=40_000, f0=True, size=config):
    """What such a `.pth` holds."""
    from voxhumana.convert.nets.hifigan import Shape
    from voxhumana.convert.rvc import layout, nets

    torch.manual_seed(0)
    told = size(version, rate_hz, 16 if len(RATES[version, rate_hz][0]) == 4 else 32)
    shape = layout.parse(told, version, f0, "tiny")
    network = lively(nets.Synthesizer(layout.with_generator(shape, Shape(**vars(shape.generator)))))
    return {"weight": split(network.state_dict()), "config": told, "info": "", "sr": f"{rate_hz // 1000}k",
            "f0": int(f0), "version": version}  # fmt: skip


def lively(network):
    """Random weights that let through what goes in: no biases, unit gain; else all is the biases' hum."""
    for name, tensor in network.state_dict().items():
        if name.endswith(".bias"):
            tensor.zero_()
        elif tensor.dim() == 3 and ".conv_" not in name and "emb_rel" not in name:
            fan = tensor[0].numel() if "ups." not in name else tensor.shape[0] * 2
            tensor.normal_(0, (1.0 if "resblocks" not in name else 0.4) / fan**0.5)
    return network


def split(state, normed=NORMED):
    """Weights as training leaves them: gain and direction apart, half precision."""
    parts = {}
    for name, tensor in state.items():
        if name.endswith(".weight") and any(part in name for part in normed) and tensor.dim() == 3:
            stem = name.removesuffix("weight")
            parts[stem + "weight_g"] = torch.linalg.vector_norm(tensor, dim=(1, 2), keepdim=True).half()
            parts[stem + "weight_v"] = tensor.half()
        else:
            parts[name] = tensor.half()
    return parts


def hubert(channels, shape=None):
    from voxhumana.convert.nets import hubert as nets

    torch.manual_seed(1)
    return lively(nets.Hubert(shape or nets.Shape(8, 24, 16, 4, 1, 16, 4, channels), channels)).eval()


def fairseq(state):
    """Hugging Face's names -> fairseq's, as in `hubert_base.pt`, with what only training needs."""
    names = (
        (".0.layer_norm.", ".0.2."), (".conv.", ".0."),
        ("feature_projection.projection.", "post_extract_proj."),
        ("feature_projection.layer_norm.", "layer_norm."), ("pos_conv_embed.0.", "pos_conv.0."),
        (".attention.", ".self_attn."), (".feed_forward.intermediate_dense.", ".fc1."),
        (".feed_forward.output_dense.", ".fc2."),
    )  # fmt: skip
    named = {}
    for key, tensor in state.items():
        deep = key.startswith("encoder.layers.") and ".layer_norm." in key
        name = key.replace(".layer_norm.", ".self_attn_layer_norm.") if deep else key
        for old, new in names:
            if not (old == ".0.layer_norm." and "conv_layers" not in name):
                name = name.replace(old, new)
        named[name] = tensor
    weight = named.pop("encoder.pos_conv.0.weight")
    named["encoder.pos_conv.0.weight_g"] = torch.linalg.vector_norm(weight, dim=(0, 1), keepdim=True)
    named["encoder.pos_conv.0.weight_v"] = weight
    return named | {"mask_emb": torch.zeros(4), "label_embs_concat": torch.zeros(3, 4)}


def theirs(network):
    """Another one's export: it makes its sine itself, from phase 0 each window (RVC's `models_onnx.py`)."""

    class Theirs(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.own = network

        def forward(self, phone, phone_lengths, pitch, pitchf, ds, rnd):
            f0 = pitchf.repeat_interleave(network.layout.hop, 1)
            turns = torch.cumsum(f0.double() / network.layout.rate_hz, 1)
            sine = 0.1 * torch.sin(2 * torch.pi * (turns - torch.floor(turns))).float() * (f0 > 0)
            return self.own(phone, rnd, ds, sine[:, None] + 0 * phone_lengths[0], pitch)

    return Theirs()


def export_theirs(network, target):
    frames, layout = 60, network.layout
    given = {
        "phone": torch.zeros(1, frames, layout.content), "phone_lengths": torch.tensor([frames]),
        "pitch": torch.ones(1, frames, dtype=torch.int64), "pitchf": torch.zeros(1, frames),
        "ds": torch.zeros(1, dtype=torch.int64), "rnd": torch.zeros(1, layout.inter, frames),
    }  # fmt: skip
    axes = {name: {1: "frames"} for name in ("phone", "pitch", "pitchf")} | {"rnd": {2: "frames"}}
    torch.onnx.export(
        theirs(network), tuple(given.values()), target, input_names=list(given), output_names=["audio"],
        dynamic_axes=axes, opset_version=17, dynamo=False,
    )  # fmt: skip


def network_of(held):
    """The network of what `voice` returned."""
    from voxhumana.convert.nets import checkpoint
    from voxhumana.convert.nets.hifigan import Shape
    from voxhumana.convert.rvc import layout, nets

    shape = layout.parse(held["config"], held["version"], held["f0"], "tiny")
    sizes = layout.with_generator(shape, Shape(**vars(shape.generator)))
    return checkpoint.fit(lambda: nets.Synthesizer(sizes), held["weight"], "tiny")


def main():
    from voxhumana.convert.nets import hubert as nets
    from voxhumana.convert.rvc import model

    MODELS.mkdir(exist_ok=True)
    for version, rate_hz, f0 in (("v2", 40_000, True), ("v1", 32_000, False)):
        path = MODELS / "draft.pth"
        torch.save(voice(version, rate_hz, f0), path)
        name = f"rvc-{version}-{rate_hz // 1000}k{'' if f0 else '-nof0'}.onnx"
        (MODELS / name).write_bytes(model.exported(path).read_bytes())
        path.unlink()
    export_theirs(network_of(voice("v2", 48_000)), str(MODELS / "rvc-theirs-48k.onnx"))
    nets.export(hubert(768), str(MODELS / "vec-768-layer-12.onnx"))
    nets.export(hubert(256), str(MODELS / "vec-256-layer-9.onnx"))


if __name__ == "__main__":
    main()
