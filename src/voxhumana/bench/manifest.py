"""`manifest.tsv` in a folder of recordings: a line each, columns parted by tabs, their names on the first."""

from __future__ import annotations

import csv
from pathlib import Path

from voxhumana.errors import UsageError

FILE = "manifest.tsv"


def rows(folder: Path, *columns: str) -> list[dict[str, str]]:
    """Its lines, with these columns at least.

    Raises:
        UsageError: It is not there, is no such table, or a line lacks one of the columns.
    """
    path = folder / FILE
    try:
        with path.open(encoding="utf-8", newline="") as file:
            table = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE, restval="")
            names = table.fieldnames or ()
            found = list(table)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError(f"There is no {FILE} in {folder}; name a folder of sounds that has one.") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} cannot be read as lines of text with tabs; mend it.") from error
    if lacking := set(columns) - set(names):
        raise UsageError(f"{path} lacks the column {min(lacking)}; add it.")
    if short := next((number for number, row in enumerate(found, 2) if not row[columns[0]]), None):
        raise UsageError(f"Line {short} of {path} has no {columns[0]}; mend it.")
    return found
