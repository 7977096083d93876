"""Slows down who asks too often, or tries tokens; by address, in bounded memory. Used on the event loop."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from voxhumana.server.refusal import Refusal

KNOWN = 4_096
"""Addresses that are remembered; the one unseen for longest is forgotten."""
FREE_TRIES = 5
"""Wrong tokens that cost nothing."""
LONGEST_S = 300.0
"""Wait after a wrong token; it doubles with each, from one second."""
FORGET_S = 3_600.0
"""After so long, an address begins anew."""


@dataclass
class Guest:
    """An address."""

    budget: float
    seen_s: float
    wrong: int = 0
    wrong_s: float = 0.0


class Throttle:
    """The memory.

    Args:
        per_minute: Requests an address may make; as many at once, after a pause.
        now_s: The clock.
    """

    def __init__(self, per_minute: int, now_s: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._now_s = now_s
        self._guests: OrderedDict[str, Guest] = OrderedDict()

    def ask(self, address: str) -> None:
        """Count a request.

        Raises:
            Refusal: 429; there were too many, or wrong tokens a short while ago.
        """
        guest, now_s = self._guest(address), self._now_s()
        guest.budget = min(self._per_minute, guest.budget + (now_s - guest.seen_s) * self._per_minute / 60)
        guest.seen_s = now_s
        if guest.wrong > FREE_TRIES:
            wait_s = min(LONGEST_S, 2.0 ** (guest.wrong - FREE_TRIES - 1)) - (now_s - guest.wrong_s)
            if wait_s > 0:
                raise _slow("There were too many wrong tokens from your address", wait_s, "too_many_tries")
        if guest.budget < 1:
            raise _slow("Too many requests", 60 / self._per_minute, "rate_limit_exceeded")
        guest.budget -= 1

    def wrong(self, address: str) -> None:
        """Count a wrong token."""
        guest, now_s = self._guest(address), self._now_s()
        if now_s - guest.wrong_s > FORGET_S:
            guest.wrong = 0
        guest.wrong += 1
        guest.wrong_s = now_s

    def _guest(self, address: str) -> Guest:
        key = network(address)
        guest = self._guests.pop(key, None) or Guest(self._per_minute, self._now_s())
        self._guests[key] = guest
        while len(self._guests) > KNOWN:
            self._guests.popitem(last=False)
        return guest


def network(address: str) -> str:
    """Whom an address stands for: of IPv6, whoever has the /64 has all of it (RFC 6177)."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if known.version == 6 and known.ipv4_mapped is None:
        return str(ipaddress.ip_network(f"{address.partition('%')[0]}/64", strict=False))
    return str(known)


def _slow(what: str, wait_s: float, code: str) -> Refusal:
    wait = math.ceil(wait_s)
    return Refusal(429, f"{what}; try again in {wait} s.", code=code, retry_after_s=wait)
