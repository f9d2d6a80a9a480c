"""`typing.NamedTuple`, made in a fifth of its time.

That one compiles the annotation of every field and a constructor when a class is made. Starting a
check makes a hundred of these classes. Nobody asks them for the types of their fields, and
constructors of as many fields differ by names only, so that one is compiled for all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["NamedTuple"]

if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from functools import cache, cached_property
    from operator import itemgetter
    from types import FunctionType

    try:
        from _collections import _tuplegetter  # with the fallback that collections has, too
    except ImportError:

        def _tuplegetter(place, doc):
            return property(itemgetter(place), doc=doc)

    @cache
    def _constructor(count):
        """The code that makes a tuple of so many fields, which are called f0, f1, … in it."""
        fields = "".join(f"f{place}, " for place in range(count))
        return eval(f"lambda _class, {fields}: _new(_class, ({fields}))", {}).__code__  # noqa: S307

    _new = tuple.__new__

    class _Tuple(tuple):
        """What the classes have in common."""

        __slots__ = ()

        @classmethod
        def _make(cls, values):
            return cls(*values)

        def _replace(self, /, **changed):
            replaced = _new(type(self), map(changed.pop, self._fields, self))
            if changed:
                raise TypeError(f"{type(self).__name__} has no field called {min(changed)}")
            return replaced

        def _asdict(self):
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self):
            fields = ", ".join(f"{name}={value!r}" for name, value in self._asdict().items())
            return f"{type(self).__name__}({fields})"

        def __getnewargs__(self):
            return tuple(self)

    class _Maker(type):
        def __new__(cls, name, bases, body):
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = tuple(body.get("__annotations__", ()))
            defaults = {field: body[field] for field in fields if field in body}
            code = _constructor(len(fields)).replace(co_varnames=("_class", *fields))
            new = FunctionType(code, {"_new": _new}, "__new__", tuple(defaults.values()))
            new.__qualname__ = f"{body['__qualname__']}.__new__"
            getters = {field: _tuplegetter(place, None) for place, field in enumerate(fields)}
            known = {"_fields": fields, "_field_defaults": defaults, "__match_args__": fields}
            made = {**body, **getters, **known, "__new__": new}
            if not any(isinstance(each, cached_property) for each in body.values()):
                made["__slots__"] = ()
            return type(name, (_Tuple,), made)

    class NamedTuple(metaclass=_Maker):
        """As `typing.NamedTuple`; a class of these may have cached properties."""
