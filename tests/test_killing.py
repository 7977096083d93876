"""`kill -9` while voices are added: the database is intact, and at most the voice under way is lost."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows cannot fork")


def kill(folder, rounds):
    script = Path(__file__).with_name("killing.py")
    done = subprocess.run(
        [sys.executable, script, folder, str(rounds)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["wrong"] == []
    assert result["kills"] == rounds
    assert result["added"] > 0
    return result


def test_a_few_kills_lose_nothing_that_was_finished(tmp_path):
    kill(tmp_path, 6)


@pytest.mark.slow
@pytest.mark.timeout(600)  # half a minute of processor, far longer on a busy machine
def test_two_hundred_kills_lose_nothing_that_was_finished(tmp_path):
    assert kill(tmp_path, 200)["swept"] > 0  # some were hit in the midst
