"""What the decoder is trained through must sound as the engine does, or it learns to please somebody else."""

import numpy as np
import pytest

from voxhumana.convert.source import HOP, SourceFilter

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
]
NODES = 60


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


@pytest.fixture(scope="module")
def render(torch):
    from training.render import render

    return render


def test_trainings_synthesis_sounds_as_the_engines(torch, render):
    rng = np.random.default_rng(3)
    envelopes = np.cumsum(rng.normal(0, 0.1, (NODES, 2, 80)), 0).astype(np.float32)
    envelopes[:, 1] = -30  # noise is drawn anew by either, so only the voice can be compared
    f0 = np.exp(np.log(120) + 0.3 * np.sin(np.arange(NODES) / 9)).astype(np.float32)
    engine = SourceFilter()
    expected = np.concatenate([engine.render(e, float(hz), 1.0) for e, hz in zip(envelopes, f0, strict=True)])
    said = render(torch.from_numpy(envelopes)[None], torch.from_numpy(f0)[None])[0].numpy()
    begun = 10 * HOP  # the engine begins in silence
    np.testing.assert_allclose(said[begun:], expected[begun:], atol=2e-3 * np.abs(expected).max())


def test_gradients_reach_every_envelope_that_is_heard(torch, render):
    envelopes = torch.full((1, NODES, 2, 80), -3.0, requires_grad=True)
    render(envelopes, torch.full((1, NODES), 150.0)).square().sum().backward()
    assert envelopes.grad is not None
    assert (envelopes.grad[0, 1:-4].abs() > 0).all()
