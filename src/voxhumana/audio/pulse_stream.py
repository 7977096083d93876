"""One stream of sound to or from PulseAudio, on a connection of its own, driven by the thread that uses it.

Nothing happens but in `pump`, so there is no callback, no lock and no other thread. The stream stays on the
device that was named (`DONT_MOVE`) and runs at its rate (`FIX_RATE`). Linux only.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Iterator
from ctypes import byref

import numpy as np

from voxhumana.audio import libpulse as lp
from voxhumana.audio.device import PATIENCE_S
from voxhumana.engine import Block
from voxhumana.errors import DeviceLostError

FLAGS = lp.STREAM_DONT_MOVE | lp.STREAM_ADJUST_LATENCY | lp.STREAM_FIX_RATE
BYTES = 4
"""Of a float32 sample."""
CONNECT_S = 2.0
"""Patience with a server that was just started."""


class PulseStream:
    """A mono stream, float32.

    Args:
        address: The device, by the server's name.
        name: The same, as people know it.
        rate_hz: Which rate is wanted; the device's own is taken.
        attr: Buffer sizes, in bytes at `rate_hz`.
        outward: Play rather than record.

    Raises:
        DeviceLostError: The device is not there, or the server does not answer.
    """

    def __init__(self, address: str, name: str, rate_hz: int, attr: lp.BufferAttr, *, outward: bool) -> None:
        self._lib = lib = lp.load()
        self._name = f"The output {name}" if outward else f"The input {name}"
        self._loop = lib.pa_mainloop_new()
        self._context = lib.pa_context_new(lib.pa_mainloop_get_api(self._loop), b"Vox Humana")
        self._stream = self._question = None
        self._asked_s = 0.0
        self._closed = False
        try:
            lib.pa_context_connect(self._context, None, lp.CONTEXT_NOAUTOSPAWN, None)
            deadline_s = time.monotonic() + CONNECT_S
            while lib.pa_context_get_state(self._context) != lp.CONTEXT_READY:
                self._pump_until(deadline_s)
            spec = lp.SampleSpec(lp.SAMPLE_FLOAT32LE, rate_hz, 1)
            self._stream = lib.pa_stream_new(self._context, b"Vox Humana", byref(spec), None)
            if outward:
                lib.pa_stream_connect_playback(self._stream, address.encode(), byref(attr), FLAGS, None, None)
            else:
                lib.pa_stream_connect_record(self._stream, address.encode(), byref(attr), FLAGS)
            while lib.pa_stream_get_state(self._stream) != lp.STREAM_READY:
                self._pump_until(deadline_s)
            self._ask()
            while lib.pa_operation_get_state(self._question) == lp.OPERATION_RUNNING:
                self._pump_until(deadline_s)
        except DeviceLostError:
            self.close()
            raise
        timing = lib.pa_stream_get_timing_info(self._stream).contents
        self.device_s: float = max(timing.configured_sink_usec, timing.configured_source_usec) * 1e-6
        """Delay of the device's own buffer, in seconds."""
        self.rate_hz: int = lib.pa_stream_get_sample_spec(self._stream).contents.rate

    def pump(self, timeout_s: float = 0.0) -> None:
        """Exchange with the server what there is to exchange; wait for something if a timeout is given.

        Raises:
            DeviceLostError: The device or the server is gone.
        """
        if self._closed:
            raise DeviceLostError(f"{self._name} was closed.")
        wait_us = round(timeout_s * 1e6)
        while True:
            self._lib.pa_mainloop_prepare(self._loop, wait_us)
            self._lib.pa_mainloop_poll(self._loop)
            if self._lib.pa_mainloop_dispatch(self._loop) <= 0:
                break
            wait_us = 0
        gone = self._lib.pa_context_get_state(self._context) >= lp.CONTEXT_FAILED
        if gone or (self._stream and self._lib.pa_stream_get_state(self._stream) >= lp.STREAM_FAILED):
            why = self._lib.pa_strerror(self._lib.pa_context_errno(self._context)).decode()
            self.close()
            raise DeviceLostError(f"{self._name} went away ({why}).")

    def received(self) -> Iterator[Block]:
        """Yield what was recorded since the last call, float32 [T] of any length."""
        data, size = ctypes.c_void_p(), ctypes.c_size_t()
        while self._lib.pa_stream_peek(self._stream, byref(data), byref(size)) == 0 and size.value:
            if data.value is None:  # a hole
                yield np.zeros(size.value // BYTES, np.float32)
            else:
                yield np.frombuffer(ctypes.string_at(data.value, size.value), np.float32)
            self._lib.pa_stream_drop(self._stream)

    def send(self, block: Block) -> None:
        """Hand a block to the server, and ask how things stand.

        Raises:
            DeviceLostError: The device or the server is gone.
        """
        data = np.ascontiguousarray(block, np.float32)
        self._lib.pa_stream_write(self._stream, data.ctypes.data, data.nbytes, None, 0, lp.SEEK_RELATIVE)
        if self._lib.pa_operation_get_state(self._question) != lp.OPERATION_RUNNING:
            self._lib.pa_operation_unref(self._question)
            self._ask()
        elif time.monotonic() - self._asked_s > PATIENCE_S:
            raise DeviceLostError(f"{self._name} is not answered for by the sound server.")
        self.pump()

    @property
    def timing(self) -> lp.TimingInfo | None:
        """How things stood at the last answer; None when it is closed or lost."""
        told = None if self._closed else self._lib.pa_stream_get_timing_info(self._stream)
        return told.contents if told else None

    def dry_at(self) -> int:
        """Byte at which the server last ran out of sound to play; negative: never."""
        return int(self._lib.pa_stream_get_underflow_index(self._stream))

    def close(self) -> None:
        """Hang up; may be called twice."""
        if self._closed:
            return
        if self._question:
            self._lib.pa_operation_unref(self._question)
        if self._stream:
            self._lib.pa_stream_disconnect(self._stream)
            self._lib.pa_stream_unref(self._stream)
        self._lib.pa_context_disconnect(self._context)
        self._lib.pa_context_unref(self._context)
        self._lib.pa_mainloop_free(self._loop)
        self._closed = True

    def _ask(self) -> None:
        self._question = self._lib.pa_stream_update_timing_info(self._stream, None, None)
        self._asked_s = time.monotonic()

    def _pump_until(self, deadline_s: float) -> None:
        left_s = deadline_s - time.monotonic()
        if left_s < 0:
            raise DeviceLostError(f"{self._name} is not opened by the sound server; restart that.")
        self.pump(left_s)
