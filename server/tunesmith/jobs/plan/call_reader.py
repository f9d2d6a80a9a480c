"""What a call of huggingface_hub tells of its arguments. What it computes is named, not guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_values import DictValue, ListValue, Reference, Value
from tunesmith.sources.unknown import ABSENT

_HARDWARE = ("huggingface_hub.JobHardware.", "huggingface_hub.SpaceHardware.")


class CallReader:
    """Reads the arguments of one call.

    Attributes:
        untold: the names of the arguments that the call computes, of those that were read.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self.untold: list[str] = []

    def text(self, name: str) -> str | None:
        """A string, or a number as one."""
        value = self._value(name)
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            return str(value)
        return self._missed(name) if value is not None else None

    def flavor(self) -> str | None:
        """A machine; `JobHardware.A10G_LARGE` is "a10g-large"."""
        value = self._value("flavor")
        if isinstance(value, Reference) and value.name.startswith(_HARDWARE):
            return value.name.rpartition(".")[2].lower().replace("_", "-")
        return self.text("flavor")

    def all_texts(self, name: str) -> Sequence[str] | None:
        """The strings of a list; None where one of them is not told."""
        value = self._value(name)
        if value is None:
            return ()
        found = _texts(value)
        is_whole = isinstance(value, ListValue) and not value.is_open and len(found) == len(value)
        return found if is_whole else self._missed(name)

    def keys(self, name: str) -> Sequence[str]:
        """The keys of a dict, those that are told."""
        value = self._value(name)
        if value is not None and not (isinstance(value, DictValue) and not value.is_open):
            self._missed(name)
        return list(value.entries) if isinstance(value, DictValue) else ()

    def entries(self, name: str) -> Mapping[str, str]:
        """The entries of a dict, those whose values are told."""
        value = self._value(name)
        found: dict[str, str] = {}
        for key in self.keys(name):
            told = value.value(key) if isinstance(value, DictValue) else None
            if isinstance(told, str):
                found[key] = told
            else:
                self._missed(name, key)
        return found

    def volumes(self) -> Sequence[str]:
        """Volumes as `--volume` takes them, those that are told."""
        value = self._value("volumes")
        if value is None:
            return ()
        given = list(value) if isinstance(value, ListValue) else [None]
        found = [mount for each in given if (mount := _mount(each))]
        if len(found) < len(given):
            self._missed("volumes")
        return found

    def _value(self, name: str) -> Value:
        """The value of an argument; None where it is not given."""
        value = self._call.value(name)
        return None if value is ABSENT else value

    def _missed(self, name: str, key: str = "") -> None:
        """Note an argument, or one entry of it."""
        is_behind = self._call.argument(name) is None and self._call.has_unknown_keywords
        shown = "the keywords behind **" if is_behind else f"{name} {key}".rstrip()
        if shown not in self.untold:
            self.untold.append(shown)


def _texts(value: Value) -> Sequence[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, ListValue) else ()


def _mount(volume: Value) -> str | None:
    """`Volume(type="bucket", source="me/out", mount_path="/out")` as hf://buckets/me/out:/out.

    None: not all of it is told.
    """
    if not isinstance(volume, Call):
        return None
    needed = [volume.value(name) for name in ("type", "source", "mount_path")]
    more = ["" if (value := volume.value(name)) in (ABSENT, None) else value for name in _MORE]
    if not all(isinstance(value, str) for value in (*needed, *more)):
        return None
    kind, source, place = needed
    path, revision = map(str, more)
    at, below = f"@{revision}" if revision else "", f"/{path}" if path else ""
    mode = ":ro" if volume.value("read_only") is True else ""
    return f"hf://{kind}s/{source}{at}{below}:{place}{mode}"


_MORE = ("path", "revision")
