"""What README tells newcomers to type, typed: in a fresh clone, into a fresh environment."""

import os
import re
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest

from sound_server import private_server, wait_until

pytestmark = [pytest.mark.quickstart, pytest.mark.timeout(900)]

ROOT = Path(__file__).parent.parent
CLEAN = {k: v for k, v in os.environ.items() if k not in {"VENV", "VIRTUAL_ENV", "PYTHONPATH", "MAKEFLAGS"}}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with private_server("pulseaudio", tmp_path_factory.mktemp("pulseaudio")) as server:
        yield server


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clone") / "voxhumana"
    subprocess.run(["git", "clone", "-q", ROOT, folder], check=True)
    return folder


def blocks(heading):
    """The `sh` blocks under a heading of README."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = re.search(rf"^## {heading}$(.*?)(?=^## |\Z)", readme, re.MULTILINE | re.DOTALL)
    assert section, f"README has no '{heading}'"
    return re.findall(r"^```sh\n(.*?)^```$", section[1], re.MULTILINE | re.DOTALL)


def studio_answers():
    """Whether the page is there."""
    try:
        with urllib.request.urlopen("http://127.0.0.1:7861/studio/", timeout=5) as answer:
            return b"Vox Humana" in answer.read()
    except OSError:
        return False


def test_the_commands_under_install_and_try_work_in_a_fresh_clone(clone, server):
    typed = "".join(blocks("Try it without a microphone"))
    subprocess.run(["bash", "-euxc", typed], cwd=clone, env=CLEAN | server.places, check=True)
    for name in re.findall(r"[\w-]+\.(?:wav|flac|mp3|json)", typed):
        assert (clone / name).stat().st_size > 100, f"{name} was promised"


def test_make_run_sets_everything_up_and_opens_the_studio(clone, server):
    run = subprocess.Popen(["make", "run"], cwd=clone, env=CLEAN | server.places, start_new_session=True)
    try:
        wait_until(studio_answers, "the studio", 600)
    finally:
        os.killpg(run.pid, signal.SIGINT)
        ended = run.wait(30)
    assert ended in {0, 2, -signal.SIGINT}  # 2: make's own word for an interrupt
