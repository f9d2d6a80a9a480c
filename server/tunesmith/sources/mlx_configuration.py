"""What a configuration file of `mlx_lm.lora -c` sets."""

from __future__ import annotations

import re

from tunesmith.named_tuple import NamedTuple
from tunesmith.text import regex

_SETTING = regex(r"^([a-z_]+)[ \t]*:[ \t]*(?:([^\s#]+))?", re.MULTILINE)
_OWN = frozenset(["adapter_path", "fine_tune_type", "lora_parameters", "mask_prompt"])
_TRUE = regex(r"(?:true|on|yes)", re.IGNORECASE)


class MlxConfiguration(NamedTuple):
    """The settings that decide what the loss is taken over; options of the command come first."""

    trains: bool
    masks_prompt: bool


def read_mlx_configuration(text: str) -> MlxConfiguration | None:
    """The settings at the top of a YAML file; None for a file that is no such configuration."""
    settings = {name: value or "" for name, value in _SETTING.findall(text)}
    if not _OWN & settings.keys():
        return None
    return MlxConfiguration(
        trains=_TRUE.fullmatch(settings.get("train", "")) is not None,
        masks_prompt=_TRUE.fullmatch(settings.get("mask_prompt", "")) is not None,
    )
