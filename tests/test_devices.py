"""`vox devices`, run for real."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from voxhumana import build
from voxhumana.audio import backends, virtual_mic
from voxhumana.audio.device import DeviceInfo
from voxhumana.errors import UsageError

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


class OneSpeaker:
    """A backend with an output, its monitor, and our virtual microphone."""

    name = "fake"

    def devices(self):
        def info(index, name, direction, address, *, virtual=False):
            return DeviceInfo(index, name, direction, "fake", 48_000, 1, False, virtual, address)

        return [
            info(0, "Monitor of Speakers", "input", "speakers.monitor"),
            info(1, "Vox Humana Microphone", "input", "vox_humana_microphone", virtual=True),
            info(2, "Speakers", "output", "speakers"),
            info(3, "Headset", "output", "headset"),
        ]

    def open_source(self, address, rate_hz, frames):
        return address

    def open_sink(self, address, rate_hz, frames):
        return address


@pytest.fixture
def found(monkeypatch):
    monkeypatch.setattr(backends, "choose", OneSpeaker)
    return build.Devices()


def test_what_the_input_hears_is_no_output_for_it(found):
    assert found.source("0", 256) == "speakers.monitor"
    with pytest.raises(UsageError, match="howl"):
        found.sink("Speakers", 48_000, 256)
    assert found.sink("Headset", 48_000, 256) == "headset"


@pytest.mark.parametrize("word", ["virtual", "1", "Vox Humana Microphone"])
def test_the_virtual_microphone_is_no_input(found, word):
    with pytest.raises(UsageError, match="own virtual microphone"):
        found.source(word, 256)
