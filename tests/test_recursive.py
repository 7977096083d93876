"""Recursive filters, held against scipy's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, lfilter

from voxhumana.audio.recursive import Mean, Recursive, band_pass

RATE = 48_000
CUTS = st.lists(st.integers(1, 700), min_size=1, max_size=12)


def pieces(sound, cuts):
    """The sound in blocks of these lengths, over and over."""
    at = 0
    while at < sound.shape[-1]:
        for cut in cuts:
            if at < sound.shape[-1]:
                yield sound[..., at : at + cut]
            at += cut


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("band", [(100, 600), (300, 3400), (2000, 10_000)])
@pytest.mark.parametrize("rate_hz", [44_100, RATE])
def test_a_band_is_scipys_butterworth(order, band, rate_hz):
    theirs = butter(order, band, "bandpass", fs=rate_hz)
    for ours, wanted in zip(band_pass(order, *band, rate_hz), theirs, strict=True):
        assert ours == pytest.approx(wanted, rel=1e-9, abs=1e-12)


@given(cuts=CUTS)
@settings(deadline=None, max_examples=25)
def test_a_filter_does_what_scipys_does_however_sound_is_cut(cuts):
    sound = np.random.default_rng(0).standard_normal(2000)
    b, a = band_pass(2, 300, 3400, RATE)
    running = Recursive(b, a)
    out = np.concatenate([running.push(piece) for piece in pieces(sound, cuts)])
    np.testing.assert_allclose(out, lfilter(b, a, sound), atol=1e-9)


@given(cuts=CUTS)
@settings(deadline=None, max_examples=25)
def test_rows_are_filtered_side_by_side(cuts):
    sound = np.random.default_rng(0).standard_normal((8, 1000)).astype(np.float32)
    running = Recursive([0.1, 0], [1, -0.9], rows=8, dtype=np.float32)
    out = np.concatenate([running.push(piece) for piece in pieces(sound, cuts)], -1)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, lfilter([0.1], [1, -0.9], sound), atol=1e-5)


def test_a_filter_keeps_nothing_of_the_array_it_was_given():
    first, second = Recursive([1, 0.5], [1, 0]), Recursive([1, 0.5], [1, 0])
    sound = np.ones(10)
    first.push(sound), second.push(sound.copy())
    sound[:] = 99
    np.testing.assert_array_equal(first.push(np.ones(3)), second.push(np.ones(3)))


@given(cuts=CUTS, memory=st.floats(0.5, 50_000), at=st.floats(0, 1))
@settings(deadline=None, max_examples=50)
def test_a_mean_does_what_scipys_filter_does_however_sound_is_cut(cuts, memory, at):
    powers = np.random.default_rng(0).standard_normal(3000) ** 2
    forget = np.exp(-1 / memory)
    mean = Mean(memory, at)
    out = np.concatenate([mean.over(piece) for piece in pieces(powers, cuts)])
    wanted, _ = lfilter([1 - forget], [1, -forget], powers, zi=[at * forget])
    np.testing.assert_allclose(out, wanted, rtol=1e-9)
