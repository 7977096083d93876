"""`vox talk`: speak with a character, until you say stop."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voxhumana.commands.provider import provide


def talk(
    voice: Annotated[str | None, typer.Option(help="Who speaks with you; see `vox voices list`.")] = None,
    source: Annotated[
        str | None,
        typer.Option("--input", help="Microphone: a name or index of `vox devices`, or file:PATH."),
    ] = None,
    speakers: Annotated[
        str | None,
        typer.Option("--output", help="Loudspeaker: a name or index of `vox devices`, or file:PATH."),
    ] = None,
    duration: Annotated[float | None, typer.Option(min=0.1, help="Stop after this many seconds.")] = None,
    llm: Annotated[str | None, typer.Option(help="Language engine, ENGINE[:MODEL[@URL]].")] = None,
    stt: Annotated[str | None, typer.Option(help="Speech recogniser, ENGINE[:MODEL].")] = None,
    tts: Annotated[str | None, typer.Option(help="Speech engine, ENGINE[:MODEL].")] = None,
    json: Annotated[Path | None, typer.Option(help="Write the turns and their times here.")] = None,
) -> None:
    """Speak with a character, who may be interrupted."""
    from voxhumana import config
    from voxhumana.commands import report
    from voxhumana.terminal.talk import run

    if json:
        report.check_writable(json)
    settings = config.load(voice=voice, input=source, speakers=speakers, llm=llm, stt=stt, tts=tts)
    provide(settings)
    turns = run(settings, duration)
    if json:
        engines = {"llm": settings.llm, "stt": settings.stt, "tts": settings.tts, "voice": settings.voice}
        report.write(json, {**engines, "turns": turns})
