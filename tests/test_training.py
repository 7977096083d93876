"""What the training is taught by: the discriminators, and whose voice a stretch is to be heard in."""

import numpy as np
import pytest

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

SECOND = 24_000


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.fixture
def discriminator(torch):
    from training import discriminator

    torch.manual_seed(0)
    return discriminator


def sounds(torch, many=2):
    return 0.1 * torch.randn(many, SECOND, generator=torch.Generator().manual_seed(1))


def test_what_lies_above_most_recordings_tells_nothing(torch, discriminator):
    net, wave = discriminator.Discriminator(), sounds(torch)
    turns = 2 * np.pi * torch.arange(SECOND) / SECOND
    whistle, hum = 0.1 * torch.sin(10_000 * turns), 0.1 * torch.sin(1_000 * turns)
    with torch.inference_mode():
        plain, whistled, hummed = (
            torch.cat([one[-1].flatten() for one in net(w)]) for w in (wave, wave + whistle, wave + hum)
        )
    assert (whistled - plain).norm() < 1e-2 * (hummed - plain).norm()


def test_what_was_rendered_is_pulled_towards_passing_for_a_recording(torch, discriminator):
    net, wave = discriminator.Discriminator(), sounds(torch).requires_grad_()
    before = discriminator.found_out(net(wave))
    (pull,) = torch.autograd.grad(before, wave)
    with torch.no_grad():
        after = discriminator.found_out(net(wave - 0.02 * pull / pull.norm()))
    assert after < before


def test_the_discriminators_learn_to_tell_them_apart(torch, discriminator):
    net = discriminator.Discriminator()
    learner = torch.optim.Adam(net.parameters(), 1e-3)
    real = sounds(torch)[:, : SECOND // 4]
    fake = real.cumsum(1) / 10
    begun = None
    for _ in range(12):
        told = discriminator.told_apart(net(real), net(fake))
        begun = begun or told.item()
        learner.zero_grad()
        told.backward()
        learner.step()
    assert told.item() < 0.7 * begun


def test_a_sound_is_not_unlike_itself(torch, discriminator):
    with torch.inference_mode():
        seen = discriminator.Discriminator()(sounds(torch))
        assert discriminator.unlike(seen, seen) == 0


def test_a_voice_is_learnt_from_other_clips_of_the_same_speaker(torch):
    bank = pytest.importorskip("training.bank")
    speaker = np.array([3, 1, 3, 2, 1, 3, 1, 1])
    clips = np.arange(len(speaker))
    others = bank.Groups.of(speaker).others(clips, 50, np.random.default_rng(0))
    assert (speaker[others] == speaker[:, None]).all()
    alone = speaker == 2
    assert (others[alone] == clips[alone][:, None]).all()
    assert (others[~alone] != clips[~alone][:, None]).all()
    assert [len(set(row)) for row in others] == [2, 3, 2, 1, 3, 2, 3, 3]
