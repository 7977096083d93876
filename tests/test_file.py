"""Sound files: every format there and back, and a sentence for every file that is none."""

import contextlib
import subprocess
import sys
import wave

import av
import numpy as np
import pytest

from voxhumana.audio.file import FORMATS, SoundReader, SoundWriter
from voxhumana.errors import UsageError, VoxError


def tone(rate_hz, duration_s=1.0):
    return (0.5 * np.sin(2 * np.pi * 440 * np.arange(int(rate_hz * duration_s)) / rate_hz)).astype(np.float32)


def save(path, sound, rate_hz):
    with SoundWriter(path, rate_hz) as file:
        for start in range(0, len(sound), 1000):
            file.write(sound[start : start + 1000])
    return path


def load(path):
    with SoundReader(path) as file:
        return file.rate_hz, file.read(10**8)


@pytest.mark.parametrize("ending", FORMATS)
def test_every_format_comes_back_as_it_was_written_neither_shifted_nor_longer(tmp_path, ending):
    rate_hz, sound = load(save(tmp_path / f"tone{ending}", tone(48_000), 48_000))
    assert rate_hz == 48_000
    assert len(sound) == 48_000
    np.testing.assert_allclose(sound[4800:-4800], tone(48_000)[4800:-4800], atol=0.05)


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 22_050, 44_100, 96_000])
def test_a_rate_that_a_codec_lacks_becomes_its_next(tmp_path, ending, rate_hz):
    got_hz, sound = load(save(tmp_path / f"tone{ending}", tone(rate_hz), rate_hz))
    kept = ending in {".wav", ".flac", ".m4a"} or (ending == ".mp3" and rate_hz <= 48_000)
    assert got_hz == (rate_hz if kept else 48_000)  # Opus always decodes at 48 kHz
    assert len(sound) == pytest.approx(got_hz, abs=64)
    middle = slice(got_hz // 4, got_hz // 2)
    np.testing.assert_allclose(sound[middle], tone(got_hz)[middle], atol=0.1)


def test_sixteen_bits_come_back_exactly(tmp_path):
    levels = np.arange(-32_768, 32_768).astype(np.float32) / 32_768
    _, sound = load(save(tmp_path / "ramp.wav", levels, 48_000))
    np.testing.assert_array_equal(sound, levels)


def test_channels_are_averaged(tmp_path):
    with wave.open(str(tmp_path / "stereo.wav"), "wb") as file:
        file.setparams((2, 2, 8_000, 0, "NONE", ""))
        file.writeframes(np.tile(np.int16([16_384, -8_192]), 100).tobytes())
    _, sound = load(tmp_path / "stereo.wav")
    np.testing.assert_array_equal(sound, np.full(100, 0.125, np.float32))


def test_numbers_that_are_none_are_tamed(tmp_path):
    raw = np.float32([0.5, np.nan, np.inf, -np.inf, 2.0])
    with av.open(str(tmp_path / "nan.wav"), "w") as file:
        stream = file.add_stream("pcm_f32le", rate=8_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(raw[None], format="flt", layout="mono")
        frame.sample_rate = 8_000
        file.mux(stream.encode(frame))
    _, sound = load(tmp_path / "nan.wav")
    np.testing.assert_array_equal(sound, np.float32([0.5, 0, 1, -1, 2]))


def test_reads_of_any_size_join_without_a_seam(tmp_path):
    path = save(tmp_path / "tone.flac", tone(44_100), 44_100)
    _, whole = load(path)
    with SoundReader(path) as file:
        pieces = [file.read(size) for size in (1, 64, 65, 8193, 480) * 20]
        assert not len(file.read(1))
    np.testing.assert_array_equal(np.concatenate(pieces), whole)


def test_an_empty_recording_is_a_file_too(tmp_path):
    assert len(load(save(tmp_path / "empty.wav", np.zeros(0, np.float32), 8_000))[1]) == 0


def test_what_is_no_sound_is_refused_in_one_sentence(tmp_path):
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("hello\n")
    with av.open(str(tmp_path / "film.mp4"), "w") as film:
        stream = film.add_stream("mpeg4", rate=25)
        stream.width = stream.height = 16
        picture = av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8))
        film.mux(stream.encode(picture))
        film.mux(stream.encode(None))
    for name, error, sentence in [
        ("none.wav", UsageError, "There is no file"),
        (".", UsageError, "is a folder"),
        ("empty.wav", VoxError, r"is empty \(0 bytes\)"),
        ("text.wav", VoxError, "is not a sound file"),
        ("film.mp4", VoxError, "has no audio track"),
    ]:
        with pytest.raises(error, match=sentence) as refused:
            SoundReader(tmp_path / name)
        assert "\n" not in str(refused.value)


def test_a_file_cut_off_says_how_much_is_there(tmp_path):
    path = save(tmp_path / "tone.flac", tone(8_000, 10), 8_000)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with SoundReader(path) as file, pytest.raises(VoxError, match=r"(damaged|ends) after [45]\.\d s"):
        file.read(80_000)


def test_random_damage_never_escapes_as_anything_but_a_sentence(tmp_path):
    dice = np.random.default_rng(0)
    for ending in FORMATS:
        whole = save(tmp_path / f"tone{ending}", tone(16_000), 16_000).read_bytes()
        for _ in range(10):
            damaged = bytearray(whole[: dice.integers(1, len(whole))])
            for place in dice.integers(0, min(len(damaged), 500), 5):
                damaged[place] = dice.integers(256)
            (tmp_path / "damaged").write_bytes(damaged)
            try:
                with SoundReader(tmp_path / "damaged") as file:
                    assert np.isfinite(file.read(10**7)).all()
            except VoxError:
                pass


def test_outputs_that_cannot_be_are_refused_at_once(tmp_path):
    for name, sentence in [
        ("out.xyz", r"end the name with one of: \.wav"),
        ("nowhere/out.wav", "There is no folder"),
        ("folder.wav", "is a folder"),
    ]:
        (tmp_path / "folder.wav").mkdir(exist_ok=True)
        with pytest.raises(UsageError, match=sentence):
            SoundWriter(tmp_path / name, 48_000)


def test_a_failure_leaves_nothing_behind_and_what_was_there_untouched(tmp_path):
    kept = save(tmp_path / "out.wav", tone(8_000), 8_000).read_bytes()
    with contextlib.suppress(ZeroDivisionError), SoundWriter(tmp_path / "out.wav", 8_000) as file:
        file.write(tone(8_000))
        raise ZeroDivisionError
    assert [p.name for p in tmp_path.iterdir()] == ["out.wav"]
    assert (tmp_path / "out.wav").read_bytes() == kept


@pytest.mark.skipif(sys.platform == "win32", reason="no RLIMIT_FSIZE there")
@pytest.mark.parametrize("ending", FORMATS)
def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path, ending):
    script = f"""
import resource, numpy as np
from pathlib import Path
from voxhumana.audio.file import SoundWriter
from voxhumana.errors import VoxError
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
noise = np.random.default_rng(0).uniform(-1, 1, 48_000).astype(np.float32)
try:
    with SoundWriter(Path("out{ending}"), 48_000) as file:
        try:
            for _ in range(30):
                file.write(noise)
        finally:
            file.write(noise)  # a device is closed after it failed, and writes what is left
except VoxError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "cannot be written (file too large)" in done.stdout
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_memory_does_not_grow_with_the_file(tmp_path):
    """Ten minutes at 8 kHz are 19 MB as float32; peak memory is read in a process of its own."""
    script = """
import resource, numpy as np
from pathlib import Path
from voxhumana.audio.file import SoundReader, SoundWriter
block = np.zeros(8_000, np.float32)
with SoundWriter(Path("long.flac"), 8_000) as file:
    file.write(block)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(599):
        file.write(block)
with SoundReader(Path("long.flac")) as file:
    assert file.duration_s == 600
    while len(file.read(8_000)):
        pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, check=True)
    assert int(done.stdout) < 8_000  # kB
