"""Names of packages and extras."""

from __future__ import annotations


def canonicalize_name(name: str) -> str:
    """The normalised name of a package or an extra: "Flash_Attn" is "flash-attn"."""
    name = name.lower().replace("_", "-").replace(".", "-")
    while "--" in name:
        name = name.replace("--", "-")
    return name
