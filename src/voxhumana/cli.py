"""The command line: parse, call, and turn errors into one sentence and an exit code.

Imports stay light, so that `vox --help` answers within 0.3 s; a test holds that.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from voxhumana import __version__
from voxhumana.commands.bench import bench
from voxhumana.commands.convert import Greedy, convert
from voxhumana.commands.devices import devices
from voxhumana.commands.doctor import doctor
from voxhumana.commands.live import live
from voxhumana.commands.memory import app as memory
from voxhumana.commands.models import app as models
from voxhumana.commands.say import say
from voxhumana.commands.serve import serve
from voxhumana.commands.studio import studio
from voxhumana.commands.talk import talk
from voxhumana.commands.token import app as token
from voxhumana.commands.transcribe import transcribe
from voxhumana.commands.voices import app as voices
from voxhumana.errors import VoxError

app = typer.Typer(
    name="vox",
    help="Speak as a character, and speak with one: live voice on your own machine.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"voxhumana {__version__}")
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,  # noqa: ARG001  # for main
    version: Annotated[  # noqa: ARG001  # for its callback
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Speak as a character, and speak with one: live voice on your own machine."""
    if any(name.upper().startswith("VOX_") for name in os.environ):  # else settings need not load for --help
        from voxhumana import config

        for sentence in config.strays():
            print(f"vox: {sentence}", file=sys.stderr)


app.command()(live)
app.command(cls=Greedy)(convert)
app.command()(say)
app.command()(serve)
app.command()(studio)
app.command()(talk)
app.command()(transcribe)
app.command()(devices)
app.command()(doctor)
app.add_typer(bench, name="bench")
app.add_typer(memory, name="memory")
app.add_typer(token, name="token")
app.add_typer(voices, name="voices")
app.add_typer(models, name="models")


def _open_closed() -> None:
    """Let standard streams that were closed before we began be the null device.

    Else the next file to be opened would take their number, and what a library complains about end in it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115  # gets the lowest free number


def _call(arguments: list[str]) -> Any:  # noqa: ANN401  # typer's
    """The exit code: None, what a command says, or 130 after Ctrl-C."""
    try:
        return app(arguments, prog_name="vox", standalone_mode=False)
    except KeyboardInterrupt:  # while typer still reads what our commands take
        return 130


def main() -> None:
    """Entry point of `vox`. Exit codes: 0 done, 1 failed at run time, 2 wrong usage, 130 Ctrl-C."""
    arguments = sys.argv[1:]
    _open_closed()
    try:
        code = _call(arguments)
        sys.stdout.flush()
    except typer.TyperException as error:
        sentence = error.format_message()
        if "\n" not in sentence:  # else it is the help, for `vox` and `vox voices` alone
            command = getattr(getattr(error, "ctx", None), "command_path", "vox")
            see = " See" if sentence.endswith("?") else "; see"
            sentence = f"vox: {sentence.rstrip('.')}{see} `{command} --help`."
        print(sentence, file=sys.stderr)
        code = error.exit_code
    except typer.Abort:  # a question answered with no, Ctrl-C or the end of the input
        print("vox: You said no, so nothing was changed.", file=sys.stderr)
        code = 1
    except VoxError as error:
        if "--debug" in arguments:
            raise
        print(f"vox: {error}", file=sys.stderr)
        code = error.exit_code
    except OSError as error:
        if "--debug" in arguments:
            raise
        if not isinstance(error, BrokenPipeError):  # that one is `vox devices | head -1`
            print(f"vox: The system refuses ({error}); --debug shows where.", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # for what Python flushes at its end
        code = 1
    sys.exit(code)


if __name__ == "__main__":
    main()
