"""On macOS and Windows the virtual microphone is a driver that is found, or explained."""

import sys
from types import SimpleNamespace

import pytest

from voxhumana.audio.virtual_cable import BLACKHOLE, VB_CABLE
from voxhumana.errors import VoxError


@pytest.fixture
def plug(monkeypatch):
    """Let PortAudio list these outputs, and an input."""

    def plug(*outputs):
        rows = [{"name": name, "max_output_channels": 2} for name in outputs]
        rows.append({"name": "BlackHole 2ch, recording", "max_output_channels": 0})
        monkeypatch.setitem(sys.modules, "sounddevice", SimpleNamespace(query_devices=lambda: rows))

    return plug


def test_the_two_channel_blackhole_is_preferred(plug):
    plug("MacBook Pro Speakers", "BlackHole 16ch", "BlackHole 2ch")
    assert BLACKHOLE.ensure() == "BlackHole 2ch"


def test_any_blackhole_will_do(plug):
    plug("MacBook Pro Speakers", "BlackHole 16ch")
    assert BLACKHOLE.ensure() == "BlackHole 16ch"


def test_vb_cable_is_found_by_its_truncated_name(plug):
    plug("Speakers (Realtek(R) Audio)", "CABLE Input (VB-Audio Virtual C")
    assert VB_CABLE.ensure() == "CABLE Input (VB-Audio Virtual C"


@pytest.mark.parametrize("cable", [BLACKHOLE, VB_CABLE])
def test_without_a_driver_the_error_says_what_to_install(plug, cable):
    plug("Speakers")
    assert cable.find() is None
    with pytest.raises(VoxError, match=f"{cable.product} is not installed; `vox doctor`"):
        cable.ensure()


@pytest.mark.parametrize("cable", [BLACKHOLE, VB_CABLE])
def test_the_cable_is_not_ours_to_remove(cable):
    assert not cable.release()


@pytest.mark.parametrize("cable", [BLACKHOLE, VB_CABLE])
def test_the_steps_say_what_to_choose_in_the_call(cable):
    assert any(f"`{cable.microphone}" in step for step in cable.steps)
