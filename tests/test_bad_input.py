"""What people feed a program by mistake, to every command, through the real `vox`.

Each ends with exit code 1 or 2, one sentence that says what to do, no traceback, and no new file.
"""

import os
import signal
import subprocess
import sys
import time
import wave
from pathlib import Path

import av
import numpy as np
import pytest

from voxhumana.audio.file import SoundReader, SoundWriter

pytestmark = pytest.mark.slow  # a hundred processes

VOX = Path(sys.executable).with_name("vox")
RATE = 16_000


def start(folder, *arguments, **more):
    """The real command, in a world of its own: no settings and no voices of the user's."""
    world = {k: v for k, v in os.environ.items() if not k.startswith("VOX_")}
    world |= {"XDG_CONFIG_HOME": str(folder / "config"), "XDG_DATA_HOME": str(folder / "data")}
    world |= more.pop("env", {})
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | more
    return subprocess.Popen([VOX, *map(str, arguments)], cwd=folder, env=world, text=True, **pipes)


def vox(folder, *arguments, **more):
    """Run it to its end: exit code, what it printed, its errors."""
    process = start(folder, *arguments, **more)
    out, errors = process.communicate(timeout=100)
    return process.returncode, out, errors


def files(folder):
    return {p: p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()}


def write(path, sound, rate_hz=RATE):
    with SoundWriter(path, rate_hz) as file:
        file.write(np.asarray(sound, np.float32))


def write_float(path, sound):
    with av.open(str(path), "w") as file:
        stream = file.add_stream("pcm_f32le", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.float32(sound)[None], format="flt", layout="mono")
        frame.sample_rate = RATE
        file.mux(stream.encode(frame))


def load(path):
    with SoundReader(path) as file:
        return file.rate_hz, file.read(10**7)


def tone(samples=RATE // 4):
    return 0.3 * np.sin(np.arange(samples) * 0.1)


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


def refused(folder, *arguments, **more):
    """The sentence with which the command is refused, checked to be one."""
    before = files(folder)
    code, _, errors = vox(folder, *arguments, **more)
    assert code in {1, 2}, errors
    assert errors.startswith("vox: ")
    assert errors.endswith((".\n", "?\n"))
    assert errors.count("\n") == 1, errors
    assert files(folder) == before
    return errors


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


@pytest.mark.parametrize(
    "command",
    [("convert", "good.wav", "o.wav"), ("live", "--input", "file:good.wav", "--output", "file:o.wav")],
)
@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (("--voice", "nobody"), "no voice 'nobody'"),
        (("--engine", "steam"), "no engine called 'steam'"),
        (("--pitch", "high"), "--pitch"),
        (("--pitch", "99"), "pitch"),
        (("--pitch", "nan"), "pitch"),
        (("--json", "no/such.json"), "There is no folder"),
        (("--json", "folder"), "is a folder"),
        (("--loud",), "No such option"),
        (("--voice",), "requires an argument"),
    ],
)
def test_an_option_that_cannot_be_meant(folder, command, wrong, sentence):
    assert sentence in refused(folder, *command, *wrong)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("sing",), "No such command 'sing'"),
        (("convrt",), "Did you mean 'convert'? See `vox --help`."),
        (("voices", "show"), "Missing argument"),
        (("voices", "show", "nobody"), "no voice 'nobody'"),
        (("voices", "preview", "uncle", "--output", "file:out.xyz"), "end the name with one of"),
        (("voices", "list", "--json", "no/such.json"), "There is no folder"),
        (("bench", "convert", "--json", "no/such.json"), "There is no folder"),
        (("bench", "live", "--json", "no/such.json"), "There is no folder"),
        (("devices", "--json", "no/such.json"), "There is no folder"),
        (("doctor", "--json", "no/such.json"), "There is no folder"),
        (("doctor", "--voice", "nobody"), "no voice 'nobody'"),
        (("bench", "live", "--table", "no/such.md"), "There is no folder"),
        (("bench", "live", "--soak", "-1"), "--soak"),
        (("say", "Hello.", "out.wav", "--voice", "nobody"), "no voice 'nobody'"),
        (("say", "Hello.", "out.wav", "--tts", "parrot"), "'parrot'"),
        (("transcribe", "good.wav", "--stt", "parrot"), "'parrot'"),
        (("talk", "--voice", "nobody"), "no voice 'nobody'"),
        (("talk", "--llm", "parrot"), "'parrot'"),
        (("talk", "--json", "folder"), "is a folder"),
        (("convert",), "Missing argument"),
        (("convert", "good.wav"), "Missing argument"),
        (("say", "Hello."), "Missing argument"),
        (("say", "", "out.wav"), "nothing to say"),
        (("transcribe",), "Missing argument"),
        (("live", "now"), "unexpected extra argument"),
        (("live", "--duration", "-1"), "--duration"),
        (("live", "--input", "file:", "--output", "file:out.wav"), "file:"),
    ],
)
def test_a_command_line_that_cannot_be_meant(folder, words, sentence):
    assert sentence in refused(folder, *words)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ("frames: [\n  a: {", "cannot be read"),
        ("- one\n- two\n", "must hold 'name: value' lines"),
        ("fames: 256\n", "did you mean 'frames'"),
        ("frames: many\n", "frames"),
        ("\0\1\2", "cannot be read"),
    ],
)
def test_settings_that_cannot_be_read(folder, settings, sentence):
    home = folder / "config" / "voxhumana"
    home.mkdir(parents=True, exist_ok=True)
    (home / "config.yaml").write_text(settings)
    try:
        assert sentence in refused(folder, "convert", "good.wav", "out.wav")
    finally:
        (home / "config.yaml").unlink()


@pytest.mark.parametrize(("name", "value"), [("VOX_FRAMES", "many"), ("VOX_PITCH_SEMITONES", "1e9")])
def test_an_environment_that_cannot_be_meant(folder, name, value):
    sentence = refused(folder, "convert", "good.wav", "out.wav", env={name: value})
    assert name.removeprefix("VOX_").lower() in sentence


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


@pytest.mark.parametrize(("told", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_conversion_told_to_end_leaves_nothing(tmp_path, told, code):
    write(tmp_path / "long.wav", np.zeros(600 * RATE))
    process = start(tmp_path, "convert", "long.wav", "out.flac", "--engine", "identity", "--stream")
    while len(list(tmp_path.iterdir())) == 1 and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(told)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (code, "")
    assert [p.name for p in tmp_path.iterdir()] == ["long.wav"]


def test_ctrl_c_ends_live_and_keeps_what_was_played(tmp_path):
    write(tmp_path / "long.wav", np.zeros(60 * RATE))
    process = start(
        tmp_path, "live", "--input", "file:long.wav", "--output", "file:out.wav", "--engine", "identity"
    )
    assert process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["long.wav", "out.wav"]
    load(tmp_path / "out.wav")


@pytest.mark.parametrize("command", [("--help",), ("convert", "good.wav", "o.wav", "--engine", "identity")])
def test_nobody_listening_is_no_crash(folder, command):
    with Path("/dev/full").open("w") as full:
        code, _, errors = vox(folder, *command, stdout=full)
    assert (code, errors) == (
        1,
        "vox: The system refuses ([Errno 28] No space left on device); --debug shows where.\n",
    )
    (folder / "o.wav").unlink(missing_ok=True)
    reader, writer = os.pipe()
    os.close(reader)
    code, _, errors = vox(folder, *command, stdout=writer)
    os.close(writer)
    assert (code, errors) == (1, "")
    (folder / "o.wav").unlink(missing_ok=True)


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path):
    import resource

    write(tmp_path / "long.wav", np.zeros(60 * RATE))
    process = start(
        tmp_path,
        *("convert", "long.wav", "out.wav", "--engine", "identity"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
    )
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert errors == "vox: out.wav cannot be written (file too large); free space or name another.\n"
    assert [p.name for p in tmp_path.iterdir()] == ["long.wav"]


@pytest.mark.skipif(sys.platform == "win32", reason="os.wait4 is not there")
def test_memory_does_not_grow_with_the_file(tmp_path):
    """5 minutes more are 19 MB more as float32."""
    peaks_kb = []
    for minutes in (1, 6):
        with SoundWriter(tmp_path / "long.flac", RATE) as file:
            for _ in range(minutes):
                file.write(np.zeros(60 * RATE, np.float32))
        process = start(tmp_path, "convert", "long.flac", "out.flac", "--engine", "identity")
        _, status, used = os.wait4(process.pid, 0)
        assert status == 0
        peaks_kb.append(used.ru_maxrss)
        process.returncode = 0
        process.stdout.close()
        process.stderr.close()
    assert peaks_kb[1] - peaks_kb[0] < 10_000
