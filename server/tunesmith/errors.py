"""What is said to users when something cannot be done."""

from __future__ import annotations


class UserError(Exception):
    """Something that the user can set right.

    Args:
        message: the value that is wrong, and what was expected.
        next_step: what the user can do now; empty where the message says it.
    """

    def __init__(self, message: str, next_step: str) -> None:
        super().__init__("; ".join(filter(None, (message, next_step))))
        self.message = message
        self.next_step = next_step
