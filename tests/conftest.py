"""Fixtures for every test; whoever asks for a sound server is marked `server`."""

import pytest
from hypothesis import HealthCheck, settings

from sound_server import private_server

pytest_plugins = ["second_try"]
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")  # speed is for benches: a loaded machine is no failure
pytest.register_assert_rewrite("contract")  # its failures show values, like a test file's own


@pytest.fixture(scope="module", params=["pulseaudio", "pipewire"])
def sound_server(request, tmp_path_factory):
    """A private server of each kind (`sound_server.SoundServer`); the environment points to it."""
    with private_server(request.param, tmp_path_factory.mktemp(request.param)) as server:
        yield server


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        if "sound_server" in item.fixturenames:
            item.add_marker("server")
