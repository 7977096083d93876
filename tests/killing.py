"""Adds, renames, tags and removes voices in a child that is killed at a random moment; says what was left.

    python killing.py FOLDER ROUNDS      prints {"kills": ..., "added": ..., "swept": ..., "wrong": [...]}

Run by `test_killing.py`, in a process of its own: it forks. What is slow and writes nothing is left out.
"""

import json
import os
import random
import sys
from contextlib import closing
from pathlib import Path

import numpy as np

from killed import killed
from learners import MINE, Parrot
from voxhumana.library import card, enrolment, reference
from voxhumana.library.database import FILE, Database
from voxhumana.library.enrolment import Assessment
from voxhumana.library.shelf import Shelf

RATE_HZ = 16_000


def quick(sound, rate_hz):
    """A good assessment, without networks."""
    print_ = np.random.default_rng(0).standard_normal(256).astype(np.float32)
    return Assessment(9, 9, -20, 40, 0, 8000, 1, (), print_ / np.linalg.norm(print_))


def live(folder, first, done):
    """Change the shelf until killed, telling `done` what is finished."""
    shelf, rng = Shelf(folder), np.random.default_rng(first)
    for number in range(first, first + 1000):
        name = f"v{number}"
        sound = rng.normal(0, 0.1, RATE_HZ * 4).astype(np.float32)
        shelf.add(name, sound, RATE_HZ, MINE, {"parrot": Parrot()})
        os.write(done, f"+{name}\n".encode())
        if number % 3 == 0:
            shelf.tag(name, {"x"}, set())
            shelf.rename(name, f"r{number}")
            os.write(done, f"+r{number}\n-{name}\n".encode())
        if number % 3 == 1:
            os.write(done, f"-{name}\n".encode())  # from now on it may be gone
            shelf.remove(name)
            os.write(done, f"!{name}\n".encode())  # from now on it must be


def check(folder, told):
    """What is not as it should be, after a kill."""
    shelf = Shelf(folder)
    swept = len(list((folder / "voices").glob(".draft-*")))
    shelf.tidy()
    wrong = [*shelf.problems, *(str(left) for left in (folder / "voices").glob(".*"))]
    with closing(Database(folder / FILE)) as database:
        wrong += database.check()
    there = {voice.name: voice for voice in shelf if not shelf.built_in(voice.name)}
    for voice in there.values():
        sound, rate_hz = reference.read(voice.folder)
        if reference.digest(sound, rate_hz) != card.read(voice.folder).audio_sha256:
            wrong.append(f"{voice.name} has another sound")
        if voice.engines["parrot"]["seconds"] != len(sound) / RATE_HZ:
            wrong.append(f"{voice.name} was learned from another sound")
    lines = told.split()
    may_be_gone = {line[1:] for line in lines if line[0] in "-!"}
    renaming = {name for name in may_be_gone if name.startswith("v") and "r" + name[1:] in there}
    must = {line[1:] for line in lines if line[0] == "+"} - may_be_gone
    missing = {name for name in must if name not in there and "r" + name[1:] not in there}
    wrong += [f"{name} is lost" for name in missing]
    wrong += [f"{line[1:]} came back" for line in lines if line[0] == "!" and line[1:] in there]
    wrong += [f"{name} is there twice" for name in renaming if name in there]
    return wrong, swept


def main(folder, rounds):
    """Kill so many."""
    enrolment.assess, enrolment.spoken = quick, lambda sound, _: sound
    result = {"kills": 0, "added": 0, "swept": 0, "wrong": []}
    rng = random.Random(7)
    for number in range(rounds):
        told = killed(
            lambda done, first=number * 1000: live(folder, first, done),
            lambda pipe: "".join(pipe.readline() for _ in range(rng.randint(0, 4))),
            lambda _: rng.expovariate(1 / 0.02),
        )
        wrong, swept = check(folder, told)
        result["kills"] += 1
        result["added"] += told.count("+v")
        result["swept"] += swept
        result["wrong"] += [f"round {number}: {what}" for what in wrong]
        if number % 10 == 9:
            shelf = Shelf(folder)
            for voice in list(shelf):
                if not shelf.built_in(voice.name):
                    shelf.remove(voice.name)
    print(json.dumps(result))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
