"""What people feed a program by mistake, to every command, through the real `vox`.

Each ends with exit code 1 or 2, one sentence that says what to do, no traceback, and no new file.
"""

import wave

import av
import numpy as np
import pytest

from wrong import RATE, load, refused, tone, vox, write, write_float

pytestmark = pytest.mark.slow  # a hundred processes


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One of everything that is no good input."""
    folder = tmp_path_factory.mktemp("bad")
    write(folder / "good.wav", tone())
    (folder / "empty.wav").touch()
    (folder / "text.wav").write_text("Dear diary,\n")
    (folder / "noise.mp3").write_bytes(np.random.default_rng(0).bytes(10_000))
    (folder / "folder").mkdir()
    write(folder / "whole.flac", np.random.default_rng(0).uniform(-0.5, 0.5, 10 * RATE))
    (folder / "cut.flac").write_bytes((folder / "whole.flac").read_bytes()[:50_000])
    with av.open(str(folder / "film.mp4"), "w") as film:
        picture = film.add_stream("mpeg4", rate=25)
        picture.width = picture.height = 16
        film.mux(picture.encode(av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8))))
        film.mux(picture.encode(None))
    return folder


READERS = {
    "convert": ("convert", "{bad}", "out.wav", "--engine", "identity"),
    "live": ("live", "--input", "file:{bad}", "--output", "file:out.wav", "--engine", "identity"),
    "transcribe": ("transcribe", "{bad}"),
}
"""Every command that reads sound."""


@pytest.mark.parametrize("command", READERS)
@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        ("nowhere.wav", "There is no file nowhere.wav"),
        ("folder", "folder is a folder"),
        ("empty.wav", "is empty (0 bytes)"),
        ("text.wav", "is not a sound file"),
        ("noise.mp3", "is not a sound file"),
        ("film.mp4", "has no audio track"),
    ],
)
def test_a_file_that_is_no_sound(folder, command, bad, sentence):
    assert sentence in refused(folder, *(word.format(bad=bad) for word in READERS[command]))


def test_a_file_cut_off_is_refused_when_its_end_is_met(folder):
    assert "cut.flac" in refused(folder, "convert", "cut.flac", "out.wav", "--engine", "identity")


def test_live_keeps_what_was_played_of_a_file_cut_off(folder):
    code, _, errors = vox(
        folder, "live", "--input", "file:cut.flac", "--output", "file:out.wav", "--engine", "identity"
    )
    assert code == 1
    assert errors.startswith("vox: cut.flac ")
    assert errors.count("\n") == 1
    assert len(load(folder / "out.wav")[1]) > RATE
    (folder / "out.wav").unlink()


WRITERS = {
    "convert": ("convert", "good.wav", "{bad}", "--engine", "identity"),
    "live": ("live", "--input", "file:good.wav", "--output", "file:{bad}", "--engine", "identity"),
    "say": ("say", "Hello.", "{bad}"),
}
"""Every command that writes sound."""


@pytest.mark.parametrize("command", WRITERS)
@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        ("out.xyz", "end the name with one of"),
        ("out", "end the name with one of"),
        ("no/such/out.wav", "There is no folder no/such"),
        ("good.wav/out.wav", "There is no folder good.wav"),
        ("/proc/out.wav", "/proc"),
    ],
)
def test_an_output_that_cannot_be(folder, command, bad, sentence):
    assert sentence in refused(folder, *(word.format(bad=bad) for word in WRITERS[command]))


@pytest.mark.parametrize("command", ["convert", "live"])
def test_an_output_that_is_the_input(folder, command):
    words = [word.format(bad="good.wav") for word in WRITERS[command]]
    assert "over itself" in refused(folder, *words)


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """Sound that is odd, and sound all the same."""
    folder = tmp_path_factory.mktemp("odd")
    dice = np.random.default_rng(0)
    write(folder / "silence.wav", np.zeros(RATE // 2))
    write(folder / "one.wav", [0.5])
    write(folder / "none.wav", [])
    write(folder / "clipped.wav", np.sign(dice.standard_normal(RATE // 2)))
    write_float(folder / "nan.wav", np.where(np.arange(RATE // 2) % 100, 0.2, np.nan))
    write_float(folder / "huge.wav", 1e30 * dice.standard_normal(RATE // 2))
    with wave.open(str(folder / "telephone.wav"), "wb") as file:
        file.setparams((2, 1, 8_000, 0, "NONE", ""))
        file.writeframes(dice.integers(100, 156, 8_000, np.uint8).tobytes())
    return folder


@pytest.mark.parametrize(
    "how", [["--engine", "identity"], ["--engine", "identity", "--stream"], [], ["--stream"]]
)
def test_odd_sound_is_converted_to_tame_sound_as_long(odd, tmp_path, how):
    names = sorted(p.name for p in odd.iterdir())
    code, _, errors = vox(tmp_path, "convert", *(odd / name for name in names), "out", *how)
    assert (code, errors) == (0, "")
    for name in names:
        rate_hz, before = load(odd / name)
        assert load(tmp_path / "out" / name)[0] == rate_hz
        after = load(tmp_path / "out" / name)[1]
        assert len(after) == len(before), name
        assert np.abs(after).max(initial=0) <= 1, name
        if name == "silence.wav":
            assert not after.any()
