"""`vox token create | list | revoke | rotate`: who may use the server from elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Say who may use the server from elsewhere.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Who or what it is for.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="What it opens: read, convert, talk, speech, transcribe, metrics, studio; repeatable."
        ),
    ] = None,
    days: Annotated[float, typer.Option(min=0.001, max=3650, help="How long it lasts.")] = 90,
) -> None:
    """Print a new token, which is shown once. Without --scope it opens all but the studio and the metrics."""
    from voxhumana import config
    from voxhumana.server.tokens import SCOPES, Tokens

    tokens = Tokens(config.load().data_dir)
    print(tokens.mint(name, scope or [word for word in SCOPES if word not in {"studio", "metrics"}], days))
    tokens.close()


@app.command("list")
def list_(
    json: Annotated[Path | None, typer.Option(metavar="F", help="Write as JSON; - is the terminal.")] = None,
) -> None:
    """Show the tokens that were given out, but not what opens."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from voxhumana import config
    from voxhumana.commands import report
    from voxhumana.server.tokens import Tokens

    if json:
        report.check_writable(json)
    tokens = Tokens(config.load().data_dir)
    now = datetime.now(UTC)
    rows = []
    for row in tokens.ledger.rows():
        made, expires = (datetime.fromtimestamp(at, UTC) for at in (row.made, row.expires))
        state = "revoked" if row.revoked else "expired" if expires < now else "good"
        dates = {"made": f"{made:%Y-%m-%d}", "expires": f"{expires:%Y-%m-%d}"}
        rows.append({"id": row.id, "name": row.name, "scopes": row.scopes, **dates, "state": state})
    tokens.close()
    if json:
        report.write(json, {"tokens": rows})
    if json == report.TERMINAL:
        return
    if not rows:
        print("No token was given out yet; `vox token create NAME` makes one.")
        return
    table = Table(*rows[0], box=None, pad_edge=False)
    for cells in rows:
        table.add_row(*map(escape, cells.values()))
    Console().print(table)


@app.command()
def revoke(word: Annotated[str, typer.Argument(metavar="ID|NAME", help="See `vox token list`.")]) -> None:
    """Take a token back, or all of a name. It opens nothing from now on."""
    from voxhumana import config
    from voxhumana.server.tokens import Tokens

    tokens = Tokens(config.load().data_dir)
    for row in tokens.ledger.revoke(word):
        print(f"Revoked {row.id} ({row.name}).")
    tokens.close()


@app.command()
def rotate(
    forget: Annotated[
        bool, typer.Option("--forget", help="Forget the old secrets too: every token of before ends now.")
    ] = False,
) -> None:
    """Sign new tokens with a new secret."""
    from voxhumana import config
    from voxhumana.server.keys import Keys

    key = Keys(config.load().data_dir).rotate(forget)
    after = (
        "Tokens of before are worth nothing now."
        if forget
        else "Tokens of before stay good until they expire."
    )
    print(f"New tokens are signed with key {key.name}. {after}")
