"""One at a time, first come, first served."""

import threading
import time

import pytest

from voxhumana.server.turnstile import Turnstile


def test_threads_pass_one_by_one_in_the_order_in_which_they_came():
    turnstile, passed, inside = Turnstile(), [], []

    def pass_(number):
        with turnstile:
            inside.append(number)
            assert len(inside) == 1
            passed.append(number)
            inside.clear()

    with turnstile:
        threads = []
        for number in range(20):
            threads.append(threading.Thread(target=pass_, args=(number,)))
            threads[-1].start()
            while len(turnstile._waiting) <= number:
                time.sleep(0.001)
    for thread in threads:
        thread.join(10)
    assert passed == list(range(20))


def test_who_comes_back_at_once_waits_behind_those_who_wait():
    turnstile, order = Turnstile(), []

    def once():
        with turnstile:
            order.append("other")

    with turnstile:
        order.append("first")
        other = threading.Thread(target=once)
        other.start()
        while not turnstile._waiting:
            time.sleep(0.001)
    with turnstile:
        order.append("first again")
    other.join(10)
    assert order == ["first", "other", "first again"]


def test_a_call_that_fails_lets_the_next_one_through():
    turnstile = Turnstile()
    with pytest.raises(ValueError, match="broken"), turnstile:
        raise ValueError("broken")
    with turnstile:
        pass
