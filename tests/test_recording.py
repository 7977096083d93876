import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from voxhumana.assistant.recording import Recording

KEEP = 100


@given(st.lists(st.integers(0, KEEP), max_size=30), st.integers(0, KEEP), st.integers(0, KEEP))
def test_the_last_samples_are_found_by_their_number(sizes: list[int], back: int, length: int) -> None:
    recording = Recording(KEEP)
    whole = np.arange(sum(sizes), dtype=np.float32)
    at = 0
    for size in sizes:
        recording.add(whole[at : at + size])
        at += size
    start = max(0, len(whole) - back)
    assert np.array_equal(recording.cut(start, start + length), whole[start : start + length])


def test_what_is_cut_out_does_not_change_later() -> None:
    recording = Recording(KEEP)
    recording.add(np.ones(80, np.float32))
    cut = recording.cut(0, 50)
    for _ in range(10):
        recording.add(np.zeros(80, np.float32))
    assert cut.all()
