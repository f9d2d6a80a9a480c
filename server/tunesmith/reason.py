"""Why something is not known."""

from __future__ import annotations

GIVE_EXAMPLES = "give --examples N"
"""The advice where the rows of a data set are not counted."""


class Reason(str):
    """Why something is not known, as the end of a sentence.

    Attributes:
        advice: what a user of the command line can do about it; no part of the text, as an editor
            has no options.
    """

    __slots__ = ("advice",)
    advice: str

    def __new__(cls, text: str, advice: str) -> Reason:
        made = super().__new__(cls, text)
        made.advice = advice
        return made


def advice_of(reason: str) -> str:
    """What to do on the command line; empty where there is nothing to do."""
    return reason.advice if isinstance(reason, Reason) else ""


def advised(reason: str) -> str:
    """The reason with its advice, as the command line says it."""
    advice = advice_of(reason)
    return f"{reason}; {advice}" if advice else reason
