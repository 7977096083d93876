"""`vox say`: text to a sound file."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from voxhumana.commands.provider import provide
from voxhumana.errors import UsageError

RATE_HZ = 48_000


def say(
    text: Annotated[str, typer.Argument(help="What to say.")],
    out: Annotated[Path, typer.Argument(help="Sound file to write: wav, flac, ogg, opus, mp3 or m4a.")],
    voice: Annotated[str | None, typer.Option(help="Who speaks; see `vox voices list`.")] = None,
    tts: Annotated[str | None, typer.Option(help="Speech engine, ENGINE[:MODEL].")] = None,
) -> None:
    """Speak a text into a file."""
    from voxhumana import config
    from voxhumana.audio.file import SoundWriter, check_writable
    from voxhumana.cast import voiced
    from voxhumana.library.shelf import Shelf

    if not any(c.isalnum() for c in text):
        raise UsageError('There is nothing to say; give a text with words, such as "Good morning.".')
    check_writable(out)
    settings = config.load(voice=voice, tts=tts)
    provide(settings)
    chosen = Shelf(settings.data_dir).find(settings.voice)
    speaker, chosen = voiced(settings, chosen, RATE_HZ)
    began_s = time.perf_counter()
    samples = 0
    with SoundWriter(out, speaker.rate_hz) as file:
        stream = speaker.open(chosen)
        for sound in (*stream.push(text), *stream.flush()):
            file.write(sound)
            samples += len(sound)
    took_s = time.perf_counter() - began_s
    print(f"{out}: {samples / speaker.rate_hz:.1f} s of speech, made in {took_s:.2f} s")
