"""F0 by name for RVC, without torch: tiny networks with the real layouts, from `tests/tiny_pitch.py`."""

from pathlib import Path

import numpy as np
import pytest

import signals
from contract import StageContract
from test_rvc import SHORT, converted, voice
from voxhumana.convert.rvc import pitch, tracker
from voxhumana.convert.rvc.converter import Rvc
from voxhumana.convert.rvc.settings import RvcSettings
from voxhumana.errors import VoxError

MODELS = Path(__file__).parent / "models"
NAMES = ("crepe-tiny", "fcpe", "rmvpe")


class TestRvcByRmvpe(StageContract):
    """The whole of a session, with a network that is not causal inside."""

    voice = voice("rvc-v2-40k.onnx", f0="rmvpe")
    memory = 16 << 20
    seconds = 0.6
    test_the_declared_latency_is_measured = None  # random weights hear no pitch; test_rvc.py measures it

    def make(self):
        return Rvc(timing=SHORT)


@pytest.mark.parametrize("name", NAMES)
def test_a_network_gives_a_frame_every_10_ms(name):
    heard = tracker.Tracker(name, MODELS / f"{name}.onnx")
    sound = signals.speech(1.0, 16_000)
    for frames in (2, 24, 10):
        f0 = heard.hear(sound[: 160 * frames])
        assert f0.shape == (frames,)
        assert ((f0 == 0) | ((f0 > 45) & (f0 < 1200))).all()


@pytest.mark.parametrize("name", NAMES)
def test_an_rvc_voice_speaks_with_its_pitch_heard_by(name):
    sound = signals.speech(1.0, 48_000)
    out = converted("rvc-v2-40k.onnx", sound, SHORT, f0=name)
    assert np.isfinite(out).all()
    assert np.sqrt(np.mean(out**2)) > 1e-3


def test_salience_is_read_as_crepe_reads_it():
    """A bump between bins is at its middle; what is weak is unvoiced; what no voice sings is ignored."""
    bins = np.arange(360)
    bump = np.exp(-np.square(bins - 120.4) / 8)[None]
    cents = tracker.CENTS[0] + 20 * 120.4
    (hz,) = tracker.decode(bump, tracker.CENTS, 0.1)
    assert abs(1200 * np.log2(hz / 10) - cents) < 2
    assert tracker.decode(0.05 * bump, tracker.CENTS, 0.1) == 0
    low = np.exp(-np.square(bins - 5) / 8)[None]
    np.testing.assert_allclose(tracker.decode(low + 0.5 * bump, tracker.CENTS, 0.1), hz, rtol=1e-3)


def test_crepes_frames_lie_where_torchcrepe_has_them():
    """Frame i is the 1,024 samples about sample 160 i; the newest is a frame old."""
    sound = np.arange(1, 8001, dtype=np.float32)
    frames = tracker._framed(sound, 3)
    where = [np.flatnonzero(frame == frame.max())[0] for frame in frames]
    ends = [len(sound) - 160 * (4 - i) + 512 for i in range(3)]
    assert where == [1023 - max(0, end - len(sound)) for end in ends]
    assert np.abs(frames.mean(1)).max() < 1e-3


def test_missing_weights_say_where_they_go(monkeypatch, tmp_path):
    monkeypatch.setenv("VOX_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(pitch.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        VoxError, match=r"rmvpe\.onnx or rmvpe\.pt among the models, or run: vox models pull rmvpe"
    ):
        pitch.tracker(RvcSettings(model="a", f0="rmvpe"), tmp_path)
    with pytest.raises(VoxError, match=r"fcpe\.pt.*or run: pip install torchfcpe"):
        pitch.tracker(RvcSettings(model="a", f0="fcpe"), tmp_path)
    with pytest.raises(VoxError, match="'f0' for rvc that is wrong"):
        Rvc().open(voice("rvc-v2-40k.onnx", f0="harvest"))


def test_another_networks_file_is_refused():
    with pytest.raises(VoxError, match="does not do what rmvpe does"):
        tracker.Tracker("rmvpe", MODELS / "crepe-tiny.onnx")
