"""Messages as JSON and back: dataclasses whose fields are written in camel case."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import Field, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar, cast

from tunesmith.errors import UserError

T = TypeVar("T")
_SHOWN = 60
_PRIMITIVES: Mapping[object, tuple[tuple[type, ...], str]] = {
    str: ((str,), "a string"),
    bool: ((bool,), "true or false"),
    int: ((int,), "a whole number"),
    float: ((int, float), "a number"),
}


class WireError(UserError):
    """A message has not the shape that was expected."""

    def __init__(self, place: str, found: str, expected: str) -> None:
        shown = found if len(found) <= _SHOWN else f"{found[:_SHOWN]}…"
        super().__init__(f"{place} is {shown}, expected {expected}", "correct the message")


def to_wire(value: object) -> Any:
    """A dataclass, or what its fields hold, as JSON has it."""
    if is_dataclass(value):
        return {
            _camel_case(field.name): to_wire(getattr(value, field.name)) for field in fields(value)
        }
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        given = cast("Mapping[str, object]", value)
        return {name: to_wire(each) for name, each in given.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [to_wire(each) for each in cast("Sequence[object]", value)]
    return value


def from_wire(kind: type[T], value: object, place: str = "params", *, is_answer: bool = False) -> T:
    """The dataclass that JSON stands for.

    Args:
        kind: the dataclass.
        value: what `json.loads` made.
        place: what messages call it.
        is_answer: of an agent that may be newer: fields that are not known here are left out. In a
            question each has to be understood.

    Raises:
        WireError: a field is missing, unknown or of another type.
    """
    return _Reader(is_answer).read_class(kind, value, place)


class _Reader:
    def __init__(self, is_answer: bool, is_secret: bool = False) -> None:
        self._is_answer = is_answer
        self._is_secret = is_secret

    def read_class(self, kind: type[T], value: object, place: str) -> T:
        if not isinstance(value, dict):
            raise self._error(place, value, "an object")
        given = cast("dict[str, object]", value)
        known = _fields_of(kind)
        arguments: dict[str, object] = {}
        for name in given:
            if name in known:
                field, hint = known[name]
                reader = self if field.repr else _Reader(self._is_answer, is_secret=True)
                arguments[field.name] = reader.read(hint, given[name], f"{place}.{name}")
            elif not self._is_answer:
                raise WireError(f"{place}.{name}", "given", f"one of {', '.join(known)}")
        try:
            return kind(**arguments)
        except TypeError:
            missing = [name for name, (field, _) in known.items() if field.name not in arguments]
            raise WireError(place, "incomplete", f"it to have {', '.join(missing)}") from None

    def read(self, hint: Any, value: object, place: str) -> object:
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin in (typing.Union, types.UnionType):
            return self._read_union(arguments, value, place)
        if origin is typing.Literal:
            if not isinstance(value, str) or value not in arguments:
                raise self._error(place, value, f"one of {', '.join(map(str, arguments))}")
            return value
        if hint in _PRIMITIVES:
            return self._read_primitive(hint, value, place)
        if origin is Sequence:
            if not isinstance(value, list):
                raise self._error(place, value, "a list")
            items = enumerate(cast("list[object]", value))
            return tuple(self.read(arguments[0], item, f"{place}[{at}]") for at, item in items)
        if origin is Mapping:
            if not isinstance(value, dict):
                raise self._error(place, value, "an object")
            entries = cast("dict[str, object]", value).items()
            return {
                name: self.read(arguments[1], item, f"{place}.{name}") for name, item in entries
            }
        return self.read_class(hint, value, place)

    def _read_primitive(self, hint: object, value: object, place: str) -> object:
        allowed, name = _PRIMITIVES[hint]
        if not isinstance(value, allowed) or (isinstance(value, bool) and hint is not bool):
            raise self._error(place, value, name)
        return float(cast("float", value)) if hint is float else value

    def _read_union(self, kinds: Sequence[Any], value: object, place: str) -> object:
        if value is None and types.NoneType in kinds:
            return None
        *others, last = [kind for kind in kinds if kind is not types.NoneType]
        for kind in others:
            with suppress(WireError):
                return self.read(kind, value, place)
        return self.read(last, value, place)

    def _error(self, place: str, value: object, expected: str) -> WireError:
        found = f"a secret ({type(value).__name__})" if self._is_secret else repr(value)
        return WireError(place, found, expected)


@cache
def _fields_of(kind: Any) -> Mapping[str, tuple[Field[Any], Any]]:
    """The fields of a dataclass with their types, by their names on the wire."""
    hints = typing.get_type_hints(kind)
    return {_camel_case(field.name): (field, hints[field.name]) for field in fields(kind)}


@cache
def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
