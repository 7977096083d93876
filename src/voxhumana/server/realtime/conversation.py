"""A conversation over a socket: the very path of `vox talk`, with the peer as microphone and loudspeaker.

    peer's sound -> Ear -> Talk (ears, turn, drafter) -> WireMouth -> Answers -> peer
    peer's events -> `obey`, between two blocks of the path

All of this runs on the path's thread, so events and turns come one after the other, and nothing is locked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from voxhumana import build_talk
from voxhumana.assistant.drafter import Drafter, News
from voxhumana.assistant.ears import Ears
from voxhumana.assistant.notes import Dismissed, Note, Notice, Onset, Returned, Taken
from voxhumana.assistant.reply import Reply
from voxhumana.assistant.talk import Talk
from voxhumana.assistant.timing import TurnTiming
from voxhumana.assistant.turn import MS, Phase, Turn
from voxhumana.audio.resample import Resample
from voxhumana.server.engines import Engines
from voxhumana.server.outbox import Event, Sound
from voxhumana.server.realtime import items
from voxhumana.server.realtime.answers import Answers
from voxhumana.server.realtime.attention import Attentive
from voxhumana.server.realtime.company import Company
from voxhumana.server.realtime.ear import BLOCK_S, Ear
from voxhumana.server.realtime.floor import Floor
from voxhumana.server.realtime.items import Item, Items
from voxhumana.server.realtime.mouth import WireMouth
from voxhumana.server.realtime.options import Options, ResponseOptions
from voxhumana.server.realtime.part import Part
from voxhumana.server.realtime.record import Record
from voxhumana.server.realtime.tools import ToolResponder
from voxhumana.server.refusal import as_refusal
from voxhumana.server.wire import Outlet


class Conversation:
    """A running path and what was said on it.

    Args:
        engines: To be had from.
        company: Who else converses.
        options: Of the session.
        said: The conversation so far.
        send: Takes events and sound; any thread.
        failed: Told what ended the path that should not have, on its thread.
        count: Takes what the path tells, on its thread, and counts it.

    Raises:
        VoxError: An engine or a voice cannot be had.
    """

    def __init__(
        self,
        engines: Engines,
        company: Company,
        options: Options,
        said: Items,
        send: Callable[[Event | Sound], None],
        failed: Callable[[Exception], None],
        count: Callable[[Note], None] = lambda _: None,
    ) -> None:
        self.id = items.new_id("conv")
        self.options = options
        self.record = Record(said, send)
        self._engines, self._company = engines, company
        self._send = send
        self._failed = failed
        self._count = count
        self._floor = Floor(send)
        self._met = False  # somebody has begun to speak
        self._out = options.audio.output.format
        self._part = Part(engines, options)
        self._ear = Ear(options.audio.input.format, engines.transcriber())
        outlet = Outlet(self._out.rate_hz, round(BLOCK_S * self._out.rate_hz), lambda _: None)
        self._mouth = WireMouth(
            self._out.rate_hz, lambda: self._answers if self._answers.now else None, self._ended
        )
        detector = engines.detector()
        self._mind = engines.responder()  # nothing fails from here on, so the drafter gives it back
        self._responder = ToolResponder(self._mind)
        self._answers = Answers(self.id, self.record, self._responder, self._out.codec, send)
        ears = Ears(
            near=Resample(self._ear.rate_hz, detector.rate_hz).open(),
            far=Resample(self._out.rate_hz, detector.rate_hz).open(),
            echo=None,  # the client's: it alone knows when what we send is heard
            activities=Attentive(detector.open(), self._listening),
            hop=detector.hop,
        )
        self._talk = Talk(
            self._ear.inlet,
            outlet,
            ears,
            self._open_drafter,
            self.record.history(self._part.instructions),
            self._note,
            Turn(eager=engines.settings.speculation),
            mouth=self._mouth,
        )
        self._apply()
        self._thread = threading.Thread(target=self._run, name="conversation", daemon=True)
        self._thread.start()

    @property
    def begun(self) -> bool:
        """Whether anything was heard or said."""
        return self._ear.begun or self._answers.now is not None

    @property
    def voice(self) -> str:
        """Who speaks."""
        return self._part.voice.name

    @property
    def instructions(self) -> str:
        """What the model is told first."""
        return self._part.instructions

    def do(self, errand: Callable[[], None], event_id: str | None) -> None:
        """Run something on the path's thread; a refusal becomes an `error` event. From any thread."""

        def careful() -> None:
            try:
                errand()
            except Exception as error:  # noqa: BLE001  # whatever fails, the conversation goes on
                fault = as_refusal(error).fault.model_dump()
                self._send({"type": "error", "error": {**fault, "event_id": event_id}})

        self._talk.between(careful)

    def stop(self) -> None:
        """End; does not wait."""
        self._talk.stop()
        self._ear.inlet.end()

    def join(self) -> None:
        """Wait for the end."""
        self._thread.join()

    def hear(self, data: bytes) -> None:
        """Take sound as it travels; from the event loop; raises as `Ear.hear`."""
        self._ear.hear(data, hold=self.options.audio.input.turn_detection is None)

    # What the client asks for; each on the path's thread.

    def update(self, options: Options) -> None:
        """Take new options, of the same formats."""
        self._part.take(options)
        self.options = options
        self._apply()
        self._refresh()

    def clear(self) -> None:
        """Forget the sound of this turn."""
        self._ear.clear()
        self._send({"type": "input_audio_buffer.cleared"})

    def commit(self) -> None:
        """End the user's turn here."""
        if self.options.audio.input.turn_detection:
            self._ear.hurry()
            return
        sound = self._ear.take()
        self._commit(self._ear.understand(sound), len(sound) / self._ear.rate_hz, None)
        self._refresh()

    def create(self, item: Item, after: str | None) -> None:
        """Put an item into the conversation."""
        self.record.add(item, after)
        self._refresh()

    def delete(self, item_id: str) -> None:
        """Take one out."""
        self.record.delete(item_id)
        self._refresh()

    def truncate(self, item_id: str, audio_end_ms: int) -> None:
        """So much of a reply was heard; of the one under way, it ends there."""
        if self._answers.is_about(item_id):
            self._talk.hush()
        self.record.truncate(item_id, audio_end_ms, self._out.rate_hz)
        self._refresh()

    def respond(self, once: ResponseOptions) -> None:
        """Answer now."""
        self._answers.check()
        modalities = once.output_modalities or once.modalities or self.options.output_modalities
        self._responder.silent = False
        if once.tools is not None:
            self._responder.tools = tuple(once.tools)
        if once.tool_choice is not None:
            self._responder.choice = once.tool_choice
        self._part.sounds = "audio" in modalities
        history, newest = self.record.items.history(once.instructions or self.instructions)
        self._talk.history = history
        self._answers.begin(list(modalities), once.metadata)
        self._talk.answer(newest)

    def cancel(self, response_id: str | None) -> None:
        """Stop answering."""
        self._answers.cancel(response_id)
        self._talk.hush()

    def read(self, audio: str) -> str:
        """The words in a recording that stands in an item, in the session's input format."""
        return self._ear.read(audio)

    # What the path tells; on its thread.

    def _note(self, note: Note) -> None:
        self._count(note)
        match note:
            case Onset(start):
                self._greet()
                self._floor.begin(start)
                if not self._mouth.speaking:
                    self._floor.tell()
            case Phase.LISTENING | Phase.MAYBE_ENDING | Phase.THINKING if not self._mouth.speaking:
                self._floor.tell()
            case Dismissed():
                self._floor.dismiss()
            case Taken(reply, start, end):
                self._take(reply, start, end)
            case Returned():
                self._answers.take_back()
            case Notice(text):
                self._answers.complain(text, speaking=self._mouth.speaking)
            case TurnTiming():
                self._refresh()

    def _greet(self) -> None:
        """While the first words are being said, have the model read who it is: a second of its time."""
        if not self._met:
            self._met = True
            self._talk.read()

    def _take(self, reply: Reply, start: int, end: int) -> None:
        """The user's turn is over, and the reply to it is wanted."""
        item_id = self._floor.end(end)
        self._answers.ask(self._commit(reply.asked, (end - start) / MS / 1e3, item_id))
        if not self._responder.silent:
            self._answers.begin(list(self.options.output_modalities), None)

    def _commit(self, text: str, seconds: float, item_id: str | None) -> Item:
        transcribed = self.options.audio.input.transcription is not None
        return self.record.commit(text, seconds, item_id, transcribed=transcribed)

    def _ended(self, reply: Reply, heard: str, whole: bool) -> None:
        self._answers.end(reply, heard, whole)
        self._apply()

    def _apply(self) -> None:
        """Let the responder know the session's options, after a response had its own."""
        turns = self.options.audio.input.turn_detection
        self._part.sounds = self.options.speaks
        self._responder.tools = tuple(self.options.tools)
        self._responder.choice = self.options.tool_choice
        self._responder.silent = turns is not None and not turns.create_response

    def _refresh(self) -> None:
        """Let the path know what was said; while a reply is spoken it has that one's history."""
        if self._answers.now is None:
            self._talk.history = self.record.history(self._part.instructions)

    def _listening(self) -> bool:
        """Whether what is heard counts."""
        turns = self.options.audio.input.turn_detection
        return turns is not None and (turns.interrupt_response or not self._mouth.speaking)

    def _open_drafter(self, news: Callable[[News], None]) -> Drafter:
        engines = self._engines
        return Drafter(
            engines.transcriber(),
            build_talk.ending(self._mind),
            self._responder,
            self._part.open,
            self._out.rate_hz,
            news,
            speculate=engines.settings.speculation,
        )

    def _hurry(self, room: bool) -> None:
        """There is room to guess replies in mid-speech, or there is not; from any thread."""
        eager = room and self._engines.settings.speculation
        self._talk.between(lambda: self._talk.be_eager(eager))

    def _run(self) -> None:
        try:
            with self._company.member(self._hurry):
                self._talk.run()
        except Exception as error:  # noqa: BLE001  # whatever an engine raises, only this session ends
            self._failed(error)
