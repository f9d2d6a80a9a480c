"""What is said to users when something cannot be done."""

from __future__ import annotations

from pathlib import Path


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


def internal_error(error: Exception) -> str:
    """What to tell a user of an exception that should not have happened."""
    frame = error.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    place = f" at {Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else ""
    return f"Tunesmith failed on it ({type(error).__name__}{place}: {error}); please report it"


def without_number(text: str) -> str:
    """What a system says of an error, without its "[Errno 111]" in front."""
    return text.partition("] ")[2] if text.startswith("[Errno ") else text
