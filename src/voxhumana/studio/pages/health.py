"""The page of Health: what the doctor finds, what to do about it, and a button where we can do it."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any, TypeAlias

import gradio as gr

from voxhumana import doctor
from voxhumana.audio import virtual_mic
from voxhumana.config import Settings
from voxhumana.doctor import Finding, Level
from voxhumana.errors import VoxError
from voxhumana.studio.markup import notice, panel

Findings: TypeAlias = dict[str, list[Finding]]
"""By subject, in order."""

SIGNS = {Level.OK: "\u2713", Level.NOTE: "i", Level.WARN: "!", Level.FAIL: "\u2715"}
WORDS = {Level.OK: "fine", Level.NOTE: "to know", Level.WARN: "could be better", Level.FAIL: "in the way"}
EMPTY = "Nobody has looked yet. An examination listens and measures for some thirty seconds."
LIVE, TALK = "Live", "Talk"
"""What findings are about, and what stands over them."""


def page(settings: Settings) -> None:
    """Lay it out, inside the tab."""
    with gr.Column(elem_classes="vox-panel"):
        gr.HTML(
            panel(
                "<h2>Health</h2><p class='soft'>"
                "Whether one can go live and converse on this machine, how fast, and what to do.</p>"
            ),
            apply_default_css=False,
        )
        with gr.Row(elem_classes="vox-row"):
            examine = gr.Button("Examine this machine", variant="primary")
            make = gr.Button("Make the virtual microphone")
        said = gr.HTML("", apply_default_css=False, elem_classes="vox-said")
        findings = gr.HTML(panel(f'<p class="empty">{EMPTY}</p>'), apply_default_css=False)

        def look() -> Iterator[tuple[str, Any]]:
            found: Findings = {}
            for subject, examination, doing in (
                (LIVE, doctor.examine, "Listening and measuring; please speak now and then."),
                (TALK, doctor.conversation, "Trying out the engines of conversation."),
            ):
                found[subject] = []
                yield notice(doing), show(found)
                try:
                    for finding in examination(settings):
                        found[subject].append(finding)
                        yield notice(doing), show(found)
                except VoxError as error:
                    yield notice(str(error), "bad"), show(found)
                    return
            yield summary(found), show(found)

        examine.click(look, None, [said, findings], show_progress="hidden")  # what it does is said in words
        make.click(make_microphone, None, said)


def make_microphone() -> str:
    """Have the virtual microphone be there, so that a call can choose it before anything is live."""
    try:
        virtual_mic.ensure()
    except VoxError as error:
        return notice(str(error), "bad")
    return notice(f"Calls can choose '{virtual_mic.CABLE.microphone}' now.", "good")


def summary(found: Findings) -> str:
    """All findings in one sentence."""
    failed = {subject: [one for one in ones if one.level is Level.FAIL] for subject, ones in found.items()}
    if worst := failed[LIVE]:
        return notice(f"You cannot go live yet: {_things(len(worst))} in the way.", "bad")
    if worst := failed[TALK]:
        return notice(f"You can go live, but not converse yet: {_things(len(worst))} in the way.", "bad")
    if any(finding.level is Level.WARN for findings in found.values() for finding in findings):
        return notice("You can go live; some things could be better.")
    return notice("You can go live, and converse.", "good")


def _things(count: int) -> str:
    return "one thing is" if count == 1 else f"{count} things are"


def show(found: Findings) -> str:
    """The findings, a list for each subject."""
    return panel("".join(_section(subject, findings) for subject, findings in found.items()))


def _section(subject: str, findings: list[Finding]) -> str:
    items = "".join(map(_item, findings))
    return (
        f'<section class="findings-of"><h3>{escape(subject)}</h3><ul class="findings">{items}</ul></section>'
    )


def _item(finding: Finding) -> str:
    steps = "".join(f"<li>{_code(step)}</li>" for step in finding.remedy)
    return (
        f'<li class="{finding.level}"><span class="sign" aria-hidden="true">{SIGNS[finding.level]}</span>'
        f'<div><p><span class="vox-sr">{WORDS[finding.level]}: </span>{_code(finding.sentence)}</p>'
        f"{f'<ol>{steps}</ol>' if steps else ''}</div></li>"
    )


def _code(sentence: str) -> str:
    """A sentence, with what stands in backticks as code."""
    parts = escape(sentence).split("`")
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))
