"""Replies by an Ollama server: its own streaming chat, `/api/chat`.

The answer is lines of JSON: {"message": {"content": "Hel"}, "done": false}+, {"done": true}. A model that is
named and not there is fetched first, like `ollama run`: {"status": "pulling", "completed": 1, "total": 2}+,
{"status": "success"}. Source: github.com/ollama/ollama, docs/api.md.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from voxhumana.config import Settings
from voxhumana.dialogue import Message
from voxhumana.errors import VoxError
from voxhumana.reply.http import READ_S, Client

URL = "http://127.0.0.1:11434"
KEEP_ALIVE = "30m"
"""How long the server keeps the model loaded after a reply: a pause in a conversation, and some more."""
PULL_S = 600.0
"""Between two lines while a model is fetched; its hash is checked in silence, at the speed of the disk."""


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
        self._longest = settings.reply_tokens
        try:
            self._model = self._ready(name, self.models())
        except BaseException:
            self._client.close()
            raise

    def models(self) -> list[str]:
        """The models that the server has, by name, the newest first."""
        rows = self._client.get("/api/tags").get("models") or []
        return [str(row["name"]) for row in rows if isinstance(row, dict) and "name" in row]

    def reply(self, messages: Sequence[Message]) -> Generator[str]:
        """Yield the answer as it comes."""
        body = {
            "model": self._model,
            "messages": [{"role": m.role, "content": m.text} for m in messages],
            "stream": True,
            "keep_alive": KEEP_ALIVE,
            "options": {"num_predict": self._longest},
        }
        for part in self._parts("/api/chat", body):
            message = part.get("message")
            if isinstance(message, dict) and (text := message.get("content")):
                yield str(text)
            if part.get("done"):
                return
        raise VoxError(f"{self._client.url} broke off in mid-reply; see Ollama's log.")

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def _ready(self, name: str, known: Sequence[str]) -> str:
        """The model to use, which is there now."""
        if not (name or known):
            raise VoxError("Ollama has no model yet; name one and it is fetched: --llm ollama:llama3.2")
        name = name or known[0]
        if name not in known and f"{name}:latest" not in known:
            self._pull(name, known)
        return name

    def _pull(self, name: str, known: Sequence[str]) -> None:
        """Fetch a model, with a bar on standard error; one that is interrupted goes on from there later."""
        columns = (
            TextColumn("Ollama: {task.description}"),
            BarColumn(),
            DownloadColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task(f"fetching {name}", total=None)
            try:
                for part in self._parts("/api/pull", {"model": name, "stream": True}, PULL_S):
                    status = str(part.get("status", ""))
                    progress.update(
                        task, description=status, completed=part.get("completed", 0), total=part.get("total")
                    )
                    if status == "success":
                        return
            except VoxError as error:
                has = ", ".join(known) or "none"
                raise VoxError(
                    f"Ollama has no model '{name}' (it has: {has}) and cannot fetch it: {error}"
                ) from error
        raise VoxError(f"{self._client.url} broke off while it fetched {name}; try again.")

    def _parts(self, path: str, body: dict[str, Any], silent_s: float = READ_S) -> Iterator[dict[str, Any]]:
        for line in self._client.lines(path, body, silent_s):
            part = self._client.parsed(line)
            if "error" in part:
                raise VoxError(f"Ollama failed ({' '.join(str(part['error']).split())}); see its log.")
            yield part
