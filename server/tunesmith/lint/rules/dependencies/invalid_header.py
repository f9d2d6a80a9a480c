"""A script header that uv refuses, or of which it reads nothing.

## What it does

Finds mistakes in the PEP 723 header of a script (`# /// script`): no end, no TOML, a second header, a
first line that is not exactly `# /// script`, values of the wrong type, entries of `dependencies` that
are no requirements (`"trl=1.0"`, a bare address), misspelt keys, keys of `[tool.uv]` with underscores,
and names in `ignore` of `[tool.tunesmith]` that no rule has.

## Why it costs you

uv stops with an error before the script starts. A misspelt key or first line is worse: uv runs the
script without its packages.

## Fix

Corrects what is evident: the first and last line, `=` in place of `==`, the spelling of keys and rules.
Safe: nothing else can be meant. A bare address gets the name that it ends with, and `requires-python`
an operator; that is unsafe, as the name and the bound are guesses. None is offered for the others.

## Source

https://packaging.python.org/en/latest/specifications/inline-script-metadata/, and 40 such headers run
with uv 0.13.

## Since

Every release.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from tunesmith.lint import rule_index
from tunesmith.lint.dependencies import is_header_of
from tunesmith.lint.rule import ERROR, SAFE, UNSAFE, WARNING, Bad, Finding, Fix, Good, rule
from tunesmith.project import Project
from tunesmith.sources.document_edits import with_edits
from tunesmith.sources.header_edits import closing_edits
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.requirements import read_requirement
from tunesmith.sources.script_header import (
    HeaderError,
    HeaderRequirement,
    ScriptHeader,
    find_header,
)
from tunesmith.text import Edit, Span, close_matches, regex

_OPENING = regex(r"(?<![^\r\n])[ \t]*#[ \t]*/{2,4}[ \t]*[sS]cript[ \t]*(?![^\r\n])")
_EXACT = "# /// script"
_KEYS = ("dependencies", "requires-python", "tool")
_SINGLE_EQUALS = regex(r"(\s*[\w.-]+(?:\[[^\]]*\])?\s*)=(\s*\d[\w.*+!]*\s*)")
_BARE_VERSION = regex(r"\d+(?:\.\d+)*")
_CLOSE = 0.8


@rule(code="DEP004", severity=ERROR, words=("script",))
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    header = script.header
    if header is None:
        yield from _unseen(script)
    elif is_header_of(header, script):
        yield from (_of_error(error, header, script) for error in _errors(header, script))
        if not header.errors:
            yield from _of_keys(header)
            yield from filter(None, map(_of_entry, header.dependencies))
            yield from _of_uv_keys(header)
        yield from _of_rules(header)


def _unseen(script: PythonScript) -> Iterator[Finding]:
    match = _OPENING.search(script.text)
    if match and match[0] != _EXACT and "\n# ///" in script.text.replace("\r", "\n"):
        span = Span(*match.span())
        yield Finding(
            span,
            f"uv does not see this header, and runs the script without its packages: the first "
            f"line must be exactly `{_EXACT}`.",
            Fix(f"Write {_EXACT}", [Edit(span, _EXACT)], SAFE),
        )


def _errors(header: ScriptHeader, script: PythonScript) -> Iterator[HeaderError]:
    """The errors of a header; an empty one, which uv takes, is not even begun."""
    behind = script.text[header.span.end :].lstrip("\r\n")
    is_empty = not header.toml.text and re.match(r"# ///(?![^\r\n])", behind)
    yield from () if is_empty else header.errors


def _of_error(error: HeaderError, header: ScriptHeader, script: PythonScript) -> Finding:
    fix = None
    if not header.toml.text:
        fix = _completion(header, script)
    wanted = header.requires_python or ""
    if error.span == header.value_span("requires-python") and _BARE_VERSION.fullmatch(wanted):
        fix = Fix(f'Write ">={wanted}"', [Edit(error.span, f'">={wanted}"')], UNSAFE)
    return Finding(error.span, error.message, fix)


def _completion(header: ScriptHeader, script: PythonScript) -> Fix | None:
    edits = closing_edits(script.text, header.span.end)
    after = find_header(with_edits(script.document, edits)) if edits else None
    return Fix("Complete the header", edits, SAFE) if after and not after.errors else None


def _of_keys(header: ScriptHeader) -> Iterator[Finding]:
    for key in filter(lambda key: key not in _KEYS, header.table):
        close = close_matches(key, _KEYS, n=1, cutoff=_CLOSE)
        span = header.key_span(key)
        if not close or not span:
            continue
        fix = None if close[0] in header.table else _replacement(span, close[0])
        message = f"`{key}` means nothing to uv, which leaves it out. Write `{close[0]}`."
        yield Finding(span, message, fix)


def _of_entry(entry: HeaderRequirement) -> Finding | None:
    if entry.requirement and ("://" in (entry.requirement.url or "://")):
        return None
    meant = read_requirement(entry.text)
    equals = _SINGLE_EQUALS.fullmatch(entry.text)
    advice, fix = 'expected one such as "trl>=1.16"', None
    if equals:
        text = f'"{equals[1]}=={equals[2]}"'
        advice, fix = f"write {text}", Fix(f"Write {text}", [Edit(entry.span, text)], SAFE)
    elif entry.requirement is None and meant and meant.url:
        text = f'"{meant.name} @ {entry.text.strip()}"'
        advice = "an address needs the package's name before it, as in `name @ address`"
        fix = Fix(f"Put {meant.name} @ before it", [Edit(entry.span, text)], UNSAFE)
    return Finding(
        entry.span,
        f"uv refuses this header: {_shown(entry.text)} is no requirement; {advice}.",
        fix,
    )


def _of_uv_keys(header: ScriptHeader) -> Iterator[Finding]:
    for key in header.uv_table or {}:
        span = header.key_span("tool", "uv", key)
        if "_" in key and span:
            right = key.replace("_", "-")
            yield Finding(
                span,
                f"uv refuses this header: [tool.uv] has no `{key}`. Write `{right}`.",
                _replacement(span, right),
            )


def _of_rules(header: ScriptHeader) -> Iterator[Finding]:
    place = header.places.get(("tool", "tunesmith", "ignore"))
    for element in place.elements if place else ():
        name = header.toml.text[slice(*element.span)].strip("\"'")
        if name in _rules():
            continue
        span = header.toml.span(*element.span)
        close = close_matches(name, _rules(), n=2, cutoff=_CLOSE)
        hint = f"Do you mean {close[0]!r}?" if close else "`tunesmith rule --all` lists the rules."
        fix = _replacement(span, f'"{close[0]}"') if len(close) == 1 else None
        yield Finding(span, f"No rule is called {name!r}. {hint}", fix, WARNING)


def _replacement(span: Span, text: str) -> Fix:
    return Fix(f"Write {text}", [Edit(span, text)], SAFE)


def _shown(text: str) -> str:
    """An entry without the password that an address may carry."""
    return re.sub(r"(://)[^/@\s]*@", r"\1…@", text if len(text) <= 60 else f"{text[:57]}...").join(
        "``"
    )


@cache
def _rules() -> frozenset[str]:
    rules = rule_index.read_index(rule_index.PATH.read_text("utf-8"))
    return frozenset(word for rule in rules for word in (rule.name, rule.code))


def _header(*lines: str) -> str:
    return "\n".join(("# /// script", *(f"# {line}" for line in lines), "# ///", "import trl\n"))


BAD = [
    Bad(
        '# /// script\n# dependencies = ["trl"]\n#///\nimport trl\n',
        at="# /// script",
        fixed='# /// script\n# dependencies = ["trl"]\n# ///\nimport trl\n',
    ),
    Bad(
        '# /// script\n# dependencies = [\n\n#"trl"]\n# ///\nimport trl\n',
        at="# /// script",
        fixed='# /// script\n# dependencies = [\n#\n# "trl"]\n# ///\nimport trl\n',
    ),
    Bad(
        '# /// script\n# dependencies = [\n# "trl"]\n\n# "trl"]\n# ///\nimport trl\n',
        at="# /// script",
    ),
    Bad(
        '#/// script\n# dependencies = ["trl"]\n# ///\nimport trl\n',
        at="#/// script",
        fixed='# /// script\n# dependencies = ["trl"]\n# ///\nimport trl\n',
    ),
    Bad(_header('dependencies = "trl"'), at='"trl"'),
    Bad(
        _header('dependencies = ["trl=1.16.0"]'),
        at='"trl=1.16.0"',
        fixed=_header('dependencies = ["trl==1.16.0"]'),
    ),
    Bad(
        _header('dependencies = ["git+https://github.com/huggingface/trl.git"]'),
        at='"git+https://github.com/huggingface/trl.git"',
        fixed=_header('dependencies = ["trl @ git+https://github.com/huggingface/trl.git"]'),
    ),
    Bad(_header('dependencies = ["trl>=1.0 <2"]'), at='"trl>=1.0 <2"'),
    Bad(
        _header('dependencies = ["trl"]', 'requires-python = "3.12"'),
        at='"3.12"',
        fixed=_header('dependencies = ["trl"]', 'requires-python = ">=3.12"'),
    ),
    Bad(
        _header('dependancies = ["trl"]'),
        at="dependancies",
        fixed=_header('dependencies = ["trl"]'),
    ),
    Bad(
        _header('dependencies = ["trl"]', "[tool.uv]", 'exclude_newer = "2026-11-01"'),
        at="exclude_newer",
        fixed=_header('dependencies = ["trl"]', "[tool.uv]", 'exclude-newer = "2026-11-01"'),
    ),
    Bad(
        _header('dependencies = ["trl"]', "[tool.tunesmith]", 'ignore = ["secret-singulr"]'),
        at='"secret-singulr"',
        fixed=_header('dependencies = ["trl"]', "[tool.tunesmith]", 'ignore = ["secret-singular"]'),
        severity=WARNING,
    ),
]
GOOD = [
    _header('dependencies = ["trl @ git+https://github.com/huggingface/trl", "six (>=1.0)"]'),
    _header('requires-python = ">=3.10"', "dependencies = []", 'description = "mine"'),
    _header('dependencies = ["trl"]', "[tool.tunesmith]", 'ignore = ["secret-singular", "LCH003"]'),
    "# /// script\n# ///\nimport trl\n",
    'import trl\n\nTEMPLATE = """\n# /// script\n# dependencies = "trl"\n# ///\n"""\n',
    "# A script\n# /// scripts are fine\nimport trl\n",
    Good('```python\n#/// script\n# dependencies = ["trl"]\n# ///\n```\n', file="README.md"),
]
