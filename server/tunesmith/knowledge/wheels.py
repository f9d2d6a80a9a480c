"""Which wheels a Python takes.

By https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/. packaging
knows it, too, but takes longer to load than all that a check asks of it.
"""

from __future__ import annotations

from functools import lru_cache

from packaging.version import Version

_LINUXES = frozenset(
    f"{name}_x86_64"
    for name in (
        "linux",
        "manylinux1",
        "manylinux2010",
        "manylinux2014",
        *(f"manylinux_2_{minor}" for minor in range(5, 40)),
    )
)


def is_installable(wheel: str, python: Version) -> bool:
    """Whether a CPython takes a wheel on a Linux with any C library.

    Args:
        wheel: its tags, as "cp310.cp311-abi3-manylinux1_x86_64".
        python: of which two numbers count.
    """
    interpreters, abis, platforms = (part.split(".") for part in wheel.split("-"))
    native, pure = _tags(python.major, python.minor)
    taken = native if not _LINUXES.isdisjoint(platforms) else pure if "any" in platforms else ()
    return any((one, abi) in taken for one in interpreters for abi in abis)


@lru_cache(maxsize=16)
def _tags(major: int, minor: int) -> tuple[frozenset[tuple[str, str]], frozenset[tuple[str, str]]]:
    """The interpreters and ABIs of the wheels for Linux, and of those for any platform."""
    own = f"cp{major}{minor}"
    older = range(minor + 1)
    every = {(f"py{major}", "none"), *((f"py{major}{each}", "none") for each in older)}
    stable = {(f"cp{major}{each}", "abi3") for each in older if each > 1}
    return frozenset({(own, own), (own, "none"), *stable, *every}), frozenset(
        {(own, "none"), *every}
    )
