"""RVC and Piper voices, content encoders, and XTTS folders, told by what they name; nothing is executed."""

from __future__ import annotations

from pathlib import Path

from voxhumana.convert.nets import checkpoint, inert
from voxhumana.convert.rvc.model import MARK
from voxhumana.library.models import onnx_header, rvc_index, safetensors_header
from voxhumana.library.models.recognise import Found

WEIGHTS, SPEAKERS = "model.pth", "speakers_xtts.pth"
XTTS = ("config.json", WEIGHTS, "vocab.json")
"""What Coqui's XTTS loads from a folder; `SPEAKERS`, too, if it is there."""
CONFIGS = {
    "TTS.config.shared_configs BaseDatasetConfig",
    "TTS.tts.configs.xtts_config XttsConfig",
    "TTS.tts.models.xtts XttsArgs",
    "TTS.tts.models.xtts XttsAudioConfig",
}
"""Settings that the released weights hold as classes (coqui-tts 0.28, `_legacy_safe_globals`)."""
TYPES = ({"phone", "phone_lengths"}, {"feats", "p_len"})
"""Inputs of RVC's own export, and of w-okada's."""
CONTENT = ("content", "phone", "feats")
"""Which input the words come in by, of ours, RVC's and w-okada's exports."""
VERSIONS = {str(channels): version for version, channels in rvc_index.CHANNELS.items()}
"""Channels of the content encoder -> version of RVC."""


def recognise(path: Path) -> Found | None:
    """One of them, or None."""
    if path.is_dir():
        return _folder(path)
    by_suffix = {".safetensors": _safetensors, ".onnx": _onnx}
    known = by_suffix.get(path.suffix.lower())
    return known(path) if known else None


def _onnx(path: Path) -> Found | None:
    header = onnx_header.read(path)
    inputs = set(header.inputs)
    if MARK in header.metadata or any(kind <= inputs for kind in TYPES):
        facts = _facts(header, path)
        return Found("RVC voice", "rvc", (), facts, rvc_index.beside(path, facts.get("version", "")))
    if {"input", "input_lengths", "scales"} <= inputs:
        config = path.with_name(f"{path.name}.json")
        problem = f"{config.name} is missing; Piper needs it beside the model."
        there = config.is_file()
        return Found("Piper voice", "piper", () if there else (problem,), {}, (config,) if there else ())
    units = next(iter(header.outputs.items()), ("", ()))
    framed = len(units[1]) == 3 and units[1][-1] in {"256", "768"}  # batch, frames, channels
    if len(inputs) == 1 and units[1][-1:] == ("360",):  # salience of CREPE's bins
        frames = "1024" in next(iter(header.inputs.values()))
        return Found("CREPE pitch network" if frames else "RMVPE or FCPE pitch network", "rvc")
    if len(inputs) == 1 and (framed or "unit" in units[0]):
        return Found("content encoder", None, (), {"channels": units[1][-1] if units[1] else "?"})
    return None


def _facts(header: onnx_header.Header, path: Path) -> dict[str, str]:
    shape = next((header.inputs[name] for name in CONTENT if name in header.inputs), ())
    told = {"version": VERSIONS[shape[-1]]} if shape[-1:] and shape[-1] in VERSIONS else {}
    return told | {"inputs": ", ".join(sorted(header.inputs)), "index": rvc_index.told(path)}


def _safetensors(path: Path) -> Found | None:
    header = safetensors_header.read(path)
    if "enc_p.emb_phone.weight" in header.shapes:
        about = {"index": rvc_index.told(path)}
        problem = "Its metadata lacks `config`, without which its network is not known; use the .pth instead."
        width = header.shapes["enc_p.emb_phone.weight"][-1]
        facts = {"version": VERSIONS.get(str(width), "v2")} | {
            key: header.metadata[key][:80] for key in ("version", "sr", "f0") if key in header.metadata
        }
        problems = () if "config" in header.metadata else (problem,)
        index = rvc_index.beside(path, facts["version"])
        return Found("RVC voice", "rvc", problems, facts | about, index)
    if any(name.endswith("feature_projection.projection.weight") for name in header.shapes):
        problem = f"RVC voices want it as ONNX; `vox models content {path}` makes that of it, and files it."
        return Found("HuBERT or ContentVec", None, (problem,))
    return None


def _folder(path: Path) -> Found | None:
    lacking = [name for name in XTTS if not (path / name).is_file()]
    if len(lacking) == len(XTTS):
        return None
    problems = tuple(f"{name} is missing; XTTS needs it in the same folder." for name in lacking)
    for name in (WEIGHTS, SPEAKERS):
        if (path / name).is_file():
            checkpoint.check(path / name, CONFIGS)
            inert.check_sizes(path / name)
    return Found("XTTS model", "xtts", problems, files=tuple(path / n for n in XTTS if n not in lacking))
