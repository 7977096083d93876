"""A conversation over a socket: the very path of `vox talk`, with the peer as microphone and loudspeaker.

    peer's sound -> Inlet -> Talk (ears, turn, drafter) -> WireMouth -> Response -> peer
    peer's events -> `obey`, between two blocks of the path

All of this runs on the path's thread, so events and turns come one after the other, and nothing is locked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import soxr

from voxhumana import build_talk
from voxhumana.assistant.drafter import Drafter, News
from voxhumana.assistant.ears import Ears
from voxhumana.assistant.history import History
from voxhumana.assistant.notes import Dismissed, Note, Notice, Onset, Taken
from voxhumana.assistant.reply import Reply
from voxhumana.assistant.talk import Talk
from voxhumana.assistant.timing import TurnTiming
from voxhumana.assistant.turn import MS, Phase, Turn
from voxhumana.audio.resample import Resample
from voxhumana.dialogue import Activity
from voxhumana.engine import Block, Stream
from voxhumana.server.convert import decode
from voxhumana.server.engines import Engines
from voxhumana.server.outbox import Event, Sound
from voxhumana.server.realtime import items
from voxhumana.server.realtime.items import Item, Items
from voxhumana.server.realtime.mouth import WireMouth
from voxhumana.server.realtime.options import Options, ResponseOptions
from voxhumana.server.realtime.response import Response
from voxhumana.server.realtime.tools import ToolResponder
from voxhumana.server.refusal import Refusal, as_refusal
from voxhumana.server.speech import shelf_name
from voxhumana.server.wire import Inlet, Outlet

BLOCK_S = 0.02
"""Of sound at a time: what VoIP and most clients send."""
LONGEST_S = 120.0
"""Of sound that may wait: a client may send a recording at once."""
SHORTEST_S = 0.1
"""Of sound that can be committed, as OpenAI has it."""
HURRY_S = 2.0
"""Silence that ends any turn: longer than the turn machine's patience."""


class Conversation:
    """A running path and what was said on it.

    Args:
        engines: To be had from.
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
        options: Options,
        said: Items,
        send: Callable[[Event | Sound], None],
        failed: Callable[[Exception], None],
        count: Callable[[Note], None] = lambda _: None,
    ) -> None:
        self.id = items.new_id("conv")
        self.options = options
        self.items = said
        self.response: Response | None = None
        self._engines = engines
        self._send = send
        self._failed = failed
        self._count = count
        self._sounds = options.speaks
        self._held: list[Block] = []  # the turn's sound, where the client ends turns
        self._item_id = items.new_id("item")  # of what the user is saying
        self._user: Item | None = None  # of the response under way, when it was heard
        self._onset: Onset | None = None  # not told yet: it may be "mhm"
        self._responder = ToolResponder(engines.responder())
        self._in, self._out = options.audio.input.format, options.audio.output.format
        frames = round(BLOCK_S * self._in.rate_hz)
        self.inlet = Inlet(self._in.rate_hz, frames, round(LONGEST_S * self._in.rate_hz), ticks=True)
        outlet = Outlet(self._out.rate_hz, round(BLOCK_S * self._out.rate_hz), lambda _: None)
        self._mouth = WireMouth(self._out.rate_hz, lambda: self if self.response else None, self._ended)
        self._voice = engines.voice(self._voice_name())
        detector = engines.detector()
        ears = Ears(
            near=Resample(self._in.rate_hz, detector.rate_hz).open(),
            far=Resample(self._out.rate_hz, detector.rate_hz).open(),
            echo=None,  # the client's: it alone knows when what we send is heard
            activities=_Attentive(detector.open(), self._listening),
            hop=detector.hop,
        )
        self._talk = Talk(
            self.inlet,
            outlet,
            ears,
            self._open_drafter,
            self._history(),
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
        return self.inlet.begun or self.response is not None or bool(self._held)

    @property
    def voice(self) -> str:
        """Who speaks."""
        return self._voice.name

    @property
    def instructions(self) -> str:
        """What the model is told first."""
        return self.options.instructions or build_talk.persona(self._voice)

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
        self.inlet.end()

    def join(self) -> None:
        """Wait for the end."""
        self._thread.join()

    def hear(self, data: bytes) -> None:
        """Take sound as it travels; from the event loop.

        Raises:
            Refusal: Half a sample, or more than is kept.
        """
        codec = self._in.codec
        if len(data) % codec.width:
            raise Refusal(400, "A frame of PCM16 has an even number of bytes.", "audio", "invalid_audio")
        block = codec.decode(data)
        if self.options.audio.input.turn_detection:
            self.inlet.push(block)
        elif sum(map(len, self._held)) + len(block) > LONGEST_S * self._in.rate_hz:
            raise Refusal(400, f"A turn may last {LONGEST_S:.0f} s; commit or clear it.", "audio", "too_long")
        else:
            self._held.append(block)

    # What the client asks for; each on the path's thread.

    def update(self, options: Options) -> None:
        """Take new options, of the same formats."""
        self._voice = self._engines.voice(self._voice_name(options))
        self.options = options
        self._apply()
        self._refresh()

    def clear(self) -> None:
        """Forget the sound of this turn."""
        self.inlet.clear()
        self._held = []
        self._send({"type": "input_audio_buffer.cleared"})

    def commit(self) -> None:
        """End the user's turn here."""
        if self.options.audio.input.turn_detection:
            self.inlet.push(np.zeros(round(HURRY_S * self._in.rate_hz), np.float32))
            return
        sound = np.concatenate([*self._held, np.zeros(0, np.float32)])
        if len(sound) < SHORTEST_S * self._in.rate_hz:
            raise Refusal(
                400,
                f"{len(sound) / self._in.rate_hz * 1e3:.0f} ms of sound are too little to commit; send 100.",
                code="input_audio_buffer_commit_empty",
            )
        self._held = []
        self._commit(self._transcribed(sound), len(sound) / self._in.rate_hz)
        self._refresh()

    def create(self, item: Item, after: str | None) -> None:
        """Put an item into the conversation."""
        self._add(item, after)
        self._refresh()

    def delete(self, item_id: str) -> None:
        """Take one out."""
        self.items.delete(item_id)
        self._refresh()
        self._send({"type": "conversation.item.deleted", "item_id": item_id})

    def retrieve(self, item_id: str) -> None:
        """Show one."""
        self._send({"type": "conversation.item.retrieved", "item": dict(self.items.find(item_id).shown)})

    def truncate(self, item_id: str, audio_end_ms: int) -> None:
        """So much of a reply was heard; of the one under way, it ends there."""
        if self.response and self.response.where["item_id"] == item_id:
            self._talk.hush()
        self.items.truncate(item_id, audio_end_ms * self._out.rate_hz // 1000)
        self._refresh()
        self._send(
            {
                "type": "conversation.item.truncated",
                "item_id": item_id,
                "content_index": 0,
                "audio_end_ms": audio_end_ms,
            }
        )

    def respond(self, once: ResponseOptions) -> None:
        """Answer now."""
        if self.response:
            raise Refusal(
                400,
                "A response is under way; cancel it, or wait for response.done.",
                code="conversation_already_has_active_response",
            )
        modalities = once.output_modalities or once.modalities or self.options.output_modalities
        self._responder.silent = False
        if once.tools is not None:
            self._responder.tools = tuple(once.tools)
        if once.tool_choice is not None:
            self._responder.choice = once.tool_choice
        self._sounds = "audio" in modalities
        history, newest = self.items.history(once.instructions or self.instructions)
        self._talk.history = history
        self._begin_response(list(modalities), once.metadata)
        self._talk.answer(newest)

    def cancel(self, response_id: str | None) -> None:
        """Stop answering."""
        response = self.response
        if response is None or (response_id and response_id != response.id):
            raise Refusal(400, "There is no such response to cancel.", code="response_cancel_not_active")
        response.cancelled_by = "client_cancelled"
        self._talk.hush()

    def words(self, audio: str) -> str:
        """What is said in a recording that stands in an item, in the session's input format."""
        return self._transcribed(self._in.codec.decode(decode(audio)))

    # What the path tells; on its thread.

    def say(self, text: str) -> None:
        """See `mouth.Listener`."""
        if self.response:
            self.response.say(text)

    def sound(self, block: Block) -> None:
        """See `mouth.Listener`."""
        if self.response:
            self.response.sound(self._out.codec.encode(block), len(block))

    def _note(self, note: Note) -> None:
        self._count(note)
        match note:
            case Onset():
                self._onset = note
                if not self._mouth.speaking:
                    self._tell_onset()
            case Phase.LISTENING | Phase.MAYBE_ENDING | Phase.THINKING if not self._mouth.speaking:
                self._tell_onset()
            case Dismissed():
                if self._onset is None:
                    self._send({"type": "input_audio_buffer.speech_stopped", **self._heard_at(0)})
                self._onset = None
            case Taken(reply, start, end):
                self._take(reply, start, end)
            case Notice(text):
                if self.response and self._mouth.speaking:
                    self.response.failure = text
                else:
                    self._send({"type": "error", "error": as_refusal(Refusal(500, text)).fault.model_dump()})
            case TurnTiming():
                self._refresh()

    def _tell_onset(self) -> None:
        if self._onset:
            self._item_id = items.new_id("item")
            at = {"audio_start_ms": self._onset.start // MS, "item_id": self._item_id}
            self._send({"type": "input_audio_buffer.speech_started", **at})
            self._onset = None

    def _heard_at(self, end: int) -> dict[str, Any]:
        return {"audio_end_ms": end // MS, "item_id": self._item_id}

    def _take(self, reply: Reply, start: int, end: int) -> None:
        """The user's turn is over, and the reply to it is wanted."""
        self._tell_onset()
        self._send({"type": "input_audio_buffer.speech_stopped", **self._heard_at(end)})
        self._user = self._commit(reply.asked, (end - start) / MS / 1e3, self._item_id)
        if not self._responder.silent:
            self._begin_response(list(self.options.output_modalities), None)

    def _commit(self, text: str, seconds: float, item_id: str | None = None) -> Item:
        item = items.message("user", [{"type": "input_audio", "transcript": text}], text, item_id)
        self._send(
            {
                "type": "input_audio_buffer.committed",
                "item_id": item.id,
                "previous_item_id": self.items.last_id,
            }
        )
        self._add(item)
        if self.options.audio.input.transcription:
            self._send(
                {
                    "type": "conversation.item.input_audio_transcription.completed",
                    "item_id": item.id,
                    "content_index": 0,
                    "transcript": text,
                    "usage": {"type": "duration", "seconds": seconds},
                }
            )
        return item

    def _add(self, item: Item, after: str | None = None) -> None:
        before = self.items.add(item, after)
        told = {"previous_item_id": before, "item": dict(item.shown)}
        self._send({"type": "conversation.item.added", **told})
        self._send({"type": "conversation.item.done", **told})

    def _begin_response(self, modalities: list[str], metadata: dict[str, str] | None) -> None:
        self.response = Response(self.items, self.id, modalities, metadata, self._send)

    def _ended(self, reply: Reply, heard: str, whole: bool) -> None:
        response, self.response = self.response, None
        user, self._user = self._user, None
        if response:
            calls = self._responder.calls(reply.history.with_user(reply.asked))
            response.end(heard, calls, list(reply.pieces), whole)
        if user and not whole and not heard:  # the user goes on: the next turn says it all
            self.items.delete(user.id)
            self._send({"type": "conversation.item.deleted", "item_id": user.id})
        self._apply()

    def _apply(self) -> None:
        """Let the responder know the session's options, after a response had its own."""
        turns = self.options.audio.input.turn_detection
        self._sounds = self.options.speaks
        self._responder.tools = tuple(self.options.tools)
        self._responder.choice = self.options.tool_choice
        self._responder.silent = turns is not None and not turns.create_response

    def _refresh(self) -> None:
        """Let the path know what was said; while a reply is spoken it has that one's history."""
        if self.response is None:
            self._talk.history = self._history()

    def _history(self) -> History:
        history, newest = self.items.history(self.instructions)
        return history.after(newest, "") if newest else history

    def _voice_name(self, options: Options | None = None) -> str | None:
        name = (options or self.options).audio.output.voice_name
        return None if name is None else shelf_name(name, self._engines)

    def _listening(self) -> bool:
        """Whether what is heard counts."""
        turns = self.options.audio.input.turn_detection
        return turns is not None and (turns.interrupt_response or not self._mouth.speaking)

    def _transcribed(self, sound: Block) -> str:
        transcriber = self._engines.transcriber()
        heard = soxr.resample(sound, self._in.rate_hz, transcriber.rate_hz)
        parts = [heard[at : at + transcriber.longest] for at in range(0, len(heard), transcriber.longest)]
        return " ".join(filter(None, map(transcriber.transcribe, parts)))

    def _open_drafter(self, news: Callable[[News], None]) -> Drafter:
        engines = self._engines
        return Drafter(
            engines.transcriber(),
            engines.ending(),
            self._responder,
            self._open_speech,
            self._out.rate_hz,
            news,
            speculate=engines.settings.speculation,
        )

    def _open_speech(self) -> Stream[str, Block]:
        if not self._sounds:
            return _Mute()
        return self._engines.speaker(self._voice, self._out.rate_hz).open(self._voice)

    def _run(self) -> None:
        try:
            self._talk.run()
        except Exception as error:  # noqa: BLE001  # whatever an engine raises, only this session ends
            self._failed(error)


class _Attentive:
    """A detector's stream that hears nothing while nobody listens."""

    def __init__(self, inner: Stream[Block, Activity], listening: Callable[[], bool]) -> None:
        self._inner = inner
        self._listening = listening

    def push(self, item: Block) -> Iterator[Activity]:
        """See `engine.Stream`."""
        for activity in self._inner.push(item):
            yield activity if self._listening() else Activity(activity.end, 0.0)

    def flush(self) -> Iterator[Activity]:
        """See `engine.Stream`."""
        yield from self._inner.flush()


class _Mute:
    """Speech of replies that are only read: a sample of silence for each piece, which counts as said."""

    def push(self, item: str) -> Iterator[Block]:  # noqa: ARG002
        """See `engine.Stream`."""
        yield np.zeros(1, np.float32)

    def flush(self) -> Iterator[Block]:
        """See `engine.Stream`."""
        yield from ()
