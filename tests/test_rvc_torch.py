"""RVC's `.pth` and `.safetensors`, made with the real layouts, through torch into ONNX; and hostile ones."""

import io
import json
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

import signals
from contract import run
from voxhumana.convert.nets import cached, checkpoint
from voxhumana.convert.rvc import model as models
from voxhumana.convert.rvc.converter import Rvc
from voxhumana.convert.rvc.timing import Timing
from voxhumana.errors import VoxError
from voxhumana.voice import Voice

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore:.*TracerWarning.*", "ignore:Converting a tensor"),
]
MODELS = Path(__file__).parent / "models"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(cached.platformdirs, "user_cache_path", lambda app: tmp_path / "cache")


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.fixture
def tiny(torch):
    import tiny_rvc

    return tiny_rvc


@pytest.mark.parametrize("f0", [True, False])
@pytest.mark.parametrize(("version", "rate_hz"), [("v1", 40_000), ("v2", 32_000), ("v2", 48_000)])
def test_a_pth_speaks_at_its_rate(torch, tiny, tmp_path, version, rate_hz, f0):
    torch.save(tiny.voice(version, rate_hz, f0), tmp_path / "a.pth")
    content = "vec-256-layer-9.onnx" if version == "v1" else "vec-768-layer-12.onnx"
    told = {"rvc": {"model": "a.pth", "content": str(MODELS / content)}}
    voice = Voice(
        name="x", title="X", character="x", licence="x", source="x", engines=told, folder=tmp_path
    )  # fmt: skip
    engine = Rvc(timing=Timing(block=10, context=40, fade=3))
    stream = engine.open(voice)
    assert (stream.model.rate_hz, stream.model.f0) == (rate_hz, f0)
    sound = signals.speech(1.0, 48_000)
    out = run(stream, sound, 480)
    assert len(out) == len(sound) + engine.latency
    assert 0.005 < np.sqrt(np.mean(out**2)) < 0.7


def test_the_graph_says_what_the_network_says(torch, tiny, tmp_path):
    held = tiny.voice()
    torch.save(held, tmp_path / "a.pth")
    model = models.open_model(tmp_path / "a.pth")
    network = tiny.network_of(held)
    rng = np.random.default_rng(0)
    for frames, wanted in ((50, 20), (80, 80), (33, 12)):
        window = models.Window(
            rng.standard_normal((frames, 768)).astype(np.float32),
            rng.uniform(80, 300, frames).astype(np.float32),
            rng.standard_normal((8, frames)).astype(np.float32),
            rng.uniform(-0.1, 0.1, wanted * 400).astype(np.float32),
        )
        given = [window.content[None], window.noise[None], np.array([1]), window.source[None, None]]
        pitch = models.source.coarse(window.f0)[None]
        with torch.inference_mode():
            expect = network(*map(torch.from_numpy, [*given, pitch])).numpy()[0, 0]
        rendered = model.render(window, 1)
        assert len(rendered) == (wanted - model.lead) * 400 > 0
        np.testing.assert_allclose(rendered, expect[-len(rendered) :], atol=1e-5)


def test_the_second_time_torch_is_not_needed(torch, tiny, tmp_path, monkeypatch):
    torch.save(tiny.voice(), tmp_path / "a.pth")
    models.open_model(tmp_path / "a.pth")
    monkeypatch.setattr(checkpoint, "need_torch", lambda *_: pytest.fail("torch was asked for"))
    assert models.open_model(tmp_path / "a.pth").rate_hz == 40_000


def test_safetensors_hold_the_same_voice(torch, tiny, tmp_path):
    save_file = pytest.importorskip("safetensors.torch").save_file

    held = tiny.voice()
    about = {"config": json.dumps(held["config"]), "version": "v2", "f0": "1"}
    save_file({k: t.contiguous() for k, t in held["weight"].items()}, tmp_path / "a.safetensors", about)
    assert models.open_model(tmp_path / "a.safetensors").rate_hz == 40_000
    save_file({k: t.contiguous() for k, t in held["weight"].items()}, tmp_path / "b.safetensors")
    with pytest.raises(VoxError, match="does not say what network"):
        models.open_model(tmp_path / "b.safetensors")


class Payload:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


def hostile(tmp_path, torch, held):
    """A `.pth` that runs a command when unpickled without care."""
    trace = tmp_path / "ran"
    torch.save({**held, "info": Payload(trace)}, tmp_path / "bad.pth")
    return trace


def test_a_pickle_with_a_payload_is_refused_and_not_run(torch, tiny, tmp_path):
    trace = hostile(tmp_path, torch, tiny.voice())
    with pytest.raises(VoxError, match=r"would run '(posix|nt|os)\.system'"):
        models.open_model(tmp_path / "bad.pth")
    assert not trace.exists()


def test_torchs_own_reader_refuses_it_too(torch, tiny, tmp_path, monkeypatch):
    """Should our look at the pickle ever miss one."""
    trace = hostile(tmp_path, torch, tiny.voice())
    monkeypatch.setattr(checkpoint, "check", lambda path: None)
    with pytest.raises(VoxError, match="damaged or holds more than weights"):
        models.open_model(tmp_path / "bad.pth")
    assert not trace.exists()


def spoilt(held, **changes):
    return {**held, **changes}


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda h: spoilt(h, config=h["config"][:-1]), "does not say what network"),
        (lambda h: spoilt(h, config=[*h["config"][:2], 10**9, *h["config"][3:]]), "no RVC model has"),
        (lambda h: spoilt(h, config=[*h["config"][:-1], 96_000]), "no RVC model has"),
        (lambda h: spoilt(h, weight={"a": h["weight"]["emb_g.weight"]}), "no RVC voice"),
        (lambda h: {"model": 3}, "no RVC voice"),
        (lambda h: [1, 2], "no RVC voice"),
        (lambda h: spoilt(h, weight=h["weight"] | {"more.weight": h["weight"]["emb_g.weight"]}), "does not"),
        (
            lambda h: spoilt(h, weight={k: t for k, t in h["weight"].items() if k != "enc_p.proj.bias"}),
            r"no 'enc_p\.proj\.bias'",
        ),
        (
            lambda h: spoilt(h, weight=h["weight"] | {"enc_p.proj.bias": h["weight"]["emb_g.weight"]}),
            "of shape",
        ),
    ],
)
def test_wrong_keys_and_shapes_are_named(torch, tiny, tmp_path, spoil, why):
    torch.save(spoil(tiny.voice()), tmp_path / "a.pth")
    with pytest.raises(VoxError, match=why) as refused:
        models.open_model(tmp_path / "a.pth")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("share", [0, 0.2, 0.6, 0.99])
def test_a_truncated_pth_is_refused(torch, tiny, tmp_path, share):
    torch.save(tiny.voice(), tmp_path / "a.pth")
    data = (tmp_path / "a.pth").read_bytes()
    (tmp_path / "a.pth").write_bytes(data[: int(share * len(data))])
    with pytest.raises(VoxError, match="damaged or no torch file"):
        models.open_model(tmp_path / "a.pth")


def test_a_bomb_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.pth", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/data.pkl", pickle.dumps({}))
        archive.writestr("a/data/0", bytes(10**8))
    with pytest.raises(VoxError, match="more than a voice"):
        models.open_model(tmp_path / "a.pth")


def test_the_index_that_faiss_writes_is_read_as_faiss_reads_it(torch, tmp_path):
    faiss = pytest.importorskip("faiss")
    from voxhumana.convert.rvc.index import Index

    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((2000, 256)).astype(np.float32)
    kept = faiss.index_factory(256, "IVF20,Flat")
    kept.train(vectors)
    kept.add(vectors)
    faiss.write_index(kept, str(tmp_path / "a.index"))
    said = 0.3 * rng.standard_normal((30, 256)).astype(np.float32) + vectors[:30]
    apart, which = kept.search(said, 8)
    weight = np.square(1 / apart)
    expect = (vectors[which] * (weight / weight.sum(1, keepdims=True))[..., None]).sum(1)
    np.testing.assert_allclose(Index(tmp_path / "a.index", 256).blend(said, 1.0), expect, atol=1e-5)


def test_huberts_checkpoint_becomes_a_content_encoder(torch, tiny, tmp_path):
    from voxhumana.convert.nets import hubert
    from voxhumana.convert.rvc.content import Content

    network = tiny.hubert(256, hubert.Shape(8, 64, 32, 4, 1, 16, 16, 256))
    state = {f"hubert.{k}": t for k, t in network.state_dict().items()} | {
        "hubert.masked_spec_embed": torch.zeros(64)
    }
    again = hubert.build(state, 256, "tiny")
    hubert.export(again, str(tmp_path / "c.onnx"))
    sound = signals.speech(0.5, 16_000)
    with torch.inference_mode():
        expect = network(torch.from_numpy(sound)[None])[0].numpy()
    heard = Content(tmp_path / "c.onnx", 256).hear(sound)
    np.testing.assert_allclose(heard, expect[: len(heard)], atol=1e-4)
    with pytest.raises(VoxError, match="channels"):
        hubert.build(state, 768, "tiny")
    with pytest.raises(VoxError, match="no HuBERT"):
        hubert.build({"a": torch.zeros(1)}, 256, "tiny")


def test_a_stream_reads_like_bytes(tmp_path):
    """`members` looks at the archive's table only; a file that is no zip has none."""
    (tmp_path / "a.pth").write_bytes(io.BytesIO(pickle.dumps({"a": 1})).getvalue())
    with pytest.raises(VoxError, match="no torch file"):
        checkpoint.members(tmp_path / "a.pth")
