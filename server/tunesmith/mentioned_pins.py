"""The releases that a folder's other files tell people to install.

Beside requirements files and pyproject.toml, authors say it in setup.py, a conda environment, a
Pipfile, an image's Dockerfile, the scripts and notebooks that start a training, and the README.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any, cast

from tunesmith.sources.document import Kind, kind_of
from tunesmith.text import regex

_VERSION = r"(?:===?|~=|!=|<=?|>=?)[ \t]*\d[\w.*+!]*"
_OPERATORS = ("==", "~=", "!=", "<", ">")
_NAME = r"[A-Za-z][\w.-]*(?:\[[\w, -]*\])?"
_WITH_VERSIONS = rf"(?<![\w./-]){_NAME}[ \t]*{_VERSION}(?:[ \t]*,[ \t]*{_VERSION})*"
_REQUIREMENT = regex(_WITH_VERSIONS)
_ADDRESS = regex(r"git\+\w+://[^\s'\"`)]+@[\w./-]+")
_INSTALL = regex(r"\b(?:pip3?|uv)\b[^;&|\n]{0,80}?\b(?:install|add)\b([^;&|\n]{0,4000})")
_CONTINUED = regex(r"\\\r?\n")
_QUOTED = regex(rf"""(["'])[ \t]*({_WITH_VERSIONS})[^"'\n]*\1""")
_QUOTED_ADDRESS = regex(rf"""(["'])[ \t]*({_NAME}[ \t]*@[ \t]*git\+[^"'\s]+)[ \t]*\1""")
_INSTALLS = regex(r"""["']pip3?["'],\s*["']install["']|\bpip_install\(""")
_CONDA = regex(
    rf"^[ \t]*-[ \t]*[\"']?({_NAME})[ \t]*(={{1,2}}|[<>]=?)[ \t]*(\d[\w.*]*)", re.MULTILINE
)
_LINE = regex(rf"^[ \t>*`-]*({_WITH_VERSIONS})[ \t\r`]*$", re.MULTILINE)
_PIPFILE = regex(rf"^\"?({_NAME})\"?[ \t]*=.*?\"({_VERSION}[^\"\n]*)\"", re.MULTILINE)
_OWN_NAME = regex(r"^[ \t]*name[ \t]*=[ \t]*[\"']?([A-Za-z][\w.-]*)[\"']?,?[ \t]*$", re.MULTILINE)
_SCRIPTS = (".py", ".ipynb")


def may_mention(name: str) -> bool:
    """Whether a file of that name is one that people install by."""
    return _reader(name) is not None


def mentioned_in(names: Sequence[str]) -> Iterator[str]:
    """Those of a folder's files that tell what to install.

    Markdown that is no README counts where scripts lie beside it, which it then explains.
    """
    has_scripts = any(name.endswith(_SCRIPTS) and name != "setup.py" for name in names)
    for name in sorted(names):
        is_explanation = kind_of(PurePath(name)) is Kind.MARKDOWN and not _is_readme(name)
        if may_mention(name) and (has_scripts or not is_explanation):
            yield name


def mentioned_requirements(name: str, text: str) -> Iterator[str]:
    """The requirements with a version in a file of that name, as written."""
    reader = _reader(name)
    if reader:
        yield from reader(text)


def installed_by_code(text: str) -> Iterator[str]:
    """The requirements with a version that a script installs, or says how to: as written.

    `subprocess.run([sys.executable, "-m", "pip", "install", *PACKAGES])` names them in a list that
    may stand anywhere; so does `pip_install(...)` of Modal's images.
    """
    yield from _of_commands(text)
    if "install" in text and _INSTALLS.search(text):
        for quoted in (_QUOTED, _QUOTED_ADDRESS):
            for match in quoted.finditer(text):
                yield match[2]


def poetry_requirements(table: Mapping[str, Any]) -> Iterator[str]:
    """The requirements in `[tool.poetry]`, whose versions are written in Poetry's own way."""
    for each in (table, *_table(table, "group").values()):
        for name, value in _table(each, "dependencies").items():
            version = _table({"of": value}, "of").get("version", value)
            if isinstance(version, str):
                yield f"{name}{_standard(version)}"


def _table(parent: object, key: str) -> Mapping[str, Any]:
    value = cast("dict[str, Any]", parent).get(key) if isinstance(parent, dict) else None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _standard(version: str) -> str:
    """What Poetry means: ^1.2 and ~1.2 bound a release from above, a bare one is exact."""
    version = version.strip()
    match = re.fullmatch(r"([~^]?)\s*(\d+(?:\.\d+)*)", version)
    if not match:
        return "" if version == "*" else version
    if not match[1]:
        return f"=={version}"
    parts = [int(part) for part in match[2].split(".")]
    fixed = next((i for i, part in enumerate(parts) if part), len(parts) - 1)
    if match[1] == "~":
        fixed = min(1, len(parts) - 1)
    above = [*parts[:fixed], parts[fixed] + 1]
    return f">={match[2]},<{'.'.join(map(str, above))}"


def _reader(name: str) -> Callable[[str], Iterator[str]] | None:
    if name in ("setup.py", "setup.cfg"):
        return _of_setup
    if name == "Pipfile":
        return _of_pipfile
    kind = kind_of(PurePath(name))
    if kind is Kind.YAML and re.match(r"(?:conda|env)", name):
        return _of_conda
    has_commands = kind in (Kind.SHELL, Kind.DOCKERFILE, Kind.MARKDOWN, Kind.NOTEBOOK)
    return _of_prose if has_commands else None


def _is_readme(name: str) -> bool:
    return name.lower().startswith("readme")


def own_sources(name: str) -> str:
    """The requirement that a library's own repository stands for: no release, but what is there."""
    return f"{name} @ file:."


def _of_setup(text: str) -> Iterator[str]:
    project = _OWN_NAME.search(text)
    if project:
        yield own_sources(project[1])
    for match in _QUOTED.finditer(text):
        yield match[2]
    for match in _QUOTED_ADDRESS.finditer(text):
        yield match[2]
    for match in _LINE.finditer(text):
        yield match[1]


def _of_pipfile(text: str) -> Iterator[str]:
    for name, version in _PIPFILE.findall(text):
        yield f"{name}{version}"


def _of_conda(text: str) -> Iterator[str]:
    for name, operator, version in _CONDA.findall(text):
        yield f"{name}{'==' if operator == '=' else operator}{version}"


def _of_prose(text: str) -> Iterator[str]:
    """What `pip install` is given, and lines that hold a requirement and nothing else."""
    for match in _LINE.finditer(text) if any(each in text for each in _OPERATORS) else ():
        yield match[1]
    yield from _of_commands(text)


def _of_commands(text: str) -> Iterator[str]:
    if "install" not in text and "add" not in text:
        return
    for command in _INSTALL.finditer(_CONTINUED.sub(" ", text)):
        yield from _REQUIREMENT.findall(command[1])
        yield from _ADDRESS.findall(command[1])
