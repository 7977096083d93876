"""`vox voices`: who there is, what they are made of, and how they sound."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from voxhumana.library.shelf import Shelf

app = typer.Typer(help="The voices: list, show, preview.")

Name = Annotated[str, typer.Argument(help="A voice of `vox voices list`.")]
Json = Annotated[Path | None, typer.Option(metavar="F", help="Write as JSON instead; - is the terminal.")]


@app.command("list")
def list_voices(json: Json = None) -> None:
    """List every voice."""
    shelf = _shelf()
    for problem in shelf.problems:
        print(f"vox: {problem}", file=sys.stderr)
    voices = list(shelf)
    if json:
        _write(json, {"voices": [voice.model_dump(mode="json") for voice in voices]})
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("Voice", "Character", "Engines", "Licence"):
        table.add_column(column, no_wrap=column != "Character")
    for voice in voices:
        table.add_row(
            f"[bold]{voice.name}[/]",
            f"{voice.title}: {voice.character}",
            ", ".join(voice.engines),
            voice.licence,
        )
    Console().print(table)


@app.command()
def show(name: Name, json: Json = None) -> None:
    """Show one voice."""
    voice = _shelf().find(name)
    card = voice.model_dump(mode="json", exclude_defaults=True)
    if json:
        _write(json, card)
        return
    import yaml
    from rich.console import Console
    from rich.syntax import Syntax

    text = yaml.safe_dump(card, sort_keys=False, allow_unicode=True)
    Console().print(Syntax(text, "yaml", background_color="default"))


@app.command()
def preview(
    name: Name,
    engine: Annotated[str | None, typer.Option(help="Conversion engine; the voice's own by default.")] = None,
    pitch: Annotated[float | None, typer.Option(help="Shift on top of the voice's own, semitones.")] = None,
    output: Annotated[
        str, typer.Option(help="`default`, a name or index of `vox devices`, or file:PATH.")
    ] = "default",
) -> None:
    """Hear a voice say a sentence."""
    from voxhumana import build, config, offline
    from voxhumana.library.shelf import SAMPLE
    from voxhumana.process.client import AudioProcess
    from voxhumana.process.spawn import spawn
    from voxhumana.terminal.live import run

    settings = config.load(
        voice=name, engine=engine, pitch_semitones=pitch, input=f"file:{SAMPLE}", output=output
    )
    _shelf().find(name)
    kind, _, path = output.partition(":")
    if kind == "file":
        speaking = build.role(settings, name, engine)
        open_chain = build.offline(speaking, settings.pitch_semitones, stream=False)
        offline.convert(SAMPLE, Path(path), open_chain, 0.5, lambda *_: None)
        print(f"{path}: {name} says a sentence")
    else:
        with spawn() as process:
            run(AudioProcess(process, settings), settings, [name], None)


def _shelf() -> Shelf:
    from voxhumana import config
    from voxhumana.library.shelf import Shelf

    return Shelf(config.load().data_dir)


def _write(path: Path, data: dict[str, object]) -> None:
    from voxhumana.commands import report

    report.check_writable(path)
    report.write(path, data)
