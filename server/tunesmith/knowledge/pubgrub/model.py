"""What the solver is told, and what it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from tunesmith.named_tuple import NamedTuple

ROOT = ""
"""The name of what is solved for; it has the one candidate 1."""
EVERYTHING = -1
ROOT_CHOSEN = 2


class Dependency(NamedTuple):
    """What a candidate needs.

    Attributes:
        name: the package that is needed.
        admitted: the candidates that will do.
        is_pin: the requirement names one version.
        base: the package that always has the same candidate as this one; "" where there is none.
        why: what the caller wants to know of it when there is no solution.
    """

    name: str
    admitted: int
    is_pin: bool = False
    base: str = ""
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


class Incompatibility:
    """Sets of candidates, by package, of which not all can hold at once.

    Attributes:
        causes: the two that this one follows from; None for a fact.
        why: what makes a fact so.
    """

    __slots__ = ("causes", "terms", "why")

    def __init__(
        self,
        terms: Mapping[str, int],
        causes: tuple[Incompatibility, Incompatibility] | None = None,
        why: Any = None,
    ) -> None:
        self.terms = terms
        self.causes = causes
        self.why = why

    @property
    def is_terminal(self) -> bool:
        return not self.terms or (
            len(self.terms) == 1 and bool(self.terms.get(ROOT, 0) & ROOT_CHOSEN)
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
