"""Converses, with scripted engines, in a child that is killed at a random moment; says what was left.

    python killing_talk.py FOLDER ROUNDS      prints {"kills": ..., "turns": ..., "wrong": [...]}

Run by `test_killing.py`, in a process of its own: it forks. The conversation is the real path, its diary and
its memory; after each turn that is written a fact is remembered, and both are told when they are done.
"""

import json
import os
import random
import sys
from contextlib import closing
from pathlib import Path

from killed import killed
from test_talk import Scene, silence, words
from voxhumana.assistant.diary import Diary
from voxhumana.assistant.timing import TurnTiming
from voxhumana.library.database import FILE, Database
from voxhumana.library.memory import Memory

TURNS = 20
"""In a conversation that nobody kills."""


class Told:
    """A keeper that says what is kept."""

    def __init__(self, memory, done, number):
        self.memory, self.done, self.number = memory, done, number
        self.begin = memory.begin

    def keep(self, talk, user, assistant, timing):
        self.memory.keep(talk, user, assistant, timing)
        os.write(self.done, b"t")
        self.number += 1
        self.memory.remember(f"Fact {self.number}.")
        os.write(self.done, b"f")


def live(folder, first, done):
    """Converse until killed."""
    scene = Scene(*[silence(0.2), words(3), silence(1)] * TURNS, reply="Yes.", whole=3)
    diary = Diary(Told(Memory(folder), done, first), "uncle", {"llm": "scripted"}, lambda _: None)

    def note(what):
        if isinstance(what, TurnTiming):
            diary.note(what.report())

    scene.tell = note
    scene.play()


def check(folder, told, before):
    """What is not as it should be, and how many turns and facts there are now."""
    with closing(Database(folder / FILE)) as database:
        wrong = database.check()
    with closing(Memory(folder)) as memory:
        kept = memory.export()
    turns = [turn for talk in kept["talks"] for turn in talk["turns"]]
    counts = {"t": len(turns), "f": len(kept["facts"])}
    for kind, count in counts.items():
        if not told.count(kind) <= count - before[kind] <= told.count(kind) + 1:
            wrong.append(f"{told!r} was told, and of {kind} there are {count - before[kind]} more")
    wrong += [f"{turn['user']!r} was never said" for turn in turns if turn["user"] != "one two three"]
    return wrong, counts


def main(folder, rounds):
    """Kill so many."""
    with closing(Memory(folder)):
        pass  # the file is there
    result = {"kills": 0, "turns": 0, "wrong": []}
    rng, counts = random.Random(7), {"t": 0, "f": 0}
    for number in range(rounds):
        told = killed(
            lambda done, first=number * 1000: live(folder, first, done),
            lambda pipe: "".join(pipe.read(1) for _ in range(rng.randint(0, 3))),
            lambda told: rng.expovariate(1 / 0.05) if told else rng.uniform(0, 0.4),
        )
        wrong, counts = check(folder, told, counts)
        result["kills"] += 1
        result["turns"] += told.count("t")
        result["wrong"] += [f"round {number}: {what}" for what in wrong]
        if number % 10 == 9:
            with closing(Memory(folder)) as memory:
                memory.forget_all()
            counts = {"t": 0, "f": 0}
    print(json.dumps(result))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
