"""The shapes of popular models: what their `config.json` on the Hub says about their size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from tunesmith.knowledge.models import model
from tunesmith.knowledge.tables import table


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
