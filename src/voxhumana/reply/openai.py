"""Replies by any server that speaks OpenAI's chat completions: llama.cpp, vLLM, LM Studio, or the cloud.

The answer is server-sent events: "data: {choices: [{delta: {content: "Hel"}}]}"+, "data: [DONE]".
Source: platform.openai.com/docs/api-reference/chat-streaming.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import Any

from voxhumana.config import Settings
from voxhumana.dialogue import Message
from voxhumana.errors import VoxError
from voxhumana.reply.http import Client

URL = "http://127.0.0.1:8080/v1"
"""Where llama.cpp's server answers."""


class OpenAI:
    """The engine.

    Args:
        model: `MODEL` or `MODEL@URL`; without a model, the first that the server lists.
        settings: For the key and the longest reply.
    """

    name = "openai"

    def __init__(self, model: str, settings: Settings) -> None:
        name, _, url = model.partition("@")
        self._client = Client(
            url or URL, settings.llm_key, "start the server, or name its address after '@'."
        )
        self._longest = settings.reply_tokens
        try:
            known = self.models()  # also with a name: somebody must answer there
            self._model = name or next(iter(known), "")
        except BaseException:
            self._client.close()
            raise

    def models(self) -> list[str]:
        """The models that the server lists, by name."""
        rows = self._client.get("/models").get("data") or []
        return [str(row["id"]) for row in rows if isinstance(row, dict) and "id" in row]

    def reply(self, messages: Sequence[Message]) -> Generator[str]:
        """Yield the answer as it comes."""
        body = {
            "model": self._model,
            "messages": [{"role": m.role, "content": m.text} for m in messages],
            "stream": True,
            "max_tokens": self._longest,
        }
        for line in self._client.lines("/chat/completions", body):
            if not line.startswith("data:"):
                continue
            data = line.removeprefix("data:").strip()
            if data == "[DONE]":
                return
            yield from self._text(self._client.parsed(data))
        raise VoxError(f"{self._client.url} broke off in mid-reply; see the server's log.")

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def _text(self, part: dict[str, Any]) -> Iterator[str]:
        if error := part.get("error"):
            said = error.get("message", "") if isinstance(error, dict) else error
            raise VoxError(f"{self._client.url} failed ({' '.join(str(said).split())}); see its log.")
        for choice in part.get("choices") or []:
            delta = choice.get("delta") if isinstance(choice, dict) else None
            if isinstance(delta, dict) and (text := delta.get("content")):
                yield str(text)
