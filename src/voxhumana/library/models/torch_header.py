"""What a torch file is, from its archive's table and the words in its pickle; neither is executed.

Knows RVC voices (`.pth`), RAVE and other TorchScript exports (`.ts`), AutoVC, FragmentVC, OpenVoice, HiFi-GAN
and Vocos by the names of their tensors; see the engines' own files for where those names come from.
"""

from __future__ import annotations

import pickletools
import zipfile
from pathlib import Path

from voxhumana.convert import rave
from voxhumana.convert.nets import checkpoint, inert
from voxhumana.errors import VoxError
from voxhumana.library.models import rvc_index
from voxhumana.library.models.recognise import Found

SUFFIXES = {".pth", ".pt", ".ckpt", ".ts", ".bin"}
NAMES = {
    "enc_p.emb_phone.weight": ("RVC voice", "rvc"),
    "ref_enc.gru.weight_ih_l0": ("OpenVoice tone-colour converter", "openvoice"),
    "encoder.convolutions.0.0.conv.weight": ("AutoVC generator", "autovc"),
    "unet.extractor1.cross_attn.in_proj_weight": ("FragmentVC model", "fragmentvc"),
    "module.lstm.weight_hh_l2": ("AutoVC speaker encoder", "autovc"),
    "feature_projection.projection.weight": ("HuBERT or ContentVec", None),
    "conv6_BN.running_mean": ("CREPE pitch network", "rvc"),
    "input_stack.0.weight": ("FCPE pitch network", "rvc"),
    "unet.encoder.bn.weight": ("RMVPE pitch network", "rvc"),
    "conv_pre.weight_v": ("HiFi-GAN generator", None),
    "backbone.embed.weight": ("Vocos vocoder", None),
}
"""A tensor's name -> what has it, and the engine that runs it."""
SCRIPTS = {b"class FragmentVC(": "FragmentVC model", b"def generate(": "FragmentVC vocoder"}
"""What the code of a TorchScript has -> what it is: yistLin/FragmentVC `models/model.py`, its vocoder's."""
LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""How torch's files began before version 1.6."""


def recognise(path: Path) -> Found | None:
    """A torch file that some engine here knows, or what is known of another one."""
    if not path.is_file() or not (path.suffix.lower() in SUFFIXES or path.name.startswith("g_")):
        return None
    with path.open("rb") as file:
        start = file.read(len(LEGACY))
    if start == LEGACY:
        problem = "It is in torch's format of before 2020; open and save it with a newer torch."
        return Found("torch file, old format", None, (problem,))
    names = checkpoint.members(path)
    if any(name.startswith("code/") for name in names):
        return _script(path)
    words = _words(path)
    if "encoder.pos_conv.0.weight_v" in words:  # fairseq's pickle of classes: no engine loads it
        return Found("HuBERT or ContentVec, of fairseq", None, (_as_content(path),))
    checkpoint.check(path)
    inert.check_sizes(path)
    for name, (kind, engine) in NAMES.items():
        if name in words or f"hubert.{name}" in words:
            return _known(path, kind, engine, words)
    problem = "No engine here knows its tensors; name the project it comes from in an issue."
    return Found("torch weights", None, (problem,), {"tensors": ", ".join(sorted(words)[:5])})


def _script(path: Path) -> Found:
    rave.check(path)
    with zipfile.ZipFile(path) as archive:
        code = b"".join(archive.read(name) for name in archive.namelist() if name.endswith(".py"))
    if b"forward_params" in code:
        return Found("RAVE voice" if b"encode_params" in code else "nn~ voice", "rave")
    for sign, kind in SCRIPTS.items():
        if sign in code:
            return Found(kind, "fragmentvc")
    problem = "It has no `forward_params`, as RAVE's exports have; nothing here can tell what it takes."
    return Found("TorchScript", None, (problem,))


def _known(path: Path, kind: str, engine: str | None, words: dict[str, object]) -> Found:
    facts: dict[str, str] = {}
    problems: list[str] = []
    files: tuple[Path, ...] = ()
    if kind.startswith("HuBERT"):
        problems.append(_as_content(path))
    if kind == "RVC voice":
        facts = {key: str(words[key]) for key in ("version", "sr", "f0") if words.get(key) is not None}
        kind = f"RVC {facts.get('version', 'v2')} voice"
        files = rvc_index.beside(path, facts.get("version", "v2"))
        if "config" not in words:
            problems.append("It is a training checkpoint; extract the voice from it in RVC first.")
        facts["index"] = rvc_index.told(path)
    return Found(kind, engine, tuple(problems), facts, files)


def _as_content(path: Path) -> str:
    return f"RVC voices want it as ONNX; `vox models content {path}` makes that of it, and files it."


def _words(path: Path) -> dict[str, object]:
    """Every string in the pickle, with what follows it there where that is a plain value."""
    words: dict[str, object] = {}
    last = None
    try:
        with zipfile.ZipFile(path) as archive:
            inside = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
            for code, argument, _ in pickletools.genops(archive.read(inside)):
                if code.name.startswith(("BINPUT", "LONG_BINPUT", "MEMOIZE")):
                    continue
                plain = isinstance(argument, (str, int)) and not code.name.startswith(
                    ("GLOBAL", "BINGET", "LONG_BINGET")
                )
                if plain and last is not None:
                    words[last] = argument
                last = argument if plain and isinstance(argument, str) else None
                if last is not None:
                    words.setdefault(last, None)
    except (StopIteration, ValueError, zipfile.BadZipFile, EOFError) as error:
        raise VoxError(f"{path.name} is damaged or no torch file; get it again.") from error
    return words
