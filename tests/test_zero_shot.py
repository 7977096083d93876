"""AutoVC, FragmentVC, OpenVoice, HiFi-GAN and Vocos on tiny models with the published layouts; torch.

That the networks compute what the published code does was checked against it, at full size and random:
docs/ENGINES.md. Here: the front ends against the published formulas, the contract, hostile files.
"""

import tempfile
from pathlib import Path

import numpy as np
import pytest

import signals
from contract import StageContract, run
from voxhumana.convert import mels
from voxhumana.convert.autovc import AutoVc
from voxhumana.convert.fragmentvc import FragmentVc
from voxhumana.convert.openvoice import OpenVoice
from voxhumana.convert.vocoder import Vocoder
from voxhumana.convert.windowed import Windows
from voxhumana.errors import VoxError
from voxhumana.voice import Voice

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
]


class NonCausal(StageContract):
    """The network sees its window at once; how late that is was measured in test_windowed.py."""

    memory = 64 << 20
    tolerance = 1e-4
    test_the_declared_latency_is_measured = None

    def learned(self, engine, folder):
        sound = signals.speech(3.0, engine.rate_hz)
        told = {engine.name: engine.learn(sound)}
        return Voice(name="x", title="X", character="x", licence="x", source="x", engines=told, folder=folder)

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def prepared(cls, stage):
        cls.voice = cls().learned(stage, stage.folder)


class TestAutoVc(NonCausal):
    seconds = 2.5

    def make(self):
        import tiny_voices

        folder = Path(tempfile.mkdtemp())
        tiny_voices.autovc(folder)
        engine = AutoVc(str(folder))
        engine.folder = folder
        engine.windows = Windows(16_000, 8192, 0.5, 0.5, 0.5, 0.5)
        engine.hop, engine.latency = engine.windows.hop, engine.windows.latency
        return engine


class TestOpenVoice(NonCausal):
    def make(self):
        import tiny_voices

        folder = Path(tempfile.mkdtemp())
        tiny_voices.openvoice(folder)
        engine = OpenVoice(str(folder / "openvoice-v2.pth"))
        engine.folder = folder
        engine.windows = Windows(22_050, 256, 0.2, 0.3, 0.1)
        engine.hop, engine.latency = engine.windows.hop, engine.windows.latency
        return engine


class TestFragmentVc(NonCausal):
    def make(self):
        import tiny_voices

        folder = Path(tempfile.mkdtemp())
        tiny_voices.fragmentvc(folder)
        engine = FragmentVc(str(folder))
        engine.folder = folder
        engine.windows = Windows(16_000, 320, 0.2, 0.3, 0.1)
        engine.hop, engine.latency = engine.windows.hop, engine.windows.latency
        return engine


@pytest.mark.parametrize("shape", [((10, 10, 2, 2), (16, 16, 4, 4)), ((10, 4, 2, 2, 2), (16, 16, 4, 4, 4))])
def test_what_only_hears_is_left_out_and_the_rest_is_the_same(shape):
    import torch

    from voxhumana.convert.nets.export import Flat
    from voxhumana.convert.nets.hifigan import Generator, Shape

    torch.manual_seed(0)
    generator = Generator(8, Shape(*shape, 64), speaker=4, source=True).eval()
    lead, _ = generator.reach()
    given = torch.randn(1, 8, 40), torch.randn(1, 4, 1), 0.1 * torch.randn(1, 1, 40 * 400)
    if len(shape[0]) == 5:
        given = (*given[:2], given[2][:, :, : 40 * 320])
    with torch.inference_mode():
        whole = generator(*given)
        kept = generator(*given, lead=lead)
        torch.testing.assert_close(kept, whole[:, :, -kept.shape[2] :], rtol=0, atol=1e-6)
        assert kept.shape[2] == whole.shape[2] * (40 - lead) // 40
        torch.testing.assert_close(Flat(generator)(*given, lead=lead), kept, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", ["1", "2", "3"])
def test_a_hifigan_is_told_from_its_tensors(tmp_path, kind):
    import torch

    import tiny_voices

    network = tiny_voices.hifigan(tmp_path / "g_1", kind)
    vocoder = Vocoder(tmp_path / "g_1")
    assert (vocoder.kind, vocoder.front.hop, vocoder.front.rate_hz) == ("hifigan", 256, 22_050)
    mel = vocoder.mel(signals.speech(0.5, 22_050))
    with torch.inference_mode():
        expect = network(torch.from_numpy(np.ascontiguousarray(mel.T))[None]).numpy().ravel()
    np.testing.assert_allclose(vocoder.render(mel), expect, atol=1e-2)  # its file is of half precision
    if kind == "3":
        return
    (tmp_path / "config.json").write_text(
        '{"upsample_rates": [8, 8, 2, 2], "sampling_rate": 16000, "hop_size": 200}'
    )
    with pytest.raises(VoxError, match="samples a frame"):
        Vocoder(tmp_path / "g_1")


def test_a_vocos_is_told_from_its_tensors(tmp_path):
    import tiny_voices

    tiny_voices.vocos(tmp_path / "a.bin")
    vocoder = Vocoder(tmp_path / "a.bin")
    assert (vocoder.kind, vocoder.front.hop, vocoder.front.rate_hz) == ("vocos", 256, 24_000)
    mel = vocoder.mel(signals.speech(0.5, 24_000))
    assert len(vocoder.render(mel)) == len(mel) * 256


def test_the_front_ends_are_the_published_ones():
    """HiFi-GAN's, Vocos' and AutoVC's own formulas, written with the libraries that they use."""
    import torch

    def slaney(rate_hz, low, high):
        """librosa.filters.mel's default, by its documented formula, in loops."""

        def to_mel(hz):
            return 3 * hz / 200 if hz < 1000 else 15 + 27 * np.log(hz / 1000) / np.log(6.4)

        def to_hz(mel):
            return 200 * mel / 3 if mel < 15 else 1000 * 6.4 ** ((mel - 15) / 27)

        edges = [to_hz(mel) for mel in np.linspace(to_mel(low), to_mel(high), 82)]
        rows = np.zeros((80, 513))
        for band, (left, middle, right) in enumerate(zip(edges, edges[1:], edges[2:], strict=False)):
            for at, hz in enumerate(np.linspace(0, rate_hz / 2, 513)):
                part = min((hz - left) / (middle - left), (right - hz) / (right - middle))
                rows[band, at] = max(0.0, part) * 2 / (right - left)
        return rows

    def htk(rate_hz, bands):
        """torchaudio.functional.melscale_fbanks' default, by its documented formula, in loops."""
        edges = [
            700 * (10 ** (mel / 2595) - 1)
            for mel in np.linspace(0, 2595 * np.log10(1 + rate_hz / 1400), bands + 2)
        ]
        rows = np.zeros((bands, 513))
        for band, (left, middle, right) in enumerate(zip(edges, edges[1:], edges[2:], strict=False)):
            for at, hz in enumerate(np.linspace(0, rate_hz / 2, 513)):
                rows[band, at] = max(0.0, min((hz - left) / (middle - left), (right - hz) / (right - middle)))
        return rows

    sound = signals.speech(1.0, 22_050)

    def magnitudes(x, fft, hop, pad, epsilon):
        padded = torch.nn.functional.pad(torch.from_numpy(x)[None, None], (pad, pad), mode="reflect")[0]
        window = torch.hann_window(fft)
        spectrum = torch.stft(padded, fft, hop, fft, window, center=False, return_complex=True)
        return torch.sqrt(spectrum.abs() ** 2 + epsilon)[0].numpy()

    basis = slaney(22_050, 0, 8000)
    expect = np.log(np.maximum(basis @ magnitudes(sound, 1024, 256, 384, 1e-9), 1e-5)).T
    assert np.abs(mels.hifigan(sound) - expect).max() < 1e-3

    sound = signals.speech(1.0, 24_000)
    basis = htk(24_000, 100)
    expect = np.log(np.maximum(basis @ magnitudes(sound, 1024, 256, 512, 0), 1e-7)).T
    assert np.abs(mels.vocos(sound) - expect).max() < 1e-2

    sound = signals.speech(1.0, 16_000)
    basis = slaney(16_000, 90, 7600)
    decibels = 20 * np.log10(np.maximum(1e-5, basis @ magnitudes(0.96 * sound, 1024, 256, 512, 0))).T - 16
    assert np.abs(mels.autovc(sound) - np.clip((decibels + 100) / 100, 0, 1)).max() < 1e-4
    np.testing.assert_allclose(
        mels.autovc_as_hifigan((decibels + 100) / 100), (decibels + 16) / 20 * np.log(10), atol=1e-4
    )

    expect = magnitudes(signals.speech(1.0, 22_050), 1024, 256, 384, 1e-6).T
    assert np.abs(mels.OPENVOICE.magnitudes(signals.speech(1.0, 22_050)) - expect).max() < 1e-3


def test_the_front_ends_are_those_of_the_libraries_that_the_published_code_calls():
    """librosa's own filters (HiFi-GAN, AutoVC, FCPE, RMVPE) and torch's own transform, to stated errors."""
    librosa = pytest.importorskip("librosa")
    import torch

    slaney = {"hifigan": mels.HIFIGAN, "autovc": mels.AUTOVC, "fcpe": mels.FCPE}
    for name, front in (*slaney.items(), ("rmvpe", mels.RMVPE)):
        told = {"fmin": front.low_hz, "fmax": front.high_hz, "htk": name == "rmvpe"}
        basis = librosa.filters.mel(sr=front.rate_hz, n_fft=front.fft, n_mels=front.bands, **told)
        assert np.abs(front._filters - basis).max() < 1e-7, name
        sound = signals.speech(1.0, front.rate_hz)
        pad = (front.fft - front.hop) // 2 if front.pad == "same" else front.fft // 2
        padded = torch.nn.functional.pad(torch.from_numpy(sound)[None, None], (pad, pad), mode="reflect")[0]
        spectrum = torch.stft(
            padded,
            front.fft,
            front.hop,
            window=torch.hann_window(front.fft),
            center=False,
            return_complex=True,
        )
        expect = basis @ torch.sqrt(spectrum.abs() ** 2 + front.epsilon)[0].numpy()
        found = front.magnitudes(sound)
        assert np.abs(np.log(np.maximum(found, 1e-5)) - np.log(np.maximum(expect.T, 1e-5))).max() < 2e-3, name


def test_vocos_filters_are_torchaudios():
    functional = pytest.importorskip("torchaudio.functional")
    basis = functional.melscale_fbanks(513, 0.0, 12_000.0, 100, 24_000)
    assert np.abs(mels.VOCOS._filters - basis.T.numpy()).max() < 1e-5


def test_wrong_checkpoints_are_refused(tmp_path):
    import torch

    from voxhumana.convert import autovc, openvoice

    torch.save({"model": {"a": torch.zeros(1)}}, tmp_path / "a.ckpt")
    refusals = {
        autovc.load_generator: "no AutoVC generator",
        autovc.load_encoder: "no speaker encoder",
        Vocoder: "no HiFi-GAN and no Vocos",
        openvoice.load_converter: "no OpenVoice",
    }
    for load, why in refusals.items():
        with pytest.raises(VoxError, match=why):
            load(tmp_path / "a.ckpt")
    huge = {
        "encoder.lstm.weight_ih_l0": torch.zeros(1),
        "encoder.convolutions.0.0.conv.weight": torch.zeros(5000, 90, 1),
    }
    for name in ("encoder.lstm.weight_hh_l0", "decoder.lstm1.weight_hh_l0", "decoder.lstm2.weight_hh_l0"):
        huge[name] = torch.zeros(4, 4)
    torch.save({"model": huge}, tmp_path / "b.ckpt")
    with pytest.raises(VoxError, match="has not; it is refused"):
        autovc.load_generator(tmp_path / "b.ckpt")


def test_without_their_files_they_say_what_is_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("VOX_DATA_DIR", str(tmp_path))
    sound = signals.speech(3.0, 16_000)
    for engine in (AutoVc(), OpenVoice()):
        with pytest.raises(VoxError, match="is missing; put it into"):
            engine.learn(sound)
    with pytest.raises(VoxError, match="learned from a recording"):
        FragmentVc().open(None)


def test_a_voice_learned_speaks_for_a_whole_file(tmp_path):
    test = TestAutoVc()
    engine = test.make()
    voice = test.learned(engine, engine.folder)
    sound = signals.speech(6.0, 16_000)
    out = run(engine.open(voice), sound)
    assert len(out) == len(sound) + engine.latency
    assert 1e-4 < np.sqrt(np.mean(out**2)) < 1
