"""Choosing versions that fit each other, by PubGrub, in the order in which uv decides.

Follows https://nex3.medium.com/pubgrub-2fb6470504f and the priorities of uv's resolver: a package
pinned to one version comes first, then those that often conflict, then in the order in which they
became known; a package that keeps rejecting others gives way to them.

A set of candidates is a whole number used as a bit mask: bit 0 stands for "not chosen at all",
bit n for candidate n. A negative number is a set with every bit above its highest zero, so that
`~admitted` reads: not chosen, or any candidate that is not admitted.
"""

from tunesmith.knowledge.pubgrub.model import (
    ROOT,
    Dependency,
    Incompatibility,
    NoSolutionError,
    TooManyStepsError,
    Universe,
)
from tunesmith.knowledge.pubgrub.solver import solve

__all__ = [
    "ROOT",
    "Dependency",
    "Incompatibility",
    "NoSolutionError",
    "TooManyStepsError",
    "Universe",
    "solve",
]
