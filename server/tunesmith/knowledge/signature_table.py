"""One library's table of signatures.

`data/signatures/<package>.json`, made by `scripts/update_tables.py`:

    {"date": "2026-11-22",
     "releases": ["0.7.0", ...],                      every release that was read, ascending
     "objects": {"trl.SFTConfig": {
       "module": [["0.9.2", "trl.trainer.sft_config"]],        null: the object is gone
       "bases": [["0.9.2", ["transformers.TrainingArguments"]]],
       "positional": [...], "takes_any": [...],                left out where they never differ
       "parameters": {"max_length": {
         "default": [["0.16.0", "1024"], ["2.0.0", null]],     "": must be given; null: gone
         "choices": [...], "deprecated": [...], "replaced_by": [...],
         "doc": "..."}}}}}

All lists are changes (`changes.py`); `doc` is the newest.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property
from typing import Any

from packaging.version import Version

from tunesmith.knowledge.changes import Changes, parsed
from tunesmith.knowledge.scan.types import Parameter, Signature
from tunesmith.knowledge.tables import table_text
from tunesmith.text import regex

_SHARED = ("choices", "deprecated", "replaced_by")
MODEL_LOADERS = regex(r"transformers\.(?!Auto|TF|Flax)\w+?(?:For[A-Z]\w+|Model)\.from_pretrained")
"""Loaders of the hundreds of model classes, which all inherit it: `LlamaForCausalLM`."""
_INHERITED_LOADER = "transformers.PreTrainedModel.from_pretrained"


@cache
def signature_table(package: str) -> SignatureTable | None:
    """The table of a package by its normalised name; None where there is none."""
    text = table_text(f"signatures/{package}")
    return None if text is None else SignatureTable(read_signatures(text))


def read_signatures(text: str) -> Mapping[str, Any]:
    """A table out of its JSON.

    As its generator writes it, each object begins a line with two blanks: then an object is read
    when it is asked for, of the hundreds that are there.
    """
    head, *objects = text.split(_BEFORE_OBJECT)
    if not head.endswith('"objects": {'):
        return json.loads(text)
    return {**json.loads(head + "}}"), "objects": _Objects(objects)}


_BEFORE_OBJECT = '\n  "'
_DECODER = json.JSONDecoder()


class _Objects(Mapping[str, Mapping[str, Any]]):
    """Objects as they are written, from behind the first quote of their names on."""

    def __init__(self, written: Sequence[str]) -> None:
        self._written = {one[: one.index('"')]: one for one in written}
        self._read: dict[str, Mapping[str, Any]] = {}

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        if name not in self._read:
            written = self._written[name]
            self._read[name], _ = _DECODER.raw_decode(written, len(name) + len('": '))
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._written)

    def __len__(self) -> int:
        return len(self._written)


def package_of(name: str) -> str:
    """The normalised name of the distribution that an object comes from."""
    return name.partition(".")[0].replace("_", "-")


def inherited(name: str) -> str:
    """The object of the tables that a model class's loader is; another name is left alone."""
    return _INHERITED_LOADER if MODEL_LOADERS.fullmatch(name) else name


class SignatureTable:
    """What the objects of one library take, by release.

    A release is meant by its position among `releases`.
    """

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._objects: Mapping[str, Mapping[str, Any]] = table["objects"]
        self._names: Sequence[str] = table["releases"]
        self._positions = {release: index for index, release in enumerate(self._names)}

    @cached_property
    def releases(self) -> Sequence[Version]:
        """Every release that was read, ascending."""
        return list(map(parsed, self._names))

    def __contains__(self, name: str) -> bool:
        return self._row(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._objects)

    def position(self, version: Version | None) -> int | None:
        """Where a release stands; None where it was not read."""
        if version is None:
            return None
        place = bisect_left(self._names, version, key=parsed)
        is_there = place < len(self._names) and parsed(self._names[place]) == version
        return place if is_there else None

    def parameters(self, name: str) -> Sequence[str]:
        """What an object took in any release by itself."""
        row = self._row(name)
        return list(row["parameters"]) if row else ()

    def has(self, name: str, position: int) -> bool:
        """Whether a release has an object."""
        return self._value(self._row(name), "module", position) is not None

    def signature(self, name: str, position: int) -> Signature | None:
        """What an object takes by itself in one release."""
        found = self._row(name)
        module = self._value(found, "module", position)
        if not found or module is None:
            return None
        parameters = {
            parameter: taken
            for parameter in found["parameters"]
            if (taken := self.parameter(name, parameter, position))
        }
        return Signature(
            module=module,
            parameters=parameters,
            bases=self.bases(name, position),
            positional=self._value(found, "positional", position),
            takes_any=bool(self._value(found, "takes_any", position)),
        )

    def parameter(self, name: str, parameter: str, position: int) -> Parameter | None:
        """A parameter of an object in one release; None where the object has it not by itself."""
        row = self._row(name)
        found = row["parameters"].get(parameter) if row else None
        default = self._value(found, "default", position)
        if found is None or default is None:
            return None
        shared = {mark: self._value(found, mark, position) for mark in _SHARED}
        return Parameter(default=default or None, doc=found.get("doc"), **shared)

    def bases(self, name: str, position: int) -> Sequence[str]:
        """The objects that take the remaining keywords in one release."""
        return self._value(self._row(name), "bases", position) or ()

    def bases_ever(self, name: str) -> Sequence[str]:
        """The objects that took the remaining keywords in any release, the newest first."""
        changes: Changes = (self._row(name) or {}).get("bases", ())
        return list(dict.fromkeys(base for _, bases in reversed(changes) for base in bases or ()))

    def _row(self, name: str) -> Mapping[str, Any] | None:
        return self._objects.get(name) or self._objects.get(inherited(name))

    def _value(self, row: Mapping[str, Any] | None, attribute: str, position: int) -> Any:
        value: Any = None
        for release, changed in (row or {}).get(attribute, ()):
            if self._positions[release] > position:
                break
            value = changed
        return value
