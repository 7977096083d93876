"""The studio as people meet it: `vox studio` in headless Chromium, with a file for a microphone."""

import base64
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

from browser_call import FLAGS

RATE_HZ = 48_000

TAP = """
window.voxHeard = [];
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (to, ...rest) {
  if (to === this.context.destination && !this.tap) {
    this.tap = this.context.createScriptProcessor(4096, 1, 1);
    this.tap.onaudioprocess = (event) => window.voxHeard.push(event.inputBuffer.getChannelData(0).slice());
    connect.call(this, this.tap);
    connect.call(this.tap, to);
  }
  return connect.call(this, to, ...rest);
};
"""
"""Hears what a page sends to the speakers."""

HEARD = """() => {
  const bytes = new Uint8Array(new Float32Array(voxHeard.flatMap((block) => [...block])).buffer);
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768)
    text += String.fromCharCode.apply(null, bytes.subarray(at, at + 32768));
  return btoa(text);
}"""


class Visitor:
    """A page, and what went wrong on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        """Errors of the console, and answers that are none."""
        self.outside: list[str] = []
        """Requests to other machines."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._address(request.url))
        page.on("websocket", lambda socket: self._address(socket.url))
        page.on("response", self._response)

    def turn_to(self, job: str) -> None:
        """Open a job's page."""
        self.page.get_by_role("tab", name=job, exact=True).click()

    def heard(self) -> np.ndarray:
        """Float32 [T] at 48 kHz: what went to the speakers."""
        return np.frombuffer(base64.b64decode(self.page.evaluate(HEARD)), np.float32)

    def _console(self, message) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def _address(self, url: str) -> None:
        if not re.match(r"(data|blob):|(http|ws)://127\.0\.0\.1:", url):
            self.outside.append(url)

    def _response(self, response) -> None:
        if response.status >= 400:
            self.complaints.append(f"{response.status} {response.url}")


@contextmanager
def studio(folder: Path, **environment: str) -> Iterator[str]:
    """`vox studio`, as a person without a display starts it; its address."""
    vox = Path(sys.executable).with_name("vox")
    process = subprocess.Popen(
        [vox, "studio", "--no-browser", "--port", "0"],
        env=os.environ | {"VOX_DATA_DIR": str(folder / "data")} | environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        for line in process.stdout:
            if found := re.search(r"The studio is at (\S+);", line):
                yield found[1]
                break
        else:
            raise AssertionError(f"vox studio ended with {process.wait()}")
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        finally:
            process.kill()
            process.stdout.close()


@contextmanager
def visitor(
    url: str, microphone: Path, *, width: int = 1280, dark: bool = False, script: str = TAP
) -> Iterator[Visitor]:
    """Somebody who opens `url`, with a WAV for a microphone; `script` runs before the page's."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=[
                *FLAGS,
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-audio-capture={microphone}",
            ],
        )
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
        )
        page = context.new_page()
        page.add_init_script(script)
        guest = Visitor(page)
        page.goto(url)
        page.locator("vox-live .card").first.wait_for()
        page.locator("vox-live .drawstop:enabled").wait_for()  # the booth answers
        yield guest
        browser.close()
