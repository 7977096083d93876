"""The studio in a real browser: going live, being heard, and keeping to oneself."""

import numpy as np
import pytest
import soxr

pytest.importorskip("playwright", reason="make test-real installs it")
from judge import words
from language_server import LanguageServer, serving
from studio_page import RATE_HZ, TAP, studio, visitor
from voxhumana.audio.file import SoundWriter

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SAID = "The kettle is on, and there is room for everybody at the table."
JOBS = ["Live", "Talk", "Voices", "Models", "Health"]

LATE_DEVICES = """
const get = window.fetch, time = new Promise((go) => (window.letDevicesCome = go));
window.fetch = async (...asked) => {
  if (!String(asked[0]).includes("/booth/devices")) return get(...asked);
  window.devicesAsked = true;
  const answer = await get(...asked);
  await time;
  return answer;
};
"""
"""The machine's list of devices comes when `letDevicesCome()` is called."""
FOCUSABLE = """() => {
  const all = "button, input, select, textarea, a[href], [tabindex='0'], audio[controls]";
  const shown = (one) => one.checkVisibility({ visibilityProperty: true }) && one.getClientRects().length > 0;
  const apart = (one) => one.type === "file" || (one.type === "radio" && !one.checked);
  const controls = [...document.querySelectorAll(all)];
  const wanted = controls.filter((one) => shown(one) && !one.disabled && one.tabIndex >= 0 && !apart(one));
  wanted.forEach((one, i) => (one.dataset.nth = i));
  return wanted.map((one) => one.outerHTML.slice(0, 160));
}"""
NAMELESS = """() => {
  const all = "button, input, select, textarea, a[href], [role=meter], [role=radiogroup], audio[controls]";
  const shown = (one) => one.checkVisibility({ visibilityProperty: true }) && one.type !== "file";
  const text = (id) => document.getElementById(id)?.textContent ?? "";
  const name = (one) => [
    one.getAttribute("aria-label"), one.title, one.placeholder, one.textContent,
    ...(one.getAttribute("aria-labelledby") ?? "").split(" ").map(text),
    ...[...(one.labels ?? [])].map((label) => label.textContent),
  ].join("").trim();
  return [...document.querySelectorAll(all)]
    .filter((one) => shown(one) && !name(one)).map((one) => one.outerHTML.slice(0, 160));
}"""


@pytest.fixture(scope="module")
def spoken():
    """Somebody says the sentence; float32 [T] at 48 kHz."""
    from hibari import SAMPLE_RATE, Hibari

    sound = soxr.resample(np.asarray(Hibari()(SAID), np.float32), SAMPLE_RATE, RATE_HZ)
    return 0.5 * sound / np.abs(sound).max()


@pytest.fixture(scope="module")
def microphone(tmp_path_factory, spoken):
    """The sentence and a second's pause: what the browser's microphone hears over and over."""
    return wav(tmp_path_factory.mktemp("microphone") / "said.wav", spoken, pause_s=1)


def wav(path, sound, pause_s):
    """A file of the sound with a second of silence before it, and so much behind it."""
    with SoundWriter(path, RATE_HZ) as file:
        file.write(
            np.concatenate([np.zeros(RATE_HZ, np.float32), sound, np.zeros(pause_s * RATE_HZ, np.float32)])
        )
    return path


@pytest.fixture(scope="module")
def address(tmp_path_factory, spoken):
    folder = tmp_path_factory.mktemp("studio")
    devices = {
        "VOX_INPUT": f"file:{wav(folder / 'in.wav', spoken, pause_s=60)}",
        "VOX_OUTPUT": f"file:{folder / 'out.wav'}",
        "VOX_SPEAKERS": f"file:{folder / 'answer.wav'}",
    }
    with (
        serving(LanguageServer(words=["A cup of tea. ", "It warms the heart."])) as mind,
        studio(folder, VOX_LLM=f"openai:tiny@{mind.url}/v1", **devices) as url,
    ):
        yield url


@pytest.fixture(params=[(1280, False), (390, True)], ids=["laptop, light", "phone, dark"])
def guest(request, address, microphone):
    width, dark = request.param
    with visitor(address, microphone, width=width, dark=dark) as guest:
        yield guest


@pytest.fixture
def laptop(address, microphone):
    with visitor(address, microphone) as guest:
        yield guest


def test_a_page_goes_live_on_the_machines_devices(laptop):
    page = laptop.page
    page.get_by_role("radio", name="The robot").check(force=True)
    page.get_by_role("button", name="Go live").click()
    page.get_by_text("You speak as The robot.").wait_for()
    page.wait_for_function("document.querySelector('[data-part=out] output').textContent !== 'silence'")
    assert page.get_by_text("microphone to call").is_visible()
    page.get_by_role("button", name="Live", exact=False).first.click()
    page.get_by_text("You are off.").wait_for()
    assert laptop.complaints == []


def test_who_is_faster_than_the_list_of_devices_goes_live_on_those_of_before(laptop):
    laptop.page.evaluate("""() => {
      const live = document.querySelector("vox-live");
      for (const name of ["input", "output"]) live.at(name).replaceChildren();
      live.at("go").click();
    }""")
    laptop.page.get_by_text("You speak as").wait_for()
    laptop.page.locator("[data-part=go]:not(.solid)").click()
    laptop.page.get_by_text("You are off.").wait_for()
    assert laptop.complaints == []


def test_devices_of_the_machine_that_come_late_are_not_taken_for_the_browsers(address, microphone):
    with visitor(address, microphone, script=TAP + LATE_DEVICES) as guest:
        page = guest.page
        page.wait_for_function("window.devicesAsked")
        page.get_by_role("radio", name="This browser").check(force=True)
        page.wait_for_function("document.querySelector('vox-live [data-part=input]').options.length")
        page.evaluate("letDevicesCome()")
        page.wait_for_timeout(500)  # until all who waited have looked
        page.get_by_role("button", name="Go live").click()
        page.get_by_text("You speak as").wait_for()
        page.locator("[data-part=go]").click()
        page.get_by_text("You are off.").wait_for()
        assert guest.complaints == []


def test_the_browsers_microphone_comes_back_in_another_voice_and_is_understood(laptop):
    page = laptop.page
    page.get_by_role("radio", name="This browser").check(force=True)
    page.get_by_role("radio", name="The lady").check(force=True)
    page.get_by_role("button", name="Go live").click()
    page.get_by_text("You speak as The lady.").wait_for()
    page.wait_for_timeout(14_000)  # twice the sentence, and then some
    heard = laptop.heard()
    page.locator("[data-part=go]").click()
    page.get_by_text("You are off.").wait_for()
    understood = words(heard, RATE_HZ)
    missing = [word for word in ("kettle", "room", "everybody", "table") if word not in understood]
    assert not missing, understood
    assert laptop.complaints == []


def test_somebody_talks_and_gets_an_answer(laptop):
    laptop.turn_to("Talk")
    page = laptop.page.locator("vox-talk")
    page.get_by_role("button", name="Begin").click()
    page.locator(".user").first.wait_for(timeout=180_000)  # the engines are loaded first
    page.locator(".assistant", has_text="warms the heart").wait_for(timeout=60_000)
    page.get_by_text("Answered after").wait_for()
    page.get_by_role("button", name="End").click()
    assert laptop.complaints == []


def test_somebody_talks_through_the_browser_and_hears_the_answer(laptop):
    laptop.turn_to("Talk")
    page = laptop.page.locator("vox-talk")
    page.get_by_role("radio", name="This browser").check(force=True)
    page.get_by_role("button", name="Begin").click()
    page.locator(".user").first.wait_for(timeout=180_000)
    page.locator(".assistant", has_text="cup of tea").first.wait_for(timeout=60_000)
    laptop.page.wait_for_timeout(3_000)
    page.get_by_role("button", name="End").click()
    assert np.abs(laptop.heard()).max() > 0.01
    assert laptop.complaints == []


def test_somebody_records_a_voice_and_hears_it_in_live(laptop):
    laptop.turn_to("Voices")
    page = laptop.page
    page.get_by_role("button", name="Record").first.click()
    page.wait_for_timeout(9_000)
    page.get_by_role("button", name="Stop").first.click()
    page.get_by_alt_text("Spectrogram of").wait_for()
    page.get_by_label("Name", exact=True).fill("Aunt Rosa")
    page.get_by_role("button", name="Add this voice").click()
    page.get_by_text("Aunt Rosa is on the shelf").wait_for()
    laptop.turn_to("Live")
    page.get_by_role("radio", name="Aunt Rosa").check(force=True)
    page.get_by_role("button", name="Go live").click()
    page.get_by_text("You speak as Aunt Rosa.").wait_for()
    page.locator("[data-part=go]").click()
    page.get_by_text("You are off.").wait_for()
    assert laptop.complaints == []


def test_a_voice_is_given_away_removed_and_brought_back(laptop, address, tmp_path):
    page = laptop.page
    parcel = tmp_path / "aunt-rosa.voxvoice"
    parcel.write_bytes(page.request.get(f"{address}/booth/voices/aunt-rosa.voxvoice").body())
    page.on("dialog", lambda dialog: dialog.accept())
    laptop.turn_to("Voices")
    page.get_by_label("Voice", exact=True).click()
    page.get_by_role("option", name="Aunt Rosa").click()
    page.get_by_text("Give Aunt Rosa away").wait_for()
    page.get_by_role("button", name="Remove for good").click()
    page.get_by_text("Aunt Rosa is gone").wait_for()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Bring in a .voxvoice file").click()
    chooser.value.set_files(parcel)
    page.get_by_text("Aunt Rosa is on the shelf").wait_for()
    laptop.turn_to("Live")
    page.get_by_role("radio", name="Aunt Rosa").wait_for(state="attached")
    assert laptop.complaints == []


def test_a_voice_chosen_before_the_page_has_connected_is_kept(laptop):
    laptop.page.evaluate("""async () => {
      const { Wire } = await import("/booth/static/wire.js");
      const wire = new Wire("/booth/live", () => {}, () => {}, ["switch"]);
      wire.send({ type: "switch", voice: "giant" });  // nobody is there yet
      wire.send({ type: "switch", voice: "robot" });
    }""")
    laptop.page.wait_for_function("document.querySelector('vox-live').knobs.voice === 'robot'")
    assert laptop.complaints == []


def test_a_model_that_is_none_is_refused_in_a_sentence(laptop, tmp_path):
    page = laptop.page
    path = tmp_path / "song.onnx"
    path.write_bytes(b"la la la")
    laptop.turn_to("Models")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Bring a model file").click()
    chooser.value.set_files(path)
    page.locator(".notice.bad", has_text="song.onnx").wait_for()
    page.get_by_role("button", name="Check it").click()
    page.get_by_text("Choose a model first.").wait_for()
    assert laptop.complaints == []


def test_a_clip_is_heard_before_and_after(laptop):
    laptop.turn_to("Voices")
    page = laptop.page
    page.get_by_role("button", name="Convert").click()
    page.get_by_alt_text("Spectrogram: After, as The old uncle").wait_for(timeout=60_000)
    assert page.get_by_alt_text("Spectrogram: Before").is_visible()
    assert laptop.complaints == []


def test_no_job_asks_another_machine_for_anything_or_complains(guest):
    for job in JOBS:
        guest.turn_to(job)
        guest.page.wait_for_timeout(700)
    assert guest.outside == []
    assert guest.complaints == []


def test_no_job_is_wider_than_the_screen(guest):
    for job in JOBS:
        guest.turn_to(job)
        guest.page.wait_for_timeout(300)
        assert guest.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), job


@pytest.mark.parametrize("job", JOBS)
def test_every_control_has_a_name_and_tab_finds_it(laptop, job):
    page = laptop.page
    laptop.turn_to(job)
    page.wait_for_timeout(700)
    assert page.evaluate(NAMELESS) == []
    controls = page.evaluate(FOCUSABLE)
    page.evaluate("document.activeElement.blur()")
    found = set()
    for _ in range(len(controls) + 30):
        page.keyboard.press("Tab")
        found.add(page.evaluate("document.activeElement.dataset.nth"))
    assert [control for nth, control in enumerate(controls) if str(nth) not in found] == []
