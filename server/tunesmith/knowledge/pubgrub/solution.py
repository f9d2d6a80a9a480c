"""What a run of the solver knows so far."""

from __future__ import annotations

from collections.abc import Callable

from tunesmith.knowledge.pubgrub.model import EVERYTHING, Incompatibility
from tunesmith.knowledge.pubgrub.priorities import Priority
from tunesmith.named_tuple import NamedTuple

SATISFIED = "\0"
"""Stands for "every term holds" where the one open term is asked for."""


class Assignment(NamedTuple):
    """What became known of a package: by a decision, or by a cause that left nothing else."""

    order: int
    level: int
    own: int
    accumulated: int
    cause: Incompatibility | None


class Solution:
    """What is known and decided so far, and the queue of what is not decided yet."""

    def __init__(self) -> None:
        self.has_backtracked = False
        self._known: dict[str, list[Assignment]] = {}
        self._decided: list[str] = []
        self._order = 0
        self._queue: dict[str, Priority] = {}
        self._outdated: dict[str, None] = {}

    def allowed(self, name: str) -> int:
        known = self._known.get(name)
        return known[-1].accumulated if known else EVERYTHING

    def chosen(self) -> dict[str, int]:
        return {name: self.allowed(name).bit_length() - 1 for name in self._decided}

    def only_open_term(self, incompatibility: Incompatibility) -> str | None:
        """The one package whose term does not hold yet, or SATISFIED where all terms hold.

        None where the terms cannot all hold any more, or more than one is open.
        """
        found = SATISFIED
        for name, term in incompatibility.terms.items():
            allowed = self.allowed(name)
            if not allowed & ~term:
                continue
            if not allowed & term or found != SATISFIED:
                return None
            found = name
        return found

    def contradicts_choice(self, name: str, chosen: int, incompatibility: Incompatibility) -> bool:
        """Whether choosing a candidate would make all terms hold."""
        return all(
            not (chosen if package == name else self.allowed(package)) & ~term
            for package, term in incompatibility.terms.items()
        )

    def derive(self, name: str, cause: Incompatibility) -> None:
        own = ~cause.terms[name]
        self._assign(name, own, cause)
        if self._is_open(name):
            self._outdated[name] = None

    def decide(self, name: str, candidate: int) -> None:
        self._decided.append(name)
        self._assign(name, 1 << candidate, None)

    def _assign(self, name: str, own: int, cause: Incompatibility | None) -> None:
        level = len(self._decided)
        accumulated = self.allowed(name) & own
        new = Assignment(self._order, level, own, accumulated, cause)
        self._known.setdefault(name, []).append(new)
        self._order += 1

    def _is_open(self, name: str) -> bool:
        """Whether a package is needed and not decided."""
        known = self._known.get(name)
        return bool(known) and known[-1].cause is not None and not known[-1].accumulated & 1

    def next(self, priority: Callable[[str], Priority]) -> str | None:
        """The needed package with the highest priority; None where all are decided."""
        for name in self._outdated:
            if self._is_open(name):
                self._queue[name] = priority(name)
        self._outdated.clear()
        while self._queue:
            name = max(self._queue, key=self._queue.__getitem__)
            del self._queue[name]
            if self._is_open(name):
                return name
        return None

    def satisfier(self, incompatibility: Incompatibility) -> tuple[str, Assignment, int]:
        """The package and assignment that made the last term hold, and the level before it."""
        first = {name: self._first(name, ~term) for name, term in incompatibility.terms.items()}
        package = max(first, key=lambda name: first[name].order)
        satisfier = first[package]
        first[package] = self._first(package, satisfier.own & ~incompatibility.terms[package])
        previous = max(first.values(), key=lambda assignment: assignment.order)
        return package, satisfier, max(previous.level, 1)

    def _first(self, name: str, excluded: int) -> Assignment:
        """The first assignment of a package since which none of some candidates are allowed."""
        known = self._known[name]
        return next(one for one in known if not one.accumulated & excluded)

    def take_back(self, name: str) -> None:
        """Go back to before a package was decided."""
        if name in self._decided:
            self.backtrack(self._decided.index(name))

    def backtrack(self, level: int) -> None:
        self.has_backtracked = True
        del self._decided[level:]
        for name, known in list(self._known.items()):
            is_cut = known[-1].level > level
            while known and known[-1].level > level:
                known.pop()
            if not known:
                del self._known[name]
                continue
            if is_cut:
                self._queue.pop(name, None)
            if self._is_open(name) and name not in self._queue:
                self._outdated[name] = None
