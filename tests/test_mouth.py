import numpy as np

from voxhumana.assistant.history import History, Spoken
from voxhumana.assistant.mouth import FADE_S, Mouth
from voxhumana.assistant.reply import Reply

RATE_HZ = 16_000


def reply(*sounds: np.ndarray, over: bool = True) -> Reply:
    made = Reply(1, "Say it.", History("Be kind."), 1.0)
    made.sounds += sounds
    made.pieces += [Spoken("word ", len(s)) for s in sounds]
    made.over = over
    return made


def ramp(start: int, count: int) -> np.ndarray:
    return np.arange(start, start + count, dtype=np.float32)


def test_a_reply_is_played_without_a_seam_and_then_there_is_silence() -> None:
    mouth = Mouth(RATE_HZ)
    mouth.speak(reply(ramp(1, 100), ramp(101, 50)))
    played = np.concatenate([mouth.play(64) for _ in range(3)])
    assert np.array_equal(played, np.concatenate([ramp(1, 150), np.zeros(42)]))
    assert mouth.played == 150
    assert mouth.done


def test_a_reply_that_is_still_being_made_is_not_done() -> None:
    mouth = Mouth(RATE_HZ)
    unfinished = reply(ramp(1, 10), over=False)
    mouth.speak(unfinished)
    mouth.play(20)
    assert not mouth.done
    unfinished.sounds.append(ramp(11, 10))
    assert np.array_equal(mouth.play(10), ramp(11, 10))


def test_a_pause_fades_out_and_in_without_a_click_and_loses_nothing_between() -> None:
    mouth = Mouth(RATE_HZ)
    steady = np.ones(4_000, np.float32)
    mouth.speak(reply(steady))
    parts = [mouth.play(160)]
    mouth.pause()
    parts += [mouth.play(160) for _ in range(5)]
    assert not parts[-1].any()
    before = mouth.played
    mouth.play(1_600)
    assert mouth.played == before
    mouth.resume()
    parts += [mouth.play(160) for _ in range(5)]
    sound = np.concatenate(parts)
    assert np.abs(np.diff(sound)).max() <= 1.0 / (FADE_S * RATE_HZ) + 1e-6
    assert sound[-1] == 1.0


def test_nothing_to_say_is_silence() -> None:
    mouth = Mouth(RATE_HZ)
    assert not mouth.play(100).any()
    assert not mouth.done
