"""A HuBERT or ContentVec checkpoint -> the ONNX files that RVC voices hear words with.

hubert_base.pt (fairseq), pytorch_model.bin, model.safetensors (Hugging Face)
    -> vec-768-layer-12.onnx for v2, and where it has the projection, vec-256-layer-9.onnx for v1
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from voxhumana.convert.nets import checkpoint, inert
from voxhumana.convert.rvc.settings import CONTENT
from voxhumana.errors import VoxError


def read(path: Path) -> Mapping[str, Any]:
    """Its tensors, under Hugging Face's names.

    Raises:
        VoxError: It is no HuBERT, is damaged, or wants to be executed; or torch is not installed.
    """
    torch = checkpoint.need_torch(path.name)
    from voxhumana.convert.nets import hubert  # noqa: PLC0415  # torch

    if path.suffix == ".safetensors":
        state, _ = checkpoint.load_safetensors(path)
        return state
    held = inert.read(path)
    held = held.get("model", held) if isinstance(held, dict) else {}
    arrays = {str(name): x for name, x in held.items() if isinstance(x, np.ndarray)}
    return hubert.from_fairseq({name: torch.from_numpy(x) for name, x in arrays.items()})


def write(path: Path, folder: Path, int8: bool = False) -> list[Path]:
    """Write the encoders that the checkpoint can be.

    Args:
        path: The checkpoint.
        folder: Where they go.
        int8: Whether they multiply in int8: a quarter the size, less than half the work, not quite the same.

    Raises:
        VoxError: As `read`.
    """
    state = read(path)
    from voxhumana.convert.nets import hubert  # noqa: PLC0415  # torch

    plain = {name.removeprefix("hubert."): tensor for name, tensor in state.items()}
    shape = hubert.shape_of(plain, path.name)
    made = []
    for channels, name in sorted(CONTENT.items(), reverse=True):
        if channels in {shape.width, shape.final}:
            hubert.export(hubert.build(state, channels, path.name), str(folder / name), int8)
            made.append(folder / name)
    if not made:
        raise VoxError(f"{path.name} gives frames of {shape.width} channels; RVC's voices want 768 or 256.")
    return made
