"""A package by itself, with an extra, or under a marker: what the solver takes for packages.

As in uv, `vllm[audio]` and `vllm; sys_platform == "linux"` stand for several packages that have the
same candidate: the project itself, and what the extra or the marker adds to it. That each has its
own place in the order of decisions is part of what makes the answers those of uv.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.knowledge.candidates import Need
from tunesmith.named_tuple import NamedTuple


class Node(NamedTuple):
    """A package of the solver.

    Attributes:
        project: the normalised name.
        extra: what is asked for beside the project.
        marker: under what it is needed; "" for always.
        is_proxy: it needs nothing but its parts.
    """

    project: str
    extra: str = ""
    marker: str = ""
    is_proxy: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether it is the project itself."""
        return not self.extra and not self.marker

    def parts(self) -> Iterator[Node]:
        """What a proxy stands for; the project itself comes first."""
        for marker in dict.fromkeys(("", self.marker)):
            for extra in dict.fromkeys(("", self.extra)):
                yield Node(self.project, extra, marker)

    def __str__(self) -> str:
        extra = f"[{self.extra}]" if self.extra else ""
        marker = f"{{{self.marker}}}" if self.marker else ""
        is_part = not self.is_proxy and not self.is_plain
        return f"{self.project}{extra}{marker}{'+' if is_part else ''}"


def nodes(need: Need) -> Iterator[Node]:
    """The packages that a requirement asks for."""
    for extra in need.extras:
        yield Node(need.package, extra, need.scope, is_proxy=True)
    if not need.extras:
        yield Node(need.package, "", need.scope, is_proxy=bool(need.scope))
