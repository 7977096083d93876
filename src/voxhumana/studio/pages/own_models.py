"""What can be done about models on their page: fetch one, bring one, check what is here, remove one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import gradio as gr

from voxhumana import registry
from voxhumana.config import Settings
from voxhumana.errors import UsageError
from voxhumana.library.changes import About
from voxhumana.library.models import fetch, filing, manifest
from voxhumana.library.models.manifest import ModelFile
from voxhumana.library.models.store import Store
from voxhumana.library.shelf import Shelf
from voxhumana.studio.markup import notice, told
from voxhumana.studio.pages.voices import CHANGED, slug

ENDINGS = [".onnx", ".safetensors", ".pth", ".pt", ".ts", ".gguf"]
"""Of files that people bring; each is recognised by what is in it, and none is run."""
OUTSIDE = """(name) => {
  const goes = "Fetching asks Hugging Face for this model: the one thing here that goes outside. Fetch it?";
  if (name && !confirm(goes)) throw new Error("not fetched");
  return name;
}"""
SURE = """(name) => {
  if (name && !confirm("Remove this model from the disk?")) throw new Error("kept");
  return name;
}"""


def lay_out(settings: Settings, show: Callable[[], str], table: gr.HTML, tab: gr.Tab) -> None:
    """The buttons, inside the page.

    Args:
        settings: Where models lie.
        show: Makes the table of models anew.
        table: That shows it.
        tab: Who turns to it sees how things are then.
    """
    said = gr.HTML("", apply_default_css=False, elem_classes="vox-said")
    with gr.Row(elem_classes="vox-row"):
        wanted = gr.Dropdown(absent(settings), label="To fetch", value=None, scale=3)
        pull = gr.Button("Fetch it", scale=1)
    with gr.Row(elem_classes="vox-row"):
        kept = gr.Dropdown(here(settings), label="Fetched or brought", value=None, scale=2)
        check = gr.Button("Check it", scale=1)
        remove = gr.Button("Remove it", variant="stop", scale=1)
    with gr.Row(elem_classes="vox-row"):
        agreed = gr.Textbox(label="If it is somebody's voice: who agreed, and to what?", max_lines=1, scale=3)
        bring = gr.UploadButton("Bring a model file", file_types=ENDINGS, scale=1)

    def fetched(name: str | None) -> str:
        known = manifest.find(picked(name))
        receipt = fetch.pull(known, Store(settings.data_dir), lambda *_: None)
        return notice(f"{known.title} is here: {megabytes(receipt.files)}.", "good")

    def checked(name: str | None) -> str:
        store = Store(settings.data_dir)
        problems = store.verify(store.find(picked(name)))
        if problems:
            return notice(f"{name} is damaged: {'; '.join(problems)}. Remove it and get it anew.", "bad")
        return notice(f"{name} is whole: each file is what it was.", "good")

    def removed(name: str | None) -> str:
        size = Store(settings.data_dir).remove(picked(name))
        return notice(f"{name} is gone: {size / 1e6:.0f} MB are free again.", "good")

    events = [
        pull.click(told(1)(fetched), wanted, said, js=OUTSIDE),
        remove.click(told(1)(removed), kept, said, js=SURE),
        bring.upload(
            told(1)(lambda path, who: notice(brought(settings, Path(path), who), "good")),
            [bring, agreed],
            said,
        ),
    ]
    check.click(told(1)(checked), kept, said)
    tab.select(show, None, table)
    tab.select(lambda: gr.update(choices=absent(settings)), None, wanted)
    tab.select(lambda: gr.update(choices=here(settings)), None, kept)
    for event in events:
        event.then(show, None, table).then(
            lambda: gr.update(choices=absent(settings), value=None), None, wanted
        )
        event.then(lambda: gr.update(choices=here(settings), value=None), None, kept).then(None, js=CHANGED)


def absent(settings: Settings) -> list[tuple[str, str]]:
    """What can be fetched and is not here: title with size and licence, name."""
    there = {receipt.name for receipt in Store(settings.data_dir)}
    return [
        (f"{model.title}, {megabytes(model.files)}, {model.licence}", model.name)
        for model in manifest.known().values()
        if model.source and model.name not in there and not model.carried
    ]


def here(settings: Settings) -> list[str]:
    """The models that were fetched or brought."""
    return [receipt.name for receipt in Store(settings.data_dir)]


def brought(settings: Settings, path: Path, who: str) -> str:
    """File a model of the user's own: among the models, or on the shelf if it is a voice; say what it is.

    Args:
        settings: Where.
        path: The file.
        who: Who agreed to it, where it is a person's voice.

    Raises:
        VoxError: It is nothing that can be used, or nobody agreed.
    """
    found = filing.known(path)
    if found.kind.endswith("voice") and found.engine in registry.converter_names():
        about = About(title=path.stem, licence="private", source=path.name, consent=who, real=True)
        voice = filing.shelve(path, found, Shelf(settings.data_dir), slug(path.stem), about)
        return f"{voice.title} is on the shelf, {found.kind}; choose it in Live."
    receipt = filing.add(path, found, Store(settings.data_dir))
    return f"{receipt.name} is here: {found.kind}."


def megabytes(files: Sequence[ModelFile]) -> str:
    """The size of some files, in words."""
    sizes = [file.bytes for file in files]
    return f"{sum(filter(None, sizes)) / 1e6:.0f} MB" if all(sizes) and sizes else "of unknown size"


def picked(name: str | None) -> str:
    """The model that was chosen.

    Raises:
        UsageError: None was.
    """
    if not name:
        raise UsageError("Choose a model first.")
    return name
