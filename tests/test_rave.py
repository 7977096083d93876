"""RAVE exports: the contract, block by block against all at once, latents, and what is no such thing."""

import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

import signals
from contract import StageContract, run
from voxhumana.convert.rave import Rave
from voxhumana.engine import fitted
from voxhumana.errors import VoxError
from voxhumana.voice import Voice

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
]


@pytest.fixture(scope="module")
def tiny():
    pytest.importorskip("torch")
    import tiny_rave

    return tiny_rave


def voice(path, **more):
    told = {"rave": {"model": str(path), **more}}
    return Voice(name="x", title="X", character="x", licence="x", source="x", engines=told)


class TestRave(StageContract):
    memory = 16 << 20
    tolerance = 1e-4

    def make(self):
        import tiny_rave

        path = Path(tempfile.mkdtemp()) / "tiny.ts"
        return fitted(Rave(), voice(tiny_rave.save(path)))


class TestNoisyRave(TestRave):
    """Its noise is a session's own, so that sessions do not disturb each other; it blurs what is measured."""

    latency_tolerance = 100

    def make(self):
        import tiny_rave

        path = Path(tempfile.mkdtemp()) / "tiny.ts"
        return fitted(Rave(), voice(tiny_rave.save(path, noisy=True)))


@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"channels": 2, "latents": 16, "ratio": 64, "frames": 5, "sr": 48_000},
        {"latents": 8, "ratio": 512, "frames": 1, "sr": 48_000},
    ],
)
def test_block_by_block_is_all_at_once(tiny, tmp_path, shape):
    import torch

    path = tiny.save(tmp_path / "a.ts", **shape)
    engine = fitted(Rave(), voice(path))
    asked = tiny.Rave(**shape)
    assert (engine.hop, engine.rate_hz, engine.channels) == (asked.ratio, asked.sr, asked.channels)
    sound = signals.noise(1.0, engine.rate_hz, rms=0.1)[: engine.hop * 60]
    with torch.inference_mode():
        whole = asked(torch.from_numpy(sound)[None, None].expand(1, asked.channels, -1))[0].mean(0).numpy()
    streamed = run(engine.open(), sound, 333)[: len(sound)]
    np.testing.assert_allclose(streamed, whole, atol=1e-4)


@pytest.mark.parametrize("frames", [1, 3, 40])
def test_its_delay_is_measured_and_declared(tiny, tmp_path, frames):
    path = tiny.save(tmp_path / "a.ts", ratio=64, latents=64, frames=frames)
    assert fitted(Rave(), voice(path)).latency == pytest.approx(64 * frames, abs=44)
    assert fitted(Rave(), voice(path, latency=5)).latency == 5


def test_latents_are_scaled_and_moved(tiny, tmp_path):
    path = tiny.save(tmp_path / "a.ts")
    sound = signals.noise(0.3, 44_100, rms=0.1)
    plain, still, loud, moved = (
        run(fitted(Rave(), voice(path, latency=96, **more)).open(), sound)
        for more in ({}, {"scale": [0.0] * 32}, {"scale": [2.0] * 32}, {"bias": [0.5]})
    )
    assert np.abs(still).max() < 1e-6
    np.testing.assert_allclose(loud, 2 * plain, atol=1e-5)
    assert not np.allclose(moved, plain, atol=0.01)
    with pytest.raises(VoxError, match="32 latents"):
        fitted(Rave(), voice(path, bias=[0.1] * 33))


def test_a_file_named_with_the_engine_speaks_as_anybody(tiny, tmp_path):
    path = tiny.save(tmp_path / "a.ts")
    anybody = Voice(name="x", title="X", character="x", licence="x", source="x", engines={"dsp": {}})
    assert fitted(Rave(str(path)), anybody).hop == 32
    with pytest.raises(VoxError, match="RAVE model"):
        fitted(Rave(), anybody)


def again(path, target, change):
    """The archive, with one member changed or added."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            new.writestr(info.filename, change(info.filename, old.read(info)))
        for name, data in change(None, None) or ():
            new.writestr(name, data)
    return target


def test_an_archive_with_more_in_it_is_refused(tiny, tmp_path):
    path = tiny.save(tmp_path / "a.ts")
    spoilt = again(path, tmp_path / "b.ts", lambda n, d: d if n else [("a/evil.so", b"x")])
    with pytest.raises(VoxError, match=r"holds 'evil\.so'"):
        fitted(Rave(), voice(spoilt))


def test_an_export_that_maps_files_is_refused(tiny, tmp_path):
    import torch

    class Nosy(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x + torch.from_file("/etc/hostname", False, 4, dtype=torch.uint8).sum()

    torch.jit.script(Nosy()).save(str(tmp_path / "a.ts"))
    with pytest.raises(VoxError, match="from_file"):
        fitted(Rave(), voice(tmp_path / "a.ts"))


def test_what_is_no_rave_is_refused(tiny, tmp_path):
    import torch

    torch.save({"a": torch.zeros(2)}, tmp_path / "plain.ts")
    with pytest.raises(VoxError, match="no TorchScript"):
        fitted(Rave(), voice(tmp_path / "plain.ts"))
    torch.jit.script(torch.nn.ReLU()).save(str(tmp_path / "other.ts"))
    with pytest.raises(VoxError, match="does not say what its `forward` takes"):
        fitted(Rave(), voice(tmp_path / "other.ts"))
    data = tiny.save(tmp_path / "a.ts").read_bytes()
    for share in (0, 0.5, 0.99):
        (tmp_path / "cut.ts").write_bytes(data[: int(share * len(data))])
        with pytest.raises(VoxError, match="damaged"):
            fitted(Rave(), voice(tmp_path / "cut.ts"))
    with pytest.raises(VoxError, match=r"none\.ts"):
        fitted(Rave(), voice("none.ts"))
