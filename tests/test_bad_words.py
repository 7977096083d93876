"""Words and settings that cannot be meant, to every command, through the real `vox`."""

import pytest

from wrong import refused, tone, write

pytestmark = pytest.mark.slow  # a hundred processes


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("words")
    write(folder / "good.wav", tone())
    (folder / "folder").mkdir()
    for name, held in (("noise", b"\xff\xfe\x00"), ("words", b"name\tword\na\tb\n")):
        (folder / name).mkdir()
        (folder / name / "manifest.tsv").write_bytes(held)
    return folder


@pytest.mark.parametrize(
    "command",
    [("convert", "good.wav", "o.wav"), ("live", "--input", "file:good.wav", "--output", "file:o.wav")],
)
@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (("--voice", "nobody"), "no voice 'nobody'"),
        (("--engine", "steam"), "no engine called 'steam'"),
        (("--engine", "dsp:deep"), "takes nothing after its name"),
        (("--engine", "native:folder"), "takes nothing after its name"),
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
        (("serve", "--cert", "good.wav"), "both"),
        (("serve", "--cert", "good.wav", "--key", "good.wav"), "PEM"),
        (("bench", "words", "folder"), "There is no manifest.tsv in folder"),
        (("bench", "words", "noise"), "mend it"),
        (("bench", "quality", "noise"), "mend it"),
        (("bench", "words", "words"), "lacks the column"),
        (("bench", "quality", "words"), "lacks the column"),
        (("bench", "talk", "--questions", "folder"), "no sound file in folder"),
        (("bench", "rvc"), "No voice of the shelf has an RVC model"),
        (("models", "pull", "nothing"), "nothing"),
        (("models", "remove", "nothing", "--yes"), "nothing"),
        (("models", "export", "folder"), "--coreml"),
        (("models", "check-coreml", "folder"), "folder"),
        (("voices", "export", "uncle", "no/such/x.voxvoice"), "no/such"),
        (("voices", "add", "uncle", "good.wav"), "uncle"),
        (("voices", "remove", "uncle", "--yes"), "uncle"),
        (("token", "create", "x", "--scope", "king"), "king"),
        (("token", "create", " "), "needs a name"),
        (("memory", "forget"), "Say what to forget"),
        (("memory", "export", "no/such.json"), "There is no folder"),
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
