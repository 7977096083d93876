"""Sound that streams out as a file does, piece by piece, without ever going back to fill in a length.

float32 [T] at 24 kHz -> tempo -> container of FFmpeg, or raw -> bytes
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, cast, get_args

import av
import av.filter
import numpy as np

from voxhumana.engine import Block
from voxhumana.server.pcm import PCM16

Format: TypeAlias = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]
FORMATS: tuple[Format, ...] = get_args(Format)

MEDIA = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
"""Format -> media type."""

CODECS = {
    "mp3": ("mp3", "libmp3lame", {"write_xing": "0"}),
    "opus": ("ogg", "libopus", {"page_duration": "20000"}),
    "aac": ("adts", "aac", {}),
    "flac": ("flac", "flac", {}),
}
"""Format -> FFmpeg's container and codec, and what the container must be told so that it need not go back."""

BIT_RATE = 96_000
"""Bits a second: transparent for one voice at 24 kHz in all three codecs."""
UNKNOWN = 0xFFFFFFFF
"""Bytes that a WAV declares whose end is not known (as FFmpeg and OpenAI write it)."""
SLOWEST_STEP = 0.5
"""What one `atempo` of FFmpeg takes at least."""


def encode(blocks: Iterable[Block], rate_hz: int, kind: Format) -> Iterator[bytes]:
    """Yield the bytes of a file of `kind`, as early as its codec lets."""
    if kind in {"pcm", "wav"}:
        if kind == "wav":
            yield _wav_header(rate_hz)
        for block in blocks:
            yield PCM16.encode(block)
        return
    name, codec, options = CODECS[kind]
    out = _Chunks()
    with av.open(out, "w", format=name, options=options) as container:
        stream = cast(
            "av.AudioStream", container.add_stream(codec, rate=_rate(codec, rate_hz), layout="mono")
        )
        stream.bit_rate = BIT_RATE
        for frame in _frames(blocks, rate_hz):
            container.mux(stream.encode(frame))
            yield from out.taken()
        container.mux(stream.encode(None))
    yield from out.taken()


def at_speed(blocks: Iterable[Block], rate_hz: int, speed: float) -> Iterator[Block]:
    """Yield the sound faster or slower at the same pitch (WSOLA, FFmpeg's `atempo`)."""
    if speed == 1.0:
        yield from blocks
        return
    graph = av.filter.Graph()
    nodes = [graph.add_abuffer(sample_rate=rate_hz, format="flt", layout="mono")]
    while speed < SLOWEST_STEP:
        nodes.append(graph.add("atempo", str(SLOWEST_STEP)))
        speed /= SLOWEST_STEP
    nodes += [graph.add("atempo", str(speed)), graph.add("abuffersink")]
    graph.link_nodes(*nodes).configure()
    for frame in (*_frames(blocks, rate_hz, "flt"), None):
        graph.push(frame)
        while True:
            try:
                got = cast("av.AudioFrame", graph.pull())
            except (av.BlockingIOError, av.EOFError):
                break
            yield got.to_ndarray().reshape(-1).astype(np.float32)


@dataclass
class _Chunks:
    """A file that cannot seek."""

    parts: list[bytes] = field(default_factory=list)

    def write(self, data: bytes) -> int:
        """Keep a copy."""
        self.parts.append(bytes(data))
        return len(data)

    def taken(self) -> Iterator[bytes]:
        """What was written since."""
        if self.parts:
            whole, self.parts = b"".join(self.parts), []
            yield whole


def _frames(blocks: Iterable[Block], rate_hz: int, layout: str = "fltp") -> Iterator[av.AudioFrame]:
    written = 0
    for block in blocks:
        if not len(block):
            continue
        frame = av.AudioFrame.from_ndarray(np.clip(block, -1, 1)[np.newaxis, :], format=layout, layout="mono")
        frame.sample_rate = rate_hz
        frame.pts = written
        written += len(block)
        yield frame


def _rate(codec: str, rate_hz: int) -> int:
    rates = sorted(av.codec.Codec(codec, "w").audio_rates or [rate_hz])
    return next((rate for rate in rates if rate >= rate_hz), rates[-1])


def _wav_header(rate_hz: int) -> bytes:
    chunk = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate_hz, 2 * rate_hz, 2, 16)
    return struct.pack("<4sI4s", b"RIFF", UNKNOWN, b"WAVE") + chunk + struct.pack("<4sI", b"data", UNKNOWN)
