"""Replies by an Ollama server: its own streaming chat, `/api/chat`.

The answer is lines of JSON: {"message": {"content": "Hel"}, "done": false}+, {"done": true}.
Source: github.com/ollama/ollama, docs/api.md.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence

from voxhumana.config import Settings
from voxhumana.dialogue import Message
from voxhumana.errors import VoxError
from voxhumana.reply.http import Client

URL = "http://127.0.0.1:11434"
KEEP_ALIVE = "30m"
"""How long the server keeps the model loaded after a reply: a pause in a conversation, and some more."""


class Ollama:
    """The engine.

    Args:
        model: `MODEL` or `MODEL@URL`; without a model, the first that the server has.
        settings: For the key and the longest reply.
    """

    name = "ollama"

    def __init__(self, model: str, settings: Settings) -> None:
        name, _, url = model.partition("@")
        self._client = Client(url or URL, settings.llm_key, "start it with: ollama serve")
        known = [str(row["name"]) for row in self._client.get("/api/tags").get("models", [])]
        self._model = name or next(iter(known), "")
        if self._model not in known and f"{self._model}:latest" not in known:
            has = ", ".join(known) or "none"
            wanted = self._model or "llama3.2"
            raise VoxError(f"Ollama has no model '{wanted}' (it has: {has}); run: ollama pull {wanted}")
        self._longest = settings.reply_tokens

    def reply(self, messages: Sequence[Message]) -> Generator[str]:
        """Yield the answer as it comes."""
        body = {
            "model": self._model,
            "messages": [{"role": m.role, "content": m.text} for m in messages],
            "stream": True,
            "keep_alive": KEEP_ALIVE,
            "options": {"num_predict": self._longest},
        }
        for line in self._client.lines("/api/chat", body):
            try:
                part = json.loads(line)
            except ValueError as error:
                raise VoxError(
                    f"{self._client.url} does not speak Ollama's protocol; check the address."
                ) from error
            if "error" in part:
                raise VoxError(f"Ollama failed ({part['error']}); see its log.")
            if text := part.get("message", {}).get("content"):
                yield text
            if part.get("done"):
                return
        raise VoxError(f"{self._client.url} broke off in mid-reply; see Ollama's log.")

    def close(self) -> None:
        """Hang up."""
        self._client.close()
