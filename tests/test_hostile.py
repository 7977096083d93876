"""Every loader of strangers' files against the same hostile ones: a sentence each, and nothing is run."""

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from voxhumana.errors import VoxError

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore:.*TracerWarning.*", "ignore:Converting a tensor"),
]

NAMES = (
    "rvc", "autovc", "autovc speaker", "openvoice", "hifigan", "vocos", "crepe", "fcpe", "rmvpe", "hubert",
    "rave", "fragmentvc", "fragmentvc vocoder",
)  # fmt: skip
SCRIPTS = {"rave", "fragmentvc", "fragmentvc vocoder"}
"""TorchScript: archives with code; the others are pickles of tensors."""


@dataclass
class Loader:
    """One engine's door."""

    file: Path
    """A good one, tiny."""
    load: object


@pytest.fixture(scope="module")
def loaders(tmp_path_factory):
    torch = pytest.importorskip("torch")
    import tiny_pitch
    import tiny_rave
    import tiny_rvc
    import tiny_voices
    from voxhumana.convert import autovc, fragmentvc, openvoice
    from voxhumana.convert.nets import hubert
    from voxhumana.convert.rave import FittedRave, RaveSettings
    from voxhumana.convert.rvc import encoder, tracker
    from voxhumana.convert.rvc.model import read
    from voxhumana.convert.vocoder import Vocoder

    folder = tmp_path_factory.mktemp("good")
    for make in (tiny_voices.autovc, tiny_voices.openvoice, tiny_voices.fragmentvc):
        make(folder)
    tiny_voices.hifigan(folder / "g.pth")
    tiny_voices.vocos(folder / "vocos.bin")
    torch.save(tiny_rvc.voice(), folder / "rvc.pth")
    tiny_rave.save(folder / "a.ts")
    for kind in ("crepe-tiny", "fcpe", "rmvpe"):
        torch.save(tiny_pitch.checkpoint(kind), folder / f"{kind}.pt")
    network = tiny_rvc.hubert(256, hubert.Shape(8, 64, 32, 4, 1, 16, 16, 256))
    torch.save({"model": tiny_rvc.fairseq(network.state_dict())}, folder / "hubert.pt")
    made = tmp_path_factory.mktemp("made")

    def built(path):
        """An RVC voice as far as its network, before ONNX."""
        from voxhumana.convert.nets import checkpoint
        from voxhumana.convert.nets.hifigan import Shape
        from voxhumana.convert.rvc import layout, nets

        state, shape = read(path)
        sizes = layout.with_generator(shape, Shape(**vars(shape.generator)))
        return checkpoint.fit(lambda: nets.Synthesizer(sizes), state, path.name)

    def pitch(path):
        return tracker._export(path, str(made / "a.onnx"))

    return {
        "rvc": Loader(folder / "rvc.pth", built),
        "autovc": Loader(folder / "autovc.ckpt", autovc.load_generator),
        "autovc speaker": Loader(folder / "3000000-BL.ckpt", autovc.load_encoder),
        "openvoice": Loader(folder / "openvoice-v2.pth", openvoice.load_converter),
        "hifigan": Loader(folder / "g.pth", Vocoder),
        "vocos": Loader(folder / "vocos.bin", Vocoder),
        "crepe": Loader(folder / "crepe-tiny.pt", pitch),
        "fcpe": Loader(folder / "fcpe.pt", pitch),
        "rmvpe": Loader(folder / "rmvpe.pt", pitch),
        "hubert": Loader(folder / "hubert.pt", lambda path: encoder.write(path, made)),
        "rave": Loader(folder / "a.ts", lambda path: FittedRave(RaveSettings(model=str(path)), None)),
        "fragmentvc": Loader(folder / "fragmentvc.pt", fragmentvc.script),
        "fragmentvc vocoder": Loader(folder / "fragmentvc-vocoder.pt", fragmentvc.load_vocoder),
    }


@pytest.fixture
def loader(loaders, name):
    return loaders[name]


def refused(loader, path, match=""):
    with pytest.raises(VoxError, match=match) as why:
        loader.load(path)
    sentence = str(why.value)
    assert path.name in sentence
    assert "\n" not in sentence
    assert len(sentence) < 300
    return sentence


def everywhere(state, change):
    """The checkpoint, with each tensor changed; lists and dicts as they were."""
    import torch

    if isinstance(state, torch.Tensor):
        return change(state)
    if isinstance(state, dict):
        return {key: everywhere(inner, change) for key, inner in state.items()}
    return state


@pytest.mark.parametrize("name", NAMES)
def test_a_good_file_is_taken(loader):
    """Else what follows would prove nothing."""
    loader.load(loader.file)


@pytest.mark.parametrize("share", [0.0, 0.2, 0.7, 0.99])
@pytest.mark.parametrize("name", NAMES)
def test_a_truncated_file_is_refused(loader, tmp_path, share):
    path = tmp_path / loader.file.name
    data = loader.file.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    refused(loader, path, "damaged|no TorchScript|no torch file")


class Payload:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in SCRIPTS])
def test_a_payload_is_refused_and_not_run(loader, tmp_path):
    import torch

    held = torch.load(loader.file, weights_only=True)
    path = tmp_path / loader.file.name
    torch.save({**held, "extra": Payload(tmp_path / "ran")}, path)
    refused(loader, path, r"would run '(posix|nt|os)\.system'")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_a_script_with_more_in_it_is_refused(loader, tmp_path):
    path = tmp_path / loader.file.name
    with zipfile.ZipFile(loader.file) as old, zipfile.ZipFile(path, "w") as new:
        root = old.namelist()[0].partition("/")[0]
        for info in old.infolist():
            new.writestr(info.filename, old.read(info))
        new.writestr(f"{root}/code/evil.so", b"x")
    refused(loader, path, "evil")


@pytest.mark.parametrize("name", [name for name in NAMES if name not in SCRIPTS])
def test_wrong_keys_are_refused(loader, tmp_path):
    import torch

    path = tmp_path / loader.file.name
    for held in ({"a": torch.zeros(3)}, [1, 2], {"model": {"a": torch.zeros(3)}}, {"generator": 3}):
        torch.save(held, path)
        refused(loader, path)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in SCRIPTS])
def test_a_tensor_that_is_missing_or_of_another_shape_is_refused(loader, tmp_path):
    """Each of the first six in turn."""
    import torch

    held = torch.load(loader.file, weights_only=True)
    counts = []
    everywhere(held, lambda tensor: counts.append(tensor) or tensor)
    path = tmp_path / loader.file.name
    for chosen in range(0, len(counts), max(1, len(counts) // 6)):
        seen = iter(range(len(counts)))
        odd = lambda tensor: torch.zeros(3, 5, 7) if next(seen) == chosen else tensor  # noqa: B023, E731
        torch.save(everywhere(held, odd), path)
        if counts[chosen].numel() > 4:  # a step counter of nought dimensions, or what training alone needs
            try:
                loader.load(path)
            except VoxError as why:
                assert path.name in str(why)  # noqa: PT017


@pytest.mark.parametrize("name", [name for name in NAMES if name not in SCRIPTS])
def test_one_number_that_says_to_be_a_terabyte_is_refused(loader, tmp_path):
    """Torch keeps an expanded tensor as one number and a shape; whoever copies it makes it real."""
    import torch

    held = torch.load(loader.file, weights_only=True)
    path = tmp_path / loader.file.name

    def huge(tensor):
        if tensor.dim() < 2:
            return tensor
        return torch.zeros(1, dtype=tensor.dtype).expand(*[200_000] * 2, *tensor.shape[2:])

    torch.save(everywhere(held, huge), path)
    assert path.stat().st_size < 10_000_000
    refused(loader, path)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in SCRIPTS])
def test_a_bomb_is_refused(loader, tmp_path):
    path = tmp_path / loader.file.name
    with zipfile.ZipFile(loader.file) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        root = old.namelist()[0].partition("/")[0]
        for info in old.infolist():
            new.writestr(info.filename, old.read(info))
        new.writestr(f"{root}/data/999999", bytes(10**8))
    refused(loader, path, "more than a voice")


@pytest.mark.parametrize("name", NAMES)
def test_noise_and_another_kind_of_file_are_refused(loader, tmp_path):
    path = tmp_path / loader.file.name
    rng = np.random.default_rng(0)
    for data in (rng.bytes(5000), b"PK\x03\x04" + rng.bytes(5000), b"<html>404</html>"):
        path.write_bytes(data)
        refused(loader, path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")
    refused(loader, path)
