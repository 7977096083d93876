"""A file in another voice: the live path without its clock, as fast as the machine allows.

    reader.read -> chain.push (the same stream object as live) -> delay cut off -> writer.write

What comes out lies on what went in, sample to sample, and is as long: the chain's declared latency is taken
off its front and flushed out at its end.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from voxhumana.audio.chain import Chain, ChainStream
from voxhumana.audio.file import SoundReader, SoundWriter
from voxhumana.engine import Block, Stream
from voxhumana.errors import VoxError
from voxhumana.meter import Meter, report


def convert(
    source: Path,
    out: Path,
    open_chain: Callable[[int, int], tuple[Chain, ChainStream]],
    block_s: float,
    progress: Callable[[float, float | None], None],
) -> dict[str, Any]:
    """Write `source` to `out`, changed by a chain, in memory that does not grow with its length.

    Args:
        source: Any file that `SoundReader` reads.
        out: Its extension chooses the format; it appears when it is whole.
        open_chain: A chain that takes and gives the file's rate, and its stream, from that rate and the
            samples a block.
        block_s: Seconds a push.
        progress: Told the seconds done, and those in all where known, after each push.

    Returns:
        What `--json` writes.

    Raises:
        VoxError: The one cannot be read or holds no numbers, or the other cannot be written.
    """
    began_s = perf_counter()
    with SoundReader(source) as reader, SoundWriter(out, reader.rate_hz) as writer:
        frames = max(1, round(block_s * reader.rate_hz))
        chain, stream = open_chain(reader.rate_hz, frames)
        meter = Meter()
        samples = 0
        for block in aligned(_blocks(reader, frames), stream, chain.latency, reader.rate_hz, meter):
            writer.write(block)
            samples += len(block)
            progress(samples / reader.rate_hz, reader.duration_s)
        if samples and reader.no_numbers >= samples:
            raise VoxError(f"Not one sample of {source} is a number; record or export it again.")
    duration_s = samples / reader.rate_hz
    return report(
        meter.cost(),
        chain.ledger(),
        input=str(source),
        output=str(out),
        rate_hz=reader.rate_hz,
        block=frames,
        duration_s=duration_s,
        no_numbers=reader.no_numbers,
        took_s=perf_counter() - began_s,
        rtf=stream.rtf,
        alignment="output lies on input: the latency was taken out",
    )


def aligned(
    blocks: Iterable[Block], stream: Stream[Block, Block], latency: int, rate_hz: int, meter: Meter
) -> Iterator[Block]:
    """Yield what the stream makes of `blocks`: as much as they are together, and not late."""
    early, owed = latency, 0
    for block in itertools.chain(blocks, [None]):
        began_s = perf_counter()
        made = [out.copy() for out in (stream.flush() if block is None else stream.push(block))]
        if block is not None:
            meter.add(perf_counter() - began_s, len(block) / rate_hz)
            owed += len(block)
        for out in made:
            kept = out[early:][:owed]
            early -= min(early, len(out))
            owed -= len(kept)
            yield kept
    yield np.zeros(owed, np.float32)  # a sample may be lost in rounding between rates


def _blocks(reader: SoundReader, frames: int) -> Iterator[Block]:
    while len(block := reader.read(frames)):
        yield block
