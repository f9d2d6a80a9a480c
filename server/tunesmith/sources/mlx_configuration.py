"""What a configuration file of `mlx_lm.lora -c` sets."""

from __future__ import annotations

import re

from tunesmith.named_tuple import NamedTuple
from tunesmith.text import regex

_SETTING = regex(r"^([a-z_]+)[ \t]*:[ \t]*(?:([^\s#]+))?", re.MULTILINE)
_OWN = frozenset(
    ["adapter_path", "fine_tune_type", "lora_layers", "lora_parameters", "mask_prompt"]
)
_TRUE = regex(r"(?:true|on|yes)", re.IGNORECASE)


class MlxConfiguration(NamedTuple):
    """The settings that rules ask for; options of the command come first.

    Attributes:
        trains: it starts a training.
        masks_prompt: the loss is taken over answers only.
        old_layers: how many layers `lora_layers` asks for, where `num_layers` does not.
    """

    trains: bool
    masks_prompt: bool
    old_layers: str | None = None


def read_mlx_configuration(text: str) -> MlxConfiguration | None:
    """The settings at the top of a YAML file; None for a file that is no such configuration."""
    settings = {name: value or "" for name, value in _SETTING.findall(text)}
    if not _OWN & settings.keys():
        return None
    return MlxConfiguration(
        trains=_TRUE.fullmatch(settings.get("train", "")) is not None,
        masks_prompt=_TRUE.fullmatch(settings.get("mask_prompt", "")) is not None,
        old_layers=None if "num_layers" in settings else settings.get("lora_layers"),
    )
