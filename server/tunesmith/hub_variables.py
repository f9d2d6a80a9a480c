"""What environment variables say of the Hub, read as its own client does.

Source: https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
"""

from __future__ import annotations

from collections.abc import Mapping

_TRUE = ("1", "ON", "YES", "TRUE")


def given_token(variables: Mapping[str, str]) -> str | None:
    """The user's token; None where no variable gives one."""
    given = variables.get("HF_TOKEN") or variables.get("HUGGING_FACE_HUB_TOKEN") or ""
    return given.strip() or None


def is_offline(variables: Mapping[str, str]) -> bool:
    """Whether the Hub may not be asked."""
    said = variables.get("HF_HUB_OFFLINE") or variables.get("TRANSFORMERS_OFFLINE") or ""
    return said.strip().upper() in _TRUE
