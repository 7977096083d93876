"""`vox talk` with scripted engines and devices: one question, then silence. Tests give it a terminal."""

import sys
from pathlib import Path

from test_talk import Scene, silence, words
from voxhumana import build_talk
from voxhumana.config import Settings
from voxhumana.library.shelf import Shelf
from voxhumana.meter import Level
from voxhumana.terminal import talk

REPLY = "Four, of course. " + "And then there is more to be said about it. " * 90


class Cast:
    """Changes its name, and nothing else."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self.voice = shelf.find("uncle")

    def change(self, name: str) -> str:
        self.voice = self._shelf.find(name)
        return f"Here is {self.voice.title}."


def main(data_dir: str) -> None:
    """Talk until somebody says stop, or a minute has passed."""
    settings = Settings(data_dir=Path(data_dir))
    scene = Scene(silence(0.5), words(3), silence(300), reply=REPLY, whole=3)

    def scripted(_: Settings, tell, deaf) -> build_talk.Scene:
        scene.tell = tell
        heard, played = Level(), Level()
        read, write = scene.microphone.read, scene.loudspeaker.write

        def listened():
            if (block := read()) is not None:
                heard.add(block * (not deaf()), 16_000)
            return block

        def spoken(block) -> None:
            played.add(block, 16_000)
            write(block)

        scene.microphone.read, scene.loudspeaker.write = listened, spoken
        return build_talk.Scene(scene.talk, Cast(Shelf(settings.data_dir)), heard, played)

    build_talk.scene = scripted
    talk.hurry = lambda _: "normal"
    rows = talk.run(settings, 60)
    print(f"turns {len(rows)}, interrupted {sum(row['interruption_ms'] is not None for row in rows)}")


main(sys.argv[1])
