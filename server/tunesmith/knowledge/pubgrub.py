"""Choosing versions that fit each other, by PubGrub, in the order in which uv decides.

Follows https://nex3.medium.com/pubgrub-2fb6470504f and the priorities of uv's resolver: a package
pinned to one version comes first, then those that often conflict, then in the order in which they
became known; a package that keeps rejecting others gives way to them.

A set of candidates is a whole number used as a bit mask: bit 0 stands for "not chosen at all",
bit n for candidate n. A negative number is a set with every bit above its highest zero, so that
`~admitted` reads: not chosen, or any candidate that is not admitted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Protocol

ROOT = ""
"""The name of what is solved for; it has the one candidate 1."""
EVERYTHING = -1
_ROOT_CHOSEN = 2
_CONFLICTS = 5
"""How many conflicts change a package's priority (CONFLICT_THRESHOLD of uv)."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """What a candidate needs.

    Attributes:
        name: the package that is needed.
        admitted: the candidates that will do.
        is_pin: the requirement names one version.
        why: what the caller wants to know of it when there is no solution.
    """

    name: str
    admitted: int
    is_pin: bool = False
    why: Any = None


class Universe(Protocol):
    """The packages, their candidates and what those need."""

    def preferred(self, name: str, admitted: int) -> int | None:
        """The candidate to try first; None where there is none."""
        ...

    def obstacle(self, name: str, candidate: int) -> Any:
        """Why a candidate cannot be used at all; None where it can."""
        ...

    def dependencies(self, name: str, candidate: int) -> Sequence[Dependency]:
        """What a candidate needs, in the order in which it says so."""
        ...

    def project(self, name: str) -> str:
        """The project whose priority a package shares: "trl" for "trl[vllm]"."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Incompatibility:
    """Sets of candidates, by package, of which not all can hold at once.

    Attributes:
        causes: the two that this one follows from; None for a fact.
        why: what makes a fact so.
    """

    terms: Mapping[str, int]
    causes: tuple[Incompatibility, Incompatibility] | None = None
    why: Any = None

    @property
    def is_terminal(self) -> bool:
        return not self.terms or (
            len(self.terms) == 1 and bool(self.terms.get(ROOT, 0) & _ROOT_CHOSEN)
        )

    def facts(self) -> Iterator[Incompatibility]:
        """The facts that this one follows from, each once, the first causes first."""
        seen: set[Incompatibility] = set()
        waiting: list[Incompatibility] = [self]
        while waiting:
            one = waiting.pop()
            if one in seen:
                continue
            seen.add(one)
            if one.causes is None:
                yield one
            else:
                waiting.extend(reversed(one.causes))


class NoSolutionError(Exception):
    """Nothing fits.

    Attributes:
        cause: the incompatibility that rules everything out.
    """

    def __init__(self, cause: Incompatibility) -> None:
        super().__init__("no candidates fit each other")
        self.cause = cause


class TooManyStepsError(Exception):
    """The limit of steps was reached without an answer."""


def solve(universe: Universe, steps: int) -> dict[str, int]:
    """The chosen candidate of every package that is needed.

    Gives up after so many choices made or taken back.

    Raises:
        NoSolutionError: nothing fits.
        TooManyStepsError: it is not known whether anything fits.
    """
    return _Solver(universe).run(steps)


@dataclass(frozen=True, slots=True)
class _Assignment:
    """What became known of a package: by a decision, or by a cause that left nothing else."""

    order: int
    level: int
    own: int
    accumulated: int
    cause: Incompatibility | None


class _Class(IntEnum):
    """The kinds of priority, lowest first."""

    UNSPECIFIED = 0
    CONFLICT_LATE = 1
    CONFLICT_EARLY = 2
    PIN = 3


_Priority = tuple[_Class, int, int]


@dataclass(slots=True)
class _Priorities:
    """Which package is decided next, as `pubgrub/priority.rs` of uv has it."""

    classes: dict[str, _Class] = field(default_factory=dict[str, _Class])
    found: dict[str, int] = field(default_factory=dict[str, int])
    ties: dict[str, int] = field(default_factory=dict[str, int])

    def see(self, name: str, project: str, *, is_pin: bool) -> None:
        self.ties.setdefault(name, len(self.ties))
        self.found.setdefault(project, len(self.found))
        kind = _Class.PIN if is_pin else _Class.UNSPECIFIED
        self.classes[project] = max(self.classes.get(project, kind), kind)

    def mark(self, project: str, kind: _Class) -> bool:
        """Note that a project is often in conflicts; whether that is new.

        uv lowers a pinned project in this way, too.
        """
        old = self.classes[project]
        if old is kind or old is _Class.CONFLICT_EARLY:
            return False
        self.classes[project] = kind
        return True

    def of(self, name: str, project: str) -> _Priority:
        return self.classes[project], -self.found[project], -self.ties[name]


class _Solver:
    """One run."""

    def __init__(self, universe: Universe) -> None:
        self._universe = universe
        self._about: dict[str, list[Incompatibility]] = defaultdict(list)
        self._merged: dict[tuple[str, str, int], Incompatibility] = {}
        self._solution = _Solution()
        self._priorities = _Priorities()
        self._expanded: set[tuple[str, int]] = set()
        self._culprits: dict[str, int] = defaultdict(int)
        self._affected: dict[str, int] = defaultdict(int)
        self._raise: list[str] = []
        self._lower: list[str] = []

    def run(self, steps: int) -> dict[str, int]:
        self._add(Incompatibility({ROOT: ~_ROOT_CHOSEN}))
        self._priorities.see(ROOT, ROOT, is_pin=True)
        name: str | None = ROOT
        for _ in range(steps):
            for package, cause in self._propagate(name):
                self._note_conflict(name, package, cause)
            self._reprioritize()
            name = self._solution.next(self._priority)
            if name is None:
                return self._solution.chosen()
            self._decide(name)
        raise TooManyStepsError

    def _priority(self, name: str) -> _Priority:
        return self._priorities.of(name, self._universe.project(name))

    def _decide(self, name: str) -> None:
        """Choose a candidate, or note why one or all of them are out."""
        allowed = self._solution.allowed(name)
        candidate = self._universe.preferred(name, allowed)
        if candidate is None:
            self._add(Incompatibility({name: allowed}))
            return
        obstacle = self._universe.obstacle(name, candidate)
        if obstacle is not None:
            self._add(Incompatibility({name: 1 << candidate}, why=obstacle))
        elif (name, candidate) in self._expanded:
            self._solution.decide(name, candidate)
        else:
            self._expand(name, candidate)

    def _expand(self, name: str, candidate: int) -> None:
        """Add what a candidate needs, and choose it unless that is at odds with what is known."""
        self._expanded.add((name, candidate))
        needs = self._universe.dependencies(name, candidate)
        for need in needs:
            project = self._universe.project(need.name)
            self._priorities.see(need.name, project, is_pin=need.is_pin)
        new = [self._depend(name, candidate, need) for need in needs]
        # Until something has gone wrong, uv looks at the dependencies after the decision.
        if self._solution.has_backtracked:
            for incompatibility in new:
                if self._solution.contradicts_choice(name, 1 << candidate, incompatibility):
                    self._note_conflict(name, name, incompatibility)
                    return
        self._solution.decide(name, candidate)

    def _depend(self, name: str, candidate: int, need: Dependency) -> Incompatibility:
        """Add a dependency; candidates with the same one share an incompatibility."""
        key = (name, need.name, need.admitted)
        past = self._merged.get(key)
        candidates = 1 << candidate
        if past is not None:
            candidates |= past.terms[name]
            for other in past.terms:
                self._about[other].remove(past)
        terms = {name: candidates}
        if need.admitted:
            terms[need.name] = ~need.admitted
        self._merged[key] = self._add(Incompatibility(terms, why=need.why))
        return self._merged[key]

    def _add(self, incompatibility: Incompatibility) -> Incompatibility:
        for name in incompatibility.terms:
            self._about[name].append(incompatibility)
        return incompatibility

    def _propagate(self, name: str) -> Sequence[tuple[str, Incompatibility]]:
        """Derive all that follows from what became known of a package; conflicts on the way."""
        conflicts: list[tuple[str, Incompatibility]] = []
        changed = [name]
        while changed:
            current = changed.pop()
            for incompatibility in reversed(self._about[current][:]):
                almost = self._solution.only_open_term(incompatibility)
                if almost is None:
                    continue
                if almost == _SATISFIED:
                    package, cause = self._resolve(incompatibility, conflicts)
                    changed = [package]
                    self._solution.derive(package, cause)
                    break
                if almost not in changed:
                    changed.append(almost)
                self._solution.derive(almost, incompatibility)
        return conflicts

    def _resolve(
        self, conflict: Incompatibility, conflicts: list[tuple[str, Incompatibility]]
    ) -> tuple[str, Incompatibility]:
        """The root of a conflict, after going back to where it can be avoided."""
        current = conflict
        while not current.is_terminal:
            package, satisfier, previous_level = self._solution.satisfier(current)
            conflicts.append((package, current))
            if satisfier.cause is None or previous_level < satisfier.level:
                self._solution.backtrack(previous_level)
                if current is not conflict:
                    self._add(current)
                return package, current
            current = _consequence(current, satisfier.cause, package)
            conflicts[-1] = (package, current)
        raise NoSolutionError(current)

    def _note_conflict(self, deciding: str, affected: str, cause: Incompatibility) -> None:
        """Count who is often in the way of whom."""
        project = self._universe.project
        others = [name for name in cause.terms if project(name) != project(affected)]
        for culprit in others:
            self._culprits[culprit] += 1
            if self._culprits[culprit] == _CONFLICTS:
                self._lower.append(culprit)
        if others:
            self._affected[deciding] += 1
            if self._affected[deciding] == _CONFLICTS:
                self._raise.append(deciding)

    def _reprioritize(self) -> None:
        for name in self._raise:
            if name != ROOT:
                self._priorities.mark(self._universe.project(name), _Class.CONFLICT_EARLY)
        for name in self._lower:
            if name == ROOT:
                continue
            if self._priorities.mark(self._universe.project(name), _Class.CONFLICT_LATE):
                self._solution.take_back(name)
        self._raise.clear()
        self._lower.clear()


def _consequence(one: Incompatibility, other: Incompatibility, package: str) -> Incompatibility:
    """What follows from two incompatibilities, whichever candidate of a package is chosen."""
    terms = {name: term for name, term in one.terms.items() if name != package}
    for name, term in other.terms.items():
        if name != package:
            terms[name] = terms.get(name, EVERYTHING) & term
    either = one.terms[package] | other.terms[package]
    if either != EVERYTHING:
        terms[package] = either
    return Incompatibility(terms, (one, other))


_SATISFIED = "\0"


class _Solution:
    """What is known and decided so far, and the queue of what is not decided yet."""

    def __init__(self) -> None:
        self.has_backtracked = False
        self._known: dict[str, list[_Assignment]] = {}
        self._decided: list[str] = []
        self._order = 0
        self._queue: dict[str, _Priority] = {}
        self._outdated: dict[str, None] = {}

    def allowed(self, name: str) -> int:
        known = self._known.get(name)
        return known[-1].accumulated if known else EVERYTHING

    def chosen(self) -> dict[str, int]:
        return {name: self.allowed(name).bit_length() - 1 for name in self._decided}

    def only_open_term(self, incompatibility: Incompatibility) -> str | None:
        """The one package whose term does not hold yet, or _SATISFIED where all terms hold.

        None where the terms cannot all hold any more, or more than one is open.
        """
        found = _SATISFIED
        for name, term in incompatibility.terms.items():
            allowed = self.allowed(name)
            if not allowed & ~term:
                continue
            if not allowed & term or found != _SATISFIED:
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
        new = _Assignment(self._order, level, own, accumulated, cause)
        self._known.setdefault(name, []).append(new)
        self._order += 1

    def _is_open(self, name: str) -> bool:
        """Whether a package is needed and not decided."""
        known = self._known.get(name)
        return bool(known) and known[-1].cause is not None and not known[-1].accumulated & 1

    def next(self, priority: Any) -> str | None:
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

    def satisfier(self, incompatibility: Incompatibility) -> tuple[str, _Assignment, int]:
        """The package and assignment that made the last term hold, and the level before it."""
        first = {name: self._first(name, ~term) for name, term in incompatibility.terms.items()}
        package = max(first, key=lambda name: first[name].order)
        satisfier = first[package]
        first[package] = self._first(package, satisfier.own & ~incompatibility.terms[package])
        previous = max(first.values(), key=lambda assignment: assignment.order)
        return package, satisfier, max(previous.level, 1)

    def _first(self, name: str, excluded: int) -> _Assignment:
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
