"""RVC voices without torch: the contract, streamed against one-shot, joins, files that are not what they say.

The models in `tests/models` are tiny, with the real layouts; `tests/tiny_rvc.py` wrote them.
"""

import struct
from pathlib import Path

import numpy as np
import pytest

import signals
from contract import StageContract, delay_by_waveform, run
from voxhumana.convert.rvc import converter, source, timing
from voxhumana.convert.rvc.content import Content
from voxhumana.convert.rvc.converter import FRAME, Rvc
from voxhumana.convert.rvc.index import Index
from voxhumana.convert.rvc.join import Join
from voxhumana.convert.rvc.model import open_model
from voxhumana.convert.rvc.timing import Timing
from voxhumana.errors import VoxError
from voxhumana.voice import Voice

MODELS = Path(__file__).parent / "models"
SHORT = Timing(block=10, context=40, fade=3, edge=1)
"""A tenth of a second at a time, so that a second of sound has many joins."""


def voice(model, content="vec-768-layer-12.onnx", **more):
    return Voice(
        name="x",
        title="X",
        character="x",
        licence="CC0-1.0",
        source="x",
        engines={"rvc": {"model": model, "content": content, **more}},
        folder=MODELS,
    )


def converted(model, sound, chosen, **more):
    """What a session makes of `sound`, laid on it."""
    engine = Rvc(timing=chosen)
    return run(engine.open(voice(model, **more)), sound)[engine.latency :]


@pytest.fixture(scope="module")
def sound():
    return signals.speech(3.0, 48_000)


@pytest.fixture(scope="module")
def whole(sound):
    """The network's own rendering of everything at once."""
    return converted("rvc-v2-40k.onnx", sound, Timing(block=len(sound) // FRAME + 20, context=20))


class TestRvc(StageContract):
    voice = voice("rvc-v2-40k.onnx")
    memory = 16 << 20

    def make(self):
        return Rvc(timing=SHORT)

    def test_the_declared_latency_is_measured(self, stage, sound, whole):
        """Against the network's own rendering of everything at once, which is laid on its input by nature."""
        once = converted("rvc-v2-40k.onnx", sound, Timing(block=len(sound) // FRAME + 20, context=20))
        assert delay_by_waveform(once, whole, stage.rate_hz) == stage.latency


@pytest.mark.parametrize("chosen", [SHORT, Timing(), Timing(block=50, context=30)])
def test_what_is_streamed_is_what_one_rendering_of_all_would_be(sound, whole, chosen):
    streamed = converted("rvc-v2-40k.onnx", sound, chosen)
    away = np.ones(len(sound), bool)  # from the joins, which lie where a block begins
    first = -Rvc(timing=chosen).latency % (chosen.block * FRAME)
    for at in range(first, len(sound), chosen.block * FRAME):
        away[at : at + chosen.fade * FRAME] = False
    assert np.corrcoef(streamed[away], whole[away])[0, 1] >= 0.95
    assert np.corrcoef(np.diff(streamed)[away[1:]], np.diff(whole)[away[1:]])[0, 1] >= 0.95


def test_what_is_said_matters(sound, whole):
    """Else the network could have gone deaf and the test above would pass."""
    other = signals.speech(3.0, 48_000, seed=5)
    assert np.corrcoef(converted("rvc-v2-40k.onnx", other, SHORT), whole)[0, 1] < 0.8


class Hum:
    """A voice so plain that a click cannot hide in it: the source itself, smoothed, or a sine begun anew."""

    rate_hz, hop, channels, inter, f0, lead = 48_000, 480, 768, 8, True, 10

    def __init__(self, anew, phased):
        self.anew, self.phased = anew, phased

    def render(self, window, speaker):
        if self.anew:  # as RVC's own exports: from phase 0 in each window
            turns = np.cumsum(np.repeat(window.f0, self.hop), dtype=np.float64) / self.rate_hz
            return (0.1 * np.sin(2 * np.pi * turns)[-len(window.source) :]).astype(np.float32)
        return np.convolve(window.source, np.hanning(120) / 60, "same").astype(np.float32)


def jump_at_joins(hum, monkeypatch):
    """The largest second difference about joins, over the largest elsewhere, for a steady hum of 157 Hz.

    Ten blocks of which no whole number of periods fills one, so that a phase begun anew shows.
    """
    monkeypatch.setattr(converter, "_model", lambda path: hum)
    at = np.arange(2 * 48_000) / 48_000
    pulses = 0.2 * sum(np.sin(2 * np.pi * 157 * k * at) / k for k in range(1, 9))
    out = converted("rvc-v2-40k.onnx", pulses.astype(np.float32), SHORT)[36_000:-12_000]
    assert np.sqrt(np.mean(out**2)) > 0.01
    block, jumps = SHORT.block * FRAME, np.abs(np.diff(out, 2))
    near = np.zeros(len(jumps), bool)
    for start in range(-(36_000 + Rvc(timing=SHORT).latency) % block, len(jumps), block):
        near[max(0, start - 24) : start + SHORT.fade * FRAME + 24] = True
    return jumps[near].max() / jumps[~near].max()


@pytest.mark.parametrize("anew", [False, True])
def test_joins_do_not_click(anew, monkeypatch):
    assert jump_at_joins(Hum(anew, phased=not anew), monkeypatch) < 1.3


@pytest.mark.parametrize("phased", [True, False])
def test_joins_would_click_without_fade_and_search(phased, monkeypatch):
    """Else the test above could not fail."""
    monkeypatch.setattr(Join, "next", lambda self, piece: piece[: self._block].copy())
    assert jump_at_joins(Hum(anew=True, phased=phased), monkeypatch) > 3


def test_another_ones_export_is_moved_into_phase(sound):
    out = converted("rvc-theirs-48k.onnx", sound, SHORT)
    assert np.isfinite(out).all()
    assert len(out) == len(sound)
    join = Join(480, 96, 200)
    tone = np.sin(2 * np.pi * 100 * np.arange(5000) / 48_000).astype(np.float32)
    pieces = [join.next(np.roll(tone, shift)[: 200 + 480 + 96]) for shift in (0, 37, 91, 12)]
    joined = np.concatenate(pieces)[96:]
    assert np.abs(np.diff(joined, 2)).max() < 2 * np.abs(np.diff(tone, 2)).max()


def test_pitch_follows_the_knob(sound):
    engine = Rvc(timing=SHORT)
    stream = engine.open(voice("rvc-v2-40k.onnx"))
    stream.pitch_semitones = 12.0
    list(stream.push(sound))
    plain = engine.open(voice("rvc-v2-40k.onnx"))
    list(plain.push(sound))
    voiced = plain._f0 > 0
    assert voiced.any()
    np.testing.assert_allclose(stream._f0[voiced], 2 * plain._f0[voiced], rtol=1e-5)


def test_the_source_is_one_sine_however_it_is_cut():
    f0 = np.array([0, 100, 110, 120, 0, 130] * 5, np.float32)
    at_once = source.Source(40_000, 400).render(f0)
    cut = source.Source(40_000, 400)
    pieces = np.concatenate([cut.render(f0[at : at + 7]) for at in range(0, len(f0), 7)])
    np.testing.assert_allclose(pieces, at_once, atol=1e-6)


# files


def index_bytes(width=768, lists=2, each=10, seed=0):
    """A `.index` as faiss writes it (checked against faiss in test_rvc_torch.py)."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((lists, width)).astype("<f4")
    own = centres[:, None] + 0.1 * rng.standard_normal((lists, each, width)).astype("<f4")
    head = struct.pack("<iqqq?i", width, lists * each, 1 << 20, 1 << 20, True, 1)
    flat = struct.pack("<iqqq?i", width, lists, 1 << 20, 1 << 20, True, 1)
    data = b"IwFl" + head + struct.pack("<QQ", lists, 1) + b"IxF2" + flat
    data += struct.pack("<Q", centres.size) + centres.tobytes() + struct.pack("<bQ", 0, 0)
    data += (
        b"ilar"
        + struct.pack("<QQ", lists, 4 * width)
        + b"full"
        + struct.pack(f"<Q{lists}Q", lists, *[each] * lists)
    )
    for vectors in own:
        data += vectors.astype("<f4").tobytes() + np.arange(each, dtype="<i8").tobytes()
    return data, centres, own


def test_the_index_draws_what_is_said_to_its_likes(tmp_path):
    data, centres, own = index_bytes()
    (tmp_path / "a.index").write_bytes(data)
    index = Index(tmp_path / "a.index", 768)
    said = centres + 0.5
    near = index.blend(said, 1.0)
    assert np.linalg.norm(near - own.mean(1)) < np.linalg.norm(said - own.mean(1)) / 5
    np.testing.assert_array_equal(index.blend(said, 0.0), said)


def test_a_voice_with_an_index_speaks(tmp_path, sound):
    (tmp_path / "a.index").write_bytes(index_bytes()[0])
    plain = converted("rvc-v2-40k.onnx", sound[:48_000], SHORT)
    drawn = converted(
        "rvc-v2-40k.onnx", sound[:48_000], SHORT, index=str(tmp_path / "a.index"), index_rate=1.0
    )
    assert np.isfinite(drawn).all()
    assert not np.allclose(drawn, plain)


@pytest.mark.parametrize("at", [0, 4, 8, 12, 33, 41, 53, 60, 200])
def test_an_index_with_a_lie_in_it_is_refused_or_read_safely(tmp_path, at):
    data = bytearray(index_bytes()[0])
    data[at : at + 4] = b"\xff\xff\xff\x7f"
    (tmp_path / "a.index").write_bytes(data)
    try:
        Index(tmp_path / "a.index", 768)
    except VoxError as error:
        assert str(error).count("\n") == 0  # noqa: PT017


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.99])
def test_a_truncated_index_is_refused(tmp_path, share):
    data = index_bytes()[0]
    (tmp_path / "a.index").write_bytes(data[: int(share * len(data))])
    with pytest.raises(VoxError, match="damaged or no index"):
        Index(tmp_path / "a.index", 768)


def test_another_voices_index_is_refused(tmp_path):
    (tmp_path / "a.index").write_bytes(index_bytes(width=256)[0])
    with pytest.raises(VoxError, match="another voice's index"):
        Index(tmp_path / "a.index", 768)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_truncated_model_is_refused(tmp_path, share):
    data = (MODELS / "rvc-v2-40k.onnx").read_bytes()
    (tmp_path / "cut.onnx").write_bytes(data[: int(share * len(data))])
    with pytest.raises(VoxError, match=r"cut\.onnx"):
        open_model(tmp_path / "cut.onnx")


def test_a_model_of_another_kind_is_refused():
    with pytest.raises(VoxError, match="no RVC voice"):
        open_model(MODELS / "vec-768-layer-12.onnx")


def test_a_content_encoder_that_does_not_fit_is_refused():
    with pytest.raises(VoxError, match="256 channels"):
        Content(MODELS / "vec-768-layer-12.onnx", 256)
    with pytest.raises(VoxError, match="one"):
        Content(MODELS / "rvc-v2-40k.onnx", 768)


def test_what_is_missing_is_named(sound):
    for changes, name in (({"model": "none.onnx"}, "none.onnx"), ({"content": "gone.onnx"}, "gone.onnx")):
        with pytest.raises(VoxError, match=name):
            Rvc().open(voice(**{"model": "rvc-v2-40k.onnx", **changes}))
    with pytest.raises(VoxError, match="rvc engine needs a voice"):
        Rvc().open(None)


def test_a_setting_that_cannot_be_meant_is_named():
    with pytest.raises(VoxError, match="'index_rate' for rvc that is wrong"):
        Rvc().open(voice("rvc-v2-40k.onnx", index_rate=3))


def test_the_choice_of_a_machine_is_kept_and_a_spoilt_one_ignored(tmp_path, monkeypatch):
    monkeypatch.setattr(timing.platformdirs, "user_cache_path", lambda app: tmp_path)
    assert timing.load() == Timing()
    timing.save(Timing(12, 60, 2, 1))
    assert timing.load() == Timing(12, 60, 2, 1)
    for spoilt in ('{"block": 7}', "[]", '{"block": "x"}', '{"context": 999999}', "{"):
        timing.path().write_text(spoilt)
        assert timing.load() == Timing()


@pytest.mark.parametrize(
    ("was", "is_", "why"),
    [
        (b'"lead"', b'"leaf"', "older vox"),
        (b'"hop": 400', b'"hop": 4.4', "no RVC voice"),
        (b"{", b"[", "not say"),
    ],
)
def test_an_export_that_says_something_else_of_itself_is_refused(tmp_path, was, is_, why):
    head, told, tail = (MODELS / "rvc-v2-40k.onnx").read_bytes().rpartition(was)
    assert told
    (tmp_path / "a.onnx").write_bytes(head + is_ + tail)
    with pytest.raises(VoxError, match=why):
        open_model(tmp_path / "a.onnx")
