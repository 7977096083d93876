"""ONNX Runtime sessions: made here, on the provider that the user chose, or on the CPU and saying so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import onnxruntime as ort

from voxhumana.errors import UsageError, VoxError

PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "directml": "DmlExecutionProvider",
}
"""What `--provider` takes -> onnxruntime's name for it."""
INSTALL = {
    "coreml": "onnxruntime, on a Mac, has it",
    "cuda": "pip install onnxruntime-gpu instead of onnxruntime",
    "directml": "pip install onnxruntime-directml instead of onnxruntime, on Windows",
}
LARGEST = 2 << 30
"""Bytes of the largest graph taken, which is also protobuf's limit."""

notices: list[str] = []
"""A sentence for each time that something else was used than was chosen."""
_listeners: list[Callable[[str], object]] = []
_chosen = ["cpu"]


def choose(provider: str) -> None:
    """Use `provider` for every session made from now on, in this process.

    Raises:
        UsageError: There is no such provider.
    """
    if provider not in PROVIDERS:
        raise UsageError(f"There is no provider '{provider}'; choose one of: {', '.join(PROVIDERS)}.")
    if PROVIDERS[provider] not in ort.get_available_providers():
        _tell(f"This onnxruntime has no {provider}, so the CPU is used ({INSTALL[provider]}).")
        provider = "cpu"
    _chosen[0] = provider


def session(model: Path | bytes, name: str = "", threads: int = 1) -> ort.InferenceSession:
    """Load a graph.

    Args:
        model: Its file, or what was read of it.
        name: What to call it in errors; the file's name by default.
        threads: For one operator; 1 leaves the other cores to the rest of the path.

    Raises:
        VoxError: It is not there, too large, damaged, or needs what this onnxruntime has not.
    """
    name = name or (model.name if isinstance(model, Path) else "The model")
    if isinstance(model, Path) and not model.is_file():
        raise VoxError(f"There is no file {model}; name the model's own file.")
    if (model.stat().st_size if isinstance(model, Path) else len(model)) > LARGEST:
        raise VoxError(f"{name} is larger than a model can be; it is refused.")
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    given = str(model) if isinstance(model, Path) else model
    if (provider := _chosen[0]) != "cpu":
        try:
            return ort.InferenceSession(given, options, providers=[PROVIDERS[provider], PROVIDERS["cpu"]])
        except Exception as error:  # noqa: BLE001  # each provider raises its own
            why = str(error).splitlines()[0]
            _tell(f"{name} does not run on {provider}, so the CPU is used ({why}).")
    try:
        return ort.InferenceSession(given, options, providers=[PROVIDERS["cpu"]])
    except Exception as error:  # onnxruntime's exceptions have no common base that it exports
        raise VoxError(f"{name} is damaged or no ONNX model that runs here; get it again.") from error


def heed(tell: Callable[[str], object]) -> None:
    """Have `tell` called with each notice, those there are and those to come."""
    for sentence in notices:
        tell(sentence)
    _listeners.append(tell)


def _tell(sentence: str) -> None:
    if sentence not in notices:
        notices.append(sentence)
        for tell in _listeners:
            tell(sentence)
