"""The assistant's part in a conversation: in which voice it speaks, as whom, and whether it is heard."""

from __future__ import annotations

from voxhumana.cast import persona
from voxhumana.dialogue import Speaker
from voxhumana.engine import Block, Stream
from voxhumana.server.engines import Engines
from voxhumana.server.realtime.mouth import Mute
from voxhumana.server.realtime.options import Options
from voxhumana.server.speech import shelf_name
from voxhumana.voice import Voice


class Part:
    """Changed on the path's thread; speech is begun on the reply's.

    Args:
        engines: To be had from.
        options: Of the session.

    Raises:
        VoxError: The voice or the speech engine cannot be had.
    """

    def __init__(self, engines: Engines, options: Options) -> None:
        self._engines = engines
        self._rate_hz = options.audio.output.format.rate_hz
        self.sounds = options.speaks
        """Whether replies are heard; one of them may be different."""
        self._role = self._cast(options)
        self._told = options.instructions

    @property
    def voice(self) -> Voice:
        """Who speaks."""
        return self._role[1]

    @property
    def instructions(self) -> str:
        """What the model is told first: the client's words, or the voice's own persona."""
        return self._told or persona(self.voice)

    def take(self, options: Options) -> None:
        """Be what the session wants now; raises as at first, and nothing is changed then."""
        self._role = self._cast(options)
        self._told, self.sounds = options.instructions, options.speaks

    def open(self) -> Stream[str, Block]:
        """Begin a reply's speech."""
        if not self.sounds:
            return Mute()
        speaker, voice = self._role
        return speaker.open(voice)

    def _cast(self, options: Options) -> tuple[Speaker, Voice]:
        name = options.audio.output.voice_name
        voice = self._engines.voice(None if name is None else shelf_name(name, self._engines))
        return self._engines.speaker(voice, self._rate_hz)
