"""How good a conversion is: words kept, likeness reached, melody followed, naturalness, cost.

    dev speech -> trials (source clip, target speaker) -> an engine, in 20 ms blocks -> judges -> one row

Rows: `source` is the clip untouched, `target` the target's own other speech, `copy` the source said by the
engine in its own voice (what analysis and synthesis alone cost), then each engine in the target's voice; the
same again by the speakers' first language, and `built-in`, an engine in the voices that ship. Then whoever
and whatever else comes to a microphone, as recorded and as converted: children, each condition of
`conditions.py`, and the `guests.py`. Likeness closed is
(SECS(converted, target) - SECS(source, target)) / (SECS(target, target) - SECS(source, target)),
where the target, too, says no more than the clip is long; closed_long compares with 15 s of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from voxhumana.bench import guests, sheet
from voxhumana.bench.conditions import Condition, childlike, conditions, whispered
from voxhumana.bench.contender import MakeVoice, contender, convert
from voxhumana.bench.panel import Panel
from voxhumana.bench.row import Row
from voxhumana.bench.speech import LEAST_S, Clip, Target, built_in, read_clips, targets, trials
from voxhumana.engine import Converter
from voxhumana.errors import UsageError

Pairs: TypeAlias = list[tuple[Clip, Target]]
Engines: TypeAlias = Mapping[str, tuple[Converter, MakeVoice]]
Table: TypeAlias = dict[str, Row]
Figures: TypeAlias = dict[str, dict[str, float]]
Note: TypeAlias = Callable[[str, Table], None]
Tell: TypeAlias = Callable[[str, Figures], None]

SHEETS = 4
"""Trials that are drawn."""
FEW = 20
"""Children, clips in another language, recordings without speech."""


def compare(panel: Panel, pairs: Pairs, engines: Engines, note: Note) -> Table:
    """Every engine in every target's voice."""
    source = Row()
    table = {"source": source, "target": Row()}
    for number, (clip, target) in enumerate(pairs, 1):
        source.add(**panel.everything(clip.sound, clip, target))
        alike = panel.likeness(target.rest, clip, target)
        alike |= {"secs": alike["ideal"], "secs_2": alike["ideal_2"]}  # as long as the clip
        table["target"].add(**panel.naturalness(target.rest), **alike)
        for name, (engine, make) in engines.items():
            said, rtf, p99_ms = convert(engine, make(target), clip.sound)
            row = table.setdefault(name, Row(source))
            row.add(**panel.everything(said, clip, target), rtf=rtf, p99_ms=p99_ms)
            if name == "native":
                said, *_ = convert(engine, make(Target("", clip.sound, clip.sound)), clip.sound)
                table.setdefault("copy", Row(source)).add(**panel.everything(said, clip, target))
        note(f"{number} of {len(pairs)}", table)
    return table


def by_first_language(table: Table, pairs: Pairs, engines: Engines) -> Table:
    """The same trials, apart by the language that speakers grew up with."""
    found: Table = {}
    for language in sorted({clip.first_language for clip, _ in pairs}):
        mine = [at for at, (clip, _) in enumerate(pairs) if clip.first_language == language]
        source = found[f"L1 {language}"] = Row(trials=[table["source"].trials[at] for at in mine])
        for name in engines:
            found[f"L1 {language}, {name}"] = Row(source, [table[name].trials[at] for at in mine])
    return found


def spoiled(
    panel: Panel, pairs: Pairs, engine: Converter, make: MakeVoice, worse: Mapping[str, Condition]
) -> Table:
    """Words, melody and naturalness where the microphone hears something else."""
    table: Table = {}
    for clip, target in pairs:
        voice = make(target)
        for name, spoil in worse.items():
            heard = spoil(clip.sound)
            before = table.setdefault(name, Row())
            after = table.setdefault(f"{name}, {engine.name}", Row(before))
            for row, said in (before, heard), (after, convert(engine, voice, heard)[0]):
                row.add(**panel.words(said, clip), **panel.melody(said, heard), **panel.naturalness(said))
    return table


def draw(pairs: Pairs, engines: Engines, folder: Path) -> None:
    """Sheets of spectrograms of a few trials."""
    for number, (clip, target) in enumerate(pairs[:: -(-len(pairs) // SHEETS)], 1):
        shown = {f"source: {clip.speaker}": clip.sound, f"target's own voice: {target.name}": target.rest}
        for name, (engine, make) in engines.items():
            shown[f"converted by {name}"] = convert(engine, make(target), clip.sound)[0]
        sheet.draw(shown, folder / f"{number}-{clip.speaker}-as-{target.name}.png")


def measure(
    folder: Path,
    names: tuple[str, ...],
    each: int,
    noise: Path | None,
    children: Path | None,
    pictures: Path | None,
    tell: Tell,
) -> Figures:
    """The whole table: real targets, the built-in ones, and who and what else comes to a microphone.

    Args:
        folder: Real speech, with manifest.tsv.
        names: Engines.
        each: Clips of each speaker; half for the built-in voices, a quarter for worse microphones.
        noise: Noises, rooms and their manifest.tsv; None leaves those rows out.
        children: Speech with children's among it, by `age=` in the manifest; None leaves that row out.
        pictures: Where spectrograms go; None draws none.
        tell: Told after each trial what was measured, and the rows so far; the last may lack trials.

    Raises:
        UsageError: There are fewer than two people.
    """
    clips = read_clips(folder)
    people, company = targets(clips), built_in()
    if len(people) < 2:
        raise UsageError(
            f"{folder} needs two people with {LEAST_S:g} s of speech each; it has {len(people)}."
        )
    engines, panel = {name: contender(name) for name in names}, Panel()
    pairs = list(trials(clips, people, each))
    if pictures:
        draw(pairs, engines, pictures)
    table: Table = {}

    def note(what: str, rows: Table) -> None:
        tell(what, {name: row.summary() for name, row in (table | rows).items()})

    table |= compare(panel, pairs, engines, note)
    table |= by_first_language(table, pairs, engines)
    ours = list(trials(clips, company, max(1, each // 2)))
    table |= built_in_rows(compare(panel, ours, engines, lambda what, rows: note(what, built_in_rows(rows))))
    if "native" in engines:
        for what, rows in others(panel, clips, company, each, noise, children, *engines["native"]):
            table |= rows
            note(what, rows)
    return {name: row.summary() for name, row in table.items()}


def built_in_rows(table: Table) -> Table:
    """What was compared in the voices that ship, by its own names; the source is the same."""
    return {f"{name}, built-in": row for name, row in table.items() if name != "source"}


def others(
    panel: Panel,
    clips: list[Clip],
    company: list[Target],
    each: int,
    noise: Path | None,
    children: Path | None,
    engine: Converter,
    make: MakeVoice,
) -> Iterator[tuple[str, Table]]:
    """Yield what was measured, and its rows."""
    people, few = targets(clips), max(1, each // 4)
    pairs = list(trials(clips, people, few))
    yield "laughter", guests.wordless(panel, "laughter (hibari)", guests.laughter(), company, engine, make)
    abroad = list(trials(clips, people, FEW // 2, lambda clip: clip.language != "en"))
    yield "languages", guests.foreign(panel, abroad, engine, make)
    if children:
        small = list(trials(read_clips(children), people, 1, lambda clip: clip.english and clip.child))
        small = small[:: max(1, -(-len(small) // FEW))]
        yield "children", spoiled(panel, small, engine, make, {"children": lambda sound: sound})
    yield "childlike", spoiled(panel, pairs, engine, make, {"childlike (dsp)": childlike()})
    yield "whispers", spoiled(panel, pairs, engine, make, {"whispered": whispered})
    if noise:
        yield "worse rooms", spoiled(panel, pairs, engine, make, conditions(noise))
        empty = guests.nobody(noise, FEW)
        yield "nobody", guests.wordless(panel, "noise alone", empty, company, engine, make)
