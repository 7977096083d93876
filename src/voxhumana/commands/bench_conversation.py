"""`vox bench ears`: measurements of conversation that no clock spoils."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:  # the command line stays light
    from voxhumana.bench.cast import Row

Json = Annotated[Path | None, typer.Option(metavar="F", help="Write the measurements here.")]
REPLY_TOKENS = 24
"""Of answers in `vox bench endurance`: a sentence."""
PARTS = ("murmurs", "orders", "barge-in", "own-voice", "nobody")
"""Of `vox bench ears`."""


def ears(
    rooms: Annotated[Path | None, typer.Option(help="Folder of room responses; made up without.")] = None,
    noise: Annotated[
        list[Path] | None, typer.Option(help="Folder of recordings without speech, a scene; may be repeated.")
    ] = None,
    level: Annotated[
        list[float] | None,
        typer.Option(max=6.0, help="Of our own voice at the microphone, dB; may be repeated. -6 and 0."),
    ] = None,
    minutes: Annotated[float, typer.Option(min=0.1, help="Of each scene without speech.")] = 10.0,
    only: Annotated[list[str] | None, typer.Option(help=f"Parts: {', '.join(PARTS)}; all without.")] = None,
    json: Json = None,
) -> None:
    """Measure whom the assistant takes for a speaker. Itself, a cough, music, or who interrupts."""
    from voxhumana import config
    from voxhumana.bench import ears as measure
    from voxhumana.bench import over_reply, scenes
    from voxhumana.bench.cast import cast
    from voxhumana.bench.machine import machine
    from voxhumana.commands import report
    from voxhumana.errors import UsageError

    if wrong := set(only or ()) - set(PARTS):
        raise UsageError(f"There is no part '{min(wrong)}'; choose of: {', '.join(PARTS)}.")
    if json:
        report.check_writable(json)
    where, responses, levels = machine(), measure.rooms(rooms), level or [-6.0, 0.0]
    told, voices = cast(config.load()), over_reply.speakers()
    parts = {
        "murmurs": [over_reply.murmurs(told, voices)],
        "orders": [over_reply.orders(told, voices)],
        "barge-in": [measure.barge_in(told, responses, level_db) for level_db in levels],
        "own-voice": [measure.own_voice(told, responses, level_db, minutes * 30) for level_db in levels],
        "nobody": [scenes.nobody(told, minutes * 60, noise or [])],
    }
    rows: list[Row] = []
    for part in only or PARTS:
        for found in parts[part]:
            for row in found:
                rows.append(row)
                show(row)
    if json:
        report.write(json, {"machine": where, "voices": [*voices], "rows": rows})


def show(row: Row) -> None:
    """A row of a table, as Markdown has it."""
    what, *cells = (f"{value:.4g}" if isinstance(value, float) else str(value) for value in row.values())
    named = [f"{name} {cell}" for name, cell in zip([*row][1:], cells, strict=True)]
    print(f"| {what} | {', '.join(named)} |", flush=True)


def idle(
    seconds: Annotated[
        float, typer.Option(min=1.0, help="Of listening, to each of silence and a fan.")
    ] = 60.0,
    json: Json = None,
) -> None:
    """Measure what `vox talk` costs while nobody speaks. Processor time of its process."""
    from voxhumana import config
    from voxhumana.bench.idle import measure
    from voxhumana.bench.machine import machine
    from voxhumana.commands import report

    if json:
        report.check_writable(json)
    where, settings, rows = machine(), config.load(), []
    for noise in (False, True):
        rows.append(measure(settings, seconds, noise=noise))
        show(rows[-1])
    if json:
        report.write(json, {"machine": where, "rows": rows})


def endurance(
    turns: Annotated[int, typer.Option(min=2, help="Questions, one after the other.")] = 200,
    minutes: Annotated[float, typer.Option(min=0.1, help="Ask no more after so long.")] = 60.0,
    speculation: Annotated[
        bool, typer.Option(help="Prepare replies while the user speaks: some four times the work.")
    ] = False,
    json: Json = None,
) -> None:
    """Measure whether a long talk grows or slows. Real engines, on the sample clock."""
    import sys
    import tempfile

    from voxhumana import config
    from voxhumana.bench.endurance import measure
    from voxhumana.bench.machine import machine
    from voxhumana.commands import report

    if json:
        report.check_writable(json)
    where, settings = machine(), config.load(speculation=speculation, reply_tokens=REPLY_TOKENS)
    engines = {"llm": settings.llm, "stt": settings.stt, "tts": settings.tts, "voice": settings.voice}
    about = {"machine": where, **engines, "speculation": speculation}

    def tell(so_far: dict[str, object]) -> None:
        costs = [f"{so_far[f'last {name}']:.4g} {name}" for name in ("processor s a turn", "memory MB")]
        print(f"{so_far['turns']} turns: {', '.join(costs)}", file=sys.stderr, flush=True)
        if json and json != report.TERMINAL:
            report.write(json, {**about, "finished": False, **so_far})

    with tempfile.TemporaryDirectory() as folder:
        model = settings.data_dir / "models"
        if model.is_dir():  # the language model, joined once; memory and voices are nobody's
            Path(folder, "models").symlink_to(model.resolve())
        figures = measure(
            settings.model_copy(update={"data_dir": Path(folder), "memory": True}), turns, minutes, tell
        )
    for name, value in figures.items():
        if name not in {"said", "each"}:  # hundreds, for the file
            print(f"{name}: {value:.4g}" if isinstance(value, float) else f"{name}: {value}")
    if json:
        report.write(json, {**about, "finished": True, **figures})


def words(
    folder: Annotated[
        Path | None, typer.Argument(help="Speech of people: sound files and manifest.tsv; none = only ours.")
    ] = None,
    json: Json = None,
) -> None:
    """Measure word errors. Of people written down, and of our own speech heard back by Whisper base."""
    from voxhumana import config
    from voxhumana.bench.machine import machine
    from voxhumana.bench.words import heard, spoken
    from voxhumana.commands import report

    if json:
        report.check_writable(json)
    where, settings, rows = machine(), config.load(), []
    for found in ([heard(folder, settings)] if folder else []) + [spoken(settings)]:
        for row in found:
            rows.append(row)
            show(row)
    if json:
        engines = {"stt": settings.stt, "tts": settings.tts}
        report.write(json, {"machine": where, **engines, "rows": rows})
