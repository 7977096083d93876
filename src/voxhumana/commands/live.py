"""`vox live`: microphone -> character -> virtual microphone, until you say stop."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voxhumana.commands.provider import Provider


def live(
    voice: Annotated[str | None, typer.Option(help="Who speaks; see `vox voices list`.")] = None,
    engine: Annotated[str | None, typer.Option(help="Conversion engine; the voice's own by default.")] = None,
    source: Annotated[
        str | None,
        typer.Option("--input", help="Microphone: a name or index of `vox devices`, or file:PATH."),
    ] = None,
    sink: Annotated[
        str | None,
        typer.Option("--output", help="`virtual`, a name or index of `vox devices`, or file:PATH."),
    ] = None,
    monitor: Annotated[str | None, typer.Option(help="Hear yourself on this device too.")] = None,
    pitch: Annotated[float | None, typer.Option(help="Shift on top of the voice's own, semitones.")] = None,
    duration: Annotated[float | None, typer.Option(min=0.1, help="Stop after this many seconds.")] = None,
    provider: Provider = None,
    json: Annotated[Path | None, typer.Option(help="Write the measurements here.")] = None,
) -> None:
    """Speak as a character, into a call."""
    from voxhumana.process.spawn import spawn

    with spawn() as process:
        from voxhumana import config
        from voxhumana.commands import report
        from voxhumana.library.shelf import Shelf
        from voxhumana.process.client import AudioProcess
        from voxhumana.terminal.live import run

        if json:
            report.check_writable(json)
        settings = config.load(
            voice=voice,
            engine=engine,
            input=source,
            output=sink,
            monitor=monitor,
            pitch_semitones=pitch,
            provider=provider,
        )
        audio = AudioProcess(process, settings)
        voices = [voice.name for voice in Shelf(settings.data_dir)]
        measured = run(audio, settings, voices, duration)
        if json:
            report.write(json, measured)
