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


def test_a_step_of_training_runs_wherever_its_sound_lies(torch, render):
    """On a device whose tensors have no values whatever stayed on the processor is refused, as by CUDA."""
    from training import perturb, train_decoder
    from training.nets import Decoder

    device = torch.device("meta")
    nodes = torch.zeros(1, NODES, device=device)
    batch = {
        "sound": torch.zeros(1, NODES * HOP, device=device),
        "target": torch.zeros(1, NODES * HOP, device=device),
        "speaker": torch.zeros(1, 256, device=device),
        "colour": torch.zeros(1, 160, device=device),
        "band_hz": torch.zeros(1, device=device),
        **dict.fromkeys(("f0", "level", "mask"), nodes),
    }
    mel = train_decoder.normal(perturb.log_mel(batch["sound"]), 0.0)
    envelopes, f0 = train_decoder.say(Decoder(depth=1).to(device), batch, mel)
    assert train_decoder.spectral_loss(envelopes, f0, batch).device == device
    assert render(envelopes, f0).device == device


def test_means_run_in_training_as_in_the_engine(torch):
    from training import perturb, train_decoder

    from voxhumana.convert import native, spectrum

    rng = np.random.default_rng(5)
    loud = np.repeat(rng.uniform(0.05, 0.2, NODES), HOP)
    wave = (loud * rng.normal(size=NODES * HOP)).astype(np.float32)
    mels = perturb.log_mel(torch.from_numpy(wave)[None])
    colouring = native.Colouring()
    everything = np.ones(2, bool)
    expected = [colouring.remove(mel.reshape(2, spectrum.MELS), everything) for mel in mels[0].numpy()]
    heard = train_decoder.normal(mels, 0.0)[0].numpy()
    np.testing.assert_allclose(
        heard, expected, atol=0.05
    )  # the first of two means does not know the second mel
