"""When things happened in a turn, in milliseconds on the sample clock."""

from __future__ import annotations

from dataclasses import dataclass

from voxhumana.assistant.turn import MS


@dataclass
class TurnTiming:
    """Moments of a turn, in samples of the detector's clock; None for what did not happen."""

    start: int | None = None
    end_of_speech: int | None = None
    transcript: int | None = None
    """The words of the draft that was spoken were known."""
    first_word: int | None = None
    """The language model said the first word of it."""
    decision: int | None = None
    """The turn was found to be over."""
    first_sound: int | None = None
    """The reply began to play."""
    interruption: int | None = None
    """The user spoke, and the reply fell silent."""
    user: str = ""
    assistant: str = ""
    """What was heard of the reply."""

    def heard(self, start: int, end: int) -> None:
        """Begin again with a draft: what was known of the one before does not count."""
        self.start, self.end_of_speech = start, end
        self.transcript = self.first_word = None

    def report(self) -> dict[str, object]:
        """The row that `vox talk --json` writes."""
        moments = {
            "start_ms": self.start,
            "end_of_speech_ms": self.end_of_speech,
            "transcript_ms": self.transcript,
            "first_token_ms": self.first_word,
            "decision_ms": self.decision,
            "first_audio_ms": self.first_sound,
            "interruption_ms": self.interruption,
        }
        in_ms = {name: None if at is None else at / MS for name, at in moments.items()}
        voice_to_voice_ms = None
        if self.first_sound is not None and self.end_of_speech is not None:
            voice_to_voice_ms = (self.first_sound - self.end_of_speech) / MS
        return {
            "user": self.user,
            "assistant": self.assistant,
            **in_ms,
            "voice_to_voice_ms": voice_to_voice_ms,
        }
