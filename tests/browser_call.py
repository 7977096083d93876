"""A real client: headless Chromium that picks a microphone by name and holds a WebRTC call with itself."""

import base64
import contextlib
import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
from playwright.sync_api import Page, sync_playwright

PAGES = Path(__file__).parent / "browser"
RATE_HZ = 48_000
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",  # grants the permission; the devices stay the real ones
    "--autoplay-policy=no-user-gesture-required",
]


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves the page without writing to the test's output."""

    def log_message(self, *_):
        pass


@contextmanager
def browser_page(environment: dict[str, str]) -> Iterator[Page]:
    """Open the call page in Chromium, on localhost: getUserMedia asks for a secure context."""
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(QuietHandler, directory=PAGES)
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"),
                args=FLAGS,
                ignore_default_args=["--mute-audio"],  # Playwright mutes headless browsers
                env=environment,
            )
            hurry_browser()
            page = browser.new_context(permissions=["microphone"]).new_page()
            page.goto(f"http://localhost:{server.server_port}/call.html")
            yield page
            browser.close()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def hurry_browser() -> None:
    """Give the browser the priority that sound has on a desktop (rtkit is not here), where we may."""
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error, OSError):
            if "chrom" in process.name():
                process.nice(-19)


class Call:
    """The call in one page: `near` is what the microphone gives, `far` what the other side hears."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def microphones(self) -> list[str]:
        """Names as the client shows them."""
        return self._page.evaluate("microphones().then(all => all.map(d => d.label))")

    def start(self, label: str) -> None:
        """Dial with the microphone called `label`."""
        self._page.evaluate("start", label)

    def heard(self, end: str) -> np.ndarray:
        """Float32 [T] at 48 kHz: everything that `near` or `far` heard since the start."""
        return np.frombuffer(base64.b64decode(self._page.evaluate("heard", end)), np.float32)

    def pace(self) -> float:
        """Sound that the client processed over the time that passed: below 1, the machine starved it."""
        return self._page.evaluate("pace()")

    def codec(self) -> str:
        """Such as `audio/opus`."""
        return self._page.evaluate("codec()")

    def hang_up(self) -> None:
        """End the call and give the microphone back."""
        self._page.evaluate("hangUp()")
