"""The algorithm itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from tunesmith.knowledge.pubgrub.model import (
    EVERYTHING,
    ROOT,
    ROOT_CHOSEN,
    Dependency,
    Incompatibility,
    NoSolutionError,
    TooManyStepsError,
    Universe,
)
from tunesmith.knowledge.pubgrub.priorities import Kind, Priorities, Priority
from tunesmith.knowledge.pubgrub.solution import SATISFIED, Solution

_CONFLICTS = 5
"""How many conflicts change a package's priority (CONFLICT_THRESHOLD of uv)."""


def solve(universe: Universe, steps: int) -> dict[str, int]:
    """The chosen candidate of every package that is needed.

    Gives up after so many choices made or taken back.

    Raises:
        NoSolutionError: nothing fits.
        TooManyStepsError: it is not known whether anything fits.
    """
    return _Solver(universe).run(steps)


class _Solver:
    """One run."""

    def __init__(self, universe: Universe) -> None:
        self._universe = universe
        self._about: dict[str, list[Incompatibility]] = defaultdict(list)
        self._merged: dict[tuple[str, str, int], Incompatibility] = {}
        self._solution = Solution()
        self._priorities = Priorities()
        self._expanded: set[tuple[str, int]] = set()
        self._culprits: dict[str, int] = defaultdict(int)
        self._affected: dict[str, int] = defaultdict(int)
        self._raise: list[str] = []
        self._lower: list[str] = []

    def run(self, steps: int) -> dict[str, int]:
        self._add(Incompatibility({ROOT: ~ROOT_CHOSEN}))
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

    def _priority(self, name: str) -> Priority:
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
            if need.base:
                self._priorities.see(need.base, project, is_pin=need.is_pin)
        for need in needs:
            if need.base:
                self._depend(need.name, need.admitted, Dependency(need.base, need.admitted))
        new = [self._depend(name, 1 << candidate, need) for need in needs]
        # Until something has gone wrong, uv looks at the dependencies after the decision.
        if self._solution.has_backtracked:
            for incompatibility in new:
                if self._solution.contradicts_choice(name, 1 << candidate, incompatibility):
                    self._note_conflict(name, name, incompatibility)
                    return
        self._solution.decide(name, candidate)

    def _depend(self, name: str, candidates: int, need: Dependency) -> Incompatibility:
        """Add what candidates need; those that need the same share an incompatibility."""
        key = (name, need.name, need.admitted)
        past = self._merged.get(key)
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
                if almost == SATISFIED:
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
                self._priorities.mark(self._universe.project(name), Kind.CONFLICT_EARLY)
        for name in self._lower:
            if name == ROOT:
                continue
            if self._priorities.mark(self._universe.project(name), Kind.CONFLICT_LATE):
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
