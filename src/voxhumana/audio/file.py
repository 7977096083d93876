"""Sound files, streamed in constant memory through FFmpeg: any rate, any channels, read as mono.

In: wav, flac, ogg, opus, mp3, m4a and whatever else FFmpeg reads. Out: the formats of `FORMATS`, by
extension. A file being written lies beside its final name and is renamed once complete, so a name never
shows half a file.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import av
import numpy as np

from voxhumana.engine import Block
from voxhumana.errors import UsageError, VoxError


@dataclass(frozen=True)
class Format:
    """How an extension is written."""

    container: str
    """FFmpeg's name of the muxer."""
    codec: str
    """FFmpeg's name of the encoder."""


FORMATS = {
    ".wav": Format("wav", "pcm_s16le"),  # 16 bits: read by everything, and 16-bit input comes back exactly
    ".flac": Format("flac", "flac"),
    ".ogg": Format("ogg", "libopus"),  # PyAV's wheels carry no good Vorbis encoder
    ".opus": Format("ogg", "libopus"),
    ".mp3": Format("mp3", "libmp3lame"),
    ".m4a": Format("ipod", "aac"),
}
"""Extension -> format; sound is written mono."""

BITRATE = 128_000
"""Bits a second of the lossy formats: transparent for one voice in all three codecs."""

EXACT_LENGTH = {"wav", "flac", "mov,mp4,m4a,3gp,3g2,mj2"}
"""Containers that declare their length in samples. An mp3's is estimated, an ogg's is read from its end."""


class SoundReader:
    """A sound file, read from the front.

    Args:
        path: The file.
        formats: FFmpeg's names of the only formats it may have; none = any. A playlist refers to other files.

    Raises:
        UsageError: It is not there, or is a folder.
        VoxError: It may not be read, is empty, is no sound, or has no audio track.
    """

    def __init__(self, path: Path, formats: Sequence[str] = ()) -> None:
        self.path = path
        _check_readable(path)
        options = {"format_whitelist": ",".join(formats)} if formats else {}
        try:
            self._container = av.open(f"file:{path}", options=options)
        except (av.FFmpegError, ValueError) as error:
            known = " ".join(ending[1:] for ending in FORMATS)
            raise VoxError(f"{path} is not a sound file that can be read; use one of: {known}.") from error
        stream = next(iter(self._container.streams.audio), None)
        if stream is None or stream.codec_context is None:
            self._container.close()
            raise VoxError(f"{path} has no audio track that can be read; choose a file with sound.")
        self.rate_hz = int(stream.rate)
        """Its own sample rate."""
        self.length = _declared_length(self._container.format.name, stream)
        """Samples that it declares; None where the format does not say."""
        self.duration_s = _duration_s(self._container, stream)
        """Seconds, as well as they are known beforehand; None when they are not."""
        self.no_numbers = 0
        """Samples so far that were none, but NaN or infinite in a channel."""
        self._blocks = self._decode()
        self._rest: Block = np.zeros(0, np.float32)

    def read(self, frames: int) -> Block:
        """The next `frames` samples, float32 at `rate_hz`; fewer at the end, and then none.

        NaN becomes silence, infinity full scale.

        Raises:
            VoxError: The file is damaged, or ends before the length that it declares.
        """
        parts = [self._rest]
        missing = frames - len(self._rest)
        while missing > 0:
            block = next(self._blocks, None)
            if block is None:
                break
            parts.append(block)
            missing -= len(block)
        sound = np.concatenate(parts)
        self._rest = sound[frames:]
        return sound[:frames]

    def close(self) -> None:
        """Let the file go; may be called twice."""
        self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _decode(self) -> Iterator[Block]:
        """Yield mono blocks as long as the decoder makes them."""
        to_float = av.AudioResampler(format="fltp", rate=self.rate_hz)
        seen = 0
        try:
            for frame in self._container.decode(audio=0):
                for planes in to_float.resample(frame):
                    sound = planes.to_ndarray().mean(axis=0, dtype=np.float32)
                    if self.length is not None:  # an m4a's last frame is padded
                        sound = sound[: self.length - seen]
                    seen += len(sound)
                    self.no_numbers += len(sound) - int(np.isfinite(sound).sum())
                    yield np.nan_to_num(sound, nan=0.0, posinf=1.0, neginf=-1.0)
        except (av.FFmpegError, ValueError) as error:
            at_s = seen / self.rate_hz
            raise VoxError(f"{self.path} is damaged after {at_s:.1f} s; copy or record it again.") from error
        if self.length is not None and seen < self.length:
            raise VoxError(
                f"{self.path} is cut off: it ends after {seen / self.rate_hz:.1f} s of the "
                f"{self.length / self.rate_hz:.1f} s that it declares; copy or record it again."
            )


class SoundWriter:
    """A mono sound file in the making; appears under its name at `close`.

    Args:
        path: Its final name; the extension chooses the format.
        rate_hz: Rate of the sound written; the file keeps it, or takes the codec's next rate up.

    Raises:
        UsageError: The extension is unknown, or the folder is not there.
        VoxError: The folder may not be written to.
    """

    def __init__(self, path: Path, rate_hz: int) -> None:
        self.path = path
        self.rate_hz = rate_hz
        check_writable(path)
        chosen = FORMATS[path.suffix.lower()]
        self._draft = path.with_name(f".{path.name}.{os.getpid()}.part")
        self._written = 0
        self._failed = ""
        self._container = av.open(f"file:{self._draft}", "w", format=chosen.container)
        with self._refusing():
            rate = _codec_rate(chosen.codec, rate_hz)
            stream = self._container.add_stream(chosen.codec, rate=rate, layout="mono", bit_rate=BITRATE)
            self._stream = cast("av.AudioStream", stream)
            self._container.start_encoding()

    def write(self, block: Block) -> None:
        """Append float32 [T], T of 0 too; what is over full scale is clipped.

        Raises:
            VoxError: The disk is full or the folder went away; nothing is left under the final name.
        """
        if not len(block):
            return
        frame = av.AudioFrame.from_ndarray(
            np.clip(block, -1.0, 1.0)[np.newaxis, :], format="fltp", layout="mono"
        )
        frame.sample_rate = self.rate_hz
        frame.pts = self._written
        self._written += len(block)
        with self._refusing():
            self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Finish the file and give it its name.

        Raises:
            VoxError: The disk is full or the folder went away; nothing is left under the final name.
        """
        with self._refusing():
            self._container.mux(self._stream.encode(None))
            self._container.close()
            self._draft.replace(self.path)

    def abort(self) -> None:
        """Throw the draft away; harmless after `close`."""
        with contextlib.suppress(OSError):  # closing writes the last bytes, to a full disk maybe
            self._container.close()
        self._draft.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    @contextlib.contextmanager
    def _refusing(self) -> Iterator[None]:
        """Turn a failed write into a sentence, leaving nothing behind; tried again, FFmpeg would crash."""
        if self._failed:
            raise VoxError(self._failed)
        try:
            yield
        except (av.FFmpegError, OSError) as error:
            self.abort()
            why = (error.strerror or str(error)).lower()
            self._failed = f"{self.path} cannot be written ({why}); free space or name another."
            raise VoxError(self._failed) from error


def check_writable(path: Path) -> None:
    """Refuse an output before any work is done for it.

    Raises:
        UsageError: Its extension is unknown, its folder is not there, or it is a folder itself.
        VoxError: Its folder may not be written to.
    """
    if path.suffix.lower() not in FORMATS:
        known = " ".join(FORMATS)
        raise UsageError(f"Cannot tell the sound format of {path}; end the name with one of: {known}.")
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name a file in it.")
    if not path.parent.is_dir():
        raise UsageError(f"There is no folder {path.parent}; make it first.")
    if not os.access(path.parent, os.W_OK):
        raise VoxError(
            f"The folder {path.parent} may not be written to; choose another or change its rights."
        )


def _check_readable(path: Path) -> None:
    if not path.exists():
        raise UsageError(f"There is no file {path}; check the name.")
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name a sound file in it.")
    if not os.access(path, os.R_OK):
        raise VoxError(f"{path} may not be read; change its rights or copy it.")
    if path.is_file() and path.stat().st_size == 0:
        raise VoxError(f"{path} is empty (0 bytes); copy or record it again.")


def _declared_length(container: str, stream: av.AudioStream) -> int | None:
    if container not in EXACT_LENGTH or stream.duration is None or stream.time_base is None:
        return None
    return round(stream.duration * stream.time_base * stream.rate)


def _duration_s(container: av.container.InputContainer, stream: av.AudioStream) -> float | None:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


def _codec_rate(codec: str, rate_hz: int) -> int:
    """`rate_hz` where the codec has it, else its next rate up, else its highest; FFmpeg resamples."""
    rates = sorted(av.codec.Codec(codec, "w").audio_rates or [rate_hz])
    return next((rate for rate in rates if rate >= rate_hz), rates[-1])
