"""The page of Models: which engines there are, which are in use, and what the others need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

import gradio as gr

from voxhumana import registry
from voxhumana.config import Settings
from voxhumana.library.models import extras, manifest
from voxhumana.library.models.store import Store
from voxhumana.studio.markup import panel
from voxhumana.studio.pages import own_models

SAYS = {
    "dsp": "Crafted voices: pitch, vocal tract, breath and effects. No model.",
    "identity": "Changes nothing; for measuring.",
    "autovc": "AutoVC checkpoints of your own.",
    "fragmentvc": "FragmentVC checkpoints of your own.",
    "openvoice": "OpenVoice v2's converter, from a checkpoint of your own.",
    "rave": "RAVE exports of your own.",
    "native": "Our own network: takes on any voice from a recording.",
    "rvc": "RVC v2 voices of your own.",
    "silero": "Hears whether somebody speaks.",
    "whisper": "Whisper, on CTranslate2.",
    "moonshine": "Moonshine, for English.",
    "llama": "A language model inside the program, on llama.cpp.",
    "ollama": "A model of a running Ollama.",
    "openai": "Any server that speaks OpenAI's chat API.",
    "hibari": "Small and quick; its voice comes with it.",
    "kokoro": "Kokoro-82M, many voices.",
    "piper": "Piper, in a process of its own.",
    "pocket": "Pocket TTS, in any voice that keeps a recording.",
    "xtts": "XTTS v2, in any voice that keeps a recording.",
}


@dataclass(frozen=True)
class Row:
    """An engine."""

    kind: str
    name: str
    says: str
    used: bool
    install: str
    """What to type before it can be used; empty when all is there."""


def page(settings: Settings, tab: gr.Tab) -> None:
    """Lay it out, inside the tab; who turns to it sees the weights as they are then."""
    with gr.Column(elem_classes="vox-panel"):
        says = "What hears, thinks, speaks and converts. Choose with the settings, or with flags."
        gr.HTML(panel(f"<h2>Models</h2><p class='soft'>{says}</p>"), apply_default_css=False)
        gr.HTML(show(list(rows(settings))), apply_default_css=False)
    with gr.Column(elem_classes="vox-panel"):
        says = "Larger weights, and your own. Fetching is the one thing that goes outside, after asking you."
        gr.HTML(panel(f"<h2>Weights</h2><p class='soft'>{says}</p>"), apply_default_css=False)
        table = gr.HTML(show(list(known(settings))), apply_default_css=False)
        own_models.lay_out(settings, lambda: show(list(known(settings))), table, tab)


def rows(settings: Settings) -> Iterator[Row]:
    """Every engine, by kind."""
    kinds = {
        "Converts": (registry.converter_names(), settings.engine or ""),
        "Hears": (sorted(registry.TRANSCRIBERS), settings.stt),
        "Thinks": (sorted(registry.RESPONDERS), settings.llm),
        "Speaks": (sorted(registry.SPEAKERS), settings.tts),
    }
    for kind, (names, chosen) in kinds.items():
        for name in names:
            used = registry.split(chosen)[0] == name
            yield Row(kind, name, SAYS.get(name, "Of another package."), used, extras.missing(name))


def known(settings: Settings) -> Iterator[Row]:
    """Every model with a name, and whether it is here; and those that the user brought."""
    here = {receipt.name: receipt for receipt in Store(settings.data_dir)}
    for model in manifest.known().values():
        ready = model.name in here or model.carried
        get = "" if ready else model.install or f"vox models pull {model.name}"
        yield Row(model.kind, model.name, f"{model.title}; {model.licence}", used=False, install=get)
    for name in here.keys() - manifest.known().keys():
        yield Row(here[name].kind, name, f"Brought by you; {here[name].licence}", used=False, install="")


def show(engines: list[Row]) -> str:
    """The table."""
    body = "".join(map(_row, engines))
    head = "".join(f"<th scope='col'>{word}</th>" for word in ("Engine", "What it is", "State"))
    return panel(
        f"<div class='scroll'><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(row: Row) -> str:
    if row.install:
        state = f"Needs <code>{escape(row.install)}</code>"
    else:
        state = "<b class='used'>In use</b>" if row.used else "Ready"
    return (
        f"<tr><th scope='row'>{escape(row.name)} <small>{row.kind.lower()}</small></th>"
        f"<td>{escape(row.says)}</td><td>{state}</td></tr>"
    )
