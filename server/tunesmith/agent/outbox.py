"""What is to be sent to one who may be slow in reading."""

from __future__ import annotations

import threading
from collections import deque

from tunesmith.agent.channel import Message

FEW, MANY = 16, 300
"""Answers and lines wait for room while so many messages wait; one for whom so many wait does not
read at all."""


class Outbox:
    """Messages in their order; closed, it takes and gives none."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._messages: deque[Message] = deque()
        self._is_closed = False
        self._is_last = False

    def put(self, message: Message) -> None:
        """Send a message; waits while the reader is behind."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or len(self._messages) < FEW)
            self._messages.append(message)
            self._changed.notify_all()

    def offer(self, message: Message) -> bool:
        """Send a message without waiting; False: the reader does not read."""
        with self._changed:
            if len(self._messages) >= MANY and not self._is_closed:
                return False
            self._messages.append(message)
            self._changed.notify_all()
            return True

    def take(self) -> Message | None:
        """The next message, which is waited for; None: there will be none."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._is_last or self._messages)
            if self._is_closed or not self._messages:
                return None
            self._changed.notify_all()
            return self._messages.popleft()

    def finish(self) -> None:
        """Give what waits, then nothing more."""
        with self._changed:
            self._is_last = True
            self._changed.notify_all()

    def close(self) -> None:
        """Drop what waits."""
        with self._changed:
            self._is_closed = True
            self._messages.clear()
            self._changed.notify_all()
