"""Voices given away and taken in: what goes out comes back, and what is hostile stays outside."""

import contextlib
import errno
import hashlib
import json
import shutil
import stat
import struct
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from learners import MINE, Parrot, speech
from voxhumana.errors import UsageError, VoxError
from voxhumana.library import card, parcel, reference
from voxhumana.library.shelf import Shelf

PARROT = {"parrot": Parrot()}


@pytest.fixture(scope="module")
def given_away(tmp_path_factory):
    """A parcel with the voice `me`."""
    folder = tmp_path_factory.mktemp("giver")
    sound, rate_hz = speech(2)
    voice = Shelf(folder).add("me", sound, rate_hz, MINE, PARROT).voice
    parcel.export(voice, folder / "me.voxvoice")
    return folder / "me.voxvoice"


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "taker")


def test_a_disk_that_is_read_only_is_one_sentence(shelf, tmp_path, monkeypatch):
    """There even what is not there cannot be removed: Linux looks at the disk before it looks at the name."""

    def refuse(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(parcel.zipfile, "ZipFile", refuse)
    monkeypatch.setattr(parcel.Path, "unlink", refuse)
    with pytest.raises(VoxError, match="cannot be written"):
        parcel.export(shelf.find("uncle"), tmp_path / "uncle.voxvoice")


def repacked(given_away, path, changes=None, manifest=None, compress=zipfile.ZIP_STORED):
    """The parcel with other contents, and a manifest that agrees with them unless it is given."""
    with zipfile.ZipFile(given_away) as parcel_:
        contents = {name: parcel_.read(name) for name in parcel_.namelist()}
    head = json.loads(contents.pop("manifest.json"))
    contents = {name: data for name, data in (contents | (changes or {})).items() if data is not None}
    head["files"] = {
        name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in contents.items()
    }
    head |= manifest or {}
    with zipfile.ZipFile(path, "w", compress) as out:
        for name, data in {"manifest.json": json.dumps(head).encode(), **contents}.items():
            out.writestr(name, data)
    return path


def refused(shelf, path, sentence):
    before = {file for file in shelf.data_dir.parent.rglob("*") if shelf.data_dir not in file.parents}
    with pytest.raises(VoxError, match=sentence) as error:
        parcel.take_in(shelf, path, PARROT)
    assert "\n" not in str(error.value)
    after = {file for file in shelf.data_dir.parent.rglob("*") if shelf.data_dir not in file.parents}
    assert after - before <= {shelf.data_dir}
    voices = shelf.data_dir / "voices"
    assert not voices.exists() or not list(voices.iterdir())


def test_a_voice_comes_back_whole_and_is_learned_anew(given_away, shelf):
    parrot = Parrot()
    taken = parcel.take_in(shelf, given_away, {"parrot": parrot})
    giver = Shelf(given_away.parent).find("me")
    assert taken.voice.model_copy(update={"folder": giver.folder}) == giver
    assert parrot.asked == 1
    ours, theirs = reference.read(taken.voice.folder), reference.read(giver.folder)
    assert (ours[0] == theirs[0]).all()
    known = card.read(taken.voice.folder)
    assert known.origin == "import"
    assert known.id != card.read(giver.folder).id
    assert known.audio_sha256 == card.read(giver.folder).audio_sha256


def test_a_crafted_voice_travels_without_sound(tmp_path, shelf):
    parcel.export(shelf.find("uncle"), tmp_path / "uncle.voxvoice")
    taken = parcel.take_in(shelf, tmp_path / "uncle.voxvoice", PARROT, name="my-uncle")
    assert taken.voice.engines == shelf.find("uncle").engines
    with pytest.raises(UsageError, match="built-in"):
        parcel.take_in(shelf, tmp_path / "uncle.voxvoice", PARROT)


def test_what_engines_learned_is_kept_where_there_is_no_sound(given_away, tmp_path, shelf):
    path = repacked(given_away, tmp_path / "x.voxvoice", {"reference.flac": None})
    taken = parcel.take_in(shelf, path, PARROT)
    assert taken.voice.engines == Shelf(given_away.parent).find("me").engines


def test_a_sound_that_is_here_already_is_noticed(given_away, shelf):
    parcel.take_in(shelf, given_away, PARROT)
    with pytest.raises(UsageError, match="already, as 'me'"):
        parcel.take_in(shelf, given_away, PARROT, name="again")
    taken = parcel.take_in(shelf, given_away, PARROT, name="again", anyway=True)
    assert taken.alike[0][0] == "me"


def test_a_real_voice_about_which_nobody_agreed_is_refused(given_away, tmp_path, shelf):
    text = zipfile.ZipFile(given_away).read("voice.yaml").decode()
    silent = "\n".join(line for line in text.splitlines() if not line.startswith("consent"))
    path = repacked(given_away, tmp_path / "x.voxvoice", {"voice.yaml": silent.encode()})
    refused(shelf, path, "does not say who agreed .*--consent")
    assert parcel.take_in(shelf, path, PARROT, consent="Ann agreed").voice.consent == "Ann agreed"


@pytest.mark.parametrize(
    "name",
    ["../evil", "/etc/evil", "..\\evil", "learned/../../evil.json", "learned/x/y.json", "C:evil", "learned/"],
)
def test_a_name_that_leads_elsewhere_is_refused(given_away, tmp_path, shelf, name):
    refused(shelf, repacked(given_away, tmp_path / "x.voxvoice", {name: b"{}"}), "has no place in it")


def test_a_link_is_refused(given_away, tmp_path, shelf):
    path = shutil.copy(given_away, tmp_path / "x.voxvoice")
    link = zipfile.ZipInfo("learned/link.json")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as out:
        out.writestr(link, "/etc/passwd")
    refused(shelf, tmp_path / "x.voxvoice", "is locked, or a link")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_listed_twice_is_refused(given_away, tmp_path, shelf):
    path = shutil.copy(given_away, tmp_path / "x.voxvoice")
    with zipfile.ZipFile(path, "a") as out:
        out.writestr("voice.yaml", "name: other")
    refused(shelf, tmp_path / "x.voxvoice", "one twice")


@pytest.mark.parametrize("name", ["voice.yaml", "learned/big.json", "reference.flac", "card.json"])
def test_a_bomb_is_refused_before_it_is_unpacked(given_away, tmp_path, shelf, name):
    path = repacked(
        given_away, tmp_path / "x.voxvoice", {name: bytes(30 << 20)}, compress=zipfile.ZIP_DEFLATED
    )
    assert path.stat().st_size < 1 << 20
    refused(shelf, path, "is too large")


def test_a_bomb_that_lies_about_its_size_is_refused(given_away, tmp_path, shelf):
    path = repacked(
        given_away, tmp_path / "x.voxvoice", {"voice.yaml": bytes(30 << 20)}, compress=zipfile.ZIP_DEFLATED
    )
    path.write_bytes(path.read_bytes().replace(struct.pack("<I", 30 << 20), struct.pack("<I", 1000)))
    refused(shelf, path, "is not a whole")


def test_thousands_of_files_are_refused_before_they_are_listed(given_away, tmp_path, shelf):
    many = {f"learned/e{n}.json": b"{}" for n in range(2000)}
    refused(shelf, repacked(given_away, tmp_path / "x.voxvoice", many), "is not a whole")


@pytest.mark.parametrize(
    ("changes", "manifest", "sentence"),
    [
        ({}, {"version": 2}, "of version 2, and this program reads 1; update the program"),
        ({}, {"format": "zip"}, "update the program"),
        ({}, {"files": {}}, "does not hold what its manifest says"),
        ({}, {"extra": 1}, "is not a voice"),
        ({}, {"version": "x"}, "is not a voice"),
        ({"voice.yaml": None}, {}, "has no voice in it"),
        ({"voice.yaml": b"a: &a [1]\nb: *a\n"}, {}, "aliases are not allowed"),
        ({"voice.yaml": b"[" * 5000}, {}, "is not a voice"),
        ({"voice.yaml": b"\xff"}, {}, "is not a voice"),
        ({"voice.yaml": b"name: ../me"}, {}, "is not a voice"),
        ({"card.json": b"{"}, {}, "is not a voice"),
        ({"reference.flac": b"#EXTM3U\nfile:///etc/passwd"}, {}, "is not a FLAC file"),
        ({"reference.flac": b"fLaC" + bytes(500)}, {}, "FLAC|sound"),
    ],
)
def test_what_does_not_hold_together_is_refused(given_away, tmp_path, shelf, changes, manifest, sentence):
    refused(shelf, repacked(given_away, tmp_path / "x.voxvoice", changes, manifest), sentence)


def test_a_changed_byte_of_the_sound_is_noticed(given_away, tmp_path, shelf):
    data = bytearray(zipfile.ZipFile(given_away).read("reference.flac"))
    data[len(data) // 2] ^= 1
    with zipfile.ZipFile(given_away) as parcel_:
        head = json.loads(parcel_.read("manifest.json"))
    path = repacked(
        given_away, tmp_path / "x.voxvoice", {"reference.flac": bytes(data)}, {"files": head["files"]}
    )
    refused(shelf, path, "does not hold what its manifest says")


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damage_to_a_parcel_does_more_than_be_refused(given_away, tmp_path, data):
    whole = bytearray(given_away.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "x.voxvoice"
    path.write_bytes(bytes(whole[: data.draw(st.integers(0, len(whole)))]))
    with contextlib.suppress(VoxError):
        assert parcel.read(path).keys() <= {*parcel.LIMITS, "learned/parrot.json"}


def test_a_parcel_s_name_and_place_are_checked(given_away, tmp_path):
    voice = Shelf(given_away.parent).find("me")
    with pytest.raises(UsageError, match=r"end in \.voxvoice"):
        parcel.export(voice, tmp_path / "me.zip")
    with pytest.raises(UsageError, match="There is no folder"):
        parcel.export(voice, tmp_path / "no" / "me.voxvoice")
    with pytest.raises(UsageError, match="There is no file"):
        parcel.read(tmp_path / "no.voxvoice")
