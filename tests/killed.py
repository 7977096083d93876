"""A child that is killed at a random moment, and what it had told until then; for `killing*.py`."""

import os
import signal
import time


def killed(live, hear, wait_s):
    """Fork a child that does `live(done)`, and kill it without warning.

    Args:
        live: Told the descriptor to write to what is finished.
        hear: Reads from the pipe as much as shall be finished at least.
        wait_s: What was heard -> seconds until the kill.

    Returns:
        All that the child told.
    """
    heard, done = os.pipe()
    if (child := os.fork()) == 0:
        live(done)
        os._exit(0)
    os.close(done)
    with os.fdopen(heard) as pipe:
        told = hear(pipe)
        time.sleep(wait_s(told))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return told + pipe.read()
