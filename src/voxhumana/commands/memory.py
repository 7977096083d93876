"""`vox memory`: what the assistant remembers, and how to make it forget."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voxhumana.library.memory import Found, Memory

app = typer.Typer(help="What the assistant remembers: list, search, export, forget.")

Json = Annotated[Path | None, typer.Option(metavar="F", help="Write as JSON; - is the terminal.")]


@app.command("list")
def list_memory(
    limit: Annotated[int, typer.Option(min=1, help="At most so many conversations.")] = 20,
    json: Json = None,
) -> None:
    """List the latest conversations and the facts to remember."""
    _show(json, lambda memory: (memory.talks(limit), memory.facts()))


@app.command()
def search(words: Annotated[str, typer.Argument(help="All of these must occur.")], json: Json = None) -> None:
    """Find turns and facts by their words."""
    _show(json, lambda memory: memory.search(words))


@app.command()
def export(out: Annotated[Path, typer.Argument(help="JSON file to write; - is the terminal.")]) -> None:
    """Write everything that is remembered as JSON."""
    from voxhumana.commands import report

    report.check_writable(out)
    with _memory() as memory:
        report.write(out, memory.export())


@app.command()
def forget(
    talks: Annotated[list[int] | None, typer.Argument(help="Numbers of `vox memory list`.")] = None,
    fact: Annotated[str | None, typer.Option(help="Forget the facts that contain this.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Forget everything.")] = False,
) -> None:
    """Delete for good. It is overwritten in the file, its log and its older copies."""
    from voxhumana.errors import UsageError

    if not (talks or fact or everything):
        raise UsageError("Say what to forget: numbers of `vox memory list`, --fact WORDS, or --all.")
    with _memory() as memory:
        gone = memory.forget_all() if everything else memory.forget(talks, fact)
    print(f"{gone} forgotten" if gone else "There was nothing of the kind.")


@contextmanager
def _memory() -> Iterator[Memory]:
    from contextlib import closing

    from voxhumana import config
    from voxhumana.library.memory import Memory

    with closing(Memory(config.load().data_dir)) as memory:
        yield memory


def _show(json: Path | None, look: Callable[[Memory], tuple[Sequence[Found], Sequence[str]]]) -> None:
    from dataclasses import asdict

    from rich.console import Console
    from rich.table import Table

    from voxhumana.commands import report

    if json:
        report.check_writable(json)
    with _memory() as memory:
        talks, facts = look(memory)
    if json:
        report.write(json, {"talks": [asdict(talk) for talk in talks], "facts": list(facts)})
    if json == report.TERMINAL:
        return
    if not talks and not facts:
        print("Nothing is remembered.")
        return
    table = Table("no.", "begun (UTC)", "voice", "turns", "words", box=None, pad_edge=False)
    for talk in talks:
        begun = talk.begun.replace("T", " ")[:16]
        table.add_row(str(talk.talk), begun, talk.voice, str(talk.turns), _plain(talk.text))
    console = Console(highlight=False)
    if talks:
        console.print(table)
    for fact in facts:
        console.print("fact ", _plain(fact))


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text if len(text) <= 100 else f"{text[:99]}\u2026")
