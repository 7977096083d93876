"""Ends that come too early, told or not: Ctrl-C, a full disk, nobody who listens; through the real `vox`."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from voxhumana import cli
from voxhumana.audio.file import SoundWriter
from wrong import RATE, VOX, load, refused, start, tone, vox, write

pytestmark = pytest.mark.slow  # many processes


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ends")
    write(folder / "good.wav", tone())
    return folder


@pytest.mark.parametrize(("told", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_conversion_told_to_end_leaves_nothing(tmp_path, told, code):
    write(tmp_path / "long.wav", np.zeros(600 * RATE))
    process = start(tmp_path, "convert", "long.wav", "out.flac", "--engine", "identity", "--stream")
    while len(list(tmp_path.iterdir())) == 1 and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(told)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (code, "")
    assert [p.name for p in tmp_path.iterdir()] == ["long.wav"]


def test_ctrl_c_before_a_command_began_is_no_traceback(monkeypatch, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "app", interrupted)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert (ended.value.code, capsys.readouterr().err) == (130, "")


def test_ctrl_c_ends_live_and_keeps_what_was_played(tmp_path):
    write(tmp_path / "long.wav", np.zeros(60 * RATE))
    process = start(
        tmp_path, "live", "--input", "file:long.wav", "--output", "file:out.wav", "--engine", "identity"
    )
    assert process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["long.wav", "out.wav"]
    load(tmp_path / "out.wav")


@pytest.mark.parametrize("command", [("--help",), ("convert", "good.wav", "o.wav", "--engine", "identity")])
def test_nobody_listening_is_no_crash(folder, command):
    with Path("/dev/full").open("w") as full:
        code, _, errors = vox(folder, *command, stdout=full)
    assert (code, errors) == (
        1,
        "vox: The system refuses ([Errno 28] No space left on device); --debug shows where.\n",
    )
    (folder / "o.wav").unlink(missing_ok=True)
    reader, writer = os.pipe()
    os.close(reader)
    code, _, errors = vox(folder, *command, stdout=writer)
    os.close(writer)
    assert (code, errors) == (1, "")
    (folder / "o.wav").unlink(missing_ok=True)


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
@pytest.mark.parametrize(
    "command",
    [("convert", "long.wav", "out.wav"), ("live", "--input", "file:long.wav", "--output", "file:out.wav")],
)
def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path, command):
    import resource

    write(tmp_path / "long.wav", np.zeros(60 * RATE))
    process = start(
        tmp_path,
        *(*command, "--engine", "identity"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
    )
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert errors == "vox: out.wav cannot be written (file too large); free space or name another.\n"
    assert [p.name for p in tmp_path.iterdir()] == ["long.wav"]


ENCODER = Path(__file__).parent / "models" / "vec-768-layer-12.onnx"
NOWHERE = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
KEEPERS = (
    ("convert", "good.wav", "o.flac"), ("convert", "good.wav", "o.mp3"), ("convert", "good.wav", "o.opus"),
    ("voices", "export", "uncle"), ("voices", "list", "--json", "o.json"),
    ("models", "list", "--json", "o.json"), ("models", "add", ENCODER), ("token", "rotate"),
)  # fmt: skip
"""Every kind of file that is written whole or not at all; `memory` and `token` leave an empty database."""


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
@pytest.mark.parametrize("words", KEEPERS, ids=lambda words: " ".join(map(str, words[:3])))
def test_a_full_disk_spoils_no_file(folder, words):
    import resource

    refused(folder, *words, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)))


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
@pytest.mark.parametrize("words", [("memory", "list"), ("token", "create", "x")], ids=" ".join)
def test_a_full_disk_spoils_no_database(folder, words):
    import resource

    limit = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))}
    code, _, errors = vox(folder, *words, **limit)
    assert (code, errors.count("\n")) == (1, 1), errors
    assert "free space" in errors
    assert vox(folder, *words)[0] == 0  # and with room again, it works


@pytest.mark.parametrize("words", [("voices", "show", "uncle"), ("live",)], ids=" ".join)
def test_streams_that_were_closed_before_it_began_are_no_crash(folder, words):
    """As a service or a desktop's starter may have it: `vox ... <&- >&- 2>&-`."""
    files = ("--input", "file:good.wav", "--output", "file:closed.wav") if words == ("live",) else ()
    line = " ".join([*words, *files])
    done = start(folder, "-c", f'exec "$0" {line} <&- >&- 2>&-', VOX, program="sh", **NOWHERE).wait(60)
    assert done == 0
    (folder / "closed.wav").unlink(missing_ok=True)


@pytest.mark.skipif(sys.platform == "win32", reason="os.wait4 is not there")
def test_memory_does_not_grow_with_the_file(tmp_path):
    """5 minutes more are 19 MB more as float32."""
    peaks_kb = []
    for minutes in (1, 6):
        with SoundWriter(tmp_path / "long.flac", RATE) as file:
            for _ in range(minutes):
                file.write(np.zeros(60 * RATE, np.float32))
        process = start(tmp_path, "convert", "long.flac", "out.flac", "--engine", "identity")
        _, status, used = os.wait4(process.pid, 0)
        assert status == 0
        peaks_kb.append(used.ru_maxrss)
        process.returncode = 0
        process.stdout.close()
        process.stderr.close()
    assert peaks_kb[1] - peaks_kb[0] < 10_000
