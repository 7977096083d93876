"""The page of Voices: compare before and after, add one from a recording, and keep house."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from voxhumana import build, offline
from voxhumana.audio.file import SoundReader
from voxhumana.config import Settings
from voxhumana.errors import UsageError
from voxhumana.library import enrolment, parcel, reference
from voxhumana.library.changes import About
from voxhumana.library.enrolment import Assessment
from voxhumana.library.name import as_word
from voxhumana.library.shelf import SAMPLE, Shelf
from voxhumana.studio.markup import notice, panel, sound_picture, told

BLOCK_S = 0.5
CHANGED = "() => window.dispatchEvent(new Event('vox-voices'))"
"""Has the other pages look at the shelf again."""
SURE = """(name) => {
  if (name && !confirm("Remove this voice and its recording for good?")) throw new Error("kept");
  return name;
}"""
MINE, OTHERS, NOBODYS = "My own", "Somebody's who agreed", "No real person's"
PLAYER: dict[str, Any] = {
    "buttons": ["download"],  # Gradio's own would offer to share it on a site
    "waveform_options": gr.WaveformOptions(waveform_color="#a99781", waveform_progress_color="#b98730"),
}
LICENCES = ["private", "CC0-1.0", "CC-BY-4.0", "CC-BY-NC-4.0"]


def page(settings: Settings, tab: gr.Tab) -> None:
    """Lay it out, inside the tab; who turns to it sees the shelf as it is then."""
    with gr.Row(equal_height=False, elem_classes="vox-columns"):
        with gr.Column(min_width=320, elem_classes="vox-panel"):
            added = _adding(settings)
        with gr.Column(min_width=320, elem_classes="vox-panel"):
            compared = _comparing(settings)
    with gr.Column(elem_classes="vox-panel"):
        kept = _keeping(settings)
    tab.select(lambda: gr.update(choices=names(settings)), None, compared["voice"])
    tab.select(lambda: gr.update(choices=own(settings)), None, kept["voice"])
    for event in (added["event"], *kept["events"]):
        event.then(lambda: gr.update(choices=names(settings)), None, compared["voice"])
        event.then(lambda: gr.update(choices=own(settings)), None, kept["voice"]).then(None, js=CHANGED)


def names(settings: Settings) -> list[tuple[str, str]]:
    """Every voice: title, name."""
    return [(voice.title, voice.name) for voice in Shelf(settings.data_dir)]


def own(settings: Settings) -> list[tuple[str, str]]:
    """The user's own voices: title, name."""
    shelf = Shelf(settings.data_dir)
    return [(voice.title, voice.name) for voice in shelf if not shelf.built_in(voice.name)]


def _adding(settings: Settings) -> dict[str, Any]:
    _head("Add a voice", "Ten to thirty seconds of one person, in a quiet room.")
    clip = gr.Audio(
        label="Record, or drop a file", sources=["microphone", "upload"], type="filepath", **PLAYER
    )
    with gr.Accordion("Something to read aloud", open=False):
        gr.HTML(panel(f"<p class='passage'>{enrolment.PASSAGE}</p>"), apply_default_css=False)
    verdict = gr.HTML("", apply_default_css=False, elem_classes="vox-said")
    title = gr.Textbox(label="Name", placeholder="Aunt Rosa", max_lines=1)
    whose = gr.Radio([MINE, OTHERS, NOBODYS], value=MINE, label="Whose voice is it?")
    consent = gr.Textbox(label="Who agreed, and to what?", visible=False, max_lines=2)
    licence = gr.Dropdown(LICENCES, value="private", label="Licence", allow_custom_value=True)
    character = gr.Textbox(label="Character, in one line", placeholder="Laughs before the joke.", max_lines=1)
    tags = gr.Textbox(label="Tags", placeholder="family, warm", max_lines=1)
    anyway = gr.Checkbox(label="Add it whatever the checks say", value=False)
    add = gr.Button("Add this voice", variant="primary")
    said = gr.HTML("", apply_default_css=False, elem_classes="vox-said")
    whose.change(lambda chosen: gr.update(visible=chosen == OTHERS), whose, consent)
    clip.change(told(1)(_judge), clip, verdict)
    event = add.click(
        told(1)(_adder(settings)), [clip, title, whose, consent, licence, character, tags, anyway], said
    )
    return {"event": event}


def _comparing(settings: Settings) -> dict[str, Any]:
    _head("Before and after", "Hear a clip in another voice. Without a clip it is our sample sentence.")
    clip = gr.Audio(label="A clip", sources=["upload", "microphone"], type="filepath", **PLAYER)
    voice = gr.Dropdown(names(settings), value=settings.voice, label="In the voice of")
    pitch = gr.Slider(-24, 24, value=0, step=1, label="Pitch, semitones")
    convert = gr.Button("Convert", variant="primary")
    said = gr.HTML("", apply_default_css=False, elem_classes="vox-said")
    before = gr.Audio(label="Before", interactive=False, visible=False, **PLAYER)
    before_picture = gr.HTML("", apply_default_css=False, elem_classes="vox-said")
    after = gr.Audio(label="After", interactive=False, visible=False, **PLAYER)
    after_picture = gr.HTML("", apply_default_css=False, elem_classes="vox-said")
    outputs = [said, before, before_picture, after, after_picture]
    convert.click(told(5)(_converter(settings)), [clip, voice, pitch], outputs)
    return {"voice": voice}


def _keeping(settings: Settings) -> dict[str, Any]:
    _head("Your own voices", "Those you added. The built-in ones stay as they are.")
    said = gr.HTML("", apply_default_css=False, elem_classes="vox-said")
    with gr.Row(elem_classes="vox-row"):
        voice = gr.Dropdown(own(settings), label="Voice", value=None, scale=2)
        tags = gr.Textbox(label="Tags", max_lines=1, scale=2)
        keep = gr.Button("Keep these tags", scale=1)
        remove = gr.Button("Remove for good", variant="stop", scale=1)
    give = gr.HTML("", apply_default_css=False, elem_classes="vox-said")
    with gr.Row(elem_classes="vox-row"):
        agreed = gr.Textbox(label="Who agreed, where a file does not say", max_lines=1, scale=2)
        bring = gr.UploadButton(f"Bring in a {parcel.ENDING} file", file_types=[parcel.ENDING], scale=1)

    def pick(name: str | None) -> tuple[str, str]:
        if not name:
            return "", ""
        found = Shelf(settings.data_dir).find(name)
        link = f"/booth/voices/{found.name}{parcel.ENDING}"
        given = f'<a class="quiet" href="{link}" download>Give {escape(found.title)} away as a file</a>'
        return panel(given), ", ".join(found.tags)

    def take(path: str, consent: str) -> str:
        shelf = Shelf(settings.data_dir)
        taken = parcel.take_in(shelf, Path(path), build.learners(), consent=consent)
        return notice(f"{taken.voice.title} is on the shelf; choose it in Live.", "good")

    voice.change(told(2)(pick), voice, [give, tags])

    def retag(name: str | None, text: str) -> str:
        shelf, wanted = Shelf(settings.data_dir), words(text)
        found = shelf.find(chosen(name))
        shelf.tag(found.name, wanted, set(found.tags) - wanted)
        return notice(f"{found.title} is tagged {', '.join(sorted(wanted)) or 'with nothing'} now.", "good")

    def discard(name: str | None) -> str:
        shelf = Shelf(settings.data_dir)
        found = shelf.find(chosen(name))
        shelf.remove(found.name)
        return notice(f"{found.title} is gone, with its recording.", "good")

    keep.click(told(1)(retag), [voice, tags], said)
    removed = remove.click(told(1)(discard), voice, said, js=SURE)
    taken = bring.upload(told(1)(take), [bring, agreed], said)
    return {"events": [removed, taken], "voice": voice}


def _head(title: str, says: str) -> None:
    gr.HTML(panel(f"<h2>{title}</h2><p class='soft'>{says}</p>"), apply_default_css=False)


def _judge(clip: str | None) -> str:
    if clip is None:
        return ""
    sound, rate_hz = reference.load([Path(clip)])
    found = enrolment.assess(sound, rate_hz)
    return verdict(found) + sound_picture(sound, rate_hz, f"Spectrogram of {found.duration_s:.0f} s of sound")


def verdict(found: Assessment) -> str:
    """What the checks say of a recording, in words and figures."""
    if found.good:
        said = notice(f"A good recording: {found.speech_s:.0f} s of clear speech.", "good")
    else:
        said = "".join(
            notice(hint.text, "bad" if hint.blocking or hint.doubtful else "") for hint in found.hints
        )
    figures = {
        "Speech": f"{found.speech_s:.1f} s",
        "Level": f"{found.level_db:.0f} dBFS",
        "Above the noise": f"{found.snr_db:.0f} dB",
        "Up to": f"{found.band_hz / 1000:.1f} kHz",
    }
    rows = "".join(f"<div><dt>{name}</dt><dd>{text}</dd></div>" for name, text in figures.items())
    return said + panel(f'<dl class="figures">{rows}</dl>')


def _adder(settings: Settings) -> Callable[..., str]:
    def add(
        clip: str | None,
        title: str,
        whose: str,
        consent: str,
        licence: str | None,
        character: str,
        tags: str,
        anyway: bool,
    ) -> str:
        if clip is None:
            raise UsageError("There is no recording yet; record one, or drop a file.")
        name = slug(title)
        about = About(
            title=title,
            licence=licence or "",
            source="Recorded in the studio",
            consent={MINE: "my own voice", NOBODYS: ""}.get(whose, consent),
            real=whose != NOBODYS,
            character=character,
            tags=tuple(sorted(words(tags))),
        )
        sound, rate_hz = reference.load([Path(clip)])
        added = Shelf(settings.data_dir).add(name, sound, rate_hz, about, build.learners(), "file", anyway)
        alike = f" It sounds like {added.alike[0][0]}." if added.alike else ""
        return notice(f"{added.voice.title} is on the shelf; choose it in Live.{alike}", "good")

    return add


def _converter(settings: Settings) -> Callable[..., tuple[Any, ...]]:
    def convert(clip: str | None, voice: str, pitch: float) -> tuple[Any, ...]:
        source = Path(clip) if clip else SAMPLE
        out = Path(tempfile.mkdtemp(prefix="after-", dir=get_upload_folder())) / "after.wav"
        speaking = build.role(settings, chosen(voice), None)
        measured = offline.convert(
            source, out, build.offline(speaking, pitch, stream=False), BLOCK_S, lambda *_: None
        )
        shown = []
        for path, what in ((source, "Before"), (out, f"After, as {speaking.voice.title}")):
            with SoundReader(path) as file:
                sound = file.read(int(60 * file.rate_hz))
                shown += [
                    gr.update(value=str(path), label=what, visible=True),
                    sound_picture(sound, file.rate_hz, f"Spectrogram: {what}"),
                ]
        took = f"{measured['duration_s']:.1f} s of sound in {measured['took_s']:.1f} s."
        return notice(took, "good"), *shown

    return convert


def slug(title: str) -> str:
    """The word for a name: small letters, digits and hyphens.

    Raises:
        UsageError: Nothing is left.
    """
    word = as_word(title)[:64]
    if not word:
        raise UsageError("The voice needs a name; write one with letters from a to z.")
    return word


def words(text: str) -> set[str]:
    """Tags, written with commas or spaces between them."""
    return set(re.findall(r"[^\s,]+", text))


def chosen(name: str | None) -> str:
    """The voice that was picked.

    Raises:
        UsageError: None was.
    """
    if not name:
        raise UsageError("Choose a voice first.")
    return name
