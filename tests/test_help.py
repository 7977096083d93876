"""What `vox --help` and its like show in a terminal 80 columns wide."""

import pytest

from voxhumana import cli

GROUPS = ((), ("bench",), ("memory",), ("models",), ("token",), ("voices",))


@pytest.mark.parametrize("words", GROUPS, ids=lambda words: " ".join(("vox", *words)))
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_every_command_is_explained_whole(words, option, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    cli.app([*words, option], prog_name="vox", standalone_mode=False)
    usage, _, shown = capsys.readouterr().out.partition("\n")
    assert usage.startswith("Usage: vox")
    assert [line for line in shown.splitlines() if line.endswith("...")] == []
