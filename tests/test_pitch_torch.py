"""Pitch networks out of published checkpoints, through torch into ONNX; the real CREPE and FCPE too."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import signals
from voxhumana.convert.nets import cached
from voxhumana.convert.rvc import tracker
from voxhumana.errors import VoxError

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore:.*TracerWarning.*", "ignore:Converting a tensor"),
]
NAMES = ("crepe-tiny", "fcpe", "rmvpe")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(cached.platformdirs, "user_cache_path", lambda app: tmp_path / "cache")


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def carried(name):
    package, _, rest = tracker.KINDS[name].carried.partition("/")
    spec = importlib.util.find_spec(package)
    if spec is None:
        pytest.skip(f"{package} is not installed")
    return Path(spec.submodule_search_locations[0], rest)


@pytest.mark.parametrize("name", NAMES)
def test_a_checkpoint_becomes_onnx_and_says_the_same(torch, tmp_path, name):
    import tiny_pitch
    from voxhumana.convert.nets import pitch

    held = tiny_pitch.checkpoint(name)
    torch.save(held, tmp_path / "a.pt")
    heard = tracker.Tracker(name, tmp_path / "a.pt")
    _, network = pitch.build(held, name)
    rng = np.random.default_rng(0)
    given = rng.standard_normal((7, 1024) if name == "crepe-tiny" else (1, 128, 96)).astype(np.float32)
    with torch.inference_mode():
        expect = network(torch.from_numpy(given)).numpy()
    np.testing.assert_allclose(heard._run(given), expect, atol=1e-5)


@pytest.mark.parametrize("name", ["crepe-tiny", "fcpe"])
def test_the_published_weights_hear_a_voice(torch, name):
    """A hum that rises from 100 to 200 Hz, then a hiss, in blocks of 240 ms."""
    heard = tracker.Tracker(name, carried(name))
    hz = np.geomspace(100, 200, 3 * 16_000)
    turns = np.cumsum(hz) / 16_000
    hum = sum(0.3 / k * np.sin(2 * np.pi * k * turns) for k in range(1, 12)).astype(np.float32)
    sound = np.concatenate([hum, signals.noise(1.0, 16_000, rms=0.05)])
    f0 = np.concatenate([heard.hear(sound[at : at + 3840]) for at in range(0, len(sound) - 3839, 3840)])
    truth = hz[::160][20:280]
    off = np.abs(1200 * np.log2(np.maximum(f0[21:281], 1) / truth))  # a frame late
    assert np.mean(off < 30) > 0.97
    assert np.mean(f0[320:] > 0) < 0.4


def test_wrong_keys_and_sizes_are_refused(torch, tmp_path):
    import tiny_pitch
    from voxhumana.convert.nets import pitch

    for held in ({"a": torch.zeros(1)}, [1], {"model": 3}):
        with pytest.raises(VoxError, match="no CREPE, FCPE or RMVPE"):
            pitch.build(held, "x")
    state = tiny_pitch.checkpoint("rmvpe")
    with pytest.raises(VoxError, match="no whole RMVPE"):
        pitch.build({key: t for key, t in state.items() if "gru" not in key}, "x")
    with pytest.raises(VoxError, match="is refused"):
        pitch.build(state | {"unet.encoder.layers.0.conv.0.conv.0.weight": torch.zeros(5000, 1, 1, 1)}, "x")
    with pytest.raises(VoxError, match="no whole RMVPE"):
        pitch.build(state | {"unet.encoder.layers.999.conv.0": torch.zeros(1)}, "x")
