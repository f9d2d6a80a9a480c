"""Which distribution brings a module, and what a distribution brings along.

`data/distributions.json` holds `modules`, the distributions of modules whose name is not that of
the distribution, and `requires`, what any known release of one requires without extras; its keys
are the distributions that are known whole. Sources: the metadata of every release in the tables,
and what uv resolves for them.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from functools import cache

from tunesmith.knowledge.releases import is_tracked
from tunesmith.knowledge.tables import table
from tunesmith.pep508 import canonicalize_name


def distributions_of(module: str) -> Sequence[str]:
    """The distributions that a top-level module may come from, the usual one first.

    Empty for modules of Python itself, for those that nothing is known of, and for IPython, which
    notebooks and their imitators provide by themselves.
    """
    if module in sys.stdlib_module_names:
        return ()
    listed = _modules().get(module)
    if listed is not None:
        return listed
    name = canonicalize_name(module)
    return (name,) if is_known(name) else ()


def is_known(distribution: str) -> bool:
    """Whether it is known what a distribution brings along, by its normalised name."""
    return distribution in _requires() or is_tracked(distribution)


def brought_by(
    distributions: Collection[str], solved: Collection[str] = ()
) -> frozenset[str] | None:
    """All that may be installed with some distributions, themselves included.

    Args:
        distributions: normalised names of what is installed.
        solved: those whose requirements of tracked packages are among `distributions` already.

    Returns:
        normalised names; None where one of `distributions` may bring anything.
    """
    if not all(map(is_known, distributions)):
        return None
    found = set(distributions)
    pending = list(distributions)
    while pending:
        name = pending.pop()
        for required in _requires().get(name, ()):
            if required not in found and not (name in solved and is_tracked(required)):
                found.add(required)
                pending.append(required)
    return frozenset(found)


@cache
def _modules() -> Mapping[str, Sequence[str]]:
    return table("distributions")["modules"]


@cache
def _requires() -> Mapping[str, Sequence[str]]:
    return table("distributions")["requires"]
