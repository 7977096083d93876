"""What is done to the shelf: whole, or not at all, and the index follows."""

import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from sqlalchemy import select

from learners import MINE, Parrot, speech, words
from voxhumana.errors import UsageError, VoxError
from voxhumana.library import card, folder, learning, reference
from voxhumana.library.database import FILE, Database
from voxhumana.library.index import VoiceRow, changing
from voxhumana.library.shelf import Shelf


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path)


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """A data folder with the voice `me`, learned by the parrot."""
    shelf = Shelf(tmp_path_factory.mktemp("once"))
    add(shelf)
    return shelf.data_dir


@pytest.fixture
def mine(once, tmp_path):
    """A shelf of one's own with `me` on it."""
    shutil.copytree(once, tmp_path, dirs_exist_ok=True)
    return Shelf(tmp_path)


def add(shelf, name="me", sound=None, **more):
    given = {"about": MINE, "learners": {"parrot": Parrot()}} | more
    heard, rate_hz = speech()
    return shelf.add(name, heard if sound is None else sound, rate_hz, **given)


def rows(shelf):
    with closing(Database(shelf.data_dir / FILE)) as database, database.read() as session:
        return {row.name: row for row in session.scalars(select(VoiceRow))}


def names(shelf):
    return sorted(path.name for path in (shelf.data_dir / "voices").iterdir())


def test_an_added_voice_is_there_with_its_sound_its_words_and_its_row(shelf):
    added = add(shelf, about=replace(MINE, tags=("warm", "old"), character="A friend."))
    voice = Shelf(shelf.data_dir).find("me")
    assert voice == added.voice
    assert voice.consent == MINE.consent
    assert voice.tags == ("old", "warm")
    assert voice.engines["parrot"]["seconds"] > 10
    sound, rate_hz = reference.read(voice.folder)
    assert rate_hz == 48_000
    row = rows(shelf)["me"]
    assert row.audio_sha256 == reference.digest(sound, rate_hz)
    assert [tag.tag for tag in row.tags] == ["old", "warm"]
    assert np.frombuffer(row.voiceprint, "<f4") @ added.assessment.voiceprint == pytest.approx(1, abs=1e-5)


def test_a_real_voice_without_consent_or_licence_is_refused_before_any_work(shelf):
    parrot = Parrot()
    for about, option in [
        (replace(MINE, consent=" "), "--consent"),
        (replace(MINE, licence=""), "--licence"),
    ]:
        with pytest.raises(UsageError, match=option):
            add(shelf, about=about, learners={"parrot": parrot})
    assert parrot.asked == 0
    assert not (shelf.data_dir / "voices").exists()
    assert add(shelf, about=replace(MINE, consent="", real=False)).voice.consent == ""


@pytest.mark.parametrize("name", ["", "Me", "../me", "me.yaml", ".me", "a/b", "con", "x" * 65, "mé", "uncle"])
def test_a_name_that_cannot_be_is_refused(shelf, name):
    with pytest.raises(UsageError, match=r"cannot be a voice's name|is a built-in voice"):
        add(shelf, name)


def test_a_name_is_taken_once(mine):
    with pytest.raises(UsageError, match="'me' is a voice of yours already"):
        add(mine, anyway=True)


def test_a_recording_that_cannot_be_used_leaves_nothing(shelf):
    heard, rate_hz = words()
    with pytest.raises(VoxError, match=r"cannot be used\. .* s of speech are too few"):
        add(shelf, sound=heard[:rate_hz])
    assert not (shelf.data_dir / "voices").exists()


def test_the_same_recording_is_noticed_and_the_same_person_is_told(mine):
    with pytest.raises(UsageError, match="already, as 'me'"):
        add(mine, "again")
    louder = speech()[0] * 0.7
    assert [name for name, _ in add(mine, "again", sound=louder).alike] == ["me"]
    assert add(mine, "third", anyway=True).alike[0][1] > 0.99


def test_a_disk_that_is_full_leaves_nothing_and_says_so(shelf, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder, "write_card", full)
    with pytest.raises(VoxError, match=r"no space left on device.*; free space"):
        add(shelf)
    assert names(shelf) == []
    assert rows(shelf) == {}


def test_a_removed_voice_is_gone_from_every_file(shelf):
    add(shelf, about=replace(MINE, title="Somebody who changed her mind"))
    shelf.remove("me")
    assert names(shelf) == []
    assert "me" not in shelf
    left = [path for path in shelf.data_dir.rglob("*") if path.is_file()]
    assert not [path for path in left if b"changed her mind" in path.read_bytes()]


def test_built_in_voices_stay_as_they_are(shelf):
    for change in (
        lambda: shelf.remove("uncle"),
        lambda: shelf.rename("uncle", "ankle"),
        lambda: shelf.tag("uncle", {"x"}, set()),
    ):
        with pytest.raises(UsageError, match="'uncle' is built in"):
            change()
    with pytest.raises(UsageError, match="did you mean 'uncle'"):
        shelf.remove("unkle")


def test_a_renamed_voice_keeps_everything_but_its_name(mine):
    before = mine.find("me")
    identity = card.read(before.folder).id
    mine.rename("me", "myself")
    after = mine.find("myself")
    assert after.engines == before.engines
    assert card.read(after.folder).id == identity
    assert card.read(after.folder).renamed_from == ""
    assert names(mine) == ["myself"]
    assert list(rows(mine)) == ["myself"]
    with pytest.raises(UsageError, match="built-in"):
        mine.rename("myself", "uncle")


def test_a_copy_that_somebody_made_of_a_renamed_voice_is_theirs_to_keep(mine):
    mine.rename("me", "myself")
    copy = mine.data_dir / "voices" / "me"
    shutil.copytree(copy.with_name("myself"), copy)
    (copy / "voice.yaml").write_text((copy / "voice.yaml").read_text().replace("name: myself", "name: me"))
    with changing(mine.data_dir):
        pass
    assert names(mine) == ["me", "myself"]


def test_tags_come_and_go(mine):
    assert mine.tag("me", {"warm", "old"}, set()).tags == ("old", "warm")
    assert mine.tag("me", {"new"}, {"old"}).tags == ("new", "warm")
    assert [tag.tag for tag in rows(mine)["me"].tags] == ["new", "warm"]
    assert Shelf(mine.data_dir).find("me").engines["parrot"]
    with pytest.raises(UsageError, match="'two words' cannot be a tag; use one word"):
        mine.tag("me", {"two words"}, set())


def test_a_voice_that_is_one_file_can_be_tagged_renamed_and_removed(shelf):
    voices = shelf.data_dir / "voices"
    voices.mkdir()
    plain = {"name": "mine", "title": "M", "character": "", "licence": "CC0-1.0", "source": "me"}
    (voices / "mine.yaml").write_text(yaml.safe_dump(plain | {"engines": {"dsp": {"pitch_hz": 99}}}))
    shelf.look()
    assert shelf.tag("mine", {"x"}, set()).engines == {"dsp": {"pitch_hz": 99}}
    assert rows(shelf)["mine"].origin == "hand"
    shelf.rename("mine", "yours")
    assert names(shelf) == ["yours"]
    assert shelf.find("yours").engines == {"dsp": {"pitch_hz": 99}}
    shelf.remove("yours")
    assert names(shelf) == []


def test_the_index_can_be_thrown_away(mine):
    before = {name: (row.audio_sha256, row.added) for name, row in rows(mine).items()}
    for path in mine.data_dir.glob(FILE + "*"):
        path.unlink()
    with changing(mine.data_dir) as index:
        assert index.same(before["me"][0]) == ["me"]
    assert {name: (row.audio_sha256, row.added) for name, row in rows(mine).items()} == before


def test_what_people_do_to_folders_is_followed(mine):
    path = mine.data_dir / "voices" / "me" / "voice.yaml"
    path.write_text(path.read_text().replace("title: Me", "title: Myself"))
    with changing(mine.data_dir):
        pass
    assert rows(mine)["me"].title == "Myself"
    shutil.rmtree(path.parent)
    with changing(mine.data_dir):
        pass
    assert rows(mine) == {}


def test_what_a_killed_change_left_is_swept_and_never_shown(mine):
    voices = mine.data_dir / "voices"
    shutil.copytree(voices / "me", voices / f"{folder.DRAFT}abc")
    assert Shelf(mine.data_dir).problems == []
    Shelf(mine.data_dir).tidy()
    assert names(mine) == ["me"]


def test_a_renaming_killed_half_way_ends_with_one_voice(mine, monkeypatch):
    monkeypatch.setattr(folder, "discard", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        mine.rename("me", "myself")
    monkeypatch.undo()
    assert names(mine) == ["me", "myself"]
    with changing(mine.data_dir):
        pass
    assert names(mine) == ["myself"]
    assert list(rows(mine)) == ["myself"]


def test_an_engine_learns_a_voice_once_and_again_when_its_weights_change(mine):
    voice = mine.find("me")
    parrot = Parrot()
    assert learning.ready(voice, parrot) == voice
    assert parrot.asked == 0
    newer = Parrot("two")
    assert learning.ready(voice, newer).engines["parrot"] == voice.engines["parrot"]
    assert newer.asked == 1
    learning.ready(Shelf(mine.data_dir).find("me"), newer)
    assert newer.asked == 1


def test_an_engine_that_never_met_a_voice_learns_it_when_first_asked(mine):
    voice = mine.find("me")
    other = Parrot()
    other.name = "other"
    assert learning.ready(voice, other).engines["other"]["seconds"] > 10
    assert Shelf(mine.data_dir).find("me").engines["other"]["seconds"] > 10
    other.asked = 0
    learning.ready(Shelf(mine.data_dir).find("me"), other)
    assert other.asked == 0


@pytest.mark.parametrize(
    "text", ["", "[]", '{"settings": 7}', "[" * 50_000, '{"settings": {"a": NaN}', "\xff"]
)
def test_damaged_learning_counts_as_none_and_is_learned_again(mine, text):
    voice = mine.find("me")
    (voice.folder / "learned" / "parrot.json").write_text(text, encoding="latin-1")
    assert Shelf(mine.data_dir).find("me").engines == {"parrot": {}}
    assert learning.ready(Shelf(mine.data_dir).find("me"), Parrot()).engines == voice.engines


@pytest.mark.parametrize(
    "text",
    ["a: &a [x]\nb: [*a, *a]\n", "title: \x1b[31mred\n", "engines: {dsp: {}}\ntags: [1, 2]\n"],
)
def test_a_voice_file_cannot_swell_or_paint_the_terminal(shelf, text):
    voices = shelf.data_dir / "voices"
    voices.mkdir()
    (voices / "bad.yaml").write_text(f"name: bad\ncharacter: x\nlicence: x\nsource: x\n{text}")
    assert len(Shelf(shelf.data_dir).problems) == 1


def test_a_damaged_card_is_a_sentence_and_the_voice_still_speaks(mine):
    voice = mine.find("me")
    (voice.folder / card.FILE).write_text("{")
    with changing(mine.data_dir):
        pass
    assert Shelf(mine.data_dir).find("me").engines["parrot"]
    with pytest.raises(VoxError, match="damaged; remove it"):
        card.read(voice.folder)


def test_a_sound_that_is_no_flac_is_never_given_to_the_decoder(mine):
    voice = mine.find("me")
    (voice.folder / reference.FILE).write_text("#EXTM3U\nfile:///etc/passwd\n")
    with pytest.raises(VoxError, match="is not a FLAC file"):
        reference.read(Path(voice.folder))
