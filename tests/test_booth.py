"""The live session that pages share, on file devices and the real audio process."""

import queue

import numpy as np
import pytest

from voxhumana.audio.file import SoundReader
from voxhumana.channel import Bypass, Gate, Meters, Monitor, Mute, Pitch, Started, Stop, Stopped, Switch
from voxhumana.config import Settings
from voxhumana.errors import UsageError
from voxhumana.library.shelf import SAMPLE
from voxhumana.studio.booth import Booth, Go, Knobs, parse
from voxhumana.studio.jacks import Jacks


class Page:
    """Keeps what it is told."""

    def __init__(self):
        self.told = queue.Queue()

    def hear(self, news):
        self.told.put(news)

    def wait_for(self, kind, such=lambda _: True):
        while True:
            news = self.told.get(timeout=30)
            if isinstance(news, kind) and such(news):
                return news


@pytest.fixture
def settings(tmp_path):
    return Settings(input=f"file:{SAMPLE}", output=f"file:{tmp_path / 'out.wav'}", data_dir=tmp_path)


@pytest.fixture
def booth(settings):
    booth = Booth(settings, Jacks(settings))
    yield booth
    booth.close()


def test_a_page_goes_live_turns_knobs_and_stops(booth, settings, tmp_path):
    page = Page()
    booth.join(page.hear)
    assert page.wait_for(Knobs).state == "off"
    booth.obey(Go(input=settings.input, output=settings.output))
    assert page.wait_for(Started).voice == "uncle"
    assert page.wait_for(Knobs).state == "live"
    booth.obey(Switch(voice="robot"))
    booth.obey(Pitch(semitones=3))
    assert page.wait_for(Knobs, lambda knobs: knobs.pitch_semitones == 3).voice == "robot"
    page.wait_for(Meters, lambda meters: meters.out_db > -40)
    booth.obey(Stop())
    assert page.wait_for(Stopped).report["latency_total_ms"] > 0
    assert page.wait_for(Knobs).state == "off"
    with SoundReader(tmp_path / "out.wav") as file:
        assert np.abs(file.read(file.rate_hz * 60)).max() > 0.01


def test_every_page_sees_what_one_page_turns(booth):
    one, other = Page(), Page()
    booth.join(one.hear)
    booth.join(other.hear)
    booth.obey(Gate(threshold_db=-40))
    assert other.wait_for(Knobs, lambda knobs: knobs.gate_db == -40)


def test_a_page_that_left_is_told_nothing(booth):
    page = Page()
    booth.join(page.hear)
    booth.leave(page.hear)
    booth.obey(Pitch(semitones=1))
    assert page.told.qsize() == 1


def test_a_page_that_comes_later_sees_how_things_stand(booth):
    booth.obey(Pitch(semitones=-2))
    page = Page()
    booth.join(page.hear)
    assert page.wait_for(Knobs).pitch_semitones == -2


@pytest.mark.parametrize(
    "wish", [Go(input="file:/etc/passwd", output="default"), Monitor(device="file:/tmp/x.wav")]
)
def test_a_page_cannot_name_a_file(booth, wish):
    with pytest.raises(UsageError, match="There is no"):
        booth.obey(wish)
    assert booth.knobs.state == "off"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"type":"start","settings":{}}',
        '{"type":"pitch","semitones":99}',
        '{"type":"mute","on":true,"x":1}',
    ],
)
def test_what_is_not_in_the_grammar_is_refused_in_a_sentence(text):
    with pytest.raises(UsageError, match=r"cannot be meant.*; load it again\.$"):
        parse(text)


def test_what_is_in_the_grammar_is_read():
    assert parse('{"type":"bypass","on":true}') == Bypass(on=True)
    assert parse('{"type":"mute","on":false}') == Mute(on=False)
