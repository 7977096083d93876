"""A scripted conversation for tests of the turn machine."""

from voxhumana.assistant.action import Action
from voxhumana.assistant.event import Event, Heard, Ready, Understood
from voxhumana.assistant.floor import step
from voxhumana.assistant.turn import MS, Phase, Turn

FRAME = 512


class Script:
    """A conversation on the frame clock; collects the actions with their times in ms."""

    def __init__(self) -> None:
        self.turn = Turn()
        self.log: list[tuple[float, Action]] = []

    def tell(self, event: Event) -> None:
        self.turn, actions = step(self.turn, event)
        self.log += [(self.turn.now / MS, action) for action in actions]

    def hear(self, ms: float, speech: float, *, alone: bool = False) -> None:
        for _ in range(round(ms * MS / FRAME)):
            self.tell(Heard(self.turn.now, self.turn.now + FRAME, speech, alone))

    def speak(self, ms: float) -> None:
        self.hear(ms, 0.9)

    def silence(self, ms: float) -> None:
        self.hear(ms, 0.05)

    def understand(self, text: str, complete: float = 1.0) -> None:
        assert self.turn.draft is not None
        self.tell(Understood(self.turn.draft, text, complete))

    def ready(self) -> None:
        assert self.turn.draft is not None
        self.tell(Ready(self.turn.draft))

    def kinds(self, *wanted: type) -> list[str]:
        return [type(a).__name__ for _, a in self.log if not wanted or isinstance(a, wanted)]

    def when(self, kind: type) -> float:
        return next(ms for ms, a in self.log if isinstance(a, kind))


def speaking() -> Script:
    """A conversation in which the assistant is speaking, its log empty."""
    script = Script()
    script.speak(800)
    script.silence(160)
    script.understand("Tell me a story.")
    script.ready()
    script.silence(320)
    assert script.turn.phase is Phase.SPEAKING
    script.log.clear()
    return script
