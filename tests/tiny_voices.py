"""A data folder with a voice for every engine that people bring files for: tiny, random, the real layouts.

    python tests/tiny_voices.py FOLDER          then e.g. VOX_DATA_DIR=FOLDER vox bench convert --engines all

Needs torch. The layouts' sources are cited in `tiny_rvc`, `tiny_rave`, and the engines' own files.
"""

import os
import sys
from pathlib import Path

import torch
import yaml

import tiny_rave
from tiny_rvc import lively, split

MODELS = Path(__file__).parent / "models"


def hifigan(path, kind="1"):
    """jik876/hifi-gan: `{"generator": state}`, weight norm as `weight_g` and `weight_v`."""
    from voxhumana.convert.nets import hifigan

    torch.manual_seed(0)
    shapes = {
        "1": hifigan.Shape((8, 8, 2, 2), (16, 16, 4, 4), 32),
        "2": hifigan.Shape((8, 8, 2, 2), (16, 16, 4, 4), 16),
        "3": hifigan.Shape((8, 8, 4), (16, 16, 8), 16, (3, 5, 7), ((1, 2), (2, 6), (3, 12)), "2"),
    }
    network = lively(hifigan.Generator(80, shapes[kind]))
    state = split(network.state_dict(), ("ups.", "resblocks.", "conv_pre", "conv_post"))
    torch.save({"generator": state}, path)
    return network.eval()


def vocos(path):
    """gemelo-ai/vocos: a plain state, with its feature extractor's and its inverse transform's own."""
    from voxhumana.convert.nets import vocos

    torch.manual_seed(0)
    network = vocos.Vocos(100, 16, 32, 2, 1024, 256).eval()
    state = network.state_dict() | {"feature_extractor.mel_spec.mel_scale.fb": torch.zeros(513, 100)}
    torch.save(state | {"head.istft.window": torch.hann_window(1024)}, path)
    return network


def autovc(folder):
    """auspicious3000/autovc: `autovc.ckpt` {"model"}, `3000000-BL.ckpt` {"model_b"} behind `module.`."""
    from voxhumana.convert.nets import autovc

    torch.manual_seed(0)
    network, encoder = autovc.Generator(autovc.Sizes(4, 16, 16, 32, 16, 16)), autovc.SpeakerEncoder(8, 16)
    for part in (network, encoder):  # as made anew they hardly hear who speaks
        for name, tensor in part.state_dict().items():
            if "lstm" in name or "embedding" in name or "linear" in name:
                tensor.mul_(0 if "embedding.bias" in name else 4)
    network.decoder.linear_projection.linear_layer.bias.data.fill_(0.8)  # of a scale from silent to loud
    torch.save({"model": network.state_dict()}, folder / "autovc.ckpt")
    state = {f"module.{key}": tensor for key, tensor in encoder.state_dict().items()}
    torch.save({"model_b": state}, folder / "3000000-BL.ckpt")
    hifigan(folder / "hifigan-16k.pth")


def openvoice(folder):
    """myshell-ai/OpenVoice: `checkpoint.pth` {"model"}."""
    from voxhumana.convert.nets import hifigan, openvoice

    torch.manual_seed(0)
    sizes = openvoice.Sizes(513, 8, 8, 8, hifigan.Shape((8, 8, 2, 2), (16, 16, 4, 4), 16), 4)
    state = lively(openvoice.Converter(sizes)).state_dict()
    normed = ("ups.", "resblocks.", "in_layers.", "res_skip_layers.", "cond_layer.")
    torch.save({"model": split(state, normed)}, folder / "openvoice-v2.pth")


def fragmentvc(folder):
    """yistLin/FragmentVC: TorchScript of the published signatures."""

    class FragmentVC(torch.nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.query, self.key = torch.nn.Linear(768, 8), torch.nn.Linear(80, 8)

        def forward(self, srcs: torch.Tensor, refs: torch.Tensor):
            heard = refs.transpose(1, 2)
            weight = torch.softmax(self.query(srcs) @ self.key(heard).transpose(1, 2), -1)
            return (weight @ heard).transpose(1, 2), [weight]

    class UniversalVocoder(torch.nn.Module):
        @torch.jit.export
        def generate(self, mels: list[torch.Tensor]) -> list[torch.Tensor]:
            return [0.05 * torch.sin(mel).mean(1).repeat_interleave(326) for mel in mels]

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x

    torch.jit.script(FragmentVC()).save(str(folder / "fragmentvc.pt"))
    torch.jit.script(UniversalVocoder()).save(str(folder / "fragmentvc-vocoder.pt"))
    (folder / "wav2vec2-base.onnx").write_bytes((MODELS / "vec-768-layer-12.onnx").read_bytes())


def write(folder):
    """Models among the models, and a voice of the shelf for each engine, called `tiny-...`."""
    from voxhumana import registry
    from voxhumana.bench.tune import speech

    models = folder / "models"
    models.mkdir(parents=True, exist_ok=True)
    for make in (autovc, openvoice, fragmentvc):
        make(models)
    for path in MODELS.glob("*.onnx"):
        (models / path.name).write_bytes(path.read_bytes())
    tiny_rave.save(models / "tiny.ts", ratio=2048, latents=16, sr=48_000)
    told = {"rvc": {"model": "rvc-v2-40k.onnx"}, "rave": {"model": "tiny.ts"}}
    for name in ("autovc", "openvoice", "fragmentvc"):
        import soxr

        engine = registry.load_converter(name)
        told[name] = engine.learn(soxr.resample(speech(), 48_000, engine.rate_hz).astype("float32"))
    for name, settings in told.items():
        place = folder / "voices" / f"tiny-{name}"
        place.mkdir(parents=True, exist_ok=True)
        voice = {"name": place.name, "title": place.name, "character": "Random", "licence": "CC0-1.0",
                 "source": "tests/tiny_voices.py", "engines": {name: settings}}  # fmt: skip
        (place / "voice.yaml").write_text(yaml.safe_dump(voice))


if __name__ == "__main__":
    os.environ["VOX_DATA_DIR"] = str(Path(sys.argv[1]).absolute())  # where the engines look as they learn
    write(Path(sys.argv[1]).absolute())
