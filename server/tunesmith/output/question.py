"""Asking the user for a yes on a terminal."""

from __future__ import annotations

import argparse
import sys

from tunesmith.errors import UserError


def is_interactive(options: argparse.Namespace) -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty() and not options.json


def says_yes(
    question: str, options: argparse.Namespace, otherwise: str = "nothing was sent"
) -> bool:
    """Whether the user says yes, or said --yes.

    Args:
        question: in one line.
        options: with `yes` and `json`.
        otherwise: what is the case where nobody can be asked.

    Raises:
        UserError: nobody can be asked.
    """
    if options.yes:
        return True
    if not is_interactive(options):
        raise UserError(f"nobody can be asked here, {otherwise}", "say --yes")
    print(f"{question} [y/N] ", end="", flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
