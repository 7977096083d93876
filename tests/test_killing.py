"""`kill -9` while voices are added and people talk: the database is intact, and nothing finished is lost."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows cannot fork")


def kill(folder, rounds, what="killing.py"):
    script = Path(__file__).with_name(what)
    done = subprocess.run(
        [sys.executable, script, folder, str(rounds)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["wrong"] == []
    assert result["kills"] == rounds
    return result


def test_a_few_kills_lose_nothing_that_was_finished(tmp_path):
    assert kill(tmp_path, 6)["added"] > 0


@pytest.mark.slow
@pytest.mark.timeout(600)  # half a minute of processor, far longer on a busy machine
def test_two_hundred_kills_lose_nothing_that_was_finished(tmp_path):
    result = kill(tmp_path, 200)
    assert result["added"] > 0
    assert result["swept"] > 0  # some were hit in the midst


def test_a_few_kills_in_conversation_lose_at_most_the_turn_under_way(tmp_path):
    assert kill(tmp_path, 4, "killing_talk.py")["turns"] > 0


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_hundred_kills_in_conversation_lose_at_most_the_turn_under_way(tmp_path):
    assert kill(tmp_path, 200, "killing_talk.py")["turns"] > 100
