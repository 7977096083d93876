"""What the assistant remembers, and that it forgets."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from voxhumana.assistant.diary import Diary
from voxhumana.errors import VoxError
from voxhumana.library.database import FILE
from voxhumana.library.memory import FACTS, Memory

ENGINES = {"stt": "whisper", "llm": "llama", "tts": "hibari"}


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    memory = Memory(tmp_path)
    yield memory
    memory.close()


def talk(memory: Memory, *turns: tuple[str, str]) -> int:
    number = memory.begin("uncle", ENGINES)
    for user, assistant in turns:
        memory.keep(number, user, assistant, {"voice_to_voice_ms": 310.0})
    return number


def test_the_command_lists_and_finds_as_a_table_and_as_json(memory, tmp_path, monkeypatch, capsys):
    from voxhumana.commands.memory import list_memory, search

    monkeypatch.setenv("VOX_DATA_DIR", str(tmp_path))
    talk(memory, ("Do you like tea?", "Above all else."))
    list_memory(json=tmp_path / "talks.json")
    assert "Do you like tea?" in capsys.readouterr().out
    search("else", Path("-"))
    (found,) = json.loads(capsys.readouterr().out)["talks"]
    assert (found["voice"], found["text"]) == ("uncle", "Do you like tea? -> Above all else.")
    assert json.loads((tmp_path / "talks.json").read_text())["talks"][0]["turns"] == 1


def test_a_conversation_is_kept_turn_by_turn_with_its_times(memory: Memory) -> None:
    talk(memory, ("Hello.", "Hello, friend."), ("How are you?", "Well."))
    (exported,) = memory.export()["talks"]
    assert [(t["user"], t["assistant"]) for t in exported["turns"]] == [
        ("Hello.", "Hello, friend."),
        ("How are you?", "Well."),
    ]
    assert exported["turns"][0]["timing"] == {"voice_to_voice_ms": 310.0}
    assert (exported["voice"], exported["engines"]) == ("uncle", ENGINES)
    (listed,) = memory.talks()
    assert (listed.turns, listed.text) == (2, "Hello.")


def test_words_are_found_in_any_order_and_case_and_wildcards_are_letters(memory: Memory) -> None:
    talk(memory, ("Where is my tea?", "On the stove."), ("It is 100% cold.", "Oh."))
    memory.remember("Anna likes green tea.")
    places, facts = memory.search("TEA my")
    assert [p.text for p in places] == ["Where is my tea? -> On the stove."]
    assert facts == []
    assert memory.search("tea green")[1] == ["Anna likes green tea."]
    assert len(memory.search("%")[0]) == 1
    assert memory.search("_") == ([], [])


def test_a_fact_is_remembered_once_and_the_oldest_give_way(memory: Memory) -> None:
    for _ in range(2):
        memory.remember("  I am   Anna. ")
    assert memory.facts() == ["I am Anna."]
    for number in range(FACTS):
        memory.remember(f"Fact {number}.")
    assert len(memory.facts()) == FACTS
    assert memory.facts()[0] == "Fact 0."


def everything_on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_what_is_forgotten_is_nowhere_on_the_disk_any_more(memory: Memory, tmp_path: Path) -> None:
    keep, drop = talk(memory, ("Hello.", "Hi.")), talk(memory, ("Zanzibar secret.", "Zanzibar indeed."))
    memory.remember("My number is Quixote.")
    (tmp_path / f"{Path(FILE).stem}.before-0002.db").write_bytes(b"Zanzibar")
    assert b"Zanzibar" in everything_on_disk(tmp_path)
    assert memory.forget([drop, 999], "quixote") == 2
    assert [t.talk for t in memory.talks()] == [keep]
    left = everything_on_disk(tmp_path)
    assert b"Zanzibar" not in left
    assert b"Quixote" not in left
    assert memory.forget_all() == 1
    assert memory.export() == {"talks": [], "facts": []}


WRITER = """
import sys
from pathlib import Path
from voxhumana.library.memory import Memory
memory = Memory(Path(sys.argv[1]))
talk = memory.begin("uncle", {})
for number in range(100_000):
    memory.keep(talk, f"Question {number}.", "x" * 3_000, {})
    print(number, flush=True)
"""


def test_a_kill_in_the_middle_of_writing_loses_at_most_the_unfinished_turn(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, tmp_path], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        for _ in range(20):
            process.stdout.readline()
        time.sleep(0.007)
        os.kill(process.pid, signal.SIGKILL)
        told = 20 + len(process.stdout.read().split())
    memory = Memory(tmp_path)
    (kept,) = memory.export()["talks"]
    memory.close()
    assert told <= len(kept["turns"]) <= told + 1
    assert kept["turns"][-1]["user"] == f"Question {len(kept['turns']) - 1}."


class Full:
    """A keeper whose disk is full for a while."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals
        self.kept: list[str] = []

    def begin(self, voice: str, engines: object) -> int:
        return 1

    def keep(self, talk: int, user: str, assistant: str, timing: object) -> None:
        if self.refusals:
            self.refusals -= 1
            raise VoxError("The disk is full; free space.")
        self.kept.append(user)


def test_a_full_disk_is_one_sentence_and_later_turns_are_written_again() -> None:
    full, told = Full(3), list[str]()
    diary = Diary(full, "uncle", ENGINES, told.append)
    for number in range(5):
        diary.note({"user": str(number), "assistant": "", "start_ms": 1.0})
    diary.close()
    assert told == ["This turn was not written down. The disk is full; free space."]
    assert full.kept == ["3", "4"]


def test_a_conversation_without_turns_leaves_no_trace(memory: Memory) -> None:
    Diary(memory, "uncle", ENGINES, lambda _: None).close()
    assert memory.talks() == []


def vox(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "voxhumana.cli", "memory", *map(str, arguments)]
    environment = {**os.environ, "VOX_DATA_DIR": str(folder)}
    return subprocess.run(command, capture_output=True, text=True, timeout=110, check=False, env=environment)


def test_the_command_lists_finds_exports_and_forgets(memory: Memory, tmp_path: Path) -> None:
    number = talk(memory, ("Where is my [tea]?", "On the stove."))
    memory.remember("I am Anna.")
    listed = vox(tmp_path, "list").stdout
    assert "Where is my [tea]?" in listed
    assert "I am Anna." in listed
    assert "On the stove" in vox(tmp_path, "search", "stove").stdout
    assert json.loads(vox(tmp_path, "export", "-").stdout)["facts"][0]["text"] == "I am Anna."
    refused = vox(tmp_path, "forget")
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert vox(tmp_path, "forget", number, "--fact", "anna").stdout == "2 forgotten\n"
    assert vox(tmp_path, "list").stdout == "Nothing is remembered.\n"
