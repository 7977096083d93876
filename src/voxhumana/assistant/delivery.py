"""The reply whose turn it is: played, paused, broken off; what was heard of it goes into the history.

begin(reply) -> play+, in which pause -> resume -> end
              | withdraw, before anything of it was heard
"""

from __future__ import annotations

from collections.abc import Callable

from voxhumana.assistant.history import History
from voxhumana.assistant.mouth import Mouth
from voxhumana.assistant.notes import Note, Said
from voxhumana.assistant.reply import Reply
from voxhumana.assistant.timing import TurnTiming
from voxhumana.engine import Block


class Delivery:
    """One conversation's; used from the path's thread.

    Args:
        mouth: Plays.
        history: What was said before.
        tell: Takes notes of what was heard.
    """

    def __init__(self, mouth: Mouth, history: History, tell: Callable[[Note], None]) -> None:
        self._mouth = mouth
        self._tell = tell
        self.history = history
        """What was said, of replies what was heard; without the one that is being said."""
        self.reply: Reply | None = None
        """What is being said, or will be as soon as there is sound."""
        self.timing = TurnTiming()
        """Of the reply."""

    def begin(self, reply: Reply, timing: TurnTiming, now: int) -> None:
        """Say `reply` from its first sound on: its turn was decided now, on the detector's clock."""
        self.reply, self.timing = reply, timing
        timing.decision = now
        reply.wanted.set()
        self._mouth.speak(reply)

    def play(self, frames: int) -> Block:
        """The next samples for the loudspeaker, float32 [frames]."""
        return self._mouth.play(frames)

    def pause(self, now: int) -> None:
        """Fall silent at once, ready to go on."""
        self.timing.interruption = now
        self._mouth.pause()

    def resume(self) -> None:
        """Go on where the pause began: it was no interruption."""
        self.timing.interruption = None
        self._mouth.resume()

    @property
    def done(self) -> bool:
        """Whether the reply was played to its end."""
        return self._mouth.done

    def withdraw(self) -> None:
        """Forget the reply, of which nothing was heard: the turn is the user's again."""
        if self.reply:
            self.reply.dropped = True
            self.reply = None
        self._mouth.speak(None)

    def end(self) -> bool:
        """The reply is over, or broken off: remember what of it was heard; return whether anything was."""
        reply, self.reply = self.reply, None
        if reply is None:
            return False
        reply.dropped = True
        text = reply.heard(self._mouth.played)
        self._mouth.speak(None)
        self.history = self.history.after(reply.asked, text)
        if text:
            self._tell(Said("assistant", text, final=True))
        self.timing.user, self.timing.assistant = reply.asked, text
        self._tell(self.timing)
        return bool(text)

    def history_now(self) -> History:
        """What was said, with the reply as far as it was heard by now."""
        if self.reply is None:
            return self.history
        return self.history.after(self.reply.asked, self.reply.heard(self._mouth.played))
