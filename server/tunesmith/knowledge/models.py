"""What the id of a model on the Hub tells: base or instruction-tuned, its sibling, its size.

`data/models.json` names families by how their makers write ids, as "gemma-3-{}-pt" and
"gemma-3-{}-it" of "4b" and "12b". An id that no family lists is judged where its maker's suffix is
unmistakable ("-Instruct"); every other id is unknown: wrong is worse than missing.

Sources: the model cards on the Hub of each family, and the documentation of transformers. `gated`
is given only where the maker gates the whole family (Llama, Gemma 1 to 3n) or leaves it open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Literal, TypeAlias

from tunesmith.knowledge.tables import table
from tunesmith.named_tuple import NamedTuple
from tunesmith.text import regex


class Model(NamedTuple):
    """A language model on the Hub.

    Attributes:
        id: as asked for: "google/gemma-3-12b-pt", "unsloth/gemma-3-12b-pt-bnb-4bit".
        original: the id of the maker's own repository.
        family: "Gemma 3".
        kind: "base" is pretrained only; "instruct" was tuned to follow instructions or to reason.
        sibling: the id of the same model of the other kind, where there is one.
        is_gated: the maker's terms have to be accepted on the Hub first; None where unknown.
        billions: parameters in billions as the id says; None where it does not, and for mixtures
            of experts that name only a part.
    """

    id: str
    original: str
    family: str
    kind: Literal["base", "instruct"]
    sibling: str | None
    is_gated: bool | None
    billions: float | None


_SIZE = regex(r"(?<![A-Za-z0-9.])(\d+(?:[._]\d+)?)([BbMm])(?![A-Za-z0-9])")
_EXPERTS = regex(r"\d+E\b|OLMoE|MoE", re.IGNORECASE)
_OPEN_SIZE = r"\d+(?:\.\d+)?B"
_QUANTIZED = regex(r"-(?:GPTQ-Int[48]|AWQ|FP8)")


def model(model_id: str) -> Model | None:
    """What is certain about a model; None for every id that is not known."""
    maker, _, name = model_id.partition("/")
    found = _official(model_id) or _mirrored(maker, name)
    return found._replace(id=model_id) if found else None


def _official(model_id: str) -> Model | None:
    listed = _listed()
    row = listed.get(model_id) or listed.get(_QUANTIZED.sub("", model_id, count=1))
    return _model(*row) if row else next(_judged(*model_id.partition("/")[::2]), None)


def _mirrored(maker: str, name: str) -> Model | None:
    """A copy under another maker's name, which is never gated."""
    for mirror in table("models")["mirrors"]:
        if mirror["maker"] != maker:
            continue
        for end in re.finditer(rf"(?:{mirror['added']})\Z", name):
            if found := _by_name().get(name[: end.start()].lower()):
                return _model(*found)._replace(is_gated=False)
    return None


def _judged(maker: str, name: str) -> Iterator[Model]:
    """Ids that are not listed, by the family's way to write sizes or the maker's suffixes."""
    for row in table("models")["families"]:
        if row["maker"] != maker or not row.get("open"):
            continue
        for kind in ("base", "instruct"):
            if re.fullmatch(re.escape(row[kind]).replace(r"\{\}", _OPEN_SIZE), name):
                yield _model(f"{maker}/{name}", row["family"], kind, None, row.get("gated"))
    for row in table("models")["suffixes"]:
        if row["maker"] != maker or not re.fullmatch(row["name"], name):
            continue
        for kind in ("base", "instruct"):
            if row[kind] and re.search(rf"(?:{row[kind]})\Z", name):
                yield _model(f"{maker}/{name}", row["family"], kind, None, row.get("gated"))


_Row: TypeAlias = "tuple[str, str, Any, str | None, bool | None]"
"""What `_model` makes a model of."""


@cache
def _listed() -> Mapping[str, _Row]:
    found: dict[str, _Row] = {}
    for row in table("models")["families"]:
        for size in row["of"]:
            for kind, id_ in (ids := _ids(row, size)).items():
                sibling = ids.get("instruct" if kind == "base" else "base")
                # The first row that has an id counts: later ones name further siblings.
                found.setdefault(id_, (id_, row["family"], kind, sibling, row.get("gated")))
    for row in table("models")["exceptions"]:
        sibling = row["sibling"]
        found[row["id"]] = (row["id"], row["family"], row["kind"], sibling, row.get("gated"))
    return found


def _ids(row: Mapping[str, Any], size: str) -> Mapping[str, str]:
    kinds: Sequence[str] = ("base", "instruct")
    return {k: f"{row['maker']}/{row[k].replace('{}', size)}" for k in kinds if row[k]}


@cache
def _by_name() -> Mapping[str, _Row]:
    """Models by their names in lower case, without the maker's."""
    return {id_.partition("/")[2].lower(): found for id_, found in _listed().items()}


def _model(id_: str, family: str, kind: Any, sibling: str | None, gated: bool | None) -> Model:
    return Model(id_, id_, family, kind, sibling, gated, _billions(id_.partition("/")[2]))


def _billions(name: str) -> float | None:
    sizes = _SIZE.findall(name)
    if len(sizes) != 1 or _EXPERTS.search(name):
        return None
    number, unit = sizes[0]
    return float(number.replace("_", ".")) / (1000 if unit in "Mm" else 1)
