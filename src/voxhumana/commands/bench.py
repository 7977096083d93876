"""`vox bench`: measurements that anyone can repeat; each prints a table and writes JSON."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from voxhumana.commands.bench_conversation import ears, endurance, idle, words
from voxhumana.commands.provider import provide
from voxhumana.commands.tune import rvc

bench = typer.Typer(help="Measure; each prints a table and writes JSON.", no_args_is_help=True)

bench.command()(ears)
bench.command()(idle)
bench.command()(endurance)
bench.command()(words)

QUALITY = {
    "wer": "WER %",
    "wer_lost": "lost",
    "per": "2nd ear %",
    "per_lost": "lost",
    "closed": "likeness %",
    "closed_2": "2nd judge %",
    "closed_long": "of 15 s %",
    "f0_correlation": "F0 corr.",
    "dnsmos": "DNSMOS",
    "p808": "P.808",
    "rtf": "RTF",
    "p99_ms": "p99 ms",
    "cer": "CER %",
    "words_a_minute": "words/min",
    "louder_db": "louder dB",
}
"""What the tables of quality show, and what it is called there; with a 95 % interval where there is one."""

Json = Annotated[Path | None, typer.Option(metavar="F", help="Write the measurements here.")]


@bench.command()
def live(
    soak: Annotated[
        float | None,
        typer.Option(min=0.1, metavar="MINUTES", help="Also speak for so long, beside a busy core."),
    ] = None,
    table: Annotated[Path | None, typer.Option(metavar="F", help="Write what is shown, as Markdown.")] = None,
    json: Json = None,
) -> None:
    """Measure the live path. Held against what is wanted of it, through the sound server if there is one."""
    from dataclasses import asdict

    from rich.console import Console
    from rich.table import Table

    from voxhumana import config
    from voxhumana.bench import live as bench
    from voxhumana.bench.machine import machine
    from voxhumana.bench.verdict import markdown, verdict
    from voxhumana.commands import report
    from voxhumana.errors import DeviceLostError

    for file in filter(None, (json, table)):
        report.check_writable(file)
    settings = config.load()
    console = Console()
    where, measured = machine(), {}
    with console.status("compute") as status:
        rows = list(bench.rows(settings))
        try:
            measured = bench.measure(settings, soak, status.update)
        except DeviceLostError as why:
            console.print(f"Delay was not measured: {why}")
    shown = Table(
        "voice", "engine", "RTF", "p50 ms", "p99 ms", "max ms", "declared ms", "underruns", box=None
    )
    for row in rows:
        cost = (f"{row['compute'][key]:.2f}" for key in ("p50_ms", "p99_ms", "max_ms"))
        total, rtf = f"{row['latency_total_ms']:.1f}", f"{row['compute']['rtf']:.3f}"
        shown.add_row(row["voice"], row["engine"], rtf, *cost, total, str(row["underruns"]))
    console.print(shown)
    lines = verdict(rows, measured)
    held = Table("what", "measured", "wanted", "met", box=None)
    for line in lines:
        held.add_row(*line.cells)
    console.print(held)
    if json:
        judged = [asdict(line) for line in lines]
        report.write(
            json, {"machine": where, "frames": settings.frames, "rows": rows, **measured, "verdict": judged}
        )
    if table:
        title = f"{measured.get('server', 'files')}, {str(where['date'])[:10]}, load {where['load']:.1f}"
        report.write_text(table, markdown(title, lines))


@bench.command()
def convert(
    engines: Annotated[
        str | None,
        typer.Option(metavar="all", help="One row an engine, with memory, instead of one a voice."),
    ] = None,
    json: Json = None,
) -> None:
    """Measure what each voice costs. The shipped sample goes in blocks of the device, as live has them."""
    from rich.console import Console
    from rich.table import Table

    from voxhumana import config
    from voxhumana.bench.convert import engine_rows, rows
    from voxhumana.bench.machine import machine
    from voxhumana.commands import report

    if json:
        report.check_writable(json)
    settings = config.load()
    from voxhumana.errors import UsageError

    if engines not in {None, "all"}:
        raise UsageError("--engines takes one word: all.")
    provide(settings)
    where, measured = machine(), list(engine_rows(settings) if engines else rows(settings))
    columns = ("voice", "engine", "RTF", "p50 ms", "p99 ms", "max ms", "delay ms")
    table = Table(*columns, *(["memory MB, peak"] if engines else []), box=None)
    for row in measured:
        if "lacks" in row:
            continue
        cost = [f"{row[key]:.2f}" for key in ("p50_ms", "p99_ms", "max_ms", "latency_ms")]
        memory = [f"{row['memory_mb']:.0f}"] if engines else []
        table.add_row(row["voice"], row["engine"], f"{row['rtf']:.3f}", *cost, *memory)
    Console().print(table)
    for row in measured:
        if "lacks" in row:
            print(f"{row['engine']}: {row['lacks']}")
    if json:
        report.write(json, {"machine": where, "frames": settings.frames, "rows": measured})


bench.command("rvc")(rvc)


@bench.command()
def quality(
    folder: Annotated[Path, typer.Argument(help="Speech of many people: sound files and manifest.tsv.")],
    engine: Annotated[list[str] | None, typer.Option(help="Engines; native and dsp by default.")] = None,
    clips: Annotated[int, typer.Option(min=1, help="Clips of each speaker.")] = 4,
    noise: Annotated[
        Path | None,
        typer.Option(help="Noises and rooms, with manifest.tsv: adds the rows of worse recordings."),
    ] = None,
    children: Annotated[
        Path | None,
        typer.Option(help="Speech with children's, `age=` in its manifest.tsv: adds the rows of children."),
    ] = None,
    pictures: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write spectrograms of a few trials there.")
    ] = None,
    json: Json = None,
) -> None:
    """Let judges score converted speech. Real people are turned into others, streamed."""
    from rich.console import Console
    from rich.table import Table

    from voxhumana.bench import manifest
    from voxhumana.bench import quality as measure
    from voxhumana.bench.machine import machine
    from voxhumana.commands import report
    from voxhumana.errors import UsageError

    for asked in filter(None, (folder, noise, children)):
        manifest.rows(asked, "path")  # refused before the judges are loaded
    if pictures and pictures.is_file():
        raise UsageError(f"{pictures} is a file; name a folder for the spectrograms.")
    for asked in filter(None, (json, None if pictures and pictures.is_dir() else pictures)):
        report.check_writable(asked)
    console = Console(width=None if Console().is_terminal else 200)
    names = tuple(engine or ("native", "dsp"))
    about = {"machine": machine(), "clips_each": clips}
    draft = report.unfinished(json) if json else None
    if draft:
        print(f"Until all is measured, the rows so far are in {draft}.", file=sys.stderr)
    with console.status("judges") as status:

        def tell(done: str, rows: measure.Figures) -> None:
            """A log, which has no status line, gets lines."""
            status.update(done) if console.is_terminal else print(done, file=sys.stderr, flush=True)
            if draft:
                report.write(draft, {"finished": False, **about, "rows": rows})

        rows = measure.measure(folder, names, clips, noise, children, pictures, tell)
    shown = [key for key in QUALITY if any(key in row for row in rows.values())]
    table = Table("", *(QUALITY[key] for key in shown), box=None)
    for name, row in rows.items():
        table.add_row(name, *(figure(row, key) for key in shown))
    console.print(table)
    if json and draft:
        report.write(json, {**about, "rows": rows})
        draft.unlink(missing_ok=True)


def figure(row: dict[str, float], key: str) -> str:
    """A figure and how sure it is, or nothing."""
    if key not in row:
        return ""
    low, high = row.get(f"{key}_low"), row.get(f"{key}_high")
    sure = "" if low is None or high is None or low == high else f" [{low:.0f}, {high:.0f}]"
    return f"{row[key]:.3g}{sure}"


@bench.command()
def talk(
    llm: Annotated[str | None, typer.Option(help="Language engine, ENGINE[:MODEL[@URL]].")] = None,
    speculation: Annotated[
        bool | None, typer.Option(help="Prepare replies while the user speaks.", show_default=False)
    ] = None,
    openings: Annotated[
        bool | None, typer.Option(help='Begin a late reply with "Well,".', show_default=False)
    ] = None,
    questions: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Recorded questions, instead of synthetic ones.")
    ] = None,
    asker: Annotated[str, typer.Option(help="Who asks else: a speech engine, ENGINE[:MODEL].")] = "hibari",
    count: Annotated[int | None, typer.Option(min=1, help="Ask so many questions only.")] = None,
    pauses: Annotated[
        bool, typer.Option("--pauses", help="Count false cut-offs instead, off the wall clock.")
    ] = False,
    json: Json = None,
) -> None:
    """Measure how soon a character answers. From last syllable to first sound; and whom it cuts off."""
    from rich.console import Console

    from voxhumana import config
    from voxhumana.bench import pauses as cut_offs
    from voxhumana.bench import talk as voice
    from voxhumana.bench.machine import machine
    from voxhumana.commands import answers, report

    if json:
        report.check_writable(json)
    settings = config.load(llm=llm, speculation=speculation, openings=openings, memory=False)
    console, where = Console(), machine()
    if pauses:
        with console.status("pauses") as status:
            trials = cut_offs.measure(settings, asker, status.update)
        figures = answers.cut_offs(trials, console)
    else:
        asked = voice.recorded(questions, count) if questions else voice.synthetic(count, asker)
        figures = answers.answers(*voice.measure(settings, asked), console)
        figures |= {"speculation": settings.speculation, "openings": settings.openings}
    if json:
        engines = {"llm": settings.llm, "stt": settings.stt, "tts": settings.tts, "asker": asker}
        report.write(json, {"machine": where, **engines, **figures})


@bench.command()
def serve(
    converts: Annotated[int, typer.Option(min=0, help="Live conversions at once.")] = 16,
    talks: Annotated[int, typer.Option(min=0, help="Conversations at once.")] = 4,
    duration: Annotated[float, typer.Option(min=1, help="Seconds.")] = 60,
    query: Annotated[str, typer.Option(help="What every conversion asks for.")] = "engine=dsp&voice=ogre",
    json: Json = None,
) -> None:
    """Measure a server under sessions. Their delay, what it costs, whether memory grows."""
    from dataclasses import asdict

    from rich.console import Console
    from rich.table import Table

    from voxhumana.bench.crowd import verdict
    from voxhumana.bench.machine import machine
    from voxhumana.bench.serve import measure
    from voxhumana.commands import report

    if json:
        report.check_writable(json)
    where, figures = machine(), measure(converts, talks, duration, query)
    lines = verdict(figures)
    table = Table("what", "measured", "wanted", "met", box=None)
    for line in lines:
        table.add_row(*line.cells)
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(table)
    busy = f"{figures['cpu_percent']:.0f} % of a core, {figures['memory_mb']:.0f} MB at the end"
    busy += f", and the clients {figures['clients_cpu_percent']:.0f} %"
    console.print(f"The server took {busy}. Load of the machine before: {where['load']:.1f}.", style="dim")
    if json:
        judged = [asdict(line) for line in lines]
        report.write(json, {"machine": where, **figures, "verdict": judged})
