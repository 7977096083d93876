"""`vox convert`: sound files in another voice, faster than they play."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

from voxhumana.commands.provider import Provider, provide
from voxhumana.errors import UsageError, VoxError

RATE_HZ = 48_000
"""Rate at which `frames` samples make a block, as most devices run."""

BLOCK_S = 0.5
"""Sound a push without `--stream`: long enough that calls cost nothing, short enough for little memory."""


class Greedy(typer.core.TyperCommand):
    """Lets `--reference` take every name after it, so that `*.wav` may stand there."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401  # typer does not export it
        """Parse `--reference A B` as `--reference A --reference B`."""
        spread: list[str] = []
        greedy = False
        for word in args:
            if word.startswith("-"):
                greedy = word == "--reference"
            elif greedy and spread[-1] != "--reference":
                spread.append("--reference")
            spread.append(word)
        return super().parse_args(ctx, spread)


def convert(
    sources: Annotated[list[Path], typer.Argument(metavar="IN", help="Sound files to read.")],
    out: Annotated[
        Path,
        typer.Argument(
            metavar="OUT", help="File to write: wav, flac, ogg, opus, mp3 or m4a; for several, a folder."
        ),
    ],
    voice: Annotated[str | None, typer.Option(help="Who speaks; see `vox voices list`.")] = None,
    reference: Annotated[
        list[Path] | None,
        typer.Option(metavar="WAV...", help="Recordings of who is to speak; after IN and OUT."),
    ] = None,
    engine: Annotated[str | None, typer.Option(help="Conversion engine; the voice's own by default.")] = None,
    pitch: Annotated[float | None, typer.Option(help="Shift on top of the voice's own, semitones.")] = None,
    stream: Annotated[
        bool, typer.Option("--stream", help="Push block by block, as live does, and measure each.")
    ] = False,
    provider: Provider = None,
    json: Annotated[Path | None, typer.Option(metavar="F", help="Write the measurements here.")] = None,
) -> None:
    """Convert sound files to another voice.

    The output is as long as the input and lies on it sample to sample, with --stream too: the delay of the
    live path is taken out, and stated in the JSON.
    """
    from voxhumana import build, config, offline
    from voxhumana.commands import report
    from voxhumana.commands.progress import watched

    if json:
        report.check_writable(json)
    if voice and reference:
        raise UsageError("A voice comes from --voice or from --reference; leave one of them out.")
    settings = config.load(voice=voice, engine=engine, pitch_semitones=pitch, provider=provider)
    provide(settings)
    pairs = pair(sources, out)
    if reference:
        speaking = build.imitation(settings.engine, reference)
    else:
        speaking = build.role(settings, settings.voice, settings.engine)
    converter = speaking.converter
    open_chain = build.offline(speaking, settings.pitch_semitones, stream)
    about = {
        "voice": speaking.voice.name,
        "engine": converter.name,
        "engine_rate_hz": converter.rate_hz,
        "hop": converter.hop,
    }
    block_s = settings.frames / RATE_HZ if stream else BLOCK_S

    def one(source: Path, out: Path) -> dict[str, Any]:
        with watched(source.name) as progress:
            measured = offline.convert(source, out, open_chain, block_s, progress)
        print(f"{out}: {measured['duration_s']:.1f} s of sound in {measured['took_s']:.1f} s", flush=True)
        if wrong := measured["no_numbers"]:
            print(
                f"vox: {wrong} samples of {source} are no numbers and were taken for silence or full scale; "
                "record or export it again.",
                file=sys.stderr,
            )
        return about | measured

    measured = one(*pairs[0]) if len(pairs) == 1 else {"files": [attempt(one, *names) for names in pairs]}
    if json:
        report.write(json, measured)
    if failed := sum("error" in file for file in measured.get("files", [])):
        raise VoxError(f"{failed} of {len(pairs)} files could not be converted; the others are done.")


def pair(sources: Sequence[Path], out: Path) -> list[tuple[Path, Path]]:
    """Each file to read with the file to write; a folder takes the names of what goes into it.

    Raises:
        UsageError: Names would meet in one file, or would be written over what is read.
    """
    from voxhumana.audio.file import FORMATS

    if len(sources) == 1 and not out.is_dir():
        pairs = [(sources[0], out)]
    elif out.suffix.lower() in FORMATS and not out.is_dir():
        raise UsageError(f"Several files go into a folder, and {out} is the name of a file; name a folder.")
    else:
        _make_folder(out)
        pairs = [(s, out / (s.name if s.suffix.lower() in FORMATS else f"{s.stem}.wav")) for s in sources]
    taken: dict[Path, Path] = {}
    for source, target in pairs:
        if target in taken:
            raise UsageError(f"{taken[target]} and {source} would both become {target}; convert them apart.")
        taken[target] = source
        if target.exists() and source.exists() and target.samefile(source):
            raise UsageError(f"{source} would be written over itself; choose another name or folder.")
    return pairs


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(exist_ok=True)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise UsageError(
            f"Several files go into a folder, and {path} cannot be one ({why}); name another."
        ) from error


def attempt(one: Callable[[Path, Path], dict[str, Any]], source: Path, out: Path) -> dict[str, Any]:
    """Convert one of several; its failure is told and does not stop the others."""
    try:
        return one(source, out)
    except VoxError as error:
        print(f"vox: {error}", file=sys.stderr)
        return {"input": str(source), "output": str(out), "error": str(error)}
