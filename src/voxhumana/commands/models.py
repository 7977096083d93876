"""`vox models`: which are known, which are here, and whether they are what they should be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voxhumana.commands.content import content
from voxhumana.commands.coreml import check_coreml, export
from voxhumana.commands.enrol import Consent, Licence, Synthetic
from voxhumana.errors import VoxError

if TYPE_CHECKING:  # the command line stays light
    from voxhumana.library.models.manifest import Known
    from voxhumana.library.models.store import Store

app = typer.Typer(help="The models: what came with us, what you fetch or bring.")

Json = Annotated[Path | None, typer.Option(metavar="F", help="Write as JSON; - is the terminal.")]


@app.command("list")
def list_models(json: Json = None) -> None:
    """List the models that are known and those that are here."""
    from voxhumana.library.models.manifest import known

    store = _store()
    rows = [_row(model, store) for model in known().values()]
    rows += [
        {
            "name": receipt.name,
            "title": receipt.origin or receipt.name,
            "kind": receipt.kind,
            "engine": receipt.engine,
            "licence": receipt.licence,
            "bytes": sum(file.bytes or 0 for file in receipt.files),
            "state": "here",
            "hashes": "its own",
            "from": "added by you",
        }
        for receipt in store
        if receipt.name not in known()
    ]
    if json:
        _write(json, {"models": rows})
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("Model", "Kind", "Engine", "Licence", "State"):
        table.add_column(column, no_wrap=column == "Model")
    for row in rows:
        size = f", {row['bytes'] / 1e6:.0f} MB" if row["bytes"] else ""
        cells = (row["name"], row["kind"], row["engine"] or "", row["licence"], row["state"] + size)
        table.add_row(*(escape(str(cell)) for cell in cells))
    console = Console()
    console.print(table)
    for row in rows:
        if row["state"] == "not here":
            console.print(f"{row['title']}: {row['get']}", markup=False, style="dim", soft_wrap=True)


@app.command()
def pull(
    name: Annotated[str, typer.Argument(help="A model of `vox models list`.")], json: Json = None
) -> None:
    """Fetch a model from Hugging Face. Goes on where it stopped, and checks what came."""
    from voxhumana.commands.progress import watched
    from voxhumana.library.models import fetch
    from voxhumana.library.models.manifest import find

    _check(json)
    known, store = find(name), _store()
    if known.name in {receipt.name for receipt in store} and not store.verify(store.find(name)):
        print(f"{name} is here already, and whole.")
        receipt = store.find(name)
    else:
        with watched(name) as progress:
            receipt = fetch.pull(known, store, lambda done, whole: progress(done, whole or None))
        size = sum(file.bytes or 0 for file in receipt.files) / 1e6
        print(f"{name} is here: {size:.1f} MB in {store.folder / name}. Licence: {receipt.licence}.")
        if not receipt.trusted:
            print("Its hashes are the hub's word of today; from now on they must stay so.")
    if json:
        _write(json, receipt.model_dump(mode="json"))


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="A model file, or the folder of one.")],
    name: Annotated[str | None, typer.Option(help="Another name than the file's.")] = None,
    consent: Consent = None,
    licence: Licence = None,
    synthetic: Synthetic = False,
    json: Json = None,
) -> None:
    """File a model of your own. It is recognised and checked without being run.

    One that is a person's voice, such as an RVC model, goes on the shelf; then --consent and --licence count.
    """
    from voxhumana import config, registry
    from voxhumana.commands.enrol import about, word
    from voxhumana.library.models import extras, filing
    from voxhumana.library.shelf import Shelf

    _check(json)
    found = filing.known(file)
    if found.kind.endswith("voice") and found.engine in registry.converter_names():
        own = name or file.stem
        told = about(own, None, "", "en", consent, licence, synthetic, None, file.name)
        voice = filing.shelve(file, found, Shelf(config.load().data_dir), word(own), told)
        filed = voice.model_dump(mode="json")
        print(f"{voice.name} is on the shelf: {found.kind}. Speak so: vox live --voice {voice.name}")
    else:
        receipt = filing.add(file, found, _store(), name)
        filed = receipt.model_dump(mode="json")
        engine = f"for the engine {found.engine}" if found.engine else "a part that engines share"
        print(f"{receipt.name}: {found.kind}, {engine}; in {_store().folder / receipt.name}.")
        if spoken := {"piper": f"piper:{receipt.name}", "xtts": f"xtts@{receipt.name}"}.get(
            found.engine or ""
        ):
            print(f"- speak so: vox say TEXT OUT.wav --tts {spoken}")
    for fact, value in found.facts.items():
        print(f"- {fact}: {value}")
    ready = found.engine == "rvc" and file.suffix.lower() == ".onnx"  # what torch would make of the others
    if found.engine and not ready and (install := extras.missing(found.engine)):
        print(f"- still to be installed: {install}")
    if lacking := filing.lacking(found):
        print(f"- still missing: {', '.join(lacking)}; docs/ENGINES.md says where they come from.")
    if json:
        _write(json, filed)


@app.command()
def verify(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME...", help="Models; all that are here by default.")
    ] = None,
    json: Json = None,
) -> None:
    """Read models through and compare their hashes."""
    from voxhumana.commands.progress import watched
    from voxhumana.library.models.manifest import known

    _check(json)
    store = _store()
    here = {receipt.name for receipt in store}
    chosen = names or [*(name for name, model in known().items() if model.carried), *sorted(here)]
    found: dict[str, list[str]] = {}
    with watched("verify") as progress:
        for number, name in enumerate(chosen):
            progress(number, len(chosen))
            model = known().get(name)
            carried = model is not None and model.carried and name not in here
            found[name] = _verify_carried(model) if model and carried else store.verify(store.find(name))
            print(f"{name}: {'; '.join(found[name]) or _whole(model, carried)}", flush=True)
    if json:
        _write(json, {"models": [{"name": name, "problems": problems} for name, problems in found.items()]})
    if bad := [name for name, problems in found.items() if problems]:
        raise VoxError(f"{len(bad)} of {len(found)} models are damaged: {', '.join(bad)}; get them anew.")


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="A model that you pulled or added.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a model that was pulled or added."""
    import sys

    store = _store()
    if sys.stdin.isatty() and not yes:
        typer.confirm(f"Delete {store.folder / name}?", abort=True)
    size = store.remove(name)
    print(f"{name} is gone: {size / 1e6:.1f} MB are free again.")


app.command()(export)
app.command("check-coreml")(check_coreml)
app.command()(content)


def _row(model: Known, store: Store) -> dict[str, Any]:
    receipt = next((receipt for receipt in store if receipt.name == model.name), None)
    here = receipt is not None
    size = sum(file.bytes or 0 for file in receipt.files) if receipt else model.bytes
    state = "here" if here else "installed" if model.carried else "not here"
    return {
        "name": model.name,
        "title": model.title,
        "kind": model.kind,
        "engine": model.engine,
        "licence": model.licence,
        "bytes": size,
        "state": state,
        "get": model.install or f"vox models pull {model.name}",
        "hashes": "known" if model.hashed else "not known beforehand",
        "from": ", ".join(model.packages) or (model.source.repo if model.source else ""),
    }


def _verify_carried(model: Known) -> list[str]:
    """What is wrong with a model that packages carry."""
    import importlib

    from voxhumana import weights

    if not model.weights:
        return []
    module, _, attribute = model.weights.partition(":")
    carried = getattr(importlib.import_module(module), attribute)
    try:
        for file in carried.values() if isinstance(carried, dict) else [carried]:
            weights.verify(file)
    except VoxError as error:
        return [str(error)]
    return []


def _whole(model: Known | None, carried: bool) -> str:
    if carried and model and not model.weights:
        return "installed; its hashes are not known to us"
    return "whole"


def _store() -> Store:
    from voxhumana import config
    from voxhumana.library.models.store import Store

    return Store(config.load().data_dir)


def _check(json: Path | None) -> None:
    from voxhumana.commands import report

    if json:
        report.check_writable(json)


def _write(path: Path, data: dict[str, Any]) -> None:
    from voxhumana.commands import report

    report.check_writable(path)
    report.write(path, data)
