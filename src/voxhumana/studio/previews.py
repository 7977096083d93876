"""Voices heard before they are chosen: the sample sentence in each, made once and kept while we run."""

from __future__ import annotations

import hashlib
import tempfile
import threading
from pathlib import Path

from voxhumana import build, offline
from voxhumana.config import Settings
from voxhumana.library.shelf import SAMPLE, Shelf

BLOCK_S = 0.5
"""Sound a push: long enough that calls cost nothing."""


class Previews:
    """Makes previews, one at a time so that the live voice keeps its share of the machine."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = tempfile.TemporaryDirectory(prefix="vox-previews-")
        self._making = threading.Lock()

    def find(self, name: str) -> Path:
        """A WAV of the voice called `name`.

        Raises:
            VoxError: There is no such voice, or it cannot speak.
        """
        voice = Shelf(self._settings.data_dir).find(name)
        content = hashlib.sha256(voice.model_dump_json().encode()).hexdigest()
        path = Path(self._folder.name) / f"{content}.wav"
        with self._making:
            if not path.exists():
                speaking = build.role(self._settings, name, None)
                open_chain = build.offline(speaking, 0.0, stream=False)
                offline.convert(SAMPLE, path, open_chain, BLOCK_S, lambda *_: None)
        return path

    def close(self) -> None:
        """Forget them."""
        self._folder.cleanup()
