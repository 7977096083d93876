"""The sound that a client sends: to the path where we detect turns, held back where the client ends them."""

from __future__ import annotations

import numpy as np
import soxr

from voxhumana.dialogue import Transcriber
from voxhumana.engine import Block
from voxhumana.server.convert import decode
from voxhumana.server.realtime.options import Format
from voxhumana.server.refusal import Refusal
from voxhumana.server.wire import Inlet

BLOCK_S = 0.02
"""Of sound at a time: what VoIP and most clients send."""
LONGEST_S = 120.0
"""Of sound that may wait: a client may send a recording at once."""
SHORTEST_S = 0.1
"""Of sound that can be committed, as OpenAI has it."""
HURRY_S = 2.0
"""Silence that ends any turn: longer than the turn machine's patience."""


class Ear:
    """One client's.

    Args:
        form: Of the sound.
        transcriber: Writes down what does not go through the path.
    """

    def __init__(self, form: Format, transcriber: Transcriber) -> None:
        self.rate_hz = form.rate_hz
        frames = round(BLOCK_S * form.rate_hz)
        self.inlet = Inlet(form.rate_hz, frames, round(LONGEST_S * form.rate_hz), ticks=True)
        """The path's microphone."""
        self._codec = form.codec
        self._transcriber = transcriber
        self._held: list[Block] = []

    @property
    def begun(self) -> bool:
        """Whether anything was heard."""
        return self.inlet.begun or bool(self._held)

    def hear(self, data: bytes, *, hold: bool) -> None:
        """Take sound as it travels; from the event loop.

        Args:
            data: Encoded.
            hold: Keep it until it is taken, instead of giving it to the path.

        Raises:
            Refusal: Half a sample, or more than is kept.
        """
        if len(data) % self._codec.width:
            raise Refusal(400, "A frame of PCM16 has an even number of bytes.", "audio", "invalid_audio")
        block = self._codec.decode(data)
        if not hold:
            self.inlet.push(block)
        elif sum(map(len, self._held)) + len(block) > LONGEST_S * self.rate_hz:
            raise Refusal(400, f"A turn may last {LONGEST_S:.0f} s; commit or clear it.", "audio", "too_long")
        else:
            self._held.append(block)

    def clear(self) -> None:
        """Forget the sound of this turn."""
        self.inlet.clear()
        self._held = []

    def hurry(self) -> None:
        """Let the path's turn end here."""
        self.inlet.push(np.zeros(round(HURRY_S * self.rate_hz), np.float32))

    def take(self) -> Block:
        """The sound that was held, float32 [T].

        Raises:
            Refusal: Too little; it stays.
        """
        sound = np.concatenate([*self._held, np.zeros(0, np.float32)])
        if len(sound) < SHORTEST_S * self.rate_hz:
            raise Refusal(
                400,
                f"{len(sound) / self.rate_hz * 1e3:.0f} ms of sound are too little to commit; send 100.",
                code="input_audio_buffer_commit_empty",
            )
        self._held = []
        return sound

    def understand(self, sound: Block) -> str:
        """The words in it."""
        longest = self._transcriber.longest
        heard = soxr.resample(sound, self.rate_hz, self._transcriber.rate_hz)
        parts = [heard[at : at + longest] for at in range(0, len(heard), longest)]
        return " ".join(filter(None, map(self._transcriber.transcribe, parts)))

    def read(self, audio: str) -> str:
        """The words in a recording that stands in an item, base64."""
        return self.understand(self._codec.decode(decode(audio)))
