"""`vox models content`: HuBERT and ContentVec checkpoints, fairseq's among them, without running a pickle."""

import os
import sys
import types

import numpy as np
import pytest
from typer.testing import CliRunner

import signals
from voxhumana.cli import app
from voxhumana.convert.nets import inert
from voxhumana.convert.rvc import encoder
from voxhumana.convert.rvc.content import Content
from voxhumana.errors import VoxError
from voxhumana.library.models.recognise import recognise

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore:.*TracerWarning.*", "ignore:Converting a tensor"),
]


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.fixture
def network(torch):
    import tiny_rvc
    from voxhumana.convert.nets import hubert

    return tiny_rvc.hubert(256, hubert.Shape(8, 768, 16, 4, 12, 16, 16, 256))


@pytest.fixture
def dictionary(monkeypatch):
    """A class of fairseq's that such checkpoints pickle; it tells when it is made anew."""

    class Dictionary:
        made = 0

        def __setstate__(self, state):
            Dictionary.made += 1

        def __getstate__(self):
            return {"symbols": ["<s>"], "count": [1]}

    module = types.ModuleType("fairseq.data.dictionary")
    Dictionary.__module__, Dictionary.__qualname__ = module.__name__, "Dictionary"
    module.Dictionary = Dictionary
    for name in ("fairseq", "fairseq.data"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return Dictionary


def saved(torch, path, network, dictionary, **more):
    import tiny_rvc

    held = {"model": tiny_rvc.fairseq(network.state_dict()), "task_state": {"d": dictionary()}, "args": None}
    torch.save(held | more, path)
    return path


def test_fairseqs_checkpoint_becomes_both_encoders(torch, network, dictionary, tmp_path):
    path = saved(torch, tmp_path / "hubert_base.pt", network, dictionary)
    with pytest.raises(Exception, match="weights_only"):
        torch.load(path, weights_only=True)  # which is why it needs a reader of its own
    made = encoder.write(path, tmp_path)
    assert [one.name for one in made] == ["vec-768-layer-12.onnx", "vec-256-layer-9.onnx"]
    assert dictionary.made == 0, "the class of the checkpoint was run"
    sound = signals.speech(0.5, 16_000)
    with torch.inference_mode():
        expect = network(torch.from_numpy(sound)[None])[0].numpy()
    heard = Content(made[1], 256).hear(sound)
    np.testing.assert_allclose(heard, expect[: len(heard)], atol=1e-4)
    assert Content(made[0], 768).hear(sound).shape == (len(heard), 768)


def test_int8_is_small_and_hears_nearly_the_same(torch, network, dictionary, tmp_path):
    path = saved(torch, tmp_path / "hubert_base.pt", network, dictionary)
    sound, heard, bytes_ = signals.speech(1.0, 16_000), [], []
    for int8 in (False, True):
        made = encoder.write(path, tmp_path, int8)[0]
        heard.append(Content(made, 768).hear(sound))
        bytes_.append(made.stat().st_size)
    assert np.corrcoef(heard[0].ravel(), heard[1].ravel())[0, 1] > 0.99
    assert bytes_[1] < 0.5 * bytes_[0]


def test_hugging_faces_checkpoint_gives_the_same(torch, network, dictionary, tmp_path):
    save_file = pytest.importorskip("safetensors.torch").save_file
    state = {f"hubert.{key}": tensor.contiguous() for key, tensor in network.state_dict().items()}
    torch.save(state, tmp_path / "pytorch_model.bin")
    save_file(state, tmp_path / "model.safetensors")
    sound, heard = signals.speech(0.3, 16_000), []
    for at, name in enumerate(("pytorch_model.bin", "model.safetensors")):
        (tmp_path / str(at)).mkdir()
        made = encoder.write(tmp_path / name, tmp_path / str(at))
        heard.append(Content(made[1], 256).hear(sound))
    np.testing.assert_array_equal(*heard)


def test_the_command_files_it_where_rvc_voices_look(torch, network, dictionary, tmp_path, monkeypatch):
    from voxhumana.places import find

    monkeypatch.setenv("VOX_DATA_DIR", str(tmp_path / "data"))
    path = saved(torch, tmp_path / "hubert_base.pt", network, dictionary)
    problem = recognise(path).problems[0]
    assert f"vox models content {path}" in problem
    shown = CliRunner().invoke(app, ["models", "content", str(path)])
    assert shown.exit_code == 0, shown.output
    assert find("vec-768-layer-12.onnx", None, "x").parent == tmp_path / "data" / "models" / "content"


class Payload:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


def test_a_payload_is_refused_and_not_run(torch, network, dictionary, tmp_path, monkeypatch):
    path = saved(torch, tmp_path / "a.pt", network, dictionary, extra=Payload(tmp_path / "ran"))
    with pytest.raises(VoxError, match=r"would run '(posix|nt|os)\.system'"):
        inert.read(path)
    monkeypatch.setattr(inert, "KNOWN", inert.KNOWN | {"posix", "nt", "os"})  # should the list ever fail
    assert isinstance(inert.read(path)["extra"], inert.Husk)
    assert not (tmp_path / "ran").exists()


def test_tensors_are_read_as_torch_reads_them_and_never_beyond_their_storage(torch, tmp_path):
    whole = torch.arange(24, dtype=torch.float32).reshape(4, 6)
    held = {"a": whole[1:, ::2], "b": whole.T.half(), "c": torch.tensor(3), "d": torch.nn.Parameter(whole)}
    torch.save(held, tmp_path / "a.pt")
    found = inert.read(tmp_path / "a.pt")
    for name, tensor in held.items():
        np.testing.assert_array_equal(found[name], tensor.detach().numpy())
    storage = np.zeros(4, np.float32)
    for lie in (
        (0, (5,), (1,)),
        (2, (3,), (1,)),
        (0, (2, 2), (4, 1)),
        (-1, (1,), (1,)),
        (0, (10**12,), (0,)),
    ):
        with pytest.raises(ValueError, match=r".*"):
            inert._tensor(storage, *lie)


@pytest.mark.parametrize("share", [0, 0.3, 0.99])
def test_a_truncated_checkpoint_is_refused(torch, network, dictionary, tmp_path, share):
    path = saved(torch, tmp_path / "a.pt", network, dictionary)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(VoxError, match="damaged or no torch file"):
        inert.read(path)


def test_another_model_is_refused(torch, tmp_path):
    torch.save({"model": {"a": torch.zeros(1)}}, tmp_path / "a.pt")
    with pytest.raises(VoxError, match="no HuBERT or ContentVec"):
        encoder.write(tmp_path / "a.pt", tmp_path)
