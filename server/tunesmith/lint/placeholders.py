"""Values that stand for a variable's value, in places where nothing puts it in."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from tunesmith.sources.python_script import PythonScript
from tunesmith.text import Edit, Span, regex

_VARIABLE = regex(
    r"""\$(?:env:)?\{?(\w+)(?::-)?\}?|\$?\{\{\s*(?:secrets\.|env\.)?(\w+)\s*\}\}|%(\w+)%"""
    r"""|(?:os\.)?(?:environ(?:\.get\(|\[)|getenv\()["'](\w+)["'][\])]"""
)


def variable_in(value: str) -> str | None:
    """The variable that a text such as `$HF_TOKEN` or `${{ secrets.HF_TOKEN }}` stands for."""
    match = _VARIABLE.fullmatch(value.strip())
    return next(filter(None, match.groups()), None) if match else None


def is_variable(value: str, name: str) -> bool:
    """Whether a text stands for a variable's value: `$NAME` of any, or the bare name of `name`."""
    return variable_in(value) is not None or value == name


def environment_edits(script: PythonScript, span: Span, variable: str) -> Sequence[Edit]:
    """Write the value of an environment variable, with the import that it takes."""
    scope = script.index.scope
    if script.names.qualified(cst.Name("os"), scope) == "os":
        return [Edit(span, f'os.environ["{variable}"]')]
    imported = script.import_edit("os", "environ")
    return [Edit(span, f'environ["{variable}"]'), *([imported] if imported else [])]


def token_edits(script: PythonScript, span: Span) -> Sequence[Edit]:
    """Write the token of the one who is logged in, with the import that it takes."""
    imported = script.import_edit("huggingface_hub", "get_token")
    return [Edit(span, "get_token()"), *([imported] if imported else [])]
