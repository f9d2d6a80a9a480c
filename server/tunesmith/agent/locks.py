"""A lock for each key, made when it is first asked for."""

from __future__ import annotations

import threading
import time


class Locks:
    """Locks by key."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}

    def of(self, key: str) -> threading.Lock:
        """The lock of a key."""
        with self._guard:
            return self._locks.setdefault(key, threading.Lock())

    def take_all(self, patience_s: float) -> None:
        """Hold all locks from now on, but for those that nobody lets go of within a time."""
        deadline = time.monotonic() + patience_s
        with self._guard:
            locks = list(self._locks.values())
        for lock in locks:
            lock.acquire(timeout=max(0, deadline - time.monotonic()))
