"""What a client of `/v1/realtime` may send, one class a message; docs/REALTIME.md has the order.

Source: the types of the official `openai` client, 2.36 to 2.54 (`types/realtime/*_event.py`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from voxhumana.server.realtime.options import ResponseOptions

Id: TypeAlias = Annotated[str, Field(min_length=1, max_length=128)]


class ClientEvent(BaseModel):
    """What every message has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    event_id: str | None = Field(default=None, max_length=512)


class SessionUpdate(ClientEvent):
    """Change the session; answered with `session.updated`."""

    type: Literal["session.update"]
    session: dict[str, Any]
    """Some of `options.Options`, or of the beta's names for it."""


class Append(ClientEvent):
    """Sound."""

    type: Literal["input_audio_buffer.append"]
    audio: str
    """Base64, in the session's input format."""


class Commit(ClientEvent):
    """The turn ends here."""

    type: Literal["input_audio_buffer.commit"]


class Clear(ClientEvent):
    """Forget the sound of this turn."""

    type: Literal["input_audio_buffer.clear"]


class Part(BaseModel):
    """A piece of a message."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    type: Literal["input_text", "text", "output_text", "input_audio", "output_audio", "audio"]
    text: str | None = Field(default=None, max_length=65_536)
    audio: str | None = None
    transcript: str | None = Field(default=None, max_length=65_536)


class MessageItem(BaseModel):
    """Words of somebody."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    type: Literal["message"]
    id: Id | None = None
    role: Literal["system", "user", "assistant"]
    content: list[Part] = Field(max_length=64)


class CallItem(BaseModel):
    """A function that the model called."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    type: Literal["function_call"]
    id: Id | None = None
    call_id: Id | None = None
    name: str = Field(max_length=64)
    arguments: str = Field(max_length=65_536)


class CallOutputItem(BaseModel):
    """What a function returned."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    type: Literal["function_call_output"]
    id: Id | None = None
    call_id: Id
    output: str = Field(max_length=65_536)


ClientItem: TypeAlias = Annotated[MessageItem | CallItem | CallOutputItem, Field(discriminator="type")]


class ItemCreate(ClientEvent):
    """Put something into the conversation."""

    type: Literal["conversation.item.create"]
    item: ClientItem
    previous_item_id: str | None = None
    """After which: null = the last, `root` = none."""


class ItemDelete(ClientEvent):
    """Take something out of it."""

    type: Literal["conversation.item.delete"]
    item_id: Id


class ItemRetrieve(ClientEvent):
    """Show something of it."""

    type: Literal["conversation.item.retrieve"]
    item_id: Id


class ItemTruncate(ClientEvent):
    """So much of a reply was heard, and no more."""

    type: Literal["conversation.item.truncate"]
    item_id: Id
    content_index: Literal[0]
    audio_end_ms: int = Field(ge=0)


class ResponseCreate(ClientEvent):
    """Answer now."""

    type: Literal["response.create"]
    response: ResponseOptions = ResponseOptions()


class ResponseCancel(ClientEvent):
    """Stop answering."""

    type: Literal["response.cancel"]
    response_id: str | None = None


AnyEvent: TypeAlias = (
    SessionUpdate | Append | Commit | Clear | ItemCreate | ItemDelete | ItemRetrieve | ItemTruncate
    | ResponseCreate | ResponseCancel
)  # fmt: skip
EVENT: TypeAdapter[AnyEvent] = TypeAdapter(Annotated[AnyEvent, Field(discriminator="type")])
