"""Replies by any server that speaks OpenAI's chat completions: llama.cpp, vLLM, LM Studio, or the cloud.

The answer is server-sent events: "data: {choices: [{delta: {content: "Hel"}}]}"+, "data: [DONE]".
Source: platform.openai.com/docs/api-reference/chat-streaming.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence

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
        known = self._client.get("/models").get("data") or [{"id": ""}]
        self._model = name or str(known[0]["id"])
        self._longest = settings.reply_tokens

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
            part = json.loads(data)
            if "error" in part:
                raise VoxError(
                    f"{self._client.url} failed ({part['error'].get('message', '')}); see its log."
                )
            for choice in part.get("choices", []):
                if text := choice.get("delta", {}).get("content"):
                    yield text
        raise VoxError(f"{self._client.url} broke off in mid-reply; see the server's log.")

    def close(self) -> None:
        """Hang up."""
        self._client.close()
