"""Functions of the client, for a language engine that only reads and writes text.

The functions stand in the system message, a call is written between tags, and what it returned is told in the
user's turn: the format of Hermes and Qwen, in which the embedded model was trained.

    ...<tool_call>{"name": "get_time", "arguments": {"city": "Bath"}}</tool_call>

Source: the chat template of Qwen2.5 (`tokenizer_config.json`, Apache-2.0).
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

from voxhumana.dialogue import Message, Responder
from voxhumana.server.realtime.options import Choice, Tool, ToolChoice

OPEN, CLOSE = "<tool_call>", "</tool_call>"
LONGEST = 16_384
"""Characters of a call; one that never ends is given up."""
KEPT = 16
"""Conversations whose calls are remembered: drafts come in between."""


@dataclass(frozen=True)
class Call:
    """A function that the model wants called."""

    name: str
    arguments: str
    """JSON."""


class ToolResponder:
    """A `dialogue.Responder` that knows the session's functions, and keeps the calls apart from the words.

    Args:
        inner: Who answers.
    """

    name = "tools"

    def __init__(self, inner: Responder) -> None:
        self._inner = inner
        self._calls: dict[tuple[Message, ...], list[Call]] = {}
        self.tools: tuple[Tool, ...] = ()
        self.choice: ToolChoice = "auto"
        self.silent = False
        """Say nothing, whatever is asked: the client asks for its responses."""

    def reply(self, messages: Sequence[Message]) -> Generator[str]:
        """Yield the words; the calls are told by `calls`."""
        key = tuple(messages)
        calls: list[Call] = []
        self._calls[key] = calls
        while len(self._calls) > KEPT:
            del self._calls[next(iter(self._calls))]
        if self.silent:
            return
        words = self._inner.reply(instructed(messages, self.tools, self.choice))
        if not self.tools:
            yield from words
            return
        stream = CallStream(self.tools, calls)
        try:
            for word in words:
                yield from stream.push(word)
        finally:
            words.close()
        yield from stream.flush()

    def calls(self, messages: Sequence[Message]) -> list[Call]:
        """What was called in the reply to these messages."""
        return self._calls.get(tuple(messages), [])

    def close(self) -> None:
        """See `dialogue.Responder`."""
        self._inner.close()


class CallStream:
    """`Stream[str, str]`: a model's text in, its words out; the calls in between go to a list.

    Args:
        tools: What may be called.
        calls: Takes the calls.
    """

    def __init__(self, tools: Sequence[Tool], calls: list[Call]) -> None:
        self._tools = tools
        self._calls = calls
        self._held = ""
        self._calling = False

    def push(self, item: str) -> Iterator[str]:
        """Yield the words in `item`, but for what may be the beginning of a tag."""
        self._held = (self._held + item)[-LONGEST:]
        while True:
            before, found, after = self._held.partition(CLOSE if self._calling else OPEN)
            if not found:
                break
            yield from self._ended(before)
            self._held, self._calling = after, not self._calling
        if not self._calling:
            safe = len(self._held) - _begun(self._held)
            words, self._held = self._held[:safe], self._held[safe:]
            if words:
                yield words

    def flush(self) -> Iterator[str]:
        """Yield the rest; the last tag of a call is often forgotten."""
        yield from self._ended(self._held)

    def _ended(self, text: str) -> Iterator[str]:
        if not self._calling:
            if text.strip():
                yield text
        elif call := parse(text, self._tools):
            self._calls.append(call)


def instructed(messages: Sequence[Message], tools: Sequence[Tool], choice: ToolChoice) -> list[Message]:
    """The messages with the functions in the first, which is the system's."""
    if not tools or choice == "none":
        return list(messages)
    listed = "\n".join(
        json.dumps(
            {
                "type": "function",
                "function": {"name": t.name, "description": t.description, "parameters": t.parameters},
            }
        )
        for t in tools
    )
    text = (
        f"{messages[0].text}\n\n# Tools\n\n"
        "You may call one or more functions to assist with the user query.\n\n"
        "You are provided with function signatures within <tools></tools> XML tags:\n"
        f"<tools>\n{listed}\n</tools>\n\n"
        "For each function call, return a json object with function name and arguments within "
        f"{OPEN}{CLOSE} XML tags:\n"
        f'{OPEN}\n{{"name": <function-name>, "arguments": <args-json-object>}}\n{CLOSE}'
    )
    if isinstance(choice, Choice):
        text += f"\n\nCall the function {choice.name} now."
    elif choice == "required":
        text += "\n\nCall a function now."
    return [Message(messages[0].role, text), *messages[1:]]


def parse(text: str, tools: Sequence[Tool]) -> Call | None:
    """The call written in `text`; None if it is none of these functions."""
    try:
        read = json.loads(text)
        name, arguments = read["name"], read.get("arguments", {})
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    if name not in {tool.name for tool in tools}:
        return None
    return Call(name, arguments if isinstance(arguments, str) else json.dumps(arguments))


def called(name: str, arguments: str) -> str:
    """A call as the model wrote it."""
    return f'{OPEN}\n{{"name": {json.dumps(name)}, "arguments": {arguments or "{}"}}}\n{CLOSE}'


def returned(output: str) -> str:
    """What a function returned, as the model reads it."""
    return f"<tool_response>\n{output}\n</tool_response>"


def _begun(text: str) -> int:
    """How many characters at the end of `text` may be the beginning of a tag."""
    return next((n for n in range(min(len(OPEN) - 1, len(text)), 0, -1) if OPEN.startswith(text[-n:])), 0)
