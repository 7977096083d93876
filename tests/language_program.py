"""A language server as a process of its own, which a test can kill: `language_program.py PORT`.

It speaks Ollama's protocol and says one word every 50 ms: "one, two, three. four, five, six. ...".
"""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import ThreadingHTTPServer

from language_server import Handler, LanguageServer

WORDS = "one, two, three. four, five, six. seven, eight, nine."


@dataclass
class Slow(LanguageServer):
    """Takes its time."""

    def said(self) -> Iterator[str]:
        for word in WORDS.split():
            time.sleep(0.05)
            yield word + " "


if __name__ == "__main__":
    says = type("Says", (Handler,), {"says": Slow()})
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), says).serve_forever()
