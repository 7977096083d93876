"""`vox devices`, run for real."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from voxhumana.audio import virtual_mic

VOX = Path(sys.executable).with_name("vox")


def devices(env, *arguments):
    done = subprocess.run(
        [VOX, "devices", *arguments],
        env=env | {"COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_every_device_is_listed_with_its_marks(sound_server):
    virtual_mic.ensure()
    sound_server.plug("headset", "A Headset", channels=2, rate_hz=44_100)
    try:
        code, out, errors = devices(sound_server.env)
    finally:
        sound_server.unplug("headset")
        virtual_mic.release()
    assert (code, errors) == (0, "")
    lines = [" ".join(line.split()[1:]) for line in out.splitlines()]
    assert "Speakers output 48,000 Hz 2 default" in lines
    assert "A Headset output 44,100 Hz 2" in lines
    assert "Vox Humana Microphone input 48,000 Hz 1 virtual microphone" in lines
    assert out.rstrip().endswith(f"through {sound_server.kind}.")


def test_the_list_is_json_where_asked(sound_server, tmp_path):
    code, out, errors = devices(sound_server.env, "--json", "-")
    assert (code, errors) == (0, "")
    listed = json.loads(out)
    assert listed["backend"] == sound_server.kind
    defaults = {row["direction"]: row["name"] for row in listed["devices"] if row["default"]}
    assert defaults == {"input": "Monitor of Fake Microphone", "output": "Speakers"}
    assert {row["rate_hz"] for row in listed["devices"]} == {48_000}
    assert devices(sound_server.env, "--json", str(tmp_path / "list.json"))[0] == 0
    assert json.loads((tmp_path / "list.json").read_text()) == listed


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a sound server")
def test_without_a_server_it_is_one_sentence(tmp_path):
    nowhere = {"XDG_RUNTIME_DIR": str(tmp_path), "PULSE_SERVER": f"unix:{tmp_path}/none"}
    code, out, errors = devices(os.environ | nowhere)
    assert (code, out) == (1, "")
    assert errors.startswith("vox: ")
    assert errors.count("\n") == 1


def test_a_folder_that_is_not_there_is_refused_before_any_work(tmp_path):
    code, out, errors = devices(os.environ, "--json", str(tmp_path / "no" / "list.json"))
    assert (code, out) == (2, "")
    assert errors.count("\n") == 1
