"""Pictures of voices."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxhumana.library.shelf import Shelf
from voxhumana.studio.portrait import portrait
from voxhumana.voice import Voice

BUILT_IN = list(Shelf(Path("nowhere")))


def voice(**settings):
    return Voice(
        name="someone",
        title="A <b> & c",
        character="",
        licence="CC0-1.0",
        source="",
        engines={"dsp": settings},
    )


@pytest.mark.parametrize("one", BUILT_IN, ids=lambda one: one.name)
def test_every_voice_has_a_picture_that_says_who_it_is(one):
    picture = ET.fromstring(portrait(one))
    assert picture.find("{http://www.w3.org/2000/svg}title").text == one.title


def test_no_two_built_in_voices_look_the_same():
    assert len({portrait(one.model_copy(update={"title": ""})) for one in BUILT_IN}) == len(BUILT_IN)


def test_a_title_cannot_put_markup_into_a_picture():
    assert ET.fromstring(portrait(voice())).find("{http://www.w3.org/2000/svg}title").text == "A <b> & c"


def test_a_voice_of_another_engine_has_a_picture_too():
    ET.fromstring(portrait(voice().model_copy(update={"engines": {"native": {"embedding": [0.1]}}})))


NUMBERS = st.floats(allow_nan=False, min_value=-1e6, max_value=1e6)
JUNK = st.one_of(
    NUMBERS, st.text(max_size=5), st.none(), st.lists(st.dictionaries(st.text(max_size=4), st.text()))
)


@given(st.dictionaries(st.sampled_from(["pitch_hz", "tract_cm", "breath", "growl", "tremor", "range"]), JUNK))
def test_whatever_a_file_says_there_is_a_picture(settings):
    ET.fromstring(portrait(voice(**settings)))


@given(JUNK)
def test_effects_that_are_none_leave_a_picture(effects):
    ET.fromstring(portrait(voice(effects=effects)))
