"""Which device a word means, and PortAudio's devices, of which there is none here: its module is a fake."""

import sys
import threading
import types

import numpy as np
import pytest

from voxhumana.audio import backends
from voxhumana.audio.device import DeviceInfo
from voxhumana.errors import DeviceLostError, UsageError, VoxError


def device(index, name, direction="input", default=False):
    return DeviceInfo(
        index=index,
        name=name,
        direction=direction,
        backend="fake",
        rate_hz=48_000,
        channels=1,
        default=default,
        virtual=False,
        address=f"address.{index}",
    )


DEVICES = [
    device(0, "Blue Yeti"),
    device(1, "Built-in Microphone", default=True),
    device(2, "Built-in Microphone Array"),
    device(3, "Built-in Speakers", "output", default=True),
]


@pytest.mark.parametrize(
    ("word", "index"),
    [
        ("default", 1),
        ("0", 0),
        ("blue yeti", 0),
        ("yeti", 0),
        ("Built-in Microphone", 1),
        ("address.2", 2),
        ("array", 2),
    ],
)
def test_a_device_is_meant_by_default_index_name_address_or_a_part_of_its_name(word, index):
    assert backends.resolve(word, "input", DEVICES).index == index


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("built-in", "may mean 'Built-in Microphone', 'Built-in Microphone Array'"),
        ("Blue Yetti", "there is Blue Yeti"),
        ("3", "There is no input '3'"),
        ("", "may mean"),
    ],
)
def test_a_word_that_means_no_device_or_several_is_refused_in_one_sentence(word, says):
    with pytest.raises(UsageError, match=says) as refused:
        backends.resolve(word, "input", DEVICES)
    assert "\n" not in str(refused.value)


def test_a_machine_without_inputs_says_so():
    with pytest.raises(UsageError, match="no input at all"):
        backends.resolve("default", "input", DEVICES[3:])


# --- PortAudio ---


class FakeStream:
    """A stream whose callback the test calls."""

    samplerate = 44_100.0
    latency = 0.01

    def __init__(self, module, options):
        self.module = module
        self.options = options
        self.running = False

    def start(self):
        if self.module.refuses:
            raise self.module.PortAudioError("Device unavailable")
        self.running = True
        self.module.streams.append(self)

    def abort(self):
        self.running = False

    def close(self, ignore_errors):
        self.module.streams.remove(self)

    def call(self, data):
        self.options["callback"](data, len(data), None, None)


@pytest.fixture
def portaudio(monkeypatch):
    """The module under test, over a fake `sounddevice`."""
    fake = types.ModuleType("sounddevice")
    fake.PortAudioError = type("PortAudioError", (Exception,), {})
    fake.refuses = False
    fake.streams = []
    fake.begun = 0
    apis = [
        {"name": "MME", "devices": [3], "default_input_device": 3, "default_output_device": -1},
        {"name": "ALSA", "devices": [0, 1, 2], "default_input_device": 1, "default_output_device": 0},
    ]
    rows = [("Speakers", 0, 8), ("Mic", 2, 0), ("Mic", 1, 0), ("Mic", 2, 0)]
    keys = ("name", "max_input_channels", "max_output_channels")
    devices = [dict(zip(keys, row, strict=True), default_samplerate=44_100.0) for row in rows]

    def begin():
        assert not fake.streams, "PortAudio would close the open streams"
        fake.begun += 1

    fake._terminate = lambda: None
    fake._initialize = begin
    fake.query_hostapis = lambda: apis
    fake.query_devices = lambda number: devices[number]
    fake.InputStream = lambda **options: FakeStream(fake, options)
    fake.OutputStream = lambda **options: FakeStream(fake, options)
    fake.WasapiSettings = lambda auto_convert: ("wasapi", auto_convert)
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    monkeypatch.delitem(sys.modules, "voxhumana.audio.portaudio", raising=False)
    import voxhumana.audio.portaudio

    yield voxhumana.audio.portaudio
    del sys.modules["voxhumana.audio.portaudio"]


@pytest.fixture
def streams(portaudio):
    return portaudio.sounddevice.streams


@pytest.fixture
def backend(portaudio, monkeypatch):
    monkeypatch.setattr(portaudio.sys, "platform", "linux")
    return portaudio.PortAudioBackend()


def test_each_device_is_listed_once_at_its_own_rate(backend):
    rows = [(d.index, d.name, d.direction, d.rate_hz, d.channels, d.default) for d in backend.devices()]
    assert rows == [
        (0, "Mic", "input", 44_100, 2, True),
        (1, "Mic (2)", "input", 44_100, 1, False),
        (2, "Speakers", "output", 44_100, 8, True),
    ]


def test_inputs_are_mixed_and_outputs_are_filled_alike(backend, streams):
    source, sink = backend.open_source("Mic", 48_000, 4), backend.open_sink("Speakers", 48_000, 4)
    heard = []
    reader = threading.Thread(target=lambda: heard.append(source.read()))
    reader.start()
    while not heard:
        streams[0].call(np.tile(np.array([[0.5, 0.1]], np.float32), (4, 1)))
    reader.join()
    np.testing.assert_allclose(heard[0], 0.3, rtol=1e-6)
    sink.write(np.full(128, 0.25, np.float32))
    out = np.empty((128, 2), np.float32)
    streams[1].call(out)
    assert (out[64:] == 0.25).all()
    assert (source.rate_hz, sink.rate_hz) == (44_100, 44_100)


def test_streams_are_opened_at_low_latency_and_windows_may_convert(backend, streams, portaudio, monkeypatch):
    backend.open_source("Mic", 48_000, 256)
    wanted = {"device": 1, "samplerate": 44_100, "blocksize": 256, "channels": 2, "latency": "low"}
    assert wanted.items() <= streams[0].options.items()
    assert streams[0].options["extra_settings"] is None
    monkeypatch.setattr(portaudio.sys, "platform", "win32")
    monkeypatch.setitem(portaudio.HOST_APIS, "win32", "ALSA")
    backend.open_sink("Speakers", 48_000, 256)
    assert streams[1].options["extra_settings"] == ("wasapi", True)


def test_a_device_whose_callback_stops_is_lost(backend, portaudio, monkeypatch):
    monkeypatch.setattr(portaudio, "PATIENCE_S", 0.01)
    source, sink = backend.open_source("Mic", 48_000, 4), backend.open_sink("Speakers", 48_000, 4)
    with pytest.raises(DeviceLostError, match="input Mic went away"):
        source.read()
    with pytest.raises(DeviceLostError, match="output Speakers went away"):
        sink.write(np.zeros(4, np.float32))


def test_devices_are_looked_for_anew_but_never_under_an_open_stream(backend, portaudio, streams):
    source, sink = backend.open_source("Mic", 48_000, 4), backend.open_sink("Speakers", 48_000, 4)
    begun = portaudio.sounddevice.begun
    backend.devices()
    assert portaudio.sounddevice.begun == begun
    for device in (source, source, sink):
        device.close()
    assert not streams
    backend.devices()
    assert portaudio.sounddevice.begun == begun + 1


def test_a_device_that_is_absent_or_refuses_is_said_to_be(backend, portaudio):
    with pytest.raises(DeviceLostError, match="Elsewhere is not there"):
        backend.open_source("Elsewhere", 48_000, 4)
    portaudio.sounddevice.refuses = True
    with pytest.raises(DeviceLostError, match="Device unavailable"):
        backend.open_source("Mic", 48_000, 4)


def test_without_a_sound_server_portaudio_is_the_last_resort(backend, monkeypatch):
    from voxhumana.audio import pulse_control

    def refuse():
        raise DeviceLostError("No sound server answers.")

    monkeypatch.setattr(pulse_control, "connect", refuse)
    monkeypatch.setattr(backends.importlib.util, "find_spec", lambda name: object())
    assert backends.choose().name == "portaudio"

    def has_no_library():
        raise VoxError("The library PortAudio is missing.")

    monkeypatch.setattr(backends, "_portaudio", has_no_library)
    with pytest.raises(VoxError, match="No sound server"):
        backends.choose()
    monkeypatch.setattr(backends.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(VoxError, match="No sound server"):
        backends.choose()
