"""`vox voices`: who there is, what they are made of, how they sound; and changes to those of one's own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voxhumana.commands.enrol import Anyway, Consent, add, record

if TYPE_CHECKING:
    from voxhumana.library.shelf import Shelf

app = typer.Typer(help="The voices: hear them, add your own, share them.")

Name = Annotated[str, typer.Argument(help="A voice of `vox voices list`.")]
Json = Annotated[Path | None, typer.Option(metavar="F", help="Write as JSON instead; - is the terminal.")]


app.command("add")(add)
app.command("record")(record)


@app.command("list")
def list_voices(
    json: Json = None,
    tag: Annotated[str | None, typer.Option(help="Only those with this tag.")] = None,
    own: Annotated[bool, typer.Option("--own", help="Only those you added.")] = False,
) -> None:
    """List every voice."""
    shelf = _shelf()
    for problem in shelf.problems:
        print(f"vox: {problem}", file=sys.stderr)
    voices = [voice for voice in shelf if not (own and shelf.built_in(voice.name))]
    if tag:
        voices = [voice for voice in voices if tag in voice.tags]
    if json:
        cards = [voice.model_dump(mode="json") | {"built_in": shelf.built_in(voice.name)} for voice in voices]
        _write(json, {"voices": cards})
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("Voice", "Character", "Engines", "Licence", "Tags"):
        table.add_column(column, no_wrap=column != "Character")
    for voice in voices:
        said = f"{voice.title}: {voice.character}" if voice.character else voice.title
        cells = (said, ", ".join(voice.engines), voice.licence, " ".join(voice.tags))
        table.add_row(f"[bold]{voice.name}[/]", *map(escape, cells))
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
    if sys.stdout.isatty():
        Console().print(Syntax(text, "yaml", background_color="default", word_wrap=True))
    else:
        print(text, end="")


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


@app.command()
def remove(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Voices of your own.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete voices of your own, recordings and all."""
    shelf = _shelf()
    for name in names:
        shelf.find(name)
    if sys.stdin.isatty() and not yes:
        typer.confirm(f"Delete {', '.join(names)} for good?", abort=True)
    for name in names:
        shelf.remove(name)
        print(f"{name} is gone.", flush=True)


@app.command()
def rename(old: Name, new: Annotated[str, typer.Argument(help="Small letters, digits and hyphens.")]) -> None:
    """Give a voice of your own another name."""
    _shelf().rename(old, new)
    print(f"{old} is {new} now.")


@app.command()
def tag(
    name: Name,
    tags: Annotated[list[str] | None, typer.Argument(help="Words to find it by.")] = None,
    drop: Annotated[list[str] | None, typer.Option(help="A word to take away; may be repeated.")] = None,
) -> None:
    """Give a voice of your own tags, or take some away."""
    voice = _shelf().tag(name, set(tags or ()), set(drop or ()))
    print(f"{name}: {' '.join(voice.tags) or 'no tags'}")


@app.command()
def export(
    name: Name,
    out: Annotated[Path | None, typer.Argument(help="File to write; NAME.voxvoice by default.")] = None,
) -> None:
    """Write a voice as one file to give away. It holds its words, its recording, and hashes."""
    from voxhumana.library import parcel

    voice = _shelf().find(name)
    target = out or Path(f"{name}{parcel.ENDING}")
    parcel.export(voice, target)
    note = f"; it holds a recording: {voice.licence}" if voice.folder else ""
    print(f"{target}: {target.stat().st_size / 1000:.0f} kB{note}")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A .voxvoice file.")],
    name: Annotated[str | None, typer.Option(help="Another name than its own.")] = None,
    consent: Consent = None,
    anyway: Anyway = False,
) -> None:
    """Put a voice that somebody gave you on the shelf."""
    from voxhumana import build
    from voxhumana.library import parcel

    taken = parcel.take_in(_shelf(), file, build.learners(), name, consent or "", anyway)
    voice = taken.voice
    print(f"{voice.name} is on the shelf: {voice.title}. Licence: {voice.licence}. From: {voice.source}.")
    if voice.consent:
        print(f"Consent: {voice.consent}")
    for other, likeness in taken.alike[:3]:
        print(f"- It sounds like '{other}' ({likeness:.2f} of 1).")


def _shelf() -> Shelf:
    from voxhumana import config
    from voxhumana.library.shelf import Shelf

    shelf = Shelf(config.load().data_dir)
    shelf.tidy()
    return shelf


def _write(path: Path, data: dict[str, object]) -> None:
    from voxhumana.commands import report

    report.check_writable(path)
    report.write(path, data)
