"""What the server and a worker say to each other: frames, over the worker's standard input and output.

    server -> worker   SETTINGS (CALL | SOUND | CLEAR | STOP)*
    worker -> server   (ANSWER | FAULT | SOUND | SWITCHED | FAILED | STRAIN)*

    frame = job, kind, length of the body, body

A job is one conversion; job 0 is the worker itself, whose STRAIN comes every `strain.LOOK_S`. The first call
of a job is `open`; each call has one ANSWER or FAULT, which names its number. SOUND is PCM16, all others have
JSON. The end of the server's pipe is the worker's end.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

_HEAD = struct.Struct("<IBI")


class Kind(IntEnum):
    """What a frame is."""

    SETTINGS = 0
    CALL = 1
    ANSWER = 2
    FAULT = 3
    SOUND = 4
    CLEAR = 5
    STOP = 6
    SWITCHED = 7
    FAILED = 8
    STRAIN = 9


@dataclass(frozen=True)
class Frame:
    """One of them."""

    job: int
    kind: Kind
    body: bytes = b""

    @classmethod
    def of(cls, job: int, kind: Kind, body: object) -> Frame:
        """With JSON in it."""
        return cls(job, kind, json.dumps(body).encode())

    def read(self) -> Any:  # noqa: ANN401  # JSON
        """The JSON in it."""
        return json.loads(self.body)

    def bytes(self) -> bytes:
        """As it travels."""
        return _HEAD.pack(self.job, self.kind, len(self.body)) + self.body


class Frames:
    """Reads frames, however the bytes are cut."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def push(self, data: bytes) -> Iterator[Frame]:
        """Yield the frames that are whole by now."""
        self._rest += data
        at = 0
        while len(self._rest) - at >= _HEAD.size:
            job, kind, length = _HEAD.unpack_from(self._rest, at)
            end = at + _HEAD.size + length
            if end > len(self._rest):
                break
            yield Frame(job, Kind(kind), bytes(self._rest[at + _HEAD.size : end]))
            at = end
        del self._rest[:at]
