"""Names to engines: one table a kind for ours, entry points for others'; nothing is imported until asked for.

A name may carry a model after a colon, `whisper:small`, `ollama:llama3.2`, and where it is after an at,
`xtts:anna@FOLDER`, `xtts@FOLDER`: the engine is constructed with it.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any, cast

from voxhumana.config import Settings
from voxhumana.dialogue import Detector, Responder, Speaker, Transcriber
from voxhumana.engine import Converter
from voxhumana.errors import UsageError, VoxError

CONVERTERS = {
    "autovc": "voxhumana.convert.autovc:AutoVc",
    "dsp": "voxhumana.convert.dsp.converter:Dsp",
    "fragmentvc": "voxhumana.convert.fragmentvc:FragmentVc",
    "identity": "voxhumana.convert.identity:Identity",
    "native": "voxhumana.convert.native:Native",
    "openvoice": "voxhumana.convert.openvoice:OpenVoice",
    "rave": "voxhumana.convert.rave:Rave",
    "rvc": "voxhumana.convert.rvc.converter:Rvc",
}
"""Our own converters, name -> module:Class."""

DETECTORS = {
    "silero": "voxhumana.listen.silero:Silero",
}
TRANSCRIBERS = {
    "moonshine": "voxhumana.listen.moonshine:Moonshine",
    "whisper": "voxhumana.listen.whisper:Whisper",
}
RESPONDERS = {
    "llama": "voxhumana.reply.llama:Llama",
    "ollama": "voxhumana.reply.ollama:Ollama",
    "openai": "voxhumana.reply.openai:OpenAI",
}
SPEAKERS = {
    "hibari": "voxhumana.speak.hibari:HibariSpeaker",
    "kokoro": "voxhumana.speak.kokoro:Kokoro",
    "piper": "voxhumana.speak.piper:Piper",
    "pocket": "voxhumana.speak.pocket:Pocket",
    "xtts": "voxhumana.speak.xtts:Xtts",
}
ON_TORCH = {"pocket", "xtts"}
"""Those of them that run where torch does: their constructors take a `device`."""

THREADED = {"kokoro", "whisper"}
"""Those whose constructors take the number of CPU `threads`."""

GROUP = "voxhumana.converters"
"""Entry-point group in which other packages name their converters; the other kinds have theirs alike."""


def converter_names() -> list[str]:
    """Every name that `load_converter` takes."""
    return _names(CONVERTERS, GROUP)


def load_converter(name: str) -> Converter:
    """Import and construct the converter called `name`.

    Raises:
        UsageError: No such converter.
        VoxError: It needs a library that this system lacks.
    """
    return cast("Converter", _load(CONVERTERS, GROUP, "engine", name))


def load_detector(name: str) -> Detector:
    """Import and construct the voice-activity detector called `name`; raises as `load_converter`."""
    return cast("Detector", _load(DETECTORS, "voxhumana.detectors", "voice detector", name))


def load_transcriber(name: str, threads: int = 2) -> Transcriber:
    """Import and construct the speech recogniser called `name[:model]`; raises as `load_converter`.

    Args:
        name: Which.
        threads: Of the CPU, for an engine that can be told.
    """
    more = _threads(name, threads)
    return cast(
        "Transcriber", _load(TRANSCRIBERS, "voxhumana.transcribers", "speech recogniser", name, **more)
    )


def check_talk(settings: Settings) -> None:
    """See that the engines of a conversation exist by name; imports none of them.

    Raises:
        UsageError: One does not.
    """
    _check(TRANSCRIBERS, "voxhumana.transcribers", "speech recogniser", settings.stt)
    _check(SPEAKERS, "voxhumana.speakers", "speech engine", settings.tts)
    _check(RESPONDERS, "voxhumana.responders", "language engine", settings.llm)


def load_responder(settings: Settings) -> Responder:
    """Import and construct the language engine that `settings.llm` names; raises as `load_converter`."""
    name, model = split(settings.llm)
    engine = _find(RESPONDERS, "voxhumana.responders", "language engine", name)
    return cast("Responder", engine(model or "", settings))


def load_speaker(name: str, device: str = "auto", threads: int = 2) -> Speaker:
    """Import and construct the speech synthesiser called `name[:model]`; raises as `load_converter`.

    Args:
        name: Which.
        device: For an engine that runs on torch: `auto`, `cpu`, `cuda` or `mps`.
        threads: Of the CPU, for an engine that can be told.
    """
    more = _threads(name, threads) | ({"device": device} if split(name)[0] in ON_TORCH else {})
    return cast("Speaker", _load(SPEAKERS, "voxhumana.speakers", "speech engine", name, **more))


def split(spec: str) -> tuple[str, str | None]:
    """An engine's name, and the model that is named after it; None where nothing is."""
    name = re.split("[:@]", spec, maxsplit=1)[0]
    rest = spec.removeprefix(name)
    return name, rest.removeprefix(":") if rest else None


def _threads(name: str, threads: int) -> dict[str, Any]:
    return {"threads": threads} if split(name)[0] in THREADED else {}


def _names(table: dict[str, str], group: str) -> list[str]:
    return sorted({*table, *(e.name for e in entry_points(group=group))})


def _check(table: dict[str, str], group: str, kind: str, spec: str) -> None:
    name = split(spec)[0]
    if name not in table and name not in (known := _names(table, group)):  # entry points take 20 ms to read
        raise UsageError(f"There is no {kind} called '{name}'; choose one of: {', '.join(known)}.")


def _load(table: dict[str, str], group: str, kind: str, spec: str, **more: Any) -> Any:  # noqa: ANN401  # each caller casts
    name, model = split(spec)
    engine = _find(table, group, kind, name)
    if model is None:
        return engine(**more)
    if not _takes_model(engine):
        raise UsageError(f"The {kind} '{name}' takes nothing after its name; leave '{model}' out.")
    return engine(model, **more)


def _takes_model(engine: Callable[..., object]) -> bool:
    """Whether the first thing that its constructor takes is a word."""
    first = next(iter(inspect.signature(engine).parameters.values()), None)
    return first is not None and first.annotation in {str, "str", "str | None", first.empty}


def _find(table: dict[str, str], group: str, kind: str, name: str) -> Any:  # noqa: ANN401  # each caller casts
    _check(table, group, kind, name)
    try:
        if name in table:
            module, _, attribute = table[name].partition(":")
            return getattr(importlib.import_module(module), attribute)
        for entry in entry_points(group=group, name=name):
            return entry.load()
    except ModuleNotFoundError:
        raise
    except ImportError as error:  # the loader's: xllamacpp wants libgomp.so.1, which minimal systems lack
        raise VoxError(
            f"The {kind} '{name}' cannot be loaded: {error}. If that is a library of the system, install its "
            "package (libgomp.so.1: libgomp1 on Debian and Ubuntu)."
        ) from error
    raise AssertionError("what _check knows can be found")
