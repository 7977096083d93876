"""What `vox models add` is told of the voices people bring: RVC, RAVE, Piper, XTTS, content encoders."""

import io
import json
import os
import pickle
import struct
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from test_rvc import index_bytes
from voxhumana.cli import app
from voxhumana.errors import VoxError
from voxhumana.library.models.recognise import Found, recognise

MODELS = Path(__file__).parent / "models"


def torch_file(path, held, more=()):
    """A `.pth` without torch: what `torch.save` writes, but for the tensors, which nobody looks at here."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(held, protocol=2))
        archive.writestr("archive/version", "3\n")
        for name, data in more:
            archive.writestr(f"archive/{name}", data)
    return path


def rvc(**changes):
    weight = {"enc_p.emb_phone.weight": None, "emb_g.weight": None}
    return {"weight": weight, "config": [1025, 32], "sr": "40k", "f0": 1, "version": "v2"} | changes


def test_an_rvc_voice_is_told_with_its_index(tmp_path):
    torch_file(tmp_path / "Anna.pth", rvc())
    (tmp_path / "added_IVF_Anna_v2.index").write_bytes(index_bytes()[0])
    (tmp_path / "other.index").write_bytes(b"x")
    found = recognise(tmp_path / "Anna.pth")
    assert (found.kind, found.engine, found.problems) == ("RVC v2 voice", "rvc", ())
    index = "added_IVF_Anna_v2.index"
    assert found.facts == {"version": "v2", "sr": "40k", "f0": "1", "index": index}
    assert [index.name for index in found.files] == ["added_IVF_Anna_v2.index"]


def test_an_index_is_found_by_the_voices_name_without_its_epoch(tmp_path):
    voice = torch_file(tmp_path / "Anna_e200_s4000.pth", rvc())
    (tmp_path / "added_IVF_Bob_v2.index").write_bytes(b"x")
    found = recognise(voice)
    assert found.files == ()
    assert "added_IVF_Bob_v2.index" in found.facts["index"]
    (tmp_path / "added_IVF_Anna_v2.index").write_bytes(index_bytes()[0])
    assert recognise(voice).files == (tmp_path / "added_IVF_Anna_v2.index",)
    assert "beside its voice" in recognise(tmp_path / "added_IVF_Bob_v2.index").problems[0]


@pytest.mark.parametrize(
    ("data", "why"),
    [(index_bytes()[0][:-9], "damaged"), (index_bytes(width=256)[0], "another voice's index")],
)
def test_an_index_that_would_be_refused_live_is_refused_before(tmp_path, data, why):
    voice = torch_file(tmp_path / "Anna.pth", rvc())
    (tmp_path / "Anna.index").write_bytes(data)
    with pytest.raises(VoxError, match=rf"Anna\.index .*{why}"):
        recognise(voice)


def test_what_has_no_end_is_not_looked_into():
    with pytest.raises(VoxError, match="neither a file nor a folder"):
        recognise(Path(os.devnull))


def test_an_archive_and_a_folder_of_downloads_are_not_guessed_at(tmp_path):
    voice = torch_file(tmp_path / "Anna.pth", rvc())
    with pytest.raises(VoxError, match="name the model file in it"):
        recognise(tmp_path)
    with pytest.raises(VoxError, match="unpack it"):
        recognise(voice.rename(tmp_path / "Anna.zip"))


def test_what_is_missing_of_an_rvc_voice_is_said(tmp_path):
    held = rvc()
    del held["config"]
    found = recognise(torch_file(tmp_path / "G_2333.pth", held))
    assert "extract the voice" in found.problems[0]
    assert "none beside it" in found.facts["index"]


@pytest.mark.parametrize(
    ("tensor", "kind", "engine"),
    [
        ("ref_enc.gru.weight_ih_l0", "OpenVoice tone-colour converter", "openvoice"),
        ("encoder.convolutions.0.0.conv.weight", "AutoVC generator", "autovc"),
        ("conv_pre.weight_v", "HiFi-GAN generator", None),
        ("module.lstm.weight_hh_l2", "AutoVC speaker encoder", "autovc"),
        ("conv6_BN.running_mean", "CREPE pitch network", "rvc"),
        ("input_stack.0.weight", "FCPE pitch network", "rvc"),
        ("unet.encoder.bn.weight", "RMVPE pitch network", "rvc"),
        ("hubert.feature_projection.projection.weight", "HuBERT or ContentVec", None),
        ("backbone.embed.weight", "Vocos vocoder", None),
    ],
)
def test_other_checkpoints_are_told_by_their_tensors(tmp_path, tensor, kind, engine):
    found = recognise(torch_file(tmp_path / "a.pt", {"model": {tensor: None}}))
    assert (found.kind, found.engine) == (kind, engine)


def test_a_rave_export_is_told(tmp_path):
    code = "def forward(self):\n  _0 = self.forward_params\n  _1 = self.encode_params\n"
    parts = [("code/__torch__/m.py", code), ("constants.pkl", b"")]
    found = recognise(torch_file(tmp_path / "a.ts", {}, parts))
    assert (found.kind, found.engine) == ("RAVE voice", "rave")
    plain = [("code/__torch__/m.py", "def forward(self): pass"), ("constants.pkl", b"")]
    assert "forward_params" in recognise(torch_file(tmp_path / "b.ts", {}, plain)).problems[0]
    nosy = [("code/__torch__/m.py", "torch.from_file('/etc/passwd')"), ("constants.pkl", b"")]
    with pytest.raises(VoxError, match="from_file"):
        recognise(torch_file(tmp_path / "c.ts", {}, nosy))


class Payload:
    def __reduce__(self):
        return os.system, ("touch ran",)


def test_a_payload_is_refused_and_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(VoxError, match=r"would run '(posix|nt)\.system'"):
        recognise(torch_file(tmp_path / "a.pth", rvc(info=Payload())))
    assert not (tmp_path / "ran").exists()


def test_a_payload_hidden_behind_a_memo_is_refused(tmp_path):
    """STACK_GLOBAL takes its names from the stack, where anything may have put them."""
    text = b"\x80\x04\x8c\x05posix\x94\x8c\x06system\x94h\x00h\x01\x93\x8c\x04true\x85R."
    with zipfile.ZipFile(tmp_path / "a.pth", "w") as archive:
        archive.writestr("a/data.pkl", text)
    with pytest.raises(VoxError):
        recognise(tmp_path / "a.pth")


def tensor(numbers, shape):
    """The pickle of a checkpoint with one tensor, as torch writes it, which says that it has this shape."""
    sizes = b"".join(b"J" + size.to_bytes(4, "little") for size in shape)
    text = b"\x80\x02}U\x01a" + b"ctorch._utils\n_rebuild_tensor_v2\n("
    text += b"(U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuJ" + numbers.to_bytes(4, "little") + b"tQ"
    return text + b"K\x00(" + sizes + b"t(" + sizes + b"t\x89ccollections\nOrderedDict\n)RtRs."


@pytest.mark.parametrize(("shape", "taken"), [((2, 3), True), ((10**6, 10**6), False)])
def test_one_number_that_says_to_be_a_terabyte_is_refused_without_torch(tmp_path, shape, taken):
    from voxhumana.convert.nets import checkpoint, inert

    with zipfile.ZipFile(tmp_path / "a.pth", "w") as archive:
        archive.writestr("a/data.pkl", tensor(6, shape))
    checkpoint.check(tmp_path / "a.pth")
    if taken:
        inert.check_sizes(tmp_path / "a.pth")
    else:
        with pytest.raises(VoxError, match="larger than itself"):
            recognise(tmp_path / "a.pth")


def test_an_old_torch_file_is_explained(tmp_path):
    from voxhumana.library.models.torch_header import LEGACY

    (tmp_path / "a.pth").write_bytes(LEGACY + b"rest")
    assert "before 2020" in recognise(tmp_path / "a.pth").problems[0]


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_truncated_one_is_refused(tmp_path, share):
    data = torch_file(tmp_path / "a.pth", rvc()).read_bytes()
    (tmp_path / "a.pth").write_bytes(data[: int(share * len(data))])
    with pytest.raises(VoxError, match="damaged"):
        recognise(tmp_path / "a.pth")


def test_onnx_voices_and_encoders_are_told():
    for name in ("rvc-v2-40k.onnx", "rvc-theirs-48k.onnx", "rvc-v1-32k-nof0.onnx"):
        found = recognise(MODELS / name)
        assert (found.kind, found.engine, found.problems) == ("RVC voice", "rvc", ())
    for name in ("vec-768-layer-12.onnx", "vec-256-layer-9.onnx"):
        assert recognise(MODELS / name).kind == "content encoder"


def test_an_rvc_voice_in_safetensors_is_told(tmp_path):
    def write(about):
        head = {"enc_p.emb_phone.weight": {"dtype": "F16", "shape": [1, 768], "data_offsets": [0, 1536]}}
        text = json.dumps(head | {"__metadata__": about}).encode()
        (tmp_path / "a.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + bytes(1536))
        return recognise(tmp_path / "a.safetensors")

    assert write({"config": "[1]"}).problems == ()
    assert "lacks `config`" in write({}).problems[0]


def test_an_xtts_folder_says_what_it_lacks(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    torch_file(tmp_path / "model.pth", {"model": {}})
    found = recognise(tmp_path)
    assert (found.kind, found.engine) == ("XTTS model", "xtts")
    assert found.problems == ("vocab.json is missing; XTTS needs it in the same folder.",)


@pytest.mark.parametrize("name", ["model.pth", "speakers_xtts.pth"])
def test_the_weights_of_an_xtts_folder_are_looked_at_and_not_run(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    for other in ("config.json", "vocab.json"):
        (tmp_path / other).write_text("{}")
    torch_file(tmp_path / "model.pth", {"model": {}})
    assert recognise(tmp_path).problems == ()
    torch_file(tmp_path / name, {"model": Payload()})
    with pytest.raises(VoxError, match=f"{name} would run"):
        recognise(tmp_path)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:50])
    with pytest.raises(VoxError, match=f"{name} is damaged"):
        recognise(tmp_path)
    assert not (tmp_path / "ran").exists()


def test_a_piper_voice_wants_its_json(tmp_path):
    def field(number, data):
        return bytes([number << 3 | 2]) + bytes([len(data)]) + data

    graph = b"".join(field(11, field(1, name)) for name in (b"input", b"input_lengths", b"scales"))
    (tmp_path / "a.onnx").write_bytes(field(7, graph + field(12, field(1, b"output"))))
    assert "a.onnx.json is missing" in recognise(tmp_path / "a.onnx").problems[0]
    (tmp_path / "a.onnx.json").write_text("{}")
    assert recognise(tmp_path / "a.onnx").files == (tmp_path / "a.onnx.json",)


def test_nothing_is_read_beyond_a_stream(tmp_path):
    (tmp_path / "a.pth").write_bytes(io.BytesIO(b"PK\x03\x04 and then nothing").getvalue())
    with pytest.raises(VoxError, match="damaged"):
        recognise(tmp_path / "a.pth")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("class FragmentVC(Module):\n", "FragmentVC model"),
        ("def generate(self, mels):\n", "FragmentVC vocoder"),
    ],
)
def test_fragmentvcs_scripts_are_told(tmp_path, code, kind):
    parts = [("code/__torch__/m.py", code), ("constants.pkl", b"")]
    found = recognise(torch_file(tmp_path / "a.pt", {}, parts))
    assert (found.kind, found.engine, found.problems) == (kind, "fragmentvc", ())


def test_pitch_networks_are_told_by_what_they_take(tmp_path):
    kinds = {name: recognise(MODELS / f"{name}.onnx").kind for name in ("crepe-tiny", "fcpe", "rmvpe")}
    assert kinds["crepe-tiny"] == "CREPE pitch network"
    assert kinds["fcpe"] == kinds["rmvpe"] == "RMVPE or FCPE pitch network"


def test_what_an_engine_still_lacks_is_said(tmp_path, monkeypatch):
    from voxhumana.library.models import filing

    monkeypatch.setenv("VOX_DATA_DIR", str(tmp_path))
    assert filing.lacking(Found("AutoVC generator", "autovc")) == [
        "autovc.ckpt",
        "3000000-BL.ckpt",
        "hifigan-16k.pth",
    ]
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "vec-256-layer-9.onnx").write_bytes(b"x")
    voices = [Found("RVC voice", "rvc", facts=facts) for facts in ({}, {"version": "v1"}, {"version": "v2"})]
    assert [filing.lacking(voice) for voice in voices] == [[], [], ["vec-768-layer-12.onnx"]]
    assert filing.lacking(Found("RAVE voice", "rave")) == filing.lacking(Found("Vocos vocoder", None)) == []


def test_the_command_says_how_to_speak_with_what_was_added_and_what_is_still_to_be_installed(
    tmp_path, monkeypatch
):
    from voxhumana.library.models import extras

    monkeypatch.setenv("VOX_DATA_DIR", str(tmp_path / "data"))
    wanted = [f"nobody-has-this>=1; extra == '{name}'" for name in ("rvc", "xtts")]
    monkeypatch.setattr(extras.metadata, "requires", lambda _: wanted)

    def added(path, *words):
        shown = CliRunner().invoke(app, ["models", "add", str(path), *words])
        assert shown.exit_code == 0, shown.output
        return " ".join(shown.output.split())

    mine = ("--synthetic", "--licence", "CC0-1.0")
    said = added(torch_file(tmp_path / "Anna.pth", rvc()), *mine)
    assert "vox live --voice anna" in said
    assert "pip install 'voxhumana[rvc]'" in said
    assert "still missing: vec-768-layer-12.onnx;" in said
    said = added(MODELS / "rvc-v1-32k-nof0.onnx", *mine)
    assert "pip install" not in said
    assert "still missing: vec-256-layer-9.onnx;" in said
    whole = tmp_path / "grandpa"
    whole.mkdir()
    for name in ("config.json", "vocab.json"):
        (whole / name).write_text("{}")
    torch_file(whole / "model.pth", {"model": {}})
    said = added(whole)
    assert "--tts xtts@grandpa" in said
    assert "pip install 'voxhumana[xtts]'" in said
