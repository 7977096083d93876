"""`vox transcribe`: a sound file to text, utterance by utterance."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:  # the command line stays light
    from voxhumana.engine import Block


def transcribe(
    source: Annotated[Path, typer.Argument(metavar="IN", help="Sound file to read.")],
    stt: Annotated[str | None, typer.Option(help="Speech recogniser, ENGINE[:MODEL].")] = None,
    json: Annotated[Path | None, typer.Option(help="Write text, times and speed here.")] = None,
) -> None:
    """Write down what is said in a file."""
    import time
    from dataclasses import asdict

    from voxhumana import config, registry
    from voxhumana.audio.file import SoundReader
    from voxhumana.commands import report
    from voxhumana.listen.transcript import transcript

    if json:
        report.check_writable(json)
    with SoundReader(source) as reader:
        engine = config.load(stt=stt).stt
        transcriber, detector = registry.load_transcriber(engine), registry.load_detector("silero")
        samples = 0

        def blocks() -> Iterator[Block]:
            nonlocal samples
            while len(sound := reader.read(reader.rate_hz)):
                samples += len(sound)
                yield sound

        began_s = time.perf_counter()
        segments = []
        for segment in transcript(blocks(), reader.rate_hz, detector, transcriber):
            print(segment.text, flush=True)
            segments.append(segment)
        took_s = time.perf_counter() - began_s
    if not segments:
        print(f"Nobody says a word in {source}.", file=sys.stderr)
    if json:
        duration_s = samples / reader.rate_hz
        report.write(
            json,
            {
                "text": " ".join(s.text for s in segments),
                "segments": [asdict(s) for s in segments],
                "stt": engine,
                "duration_s": duration_s,
                "rtf": took_s / duration_s if duration_s else 0.0,
            },
        )
