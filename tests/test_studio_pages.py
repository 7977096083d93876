"""What Gradio's pages do, called as Gradio calls it, and what they show."""

import pytest

from voxhumana import registry
from voxhumana.config import Settings
from voxhumana.doctor import Finding, Level
from voxhumana.errors import UsageError
from voxhumana.library.enrolment import Assessment, Flaw, Hint
from voxhumana.library.models import extras
from voxhumana.studio.markup import notice
from voxhumana.studio.pages import health, models, voices

GOOD = Assessment(12.0, 11.0, -24.0, 40.0, 0.0, 12_000.0, 0.9)


def test_a_name_becomes_a_word_that_can_be_typed():
    assert voices.slug("  Aunt Rosa (2)! ") == "aunt-rosa-2"
    assert voices.slug("Tía Zoë") == "tia-zoe"


@pytest.mark.parametrize("title", ["", "   ", "\u4e2d\u6587", "!!!"])
def test_a_name_of_which_nothing_is_left_is_refused(title):
    with pytest.raises(UsageError, match="needs a name"):
        voices.slug(title)


def test_tags_are_read_however_they_are_parted():
    assert voices.words("warm, family  old,,") == {"warm", "family", "old"}


def test_a_good_recording_is_called_good():
    assert "A good recording" in voices.verdict(GOOD)


def test_every_flaw_is_said_and_the_grave_ones_stand_out():
    hints = (Hint(Flaw.SHORT, "Too short."), Hint(Flaw.NOISY, "Noisy."))
    shown = voices.verdict(Assessment(2.0, 1.0, -24.0, 9.0, 0.0, 12_000.0, 0.9, hints))
    assert shown.count('class="notice bad"') == 1
    assert "Too short." in shown
    assert "Noisy." in shown


def test_every_engine_is_listed_and_what_is_not_installed_says_how():
    listed = {row.name: row for row in models.rows(Settings())}
    assert listed["whisper"].used
    assert listed["whisper"].install == ""
    assert set(registry.converter_names()) <= set(listed)
    assert extras.missing("no such extra") == ""


def test_a_model_that_is_not_here_says_how_to_fetch_it(tmp_path):
    listed = list(models.known(Settings(data_dir=tmp_path)))
    assert listed
    assert any(row.install == f"vox models pull {row.name}" for row in listed)
    assert all(row.install.startswith(("vox models pull ", "pip install ")) for row in listed if row.install)


def test_an_extra_that_is_not_there_is_what_to_type(monkeypatch):
    wanted = ["nobody-has-this>=1; extra == 'xtts'", "nobody-has-this>=1; extra == 'rvc'"]
    monkeypatch.setattr(extras.metadata, "requires", lambda _: wanted)
    assert extras.missing("xtts") == "pip install 'voxhumana[xtts]'"
    assert extras.missing("openvoice") == "pip install 'voxhumana[rvc]'"
    assert extras.missing("piper") == ""


def test_a_sentence_cannot_put_markup_into_a_page():
    assert "<script>" not in notice("<script>alert(1)</script>", "bad")


def test_findings_are_shown_with_their_steps_and_commands_as_code():
    shown = health.show({"Live": [Finding("server", Level.FAIL, "No <server>.", ("Run `pulse & go`.",))]})
    assert "No &lt;server&gt;." in shown
    assert "<code>pulse &amp; go</code>" in shown
    assert "in the way: </span>" in shown


@pytest.mark.parametrize(
    ("live", "talk", "says"),
    [
        ([], [Level.OK], "You can go live, and converse."),
        ([Level.WARN], [Level.OK], "You can go live; some things could be better."),
        ([Level.OK], [Level.WARN], "You can go live; some things could be better."),
        ([Level.FAIL], [Level.FAIL], "You cannot go live yet: one thing is in the way."),
        ([Level.FAIL, Level.FAIL], [], "You cannot go live yet: 2 things are in the way."),
        ([Level.WARN], [Level.FAIL], "You can go live, but not converse yet: one thing is in the way."),
    ],
)
def test_the_summary_is_one_sentence_and_says_what_is_possible(live, talk, says):
    found = {"Live": live, "Talk": talk}
    assert says in health.summary(
        {subject: [Finding("x", level, "") for level in levels] for subject, levels in found.items()}
    )
