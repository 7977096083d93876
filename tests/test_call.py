"""The whole of it: a microphone, `vox live`, a browser's WebRTC call, and what the far side hears."""

import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soxr

pytest.importorskip("playwright", reason="make test-real installs it")
from browser_call import Call, browser_page
from judge import window_correlation, word_error_rate, words
from sound_server import RATE_HZ, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

MICROPHONE = "Vox Humana Microphone"
SAID = (
    "The kettle is on, and there is room for everybody at the table. "
    "My grandfather kept seven clocks in the kitchen, and not one of them agreed with another. "
    "Come in out of the rain, take off your coat, and tell me what happened on the road."
)


@pytest.fixture(scope="session")
def speech():
    """The sentences above, spoken by a synthetic voice; float32 [T] at 48 kHz."""
    from hibari import SAMPLE_RATE, Hibari

    spoken = np.asarray(Hibari()(SAID), np.float32)
    return 0.5 * soxr.resample(spoken, SAMPLE_RATE, RATE_HZ) / np.abs(spoken).max()


@contextmanager
def vox_live(server, *options, **environment):
    """`vox live` from the default microphone to the virtual one, as a person starts it."""
    vox = Path(sys.executable).with_name("vox")
    process = subprocess.Popen(
        [vox, "live", "--input", "default", "--output", "virtual", *options], env=server.env | environment
    )
    try:
        wait_until(lambda: MICROPHONE in server.sources().values(), f"{MICROPHONE} appears", timeout_s=60)
        yield
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


IN_TIME = 0.98
"""Of the sound that is due, a client that is not starved processes more."""
TRIES = 3


def hold_call(server, speech):
    """Speak into the microphone during a call; returns what was heard `near` and `far`.

    A call in which the machine kept the browser itself from running in real time shows nothing of us.
    """
    paces = []
    while len(paces) < TRIES:
        pace, *heard = hold_one_call(server, speech)
        if pace >= IN_TIME:
            return heard
        paces.append(f"{pace:.2f}")
    return pytest.fail(f"The machine is too busy for a browser: it ran at {', '.join(paces)} of real time.")


def hold_one_call(server, speech):
    """Returns also how much of the sound that was due the browser processed."""
    with browser_page(server.env) as page:
        call = Call(page)
        assert MICROPHONE in call.microphones()
        call.start(MICROPHONE)
        time.sleep(3)  # the jitter buffer settles
        server.play("fakemic", speech, latency_ms=300).wait()  # the player is no part of the test
        time.sleep(1.5)
        assert call.codec() == "audio/opus"
        heard = call.pace(), call.heard("near"), call.heard("far")
        call.hang_up()
    return heard


def understood_worse(speech, far):
    """Word error rate behind the call, minus that of what went into the microphone."""
    return word_error_rate(SAID, words(far, RATE_HZ)) - word_error_rate(SAID, words(speech, RATE_HZ))


def test_a_call_hears_exactly_what_the_identity_engine_passes_on(sound_server, speech):
    with vox_live(sound_server, "--engine", "identity", VOX_DENOISE="false", VOX_GATE_DB="-120"):
        near, far = hold_call(sound_server, speech)
    assert window_correlation(speech, near, RATE_HZ) >= 0.98
    assert understood_worse(speech, far) <= 0.05


@pytest.mark.parametrize("voice", ["uncle"])
def test_a_call_understands_a_character_as_well_as_the_speaker(sound_server, speech, voice):
    with vox_live(sound_server, "--voice", voice):
        near, far = hold_call(sound_server, speech)
    assert window_correlation(speech, near, RATE_HZ) < 0.9, "it is still the speaker's own voice"
    assert understood_worse(speech, far) <= 0.05
