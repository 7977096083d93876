"""`vox bench rvc`: how much RVC renders at a time on this machine, chosen by measurement and kept."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voxhumana.commands.provider import provide
from voxhumana.errors import UsageError


def rvc(
    model: Annotated[
        Path | None,
        typer.Argument(help="An RVC model; by default the first voice of the shelf that has one."),
    ] = None,
    voice: Annotated[str | None, typer.Option(help="A voice of the shelf that has an RVC model.")] = None,
    save: Annotated[bool, typer.Option(help="Keep the choice, which live then takes.")] = True,
    json: Annotated[Path | None, typer.Option(metavar="F", help="Write the measurements here.")] = None,
) -> None:
    """Choose block, context and fade of RVC by measuring. Takes a minute or two.

    Run it while nothing else does: what it keeps is what the machine can do then.
    """
    from rich.console import Console
    from rich.table import Table

    from voxhumana import config
    from voxhumana.bench.machine import machine
    from voxhumana.bench.tune import SPARE, marked, tune
    from voxhumana.commands import report
    from voxhumana.commands.progress import watched
    from voxhumana.convert.rvc import timing
    from voxhumana.library.shelf import Shelf

    if json:
        report.check_writable(json)
    settings = config.load()
    provide(settings)
    shelf, where = Shelf(settings.data_dir), machine()
    own = [one.name for one in shelf if "rvc" in one.engines]
    if not (model or voice or own):
        raise UsageError("No voice of the shelf has an RVC model; name one, as in `vox bench rvc FILE.pth`.")
    speaking = shelf.find(voice or (settings.voice if model else own[0]))
    with watched("measuring") as progress:
        chosen, tried = tune(str(model.absolute()) if model else "", speaking, progress)
    table = Table("block ms", "context ms", "fade ms", "delay ms", "p50 ms", "worst ms", "load", "", box=None)
    for cells in marked(tried, chosen):
        table.add_row(*cells)
    Console().print(table)
    print(f"With this context, spectra correlate {tried[0].alike:.3f} with those that 3 s of context give.")
    if min(one.load for one in tried) > SPARE:
        print("This machine does not render this voice in time, whatever the block; it serves for files.")
    if save:
        timing.save(chosen)
        print(f"Kept in {timing.path()}; live takes it from now on.")
    if json:
        report.write(json, {"machine": where, "rows": [one.row() for one in tried], "chosen": vars(chosen)})
