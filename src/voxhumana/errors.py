"""Errors that people read: one sentence that says what is wrong and what to do next."""


class VoxError(Exception):
    """Something failed at run time; `str()` is the sentence shown to the user (exit code 1)."""

    exit_code = 1


class UsageError(VoxError):
    """The command or its settings cannot be meant as written (exit code 2)."""

    exit_code = 2


class DeviceLostError(VoxError):
    """An audio device or its server went away; the live path reconnects when it comes back."""
