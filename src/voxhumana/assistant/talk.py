"""THE PATH of a conversation: microphone -> turn -> text -> reply -> speech, in one loop on one thread.

    source.read -> echo canceller -> detector -> floor.step -> drafts, to the drafter (its own threads)
                        ^         -> recording                    |
                        +---- what was played <- mouth <- reply --+        -> sink.write

The loop is the clock: everything is stamped in samples heard. What the drafter finds is taken up between two
blocks, so the turn machine sees one event after the other and nothing here is shared but a `Reply`.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

from voxhumana.assistant.action import Action, Draft, Drop, Hint, Open, Pause, Prepare, Resume, Speak, Stop
from voxhumana.assistant.delivery import Delivery
from voxhumana.assistant.drafter import Drafted, Failed, News, Request
from voxhumana.assistant.ears import Ears
from voxhumana.assistant.event import Announce, Event, Over, Ready, Understood
from voxhumana.assistant.floor import step
from voxhumana.assistant.hearing import Hearing
from voxhumana.assistant.history import History
from voxhumana.assistant.mouth import Mouth
from voxhumana.assistant.notes import Dismissed, Note, Notice, Onset, Returned, Said, Taken
from voxhumana.assistant.opening import Opening
from voxhumana.assistant.reply import Reply
from voxhumana.assistant.timing import TurnTiming
from voxhumana.assistant.turn import WORD, Phase, Turn, idle
from voxhumana.assistant.worker import Worker
from voxhumana.audio.device import Sink, Source
from voxhumana.engine import Block


class Talk:
    """A conversation.

    Args:
        source: The microphone.
        sink: The loudspeaker.
        ears: Stages between microphone and turn.
        open_drafter: Makes the worker; takes where its news go.
        history: What was said before.
        tell: Takes notes, on the path's thread; must not wait.
        turn: How things stand at the beginning.
        mouth: Plays replies, if not the sink alone; see `assistant.mouth`.
        opening: Chooses an opening for a reply that is late, where `turn` has openings.
    """

    def __init__(
        self,
        source: Source,
        sink: Sink,
        ears: Ears,
        open_drafter: Callable[[Callable[[News], None]], Worker],
        history: History,
        tell: Callable[[Note], None],
        turn: Turn | None = None,
        *,
        mouth: Mouth | None = None,
        opening: Callable[[], Opening | None] = lambda: None,
    ) -> None:
        self._source, self._sink = source, sink
        self._hearing = Hearing(ears)
        self._tell = tell
        self._news: queue.SimpleQueue[News] = queue.SimpleQueue()
        self._drafter = open_drafter(self._news.put)
        self._delivery = Delivery(mouth or Mouth(sink.rate_hz), history, tell)
        self._opening = opening
        self._errands: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._onset: int | None = None  # of the utterance that was told
        self._turn = turn or Turn()
        self._draft: Reply | None = None  # what would be said next
        self._next = TurnTiming()  # of it
        self._due = 0.0  # samples that the sink is owed
        self._stopping = threading.Event()
        self._announcements: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.closing = ExitStack()
        """What ends with the conversation."""

    def run(self) -> None:
        """Converse until the source ends or somebody says `stop`.

        Raises:
            DeviceLostError: A device went away.
        """
        try:
            while not self._stopping.is_set() and (block := self._source.read()) is not None:
                self._take_news()
                while not self._errands.empty():
                    self._errands.get()()
                played = self._speak(len(block))
                self._hear(block, played)
        finally:
            self._drafter.close()
            self._end_reply()
            self._source.close()
            self._sink.close()
            self.closing.close()

    @property
    def now(self) -> int:
        """Samples heard, on the detector's clock."""
        return self._turn.now

    @property
    def history(self) -> History:
        """What was said; of replies, what was heard."""
        return self._delivery.history

    @history.setter
    def history(self, said: History) -> None:
        self._delivery.history = said

    @property
    def busy(self) -> bool:
        """Whether engines are at work; for a clock that waits for them."""
        return self._drafter.busy

    def stop(self) -> None:
        """End `run` at the next block; from any thread."""
        self._stopping.set()

    def announce(self, text: str) -> None:
        """Say this as soon as nobody speaks; from any thread."""
        self._announcements.put(text)

    def recast(self, persona: str, *, later: bool = False) -> None:
        """Let the model be somebody else from the next turn on, or once it reads anew; from any thread."""

        def change() -> None:
            said = self.history
            self.history = replace(said, later=persona) if later else said.recast(persona)

        self.between(change)

    def read(self) -> None:
        """Let the model read what it is told first, before there are words; on the path's thread."""
        self._drafter.read(self.history)

    def be_eager(self, eager: bool) -> None:
        """Draft in mid-speech, or wait for a silence; only from an errand."""
        self._turn = replace(self._turn, eager=eager)

    def between(self, errand: Callable[[], None]) -> None:
        """Run something between two blocks, on the path's thread; from any thread. It must not raise."""
        self._errands.put(errand)

    def answer(self, text: str) -> None:
        """Reply to `text` as if it had been heard, instead of anything else; only from an errand."""
        self.hush()
        number = self._turn.drafts + 1
        self._turn = replace(
            self._turn, phase=Phase.THINKING, drafts=number, draft=number, text=text, complete=1.0
        )
        reply = Reply(number, text, self.history, 1.0)
        self._drafter.make(reply)
        self._delivery.begin(reply, TurnTiming(), self._turn.now)

    def hush(self) -> None:
        """Break off what is said or prepared, and forget what is being heard; only from an errand."""
        if self._draft:
            self._draft.dropped = True
            self._draft = None
        if self._turn.reply is not None:
            self._delivery.timing.interruption = self._turn.now
        self._end_reply()
        self._next = self._delivery.timing = TurnTiming()
        self._turn = idle(self._turn)

    def _speak(self, frames: int) -> Block:
        """Play as much as was heard."""
        self._due += frames * self._sink.rate_hz / self._source.rate_hz
        owed = int(self._due)
        self._due -= owed
        sound = self._delivery.play(owed)
        self._sink.write(sound)
        return sound

    def _hear(self, block: Block, played: Block) -> None:
        for heard in self._hearing.push(block, played):
            self._step(heard)

    def _take_news(self) -> None:
        while not self._news.empty():
            said = self._delivery.reply
            match self._news.get():
                case Drafted(draft, text, complete, reply) if draft == self._turn.draft:
                    if reply is not said:
                        self._draft = reply
                    if reply and reply.sounds:  # of the draft before, with the same words
                        self._step(Ready(draft))
                    if self._turn.text is None:
                        self._next.transcript = self._turn.now
                        self._tell(Said("user", text, final=False))
                    self._step(Understood(draft, text, complete))
                case Drafted(reply=Reply() as stale) if self._turn.draft is None and stale is not said:
                    stale.dropped = True
                case Failed(text):
                    self._tell(Notice(text))
        self._announce_next()
        if self._draft:
            self._follow(self._draft, self._next)
        if reply := self._delivery.reply:
            self._follow(reply, self._delivery.timing)
            self._notice_the_end(reply)

    def _announce_next(self) -> None:
        """Say what nobody asked for, if nobody speaks."""
        quiet = self._turn.phase is Phase.LISTENING and self._turn.start is None
        if quiet and not self._delivery.reply and not self._announcements.empty():
            self._draft = Reply(self._turn.drafts + 1, "", self.history, 1.0)
            self._drafter.say(self._draft, self._announcements.get())
            self._step(Announce())

    def _follow(self, reply: Reply, timing: TurnTiming) -> None:
        """Take up what the maker of a reply has done."""
        if reply.begun and timing.first_word is None:
            timing.first_word = self._turn.now
        if reply.sounds:
            self._step(Ready(reply.draft))

    def _notice_the_end(self, reply: Reply) -> None:
        if self._delivery.done:
            if reply.failure:
                self._tell(Notice(reply.failure))
            self._end_reply()
            self._step(Over(self._turn.reply or reply.draft))

    def _step(self, event: Event) -> None:
        before = self._turn.phase
        self._turn, actions = step(self._turn, event)
        for action in actions:
            self._act(action)
        self._tell_onset()
        if self._turn.phase is not before:
            if self._turn.phase is Phase.SPEAKING and self._delivery.timing.first_sound is None:
                self._delivery.timing.first_sound = self._turn.now
            self._tell(self._turn.phase)

    def _tell_onset(self) -> None:
        """Say once of each utterance that it began, and of one that came to nothing that it did."""
        turn = self._turn
        if self._onset is None and turn.start is not None and turn.voiced >= WORD:
            self._onset = turn.start
            self._tell(Onset(turn.start))
        elif self._onset is not None and turn.start is None:
            self._onset = None
            self._tell(Dismissed())

    def _act(self, action: Action) -> None:
        match action:
            case Draft(draft, start, end, hint):
                self._next.heard(start, self._turn.spoke)
                sound = self._hearing.utterance(start, end)
                over_reply = self._delivery.reply is not None
                self._drafter.draft(Request(draft, sound, self._history_now(), over_reply, hint))
            case Hint(draft):
                self._next.end_of_speech = self._turn.spoke
                self._drafter.hint(draft)
            case Prepare():
                if self._draft:
                    self._drafter.prepare(self._draft)
            case Drop():
                self._drop()
            case Speak():
                self._take_turn()
            case _:
                self._sound(action)

    def _sound(self, action: Open | Pause | Resume | Stop) -> None:
        """Do to the reply that is being said what is to be done."""
        match action:
            case Open():
                if self._delivery.reply:
                    self._delivery.reply.opening = self._opening()
            case Pause():
                self._delivery.pause(self._turn.now)
            case Resume():
                self._delivery.resume()
            case Stop():
                self._end_reply()

    def _drop(self) -> None:
        """The user goes on, or had nothing to say."""
        if self._draft:
            self._draft.dropped = True
            self._draft = None
        elif self._delivery.reply and self._turn.reply is None:  # it was to be spoken, and not heard yet
            self._tell(Returned())
            self._delivery.withdraw()

    def _take_turn(self) -> None:
        """What was drafted is the reply."""
        assert self._draft is not None
        reply, self._draft = self._draft, None
        timing, self._next = self._next, TurnTiming()
        if reply.asked:
            self._tell(Said("user", reply.asked, final=True))
            self._tell(Taken(reply, timing.start or 0, timing.end_of_speech or 0))
            self._onset = None
        self._drafter.make(reply)
        self._delivery.begin(reply, timing, self._turn.now)

    def _history_now(self) -> History:
        """What was said, the reply that is being heard included."""
        return self.history if self._turn.reply is None else self._delivery.history_now()

    def _end_reply(self) -> None:
        """The reply is over, or broken off; the model reads what was heard of it."""
        if self._delivery.end():
            self._drafter.read(self.history)
