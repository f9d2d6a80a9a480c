"""Which package is decided next."""

from __future__ import annotations

from enum import IntEnum


class Kind(IntEnum):
    """The kinds of priority, lowest first."""

    UNSPECIFIED = 0
    CONFLICT_LATE = 1
    CONFLICT_EARLY = 2
    PIN = 3


Priority = tuple[Kind, int, int]


class Priorities:
    """Which package is decided next, as `pubgrub/priority.rs` of uv has it."""

    def __init__(self) -> None:
        self.classes: dict[str, Kind] = {}
        self.found: dict[str, int] = {}
        self.ties: dict[str, int] = {}

    def see(self, name: str, project: str, *, is_pin: bool) -> None:
        self.ties.setdefault(name, len(self.ties))
        self.found.setdefault(project, len(self.found))
        kind = Kind.PIN if is_pin else Kind.UNSPECIFIED
        self.classes[project] = max(self.classes.get(project, kind), kind)

    def mark(self, project: str, kind: Kind) -> bool:
        """Note that a project is often in conflicts; whether that is new.

        uv lowers a pinned project in this way, too.
        """
        old = self.classes[project]
        if old is kind or old is Kind.CONFLICT_EARLY:
            return False
        self.classes[project] = kind
        return True

    def of(self, name: str, project: str) -> Priority:
        return self.classes[project], -self.found[project], -self.ties[name]
