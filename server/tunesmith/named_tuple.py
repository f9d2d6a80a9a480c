"""`typing.NamedTuple`, made in a third of its time.

That one compiles the annotation of every field when a class is made. Starting a check makes a
hundred of these classes, and nobody asks them for the types of their fields.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["NamedTuple"]

if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from collections import namedtuple

    _MADE = frozenset(["__annotations__", "__module__", "__qualname__"])

    class _Maker(type):
        def __new__(cls, name, bases, body):
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = body["__annotations__"]
            defaults = [body[field] for field in fields if field in body]
            made = namedtuple(name, fields, defaults=defaults, module=body["__module__"])
            made.__annotations__ = fields
            for key in body.keys() - fields.keys() - _MADE:
                setattr(made, key, body[key])
            return made

    class NamedTuple(metaclass=_Maker):
        """As `typing.NamedTuple`."""
