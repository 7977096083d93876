"""As much of libpulse as streams of sound need (pulsectl covers control only). Linux only.

Names, constants and layouts are those of PulseAudio's public headers, def.h, sample.h and stream.h.
"""

from __future__ import annotations

import ctypes
import functools
from ctypes import (
    POINTER,
    Structure,
    c_char_p,
    c_int,
    c_int64,
    c_long,
    c_size_t,
    c_uint8,
    c_uint32,
    c_uint64,
    c_void_p,
)

CONTEXT_NOAUTOSPAWN = 0x0001
CONTEXT_READY, CONTEXT_FAILED = 4, 5
STREAM_READY, STREAM_FAILED = 2, 3
SAMPLE_FLOAT32LE = 5
OPERATION_RUNNING = 0
STREAM_FIX_RATE = 0x0080
STREAM_DONT_MOVE = 0x0200
STREAM_ADJUST_LATENCY = 0x2000
SEEK_RELATIVE = 0
UNSET = 0xFFFF_FFFF


class SampleSpec(Structure):
    """pa_sample_spec."""

    _fields_ = (("format", c_int), ("rate", c_uint32), ("channels", c_uint8))


class BufferAttr(Structure):
    """pa_buffer_attr, in bytes."""

    _fields_ = tuple((name, c_uint32) for name in ("maxlength", "tlength", "prebuf", "minreq", "fragsize"))


class TimingInfo(Structure):
    """pa_timing_info."""

    _fields_ = (
        ("seconds", c_long),
        ("microseconds", c_long),
        ("synchronized_clocks", c_int),
        ("sink_usec", c_uint64),
        ("source_usec", c_uint64),
        ("transport_usec", c_uint64),
        ("playing", c_int),
        ("write_index_corrupt", c_int),
        ("write_index", c_int64),
        ("read_index_corrupt", c_int),
        ("read_index", c_int64),
        ("configured_sink_usec", c_uint64),
        ("configured_source_usec", c_uint64),
        ("since_underrun", c_int64),
    )


_PROTOTYPES = {
    "mainloop_new": (c_void_p, ()),
    "mainloop_get_api": (c_void_p, (c_void_p,)),
    "mainloop_prepare": (c_int, (c_void_p, c_int)),
    "mainloop_poll": (c_int, (c_void_p,)),
    "mainloop_dispatch": (c_int, (c_void_p,)),
    "mainloop_free": (None, (c_void_p,)),
    "context_new": (c_void_p, (c_void_p, c_char_p)),
    "context_connect": (c_int, (c_void_p, c_char_p, c_int, c_void_p)),
    "context_get_state": (c_int, (c_void_p,)),
    "context_errno": (c_int, (c_void_p,)),
    "context_disconnect": (None, (c_void_p,)),
    "context_unref": (None, (c_void_p,)),
    "strerror": (c_char_p, (c_int,)),
    "stream_new": (c_void_p, (c_void_p, c_char_p, POINTER(SampleSpec), c_void_p)),
    "stream_connect_record": (c_int, (c_void_p, c_char_p, POINTER(BufferAttr), c_int)),
    "stream_connect_playback": (c_int, (c_void_p, c_char_p, POINTER(BufferAttr), c_int, c_void_p, c_void_p)),
    "stream_get_state": (c_int, (c_void_p,)),
    "stream_get_sample_spec": (POINTER(SampleSpec), (c_void_p,)),
    "stream_peek": (c_int, (c_void_p, POINTER(c_void_p), POINTER(c_size_t))),
    "stream_drop": (c_int, (c_void_p,)),
    "stream_write": (c_int, (c_void_p, c_void_p, c_size_t, c_void_p, c_int64, c_int)),
    "stream_get_underflow_index": (c_int64, (c_void_p,)),
    "stream_update_timing_info": (c_void_p, (c_void_p, c_void_p, c_void_p)),
    "stream_get_timing_info": (POINTER(TimingInfo), (c_void_p,)),
    "operation_get_state": (c_int, (c_void_p,)),
    "operation_unref": (None, (c_void_p,)),
    "stream_disconnect": (c_int, (c_void_p,)),
    "stream_unref": (None, (c_void_p,)),
}


@functools.cache
def load() -> ctypes.CDLL:
    """The library, its functions typed.

    Raises:
        OSError: It is not installed.
    """
    library = ctypes.CDLL("libpulse.so.0")
    for name, (result, arguments) in _PROTOTYPES.items():
        function = getattr(library, f"pa_{name}")
        function.restype = result
        function.argtypes = arguments
    return library
