"""`vox models export --coreml` and `check-coreml`: the native model for apps on Apple's machines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voxhumana.errors import UsageError, VoxError


def export(
    folder: Annotated[Path, typer.Argument(help="Where the packages go.")],
    coreml: Annotated[bool, typer.Option("--coreml", help="As Core ML packages, half precision.")] = False,
) -> None:
    """Write the native model for Core ML. Needs the extra `coreml`, runs anywhere."""
    from voxhumana.convert.coreml.export import export as write

    if not coreml:
        raise UsageError("Say what to export to: --coreml is what there is.")
    for name, found in write(folder).items():
        print(
            f"{folder / name}.mlpackage: {found.weights} matrices, off by {found.weight_error:.1e} of their "
            f"largest at most; in half precision its output is off by {found.program_error:.1e}."
        )
    print(f"On a Mac, `vox models check-coreml {folder}` runs them.")


def check_coreml(
    folder: Annotated[Path, typer.Argument(help="Where `vox models export --coreml` wrote them.")],
    json: Annotated[Path | None, typer.Option(metavar="F", help="Write as JSON.")] = None,
) -> None:
    """Compare Core ML packages with what runs here. On a Mac, Core ML itself runs them."""
    from dataclasses import asdict

    from rich.console import Console
    from rich.table import Table

    from voxhumana.commands import report
    from voxhumana.convert.coreml.check import check

    if json:
        report.check_writable(json)
    found = list(check(folder))
    table = Table("package", "run by", "off by", "a block of 20 ms takes", box=None)
    for one in found:
        table.add_row(one.package, one.unit, f"{one.error:.1e}", f"{one.block_ms:.2f} ms")
    Console().print(table)
    print(
        "Off by: the largest difference from onnxruntime, which multiplies in int8, over the largest output."
    )
    if json:
        report.write(json, {"packages": [asdict(one) for one in found]})
    if bad := [f"{one.package} on {one.unit}" for one in found if not one.fine]:
        raise VoxError(f"{', '.join(bad)} computes something else than onnxruntime; report it.")
