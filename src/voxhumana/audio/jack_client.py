"""Our JACK client in PipeWire: one thread that serves every open device, and the links to the devices.

A cycle first plays what the live path wrote since the last, then hands it what came in, so that the live path
has a whole period to answer:

    cycle k      play y(k-1), take in x(k)         live path: y(k) = f(x(k))
    cycle k+1    play y(k), take in x(k+1)

What runs in a cycle, on PipeWire's real-time thread, only copies; devices are opened and closed on any other.
Ports are linked to the named device and to nothing else, and nobody but us links them. Linux only.
"""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import functools
import glob
import itertools
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from voxhumana.audio.device import PATIENCE_S
from voxhumana.audio.pulse_devices import find, is_monitor
from voxhumana.engine import Block
from voxhumana.errors import DeviceLostError, VoxError

Copy: TypeAlias = Callable[[Block], None]
"""Moves one cycle's samples out of, or into, a port's own memory."""
Port: TypeAlias = Any
"""`jack.OwnPort`, which has no types."""

PLACES = ("/usr/lib*/pipewire-0.3/jack/libjack.so.0", "/usr/lib/*/pipewire-0.3/jack/libjack.so.0")
"""Where distributions put PipeWire's own libjack, off the linker's path."""
SERIAL_MASK = 0x3FFF_FFFF
"""PipeWire makes a JACK client's UUID of its node's serial plus one, and flags above (pipewire-jack.c)."""
APPEARS_S = 0.5
"""Patience: new ports and new links are seen some 10 ms after the server was asked for them."""
CLOSE_S = 0.5
"""Patience with a server that does not let go."""

_CLIENTS = itertools.count(1)


@functools.cache
def library() -> str | None:
    """The path or name of PipeWire's own libjack; None where the package pipewire-jack is missing."""
    return next(filter(_is_pipewire, [*itertools.chain(*map(glob.glob, PLACES)), "libjack.so.0"]), None)


@functools.cache
def load() -> Any:  # noqa: ANN401  # a module without types
    """Import JACK-Client over PipeWire's own libjack.

    Raises:
        VoxError: It is not installed.
    """
    found = library()
    if found is None:
        raise VoxError("PipeWire's JACK library is missing; install the package pipewire-jack.")
    find_library = ctypes.util.find_library
    ctypes.util.find_library = lambda name: found  # noqa: ARG005  # whom JACK-Client asks where libjack is
    try:
        import jack  # noqa: PLC0415
    finally:
        ctypes.util.find_library = find_library
    jack.set_error_function(lambda _: None)  # we say it ourselves, in a sentence
    return jack


def _is_pipewire(path: str) -> bool:
    with contextlib.suppress(OSError, AttributeError):
        version = ctypes.CDLL(path).jack_get_version_string
        version.restype = ctypes.c_char_p
        return b"PipeWire" in version()
    return False


class Client:
    """The connection.

    Args:
        rate_hz: At which `frames` are counted; the server has its own.
        frames: The longest cycle that is wanted, in samples.

    Raises:
        DeviceLostError: The server does not answer.
    """

    def __init__(self, rate_hz: int, frames: int) -> None:
        jack = load()
        os.environ["PIPEWIRE_LATENCY"] = f"{frames}/{rate_hz}"
        os.environ["PIPEWIRE_PROPS"] = "{ node.dont-reconnect = true }"  # our streams stay where we put them
        try:
            # PipeWire lets two clients have one name, and then links the ports of the other
            self._jack = jack.Client(f"Vox Humana {os.getpid()}-{next(_CLIENTS)}", no_start_server=True)
        except jack.JackError as error:
            raise DeviceLostError("PipeWire does not answer; start it, then try again.") from error
        self._refused = jack.JackError
        self._outputs: tuple[Link, ...] = ()
        self._inputs: tuple[Link, ...] = ()
        self._changing = threading.Lock()  # a monitor comes and goes on a thread of its own
        self._names = itertools.count(1)
        self._cycles = 0
        self._closed = False
        self._ended = threading.Event()
        self._called_s = time.monotonic()
        self._start()
        deadline_s = time.monotonic() + APPEARS_S
        while not self._cycles and time.monotonic() < deadline_s:  # only then is the rate known
            time.sleep(0.001)
        self.rate_hz: int = self._jack.samplerate

    @property
    def quantum(self) -> int:
        """Samples a cycle."""
        return int(self._jack.blocksize)

    @property
    def lost(self) -> bool:
        """Whether the server has stopped calling, or has changed its rate; true of a closed client, too."""
        quiet_s = time.monotonic() - self._called_s
        return self._closed or quiet_s > PATIENCE_S or self._jack.samplerate != self.rate_hz

    def open_input(self, address: str, push: Copy) -> Link:
        """Have `push` take each cycle's samples from the input at `address`."""
        with self._changing:
            link = self._link(address, push, outward=False)
            self._inputs += (link,)
        return link

    def open_output(self, address: str, pull: Copy) -> Link:
        """Have `pull` fill in each cycle's samples for the output at `address`."""
        with self._changing:
            link = self._link(address, pull, outward=True)
            self._outputs += (link,)
        return link

    def holds(self, link: Link) -> bool:
        """Whether it is open, and linked to every channel still."""
        known = link in self._inputs or link in self._outputs
        return known and not self.lost and link.port.number_of_connections == link.width

    def close(self, link: Link) -> None:
        """Unlink a device; the last one takes the client with it."""
        with self._changing:
            if link in self._inputs or link in self._outputs:
                self._unlink(link)

    def _unlink(self, link: Link) -> None:
        self._inputs = tuple(other for other in self._inputs if other is not link)
        self._outputs = tuple(other for other in self._outputs if other is not link)
        if not self._inputs and not self._outputs:
            self._closed = True
            closing = threading.Thread(target=self._close, daemon=True)
            closing.start()
            closing.join(CLOSE_S)
        elif not self.lost:
            begun = self._cycles
            while self._cycles == begun and not self.lost:  # the cycle may be at work with the port
                time.sleep(0.001)
            with contextlib.suppress(self._refused):  # by a server that just died
                link.port.unregister()

    def _close(self) -> None:
        """Close the client when its thread has left Python; never, if that waits for a dead server.

        PipeWire's libjack cancels the thread; one that just then waited for the interpreter's lock would take
        that to the grave, and us with it.
        """
        self._ended.wait()
        self._jack.close()

    def _start(self) -> None:
        """Have `_process` run on PipeWire's thread.

        It is a process thread, which can end, and no process callback, which is called until the client is
        closed. JACK-Client knows no such threads, hence ctypes.
        """
        lib = ctypes.CDLL(library())
        address = load()._ffi.cast("uintptr_t", self._jack._ptr)  # noqa: SLF001
        client = ctypes.c_void_p(int(address))
        lib.jack_cycle_wait.restype = ctypes.c_uint32
        self._wait = functools.partial(lib.jack_cycle_wait, client)
        self._done = functools.partial(lib.jack_cycle_signal, client, 0)
        self._entry = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(self._process)
        lib.jack_set_process_thread(client, self._entry, None)
        self._jack.activate()

    def _process(self, _: None) -> None:
        while not self._closed and self._wait():
            for link in self._outputs:
                link.copy(link.port.get_array())
            for link in self._inputs:
                link.copy(link.port.get_array())
            self._done()
            self._called_s = time.monotonic()
            self._cycles += 1
        self._ended.set()

    def _link(self, address: str, copy: Copy, *, outward: bool) -> Link:
        device = find(address, outward=outward)
        if self.lost:
            raise DeviceLostError("PipeWire went away.")
        ports = self._jack.outports if outward else self._jack.inports
        ends: list[Port] = []
        try:
            port = ports.register(f"{'output' if outward else 'input'} {next(self._names)}")
            deadline_s = time.monotonic() + APPEARS_S
            while not ends or port.number_of_connections < len(ends):
                if time.monotonic() > deadline_s:
                    port.unregister()
                    raise DeviceLostError(f"PipeWire does not link {device.description}; try another device.")
                if not ends:
                    ends = self._ends(device, outward=outward)
                    for end in ends:
                        self._jack.connect(*(port, end) if outward else (end, port))
                time.sleep(0.001)
        except self._refused as error:
            raise DeviceLostError(f"PipeWire lost {device.description}.") from error
        return Link(self, port, copy, device.description, len(ends))

    def _ends(self, device: Any, *, outward: bool) -> list[Port]:  # noqa: ANN401
        """The device's ports: one a channel."""
        monitor = not outward and is_monitor(device)
        kind = "playback_" if outward else "monitor_" if monitor else "capture_"
        serial = int(device.proplist["object.serial"])
        found = self._jack.get_ports(is_audio=True, is_input=outward, is_output=not outward)
        return [end for end in found if end.shortname.startswith(kind) and self._serial(end) == serial]

    def _serial(self, port: Port) -> int:
        client = port.name.removesuffix(f":{port.shortname}")
        return (int(self._jack.get_uuid_for_client_name(client)) & SERIAL_MASK) - 1


@dataclass(frozen=True, eq=False)
class Link:
    """One of our ports and the device that it is tied to."""

    client: Client
    port: Port
    copy: Copy
    """Called once a cycle."""
    name: str
    """The device's."""
    width: int
    """Channels of the device, all linked to the one port."""

    @property
    def broken(self) -> bool:
        """Whether the device or the server is gone."""
        return not self.client.holds(self)

    def close(self) -> None:
        """Untie it; may be called twice."""
        self.client.close(self)
