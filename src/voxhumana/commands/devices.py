"""`vox devices`: what can be spoken into and heard from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from voxhumana.audio.device import DeviceInfo


def devices(
    json: Annotated[Path | None, typer.Option(metavar="F", help="Write as JSON; - is the terminal.")] = None,
) -> None:
    """List inputs and outputs."""
    from dataclasses import asdict

    from rich.console import Console
    from rich.table import Table

    from voxhumana.audio import backends
    from voxhumana.commands import report

    if json:
        report.check_writable(json)
    backend = backends.choose()
    found = backend.devices()
    if json != report.TERMINAL:
        table = Table(box=None, pad_edge=False)
        table.add_column("#", justify="right")
        table.add_column("Device", overflow="fold")
        for column in ("", "Rate", "Channels", ""):
            table.add_column(column, no_wrap=True)
        for device in found:
            size = f"{device.rate_hz:,} Hz", str(device.channels)
            table.add_row(str(device.index), device.name, device.direction, *size, _mark(device))
        console = Console()
        console.print(table)
        console.print(f"\n{len(found)} devices, through {backend.name}.")
    if json:
        report.write(json, {"backend": backend.name, "devices": [asdict(device) for device in found]})


def _mark(device: DeviceInfo) -> str:
    marks = {"default": device.default, "virtual microphone": device.virtual}
    return ", ".join(mark for mark, holds in marks.items() if holds)
