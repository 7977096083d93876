"""The shelf: what is on it, what is not, and what bad files do."""

import numpy as np
import pytest
import yaml

from voxhumana.convert.dsp.converter import Dsp
from voxhumana.convert.timbre import Timbre
from voxhumana.errors import UsageError
from voxhumana.library.shelf import BUILT_IN, SAMPLE, Shelf, read

REFERENCES = BUILT_IN.parent / "references"

GOOD = {
    "name": "mine",
    "title": "Mine",
    "character": "Me.",
    "licence": "CC0-1.0",
    "source": "me",
    "engines": {"dsp": {}},
}


@pytest.fixture
def data_dir(tmp_path):
    (tmp_path / "voices").mkdir()
    return tmp_path


def put(data_dir, file, **changes):
    path = data_dir / "voices" / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(GOOD | changes))
    return path


def test_a_dozen_characters_stand_on_it_and_the_uncle_is_one(tmp_path):
    names = [voice.name for voice in Shelf(tmp_path)]
    assert len(names) >= 12
    assert names == sorted(names)
    assert "uncle" in names


@pytest.mark.parametrize("path", sorted(BUILT_IN.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_built_in_voice_is_free_complete_and_speaks(path, tmp_path):
    voice = Shelf(tmp_path).find(path.stem)
    assert voice.licence in {"CC0-1.0", "Apache-2.0"}
    assert voice.source
    assert "\n" not in voice.character
    Dsp().open(voice)


def test_a_dozen_built_in_voices_are_synthetic_people_with_a_recording_and_no_two_alike():
    people = {path.stem: read(BUILT_IN / f"{path.stem}.yaml") for path in REFERENCES.glob("*.ogg")}
    prints = [Timbre.parse(voice.engines["native"]["timbre"]).voiceprint for voice in people.values()]
    likeness = np.stack(prints) @ np.stack(prints).T - np.eye(len(prints))
    assert len(people) >= 12
    assert likeness.max() < 0.9  # two recordings of one person are at 0.9 and above
    assert all(next(iter(voice.engines)) == "native" for voice in people.values())


def test_a_voice_of_the_users_own_joins_them_and_hides_one_of_its_name(data_dir):
    put(data_dir, "mine.yaml")
    put(data_dir, "uncle.yaml", name="uncle", title="My own uncle")
    shelf = Shelf(data_dir)
    assert shelf.find("mine").title == "Mine"
    assert shelf.find("uncle").title == "My own uncle"


def test_a_voice_with_sound_beside_it_lives_in_a_folder(data_dir):
    path = put(data_dir, "mine/voice.yaml")
    assert Shelf(data_dir).find("mine").folder == path.parent


def test_a_name_that_is_nearly_right_is_suggested(tmp_path):
    with pytest.raises(UsageError, match="did you mean 'uncle'"):
        Shelf(tmp_path).find("unkle")


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "voices/uncle", "uncle.yaml", "x" * 10_000, "\0"])
def test_a_name_is_never_a_path(name, tmp_path):
    with pytest.raises(UsageError, match="There is no voice"):
        Shelf(tmp_path).find(name)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a\n",
        "a: [",
        "\0",
        "name: bad\n",
        yaml.safe_dump(GOOD),
        yaml.safe_dump(GOOD | {"name": "bad", "colour": "red"}),
        yaml.safe_dump(GOOD | {"name": "../bad"}),
        yaml.safe_dump(GOOD | {"name": "bad", "engines": 7}),
        "[" * 5000,
        "x" * 300_000,
    ],
)
def test_a_bad_file_is_one_sentence_and_the_others_stay(data_dir, text):
    put(data_dir, "mine.yaml")
    (data_dir / "voices" / "bad.yaml").write_text(text)
    shelf = Shelf(data_dir)
    assert shelf.find("mine")
    (problem,) = shelf.problems
    assert "bad.yaml" in problem
    assert "\n" not in problem
    with pytest.raises(UsageError, match=r"bad\.yaml"):
        shelf.find("bad")


def test_a_file_that_is_not_text_is_one_sentence(data_dir):
    (data_dir / "voices" / "bad.yaml").write_bytes(b"\xff\xfe\xfa" * 9)
    (data_dir / "voices" / "folder.yaml").mkdir()
    assert len(Shelf(data_dir).problems) == 2


def test_the_words_to_preview_a_voice_are_small():
    assert SAMPLE.stat().st_size <= 120_000
