"""What the assistant can do besides talk: plain functions, called by one line of the language model's.

    the user's words -> do they hint at a tool? -> the model is offered those tools, for this message only
    "CALL timer(5)"  -> parsed, run once the turn is really over -> the sentence it returns is spoken

A small model that is always shown tools calls them for anything; shown them only where a word of the message
hints at one, and asked for one line, it can be relied on more. The offer stands behind the message, so that
everything before it stays in the model's cache. Nothing of a call is ever spoken or stored.

Other packages add tools by entry points in the group `voxhumana.tools`; each is a function whose parameters
are `str`, `int` or `float`, that returns the sentence to speak, with a docstring and `hints`, a set of words
or phrases:

    def dice(sides: int = 6) -> str:
        "Throw a die."
        return f"It shows {random.randint(1, sides)}."
    dice.hints = {"die", "dice"}
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points

from voxhumana.errors import VoxError

GROUP = "voxhumana.tools"
"""Entry-point group in which other packages name their tools."""
MARK = "CALL"
"""How a line that is a call begins."""
LONGEST = 500
"""Characters of a call; a longer one is no call."""
CALL = re.compile(r"(\w+)\s*\((.*)\)", re.DOTALL)


@dataclass(frozen=True)
class Tool:
    """A function with what the model and the words say of it."""

    name: str
    call: Callable[..., str]
    about: str
    """One line, for the model."""
    hints: frozenset[str]
    """Words, or phrases, of a message that make this tool worth offering."""

    @property
    def usage(self) -> str:
        """As the model sees it."""
        parameters = inspect.signature(self.call).parameters.values()
        return f"{self.name}({', '.join(p.name for p in parameters)}): {self.about}"


def tool(function: Callable[..., str]) -> Tool:
    """Read a tool off its function.

    Raises:
        VoxError: It says nothing about itself.
    """
    name = getattr(function, "__name__", "")
    about = (inspect.getdoc(function) or "").partition("\n")[0]
    if not (name and about):
        raise VoxError(f"The tool '{name}' has no docstring; its first line tells the model what it does.")
    return Tool(name, function, about, frozenset(getattr(function, "hints", {name})))


def plugged() -> list[Tool]:
    """The tools of other packages."""
    return [tool(entry.load()) for entry in entry_points(group=GROUP)]


def offered(tools: Iterable[Tool], message: str) -> list[Tool]:
    """The tools that a message hints at."""
    said = f" {' '.join(re.findall('[a-z]+', message.lower()))} "
    return [tool for tool in tools if any(f" {hint} " in said for hint in tool.hints)]


def offer(message: str, tools: Sequence[Tool]) -> str:
    """The message, with the tools behind it."""
    usages = "\n".join(tool.usage for tool in tools)
    return (
        f"{message}\n\n[Functions:\n{usages}\nIf I asked for one of these, answer only with one line: "
        f"{MARK} function(arguments). Otherwise answer as usual.]"
    )


def may_be_call(text: str) -> bool:
    """Whether what the model has said so far can be the beginning of a call."""
    begun = text.lstrip().lstrip("`")
    return len(begun) <= LONGEST and (begun[: len(MARK)] == MARK[: len(begun)])


def run(text: str, tools: Iterable[Tool]) -> str:
    """Run the call that `text` is and return the sentence to speak; whatever goes wrong is one as well."""
    found = CALL.search(text)
    chosen = next((tool for tool in tools if found and tool.name == found.group(1)), None)
    if not (found and chosen):
        return "I meant to do something there, but I do not know how."
    try:
        return chosen.call(*_arguments(chosen, found.group(2)))
    except VoxError as error:
        return str(error)
    except Exception:  # noqa: BLE001  # a tool of somebody's; the conversation goes on
        return "I tried, but I did not quite understand how."


def _arguments(tool: Tool, written: str) -> list[str | int | float]:
    """What is written between the parentheses, as the function's parameters want it."""
    parameters = [*inspect.signature(tool.call, eval_str=True).parameters.values()]
    given: list[object]
    named: dict[str, object] = {}
    try:
        call = ast.parse(f"f({written})", mode="eval").body
        assert isinstance(call, ast.Call)
        given = [ast.literal_eval(argument) for argument in call.args]
        named = {str(k.arg): ast.literal_eval(k.value) for k in call.keywords}
    except (SyntaxError, ValueError, AssertionError):
        bare = written.partition("=")[2] if re.match(r"\s*\w+\s*=", written) else written
        given = [bare.strip().strip("\"'")] if bare.strip() else []
    values = [*given[: len(parameters)]]
    values += [named[p.name] for p in parameters[len(values) :] if p.name in named]
    return [_as(p.annotation, value) for p, value in zip(parameters, values, strict=False)]


def _as(kind: object, value: object) -> str | int | float:
    if kind in {int, float}:
        number = float(re.sub(r"[^0-9.\-]", "", str(value)))
        return round(number) if kind is int else number
    return str(value)
