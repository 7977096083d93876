"""What the keys of `vox talk` do to the conversation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from voxhumana.assistant.notes import Notice
from voxhumana.assistant.turn import Phase
from voxhumana.build_talk import Scene
from voxhumana.errors import VoxError

KEYS = {
    "m": "mute",
    " ": "interrupt",
    "i": "interrupt",
    "n": "next_voice",
    "right": "next_voice",
    "p": "previous_voice",
    "left": "previous_voice",
    "q": "quit",
}
"""Key -> action; as far as they mean the same, those of `vox live`."""

HELP = "m mute   space interrupt   n/p voice   q quit"


class TalkDesk:
    """Where the knobs stand, and how they are turned; used from the thread that reads keys.

    Args:
        voices: The shelf, in the order in which keys walk it.
    """

    def __init__(self, voices: Sequence[str]) -> None:
        self.muted = False
        self._voices = voices
        self._scene: Scene | None = None
        self._show: Callable[[Phase | Notice], None] = lambda _: None

    def deaf(self) -> bool:
        """Whether the microphone is not to be heard."""
        return self.muted

    def sit(self, scene: Scene, show: Callable[[Phase | Notice], None]) -> None:
        """Begin to turn the knobs of `scene`; `show` is told of what no note of its own says."""
        self._scene, self._show = scene, show

    def do(self, action: str) -> None:
        """Carry out an action that a key names."""
        if (scene := self._scene) is None:
            return
        match action:
            case "mute":
                self.muted = not self.muted
            case "interrupt":
                scene.talk.between(lambda: self._hush(scene))
            case "next_voice":
                self._step(scene, 1)
            case "previous_voice":
                self._step(scene, -1)
            case "quit":
                scene.talk.stop()

    def _hush(self, scene: Scene) -> None:
        scene.talk.hush()
        self._show(Phase.LISTENING)

    def _step(self, scene: Scene, by: int) -> None:
        now = scene.cast.voice.name
        at = self._voices.index(now) if now in self._voices else -by
        name = self._voices[(at + by) % len(self._voices)]
        try:
            self._show(Notice(scene.cast.change(name)))
        except VoxError as error:
            self._show(Notice(str(error)))
