"""`[tool.tunesmith]` of a pyproject.toml: what is set for the files in its folder and below."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from packaging.version import InvalidVersion, Version

from tunesmith.lint.engine import all_rules, rule_named
from tunesmith.named_tuple import NamedTuple
from tunesmith.project import Settings


def read_settings(table: Mapping[str, Any]) -> tuple[Settings, Sequence[str]]:
    """The settings in `[tool.tunesmith]`, and what is wrong in it, which is left out."""
    values: dict[str, Any] = {}
    mistakes: list[str] = []
    for key, value in table.items():
        setting = _SETTINGS.get(key)
        if setting is None:
            likely = _likely(key, _SETTINGS)
            hint = f"do you mean {likely}?" if likely else f"known are {', '.join(_SETTINGS)}"
            mistakes.append(f"has no setting {key}: {hint}")
        elif setting.admits(value):
            values[setting.field] = setting.convert(value)
        else:
            mistakes.append(f"{key} = {value!r}; expected {setting.expected}")
    unknown = filter(None, map(unknown_rule, sorted(values.get("ignore", ()))))
    mistakes += [f"ignore: {each}" for each in unknown]
    return Settings(**values), mistakes


def unknown_rule(name: str) -> str | None:
    """Why a name is no rule's, with the likely one; None where it is one's name or code."""
    if rule_named(name):
        return None
    likely = _likely(name, [rule.name for rule in all_rules()])
    hint = f"do you mean {likely!r}?" if likely else "`tunesmith rule --all` lists the rules"
    return f"no rule is called {name!r}; {hint}"


def is_version(value: object) -> bool:
    """Whether a value is a version such as "1.3.0"."""
    try:
        Version(cast("str", value))
    except (InvalidVersion, TypeError):
        return False
    return True


def _likely(name: str, known: Iterable[str]) -> str | None:
    import difflib

    return next(iter(difflib.get_close_matches(name, list(known), n=1)), None)


def _is_strings(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) for v in cast("list[object]", value))


class _Setting(NamedTuple):
    field: str
    expected: str
    admits: Callable[[object], bool]
    convert: Callable[[Any], object]


_SETTINGS = {
    "ignore": _Setting("ignore", 'rules such as ["login-call"]', _is_strings, frozenset),
    "hf-version": _Setting("hub_version", 'a version such as "1.3.0"', is_version, str),
    "exclude": _Setting("exclude", 'patterns such as ["vendor/*"]', _is_strings, tuple),
}
