"""Who speaks with the user: a voice of the shelf, its speech, its persona, and what it is to remember."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from voxhumana import registry
from voxhumana.assistant.opening import Opening, Openings
from voxhumana.config import Settings
from voxhumana.dialogue import Mimic, Speaker
from voxhumana.engine import Block, Converter, Stream, fitted
from voxhumana.library import learning
from voxhumana.library.memory import Memory
from voxhumana.library.shelf import Shelf
from voxhumana.speak.voiced import Voiced
from voxhumana.voice import Voice

MANNER = (
    "You are talking aloud with a friend. Answer in one or two short sentences, as people speak: "
    "no lists, no markdown, no emoji, no code."
)
"""Part of every persona: what is read well is not what sounds well."""
LEARNS = "native"
"""The engine that learns a voice for which none is named; as in `build`."""
FACTS = 1_200
"""Characters of remembered facts in a persona, the latest: some 300 tokens."""


def voiced(
    settings: Settings,
    voice: Voice,
    rate_hz: int,
    speaker: Speaker | None = None,
    load: Callable[[str], Converter] | None = None,
) -> tuple[Speaker, Voice]:
    """The speaker of the settings, or the one given, in this voice, at this rate; and the voice, learned.

    The converter is had from `load`, if that is there.

    Raises:
        UsageError: There is no such engine.
        VoxError: The voice has nothing for it.
    """
    speaker = speaker or registry.load_speaker(settings.tts, settings.device, settings.speech_threads)
    engine = next((name for name in voice.engines if name in registry.converter_names()), None)
    engine = engine or (LEARNS if voice.folder else None)
    if engine is None or (isinstance(speaker, Mimic) and speaker.takes_on(voice)):
        return Voiced(speaker, None, rate_hz), voice
    converter = fitted((load or registry.load_converter)(engine), voice)
    return Voiced(speaker, converter, rate_hz), learning.ready(voice, converter)


class Recast(Protocol):
    """Tells the language model who it is."""

    def __call__(self, persona: str, *, later: bool = False) -> None:
        """See `Talk.recast`."""


class Cast:
    """Who speaks for the assistant: one voice of the shelf, until another is asked for.

    Args:
        settings: For the speech engine.
        shelf: Where the voices are.
        voice: The first.
        rate_hz: Of the loudspeaker.
        facts: What is remembered now.
    """

    def __init__(
        self,
        settings: Settings,
        shelf: Shelf,
        voice: Voice,
        rate_hz: int,
        facts: Callable[[], Sequence[str]],
    ) -> None:
        self._settings, self._shelf, self._rate_hz = settings, shelf, rate_hz
        self._facts = facts
        self.recast: Recast = lambda persona, *, later=False: None  # noqa: ARG005  # nobody to tell yet
        """Tells the model who it is; see `Talk.recast`."""
        self._speaker = registry.load_speaker(settings.tts, settings.device, settings.speech_threads)
        self._role = voiced(settings, voice, rate_hz, self._speaker)
        self._openings = Openings(self.open) if settings.openings else None

    @property
    def voice(self) -> Voice:
        """Who speaks now."""
        return self._role[1]

    def open(self) -> Stream[str, Block]:
        """Begin a reply's speech."""
        speaker, voice = self._role
        return speaker.open(voice)

    def opening(self) -> Opening | None:
        """What that voice begins a reply with that is late."""
        return self._openings.next() if self._openings else None

    def change(self, name: str) -> str:
        """Let another voice speak, and be somebody else from the next turn on; return what to say.

        Raises:
            VoxError: There is no such voice.
        """
        voice = self._shelf.find(name.strip().lower().removeprefix("the "))
        self._role = voiced(self._settings, voice, self._rate_hz, self._speaker)
        self._openings = Openings(self.open) if self._settings.openings else None
        self.inform(later=False)
        return f"Here is {voice.title[:1].lower()}{voice.title[1:]}."

    def inform(self, *, later: bool) -> None:
        """Tell the model who it is and what is remembered, at once or when it reads anew anyway."""
        self.recast(persona(self.voice, self._facts()), later=later)


class Told:
    """The memory's facts, and a model that is told of what is new in them.

    A new fact stands in the conversation already: telling it costs the model no reading until the older half
    of the conversation is dropped. What was forgotten is taken from it at once.

    Args:
        memory: Where they are kept.
        cast: Tells the model.
    """

    def __init__(self, memory: Memory, cast: Cast) -> None:
        self._memory, self._cast = memory, cast

    def remember(self, fact: str) -> None:
        """Keep a fact."""
        self._memory.remember(fact)
        self._cast.inform(later=True)

    def forget(self, talks: None = None, facts: str | None = None) -> int:
        """Delete the facts that contain some words; return how many."""
        gone = self._memory.forget(talks, facts)
        self._cast.inform(later=False)
        return gone


def persona(voice: Voice, facts: Sequence[str] = ()) -> str:
    """The system message of a voice, with what the user asked to be remembered."""
    told = voice.persona or f"You are {voice.title}. {voice.character}"
    known: list[str] = []
    for fact in reversed(facts):
        if sum(map(len, known)) + len(fact) > FACTS:
            break
        known.insert(0, fact)
    remembered = f" You remember of your friend: {' '.join(known)}" if known else ""
    return f"{told} {MANNER}{remembered}"
