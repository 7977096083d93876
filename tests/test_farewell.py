"""Ctrl-C ends the server, whatever an engine is busy with, and sessions hear a goodbye."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from served import event

BUSY = """
import sys, time
from pathlib import Path
from listening import CountingTranscriber, LoudDetector, ScriptedResponder
from realtime_peer import Humming
from voxhumana.config import Settings
from voxhumana.server.app import create
from voxhumana.server.run import run

class Stuck(ScriptedResponder):
    def reply(self, messages):
        time.sleep(3600)
        yield ""

app = create(settings := Settings(data_dir=Path(sys.argv[1]), serve_port=0))
app.state.engines._loaded |= {
    "tts": Humming(), "stt": CountingTranscriber(), "detector": LoudDetector(), "llm": Stuck("")
}
run(app, settings)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process")
def test_an_engine_that_never_returns_does_not_hold_the_end_up(tmp_path):
    here = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    with subprocess.Popen(
        [sys.executable, "-c", BUSY, tmp_path],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": here},
    ) as server:
        port = re.search(r":(\d+);", server.stdout.readline())[1]
        with connect(f"ws://127.0.0.1:{port}/v1/realtime", open_timeout=60) as peer:
            event(peer, "session.created")
            peer.send(json.dumps({"type": "response.create"}))
            event(peer, "response.created")
            server.send_signal(signal.SIGINT)
            with pytest.raises(ConnectionClosed) as closed:
                event(peer, "never")
            assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1001, "the server ends")
        assert server.wait(30) in {0, 130}  # of an hour that it would have slept


LOADING = """
import signal, sys, time
from pathlib import Path
from voxhumana.config import Settings
from voxhumana.server.app import create
from voxhumana.server.run import run

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background has it ignored

def warm():
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # as deaf as a library that loads
    print("deaf", flush=True)
    time.sleep(3600)

run(create(settings := Settings(data_dir=Path(sys.argv[1]), serve_port=0)), settings, warm)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process")
def test_ctrl_c_while_the_engines_are_loaded_ends_it_at_once(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", LOADING, tmp_path], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout.readline().startswith("Loading")
        assert server.stdout.readline() == "deaf\n"
        server.send_signal(signal.SIGINT)
        try:
            assert server.wait(60) == 130
        finally:
            server.kill()


def speak(peer, frames):
    """Send sound in real time."""
    for _ in range(frames):
        peer.send(bytes(960))
        time.sleep(0.02)


ALONE = """
import sys
from pathlib import Path
from voxhumana.config import Settings
from voxhumana.server.app import create
from voxhumana.server.run import run

run(create(settings := Settings(data_dir=Path(sys.argv[1]), serve_port=0, serve_talks=0)), settings)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process")
def test_who_is_speaking_when_the_server_ends_hears_the_goodbye(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", ALONE, tmp_path], stdout=subprocess.PIPE, text=True
    ) as server:
        port = re.search(r":(\d+);", server.stdout.readline())[1]
        with connect(f"ws://127.0.0.1:{port}/v1/convert?engine=identity", open_timeout=60) as peer:
            event(peer, "session.created")
            hearing = threading.Thread(target=lambda: [None for _ in peer])
            hearing.start()
            speak(peer, 25)
            server.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionClosed) as closed:
                speak(peer, 10_000)
            hearing.join()
            assert closed.value.rcvd.code in {1001, 1012}  # the second where the machine is too busy to wait
        assert server.wait(30) == 0


TIDY = """
import signal, tempfile
from voxhumana.server.run import at_once

signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background is born deaf to it
with at_once(), tempfile.TemporaryDirectory() as folder:
    print(folder, flush=True)
    signal.pause()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process")
@pytest.mark.parametrize(("word", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_what_lay_about_is_gone_after_ctrl_c_and_sigterm(word, code):
    with subprocess.Popen([sys.executable, "-c", TIDY], stdout=subprocess.PIPE, text=True) as program:
        folder = Path(program.stdout.readline().strip())
        assert folder.is_dir()
        program.send_signal(word)
        assert program.wait(30) == code
    assert not folder.exists()
