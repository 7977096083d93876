"""`vox voices add` and `record`: somebody's voice, from files or the microphone, onto the shelf."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:  # the command line stays light
    from voxhumana.engine import Block
    from voxhumana.library.card import Origin
    from voxhumana.library.changes import About, Added

Title = Annotated[str | None, typer.Option(help="The name people read; NAME by default.")]
Character = Annotated[str, typer.Option(help="One line of character.")]
Language = Annotated[str, typer.Option(help="The voice's own language, such as en or pt-BR.")]
Consent = Annotated[
    str | None,
    typer.Option(help="Whose voice it is, and what they agreed to: 'my own voice', 'Ann, for ...'."),
]
Licence = Annotated[str | None, typer.Option(help="How it may be used: private, CC0-1.0, ...")]
Synthetic = Annotated[bool, typer.Option("--synthetic", help="It is no real person's voice.")]
Tags = Annotated[list[str] | None, typer.Option("--tag", help="A word to find it by; may be repeated.")]
Engines = Annotated[
    list[str] | None, typer.Option("--engine", help="Engine that learns it now; may be repeated.")
]
Anyway = Annotated[bool, typer.Option("--anyway", help="Add it in spite of two voices in it, or a copy.")]
Live = Annotated[bool, typer.Option("--live", help="Then speak as this voice at once.")]
Json = Annotated[Path | None, typer.Option(metavar="F", help="Write what was measured; - is the terminal.")]


def add(
    name: Annotated[str, typer.Argument(help="The word to call it by.")],
    files: Annotated[list[Path], typer.Argument(metavar="WAV...", help="10 to 30 s of one person's speech.")],
    title: Title = None,
    character: Character = "",
    language: Language = "en",
    consent: Consent = None,
    licence: Licence = None,
    synthetic: Synthetic = False,
    tag: Tags = None,
    engine: Engines = None,
    anyway: Anyway = False,
    live: Live = False,
    json: Json = None,
) -> None:
    """Add a voice from recordings of one person. 3 s of speech at least, 10 to 30 s are good."""
    from voxhumana.library import reference

    _check(json)
    source = ", ".join(path.name for path in files)
    told = about(name, title, character, language, consent, licence, synthetic, tag, source)
    sound, rate_hz = reference.load(files)
    _keep(word(name), sound, rate_hz, told, engine, "file", anyway, json)
    if live:
        _live(word(name))


def record(
    name: Annotated[str, typer.Argument(help="The word to call it by.")],
    duration: Annotated[float, typer.Option(min=3, max=120, help="Seconds to record.")] = 25,
    device: Annotated[
        str | None,
        typer.Option("--input", help="Microphone: a name or index of `vox devices`, or file:PATH."),
    ] = None,
    title: Title = None,
    character: Character = "",
    language: Language = "en",
    consent: Consent = None,
    licence: Licence = None,
    synthetic: Synthetic = False,
    tag: Tags = None,
    engine: Engines = None,
    anyway: Anyway = False,
    live: Live = False,
    json: Json = None,
) -> None:
    """Add a voice from the microphone. It shows a text to read and the level, and says how good it was."""
    from rich.console import Console

    from voxhumana import build, config
    from voxhumana.library.enrolment import PASSAGE, assess
    from voxhumana.terminal.recorder import record as record_

    _check(json)
    settings, devices = config.load(input=device), build.Devices()
    devices.source(settings.input, settings.frames).close()  # refused before anything is asked
    told = about(name, title, character, language, consent, licence, synthetic, tag, "Recorded here")
    console = Console(stderr=True)
    while True:
        with closing(devices.source(settings.input, settings.frames)) as source:
            console.print("Read this aloud, or say what you like, as you usually speak:\n", style="dim")
            console.print(f"{PASSAGE}\n")
            sound, rate_hz = record_(source, duration, console), source.rate_hz
        assessment = assess(sound, rate_hz)
        if assessment.good or not sys.stdin.isatty():
            break
        for hint in assessment.hints:
            console.print(f"- {hint.text}", markup=False)
        if not typer.confirm("Record it again?", default=not assessment.usable, err=True):
            break
    _keep(word(name), sound, rate_hz, told, engine, "microphone", anyway, json)
    if live:
        _live(word(name))


def word(name: str) -> str:
    """The name as the shelf takes it: "My Dad" is my-dad; or as it is, to be refused by."""
    from voxhumana.library.name import as_word

    return as_word(name) or name


def about(
    name: str,
    title: str | None,
    character: str,
    language: str,
    consent: str | None,
    licence: str | None,
    synthetic: bool,
    tags: list[str] | None,
    source: str,
) -> About:
    """What was said about the voice, and asked for where somebody can answer; refused before any work."""
    from voxhumana import config
    from voxhumana.library import changes
    from voxhumana.library.shelf import Shelf

    changes.check_name(Shelf(config.load().data_dir), word(name))
    if sys.stdin.isatty() and sys.stderr.isatty():
        if consent is None and not synthetic:
            question = "Whose voice is it, and what did they agree to? (such as: my own voice)"
            consent = typer.prompt(question, err=True)
        if licence is None:
            licence = typer.prompt("How may it be used?", default="private", err=True)
    told = changes.About(
        title=title or name[:1].upper() + name[1:],
        licence=licence or "",
        source=source,
        consent=consent or "",
        real=not synthetic,
        character=character,
        language=language,
        tags=tuple(tags or ()),
    )
    changes.check_consent(told)
    changes.describe(word(name), told, [])
    return told


def _keep(
    name: str,
    sound: Block,
    rate_hz: int,
    about: About,
    engines: list[str] | None,
    origin: Origin,
    anyway: bool,
    json: Path | None,
) -> None:
    from voxhumana import build, config
    from voxhumana.library.shelf import Shelf

    learners = build.learners(engines) if engines else build.learners()
    shelf = Shelf(config.load().data_dir)
    added = shelf.add(name, sound, rate_hz, about, learners, origin, anyway)
    _tell(added, json)


def _tell(added: Added, json: Path | None) -> None:
    from voxhumana.commands import report

    if json:
        measured: dict[str, Any] = {
            "voice": added.voice.model_dump(mode="json"),
            "assessment": added.assessment.report(),
            "alike": [{"voice": name, "likeness": round(likeness, 3)} for name, likeness in added.alike],
        }
        report.write(json, measured)
        if json == report.TERMINAL:
            return
    name = added.voice.name
    engines = ", ".join(added.voice.engines)
    print(f"{name} is on the shelf: {added.assessment.speech_s:.0f} s of speech, learned by {engines}.")
    for hint in added.assessment.hints:
        print(f"- {hint.text}")
    for other, likeness in added.alike[:3]:
        print(f"- It sounds like '{other}' ({likeness:.2f} of 1).")
    print(f"Hear it: vox voices preview {name}    Speak so: vox live --voice {name}", flush=True)


def _check(json: Path | None) -> None:
    from voxhumana.commands import report

    if json:
        report.check_writable(json)


def _live(name: str) -> None:
    from voxhumana.commands.live import live

    live(voice=name)
