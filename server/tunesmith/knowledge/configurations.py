"""The shapes of popular models: what their `config.json` on the Hub says about their size."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from tunesmith.knowledge.models import model
from tunesmith.knowledge.tables import table
from tunesmith.named_tuple import NamedTuple
from tunesmith.text import regex


class Configuration(NamedTuple):
    """Fields of a model's `config.json`, named as there.

    Attributes:
        fields: `model_type`, `hidden_size`, `num_hidden_layers`, `vocab_size`, ...
        source: the package and release, or the page, that they were read from.
    """

    fields: Mapping[str, Any]
    source: str


def configuration(model_id: str) -> Configuration | None:
    """The configuration of a model on the Hub; None where it is not in the table.

    A copy has that of the original, and a model that of its sibling: tuning changes no shape.
    """
    known = model(model_id)
    ids = (model_id, known.original, known.sibling) if known else (model_id,)
    rows = table("configurations")["models"]
    row = next((rows[each] for each in ids if each in rows), None)
    return Configuration(row["config"], row["source"]) if row else None


def completed(config: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """A `config.json` with the fields that it leaves to transformers' defaults.

    None where its `model_type` (of a multimodal model, that of its language model) is not one whose
    layers `estimate.shape` describes.
    """
    text: Mapping[str, Any] | None = config.get("text_config")
    own = text or config
    defaults = table("configurations")["types"].get(own.get("model_type"))
    if defaults is None:
        return None
    whole = {**defaults, **own}
    return {**config, "text_config": whole} if text else whole


def named_like(name: str) -> str | None:
    """The model of the table that another one was evidently made of, by its name alone.

    "me/my-qwen3-8b-sft" is like "Qwen/Qwen3-8B": the name has the family's words and the size, and
    no other size after them.
    """
    words = _words(name.rstrip("/").rpartition("/")[2])
    for start, end in _parts(len(words)):
        found = _families().get(words[start:end])
        if found and not _sizes(words[end:]):
            return found
    return None


def _parts(length: int) -> Iterator[tuple[int, int]]:
    """The spans of a row of words, the longest first."""
    for size in range(min(length, _LONGEST), 1, -1):
        for start in range(length - size + 1):
            yield start, start + size


_WORD = regex(r"[a-z]+|\d+(?:\.\d+)?")
_LONGEST = 8
"""Words of the longest name of a family with its size: "DeepSeek R1 Distill Llama 70B" has 7."""


def _words(name: str) -> tuple[str, ...]:
    spelled = re.sub(r"(?<=\d)_(?=\d)", ".", name.lower()).removeprefix("meta-")
    return tuple(_WORD.findall(spelled))


def _sizes(words: Sequence[str]) -> list[int]:
    """Where sizes end, as the "b" of "8B"."""
    return [
        at + 1
        for at, word in enumerate(words)
        if word in ("b", "m") and at and words[at - 1][0].isdigit()
    ]


@cache
def _families() -> Mapping[tuple[str, ...], str]:
    """Models by the words of their names up to the size."""
    found: dict[tuple[str, ...], str] = {}
    for model_id in table("configurations")["models"]:
        words = _words(model_id.partition("/")[2])
        if ends := _sizes(words):
            found.setdefault(words[: ends[-1]], model_id)
    return found
