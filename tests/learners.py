"""Stand-ins for engines that learn voices, and speech to learn from."""

import functools

import numpy as np

from voxhumana.convert.identity import Identity
from voxhumana.library import reference
from voxhumana.library.changes import About
from voxhumana.library.shelf import SAMPLE

MINE = About(title="Me", licence="private", source="recorded for a test", consent="It is my own voice.")


class Parrot(Identity):
    """Learns how loud somebody is, and how often it was asked to."""

    name = "parrot"
    rate_hz = 16_000

    def __init__(self, fingerprint="one"):
        self.fingerprint = fingerprint
        self.asked = 0

    def learn(self, sound):
        self.asked += 1
        return {"rms": float(np.sqrt(np.mean(sound**2))), "seconds": len(sound) / self.rate_hz}


@functools.cache
def words():
    """6 s of clean speech, float32 at 48 kHz."""
    return reference.load([SAMPLE])


def speech(times=3):
    """The words over and over: 4.3 s of speech each time."""
    sound, rate_hz = words()
    return np.tile(sound, times), rate_hz
