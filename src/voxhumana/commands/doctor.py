"""`vox doctor`: whether one can go live and converse here, how fast, and what to do about it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

STYLES = {"ok": "green", "note": "blue", "warn": "yellow", "fail": "bold red"}


def doctor(
    voice: Annotated[str | None, typer.Option(help="Try this one; see `vox voices list`.")] = None,
    source: Annotated[
        str | None, typer.Option("--input", help="Microphone: a name or index of `vox devices`.")
    ] = None,
    only: Annotated[str | None, typer.Option(metavar="live|talk", help="Look at one of them alone.")] = None,
    json: Annotated[Path | None, typer.Option(metavar="F", help="Write as JSON; - is the terminal.")] = None,
) -> None:
    """Check sound, speed, true delay and conversation. Exit code 1: live is impossible."""
    from contextlib import ExitStack, closing
    from dataclasses import asdict
    from itertools import chain

    from rich.console import Console
    from rich.text import Text

    from voxhumana import config
    from voxhumana.bench.machine import machine
    from voxhumana.commands import report
    from voxhumana.doctor import Level, conversation, examine
    from voxhumana.errors import UsageError
    from voxhumana.leave import at_once
    from voxhumana.library.shelf import Shelf

    if only not in {None, "live", "talk"}:
        raise UsageError("--only takes one word: live or talk.")
    if json:
        report.check_writable(json)
    settings = config.load(voice=voice, input=source)
    Shelf(settings.data_dir).find(settings.voice)  # words before devices
    console = Console(quiet=json == report.TERMINAL)
    findings = []
    looks = [examine(settings)] if only != "talk" else []
    looks += [conversation(settings)] if only != "live" else []
    with at_once(), console.status("Listening and measuring; some thirty seconds"), ExitStack() as stack:
        for finding in chain(*(stack.enter_context(closing(look)) for look in looks)):
            findings.append(finding)
            console.print(Text(f"{finding.level:<5}", STYLES[finding.level]) + Text(finding.sentence))
            for number, step in enumerate(finding.remedy, 1):
                console.print(Text(f"      {number}. {step}"))
    usable = all(finding.level is not Level.FAIL for finding in findings)
    if json:
        rows = [asdict(finding) for finding in findings]
        report.write(json, {"machine": machine(), "usable": usable, "findings": rows})
    if not usable:
        raise typer.Exit(1)
