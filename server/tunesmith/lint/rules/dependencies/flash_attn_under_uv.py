"""flash-attn among the dependencies of a script that uv runs.

## What it does

Finds `flash-attn` in a script's header, and `--with flash-attn` in an `hf jobs uv run` command.

## Why it costs you

The package index has flash-attn only as source. Its build imports torch, which uv's isolated build
environment does not have, so the job ends with `ModuleNotFoundError: No module named 'torch'`
before the script starts, also where torch stands beside it and where the image has flash-attn. Where
the build gets its torch, it needs nvcc and can compile for an hour on a machine that is billed.

## Fix

Removes the dependency and writes `attn_implementation="sdpa"` where the script asks for
`flash_attention_2`: PyTorch's own attention. Unsafe: it chooses another implementation, and packing
without padding wants flash attention. With `kernels` in place of `flash-attn`, transformers 4.56 and
later load a ready-made build for `flash_attention_2` from the Hub instead. None is offered where the
script imports flash_attn itself.

## Source

uv 0.6 to 0.13 run on such headers; the 77 releases of flash-attn, none of which has a wheel.
https://docs.astral.sh/uv/concepts/projects/config/#build-isolation

## Since

Every release of flash-attn. Silent where the header has `kernels`, the URL of a wheel, an index or
`find-links` of its own, or `[tool.uv]` settings that give the build its torch
(`no-build-isolation`, `no-build-isolation-package`, `extra-build-dependencies`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from tunesmith.lint.rule import ERROR, UNSAFE, Bad, Finding, Fix, Good, rule
from tunesmith.pep508 import InvalidRequirement, Requirement, canonicalize_name
from tunesmith.project import Project
from tunesmith.sources.launch_command import LaunchCommand
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.script_header import HeaderRequirement, ScriptHeader
from tunesmith.text import Edit, regex

_HELPING_SETTINGS = {
    "no-build-isolation",
    "no-build-isolation-package",
    "extra-build-dependencies",
    "find-links",
    "index",
    "index-url",
    "extra-index-url",
}
_REASON = (
    "flash-attn is built from source, and its build needs torch, which uv's build environment "
    "does not have: the job ends before the script starts. "
)
_LINUX = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
_FLASH_ATTENTION = regex(r"flash_attention_2")
_IMPORT = regex(r"^[ \t]*(?:import|from)\s+flash_attn\b", re.MULTILINE)


@rule(code="DEP001", severity=ERROR, words=("attn", "Attn", "ATTN"))
def check(source: PythonScript | LaunchCommand, project: Project) -> Iterator[Finding]:
    if isinstance(source, PythonScript):
        yield from _in_header(source)
    elif source.runs_uv_script:
        yield from _in_command(source)


def _in_header(script: PythonScript) -> Iterator[Finding]:
    header = script.header
    entry = header.requirement("flash-attn") if header else None
    if header is None or entry is None or entry.requirement is None:
        return
    if _is_built(entry.requirement) and not _gets_a_build(header):
        yield Finding(
            entry.span,
            _REASON + 'Leave it out and set attn_implementation="sdpa".',
            _use_sdpa(script, entry),
        )


def _is_built(requirement: Requirement) -> bool:
    """Whether a job would build it: no wheel is given, and it is wanted on Linux."""
    is_wheel = ".whl" in (requirement.url or "")
    is_wanted = requirement.marker is None or requirement.marker.evaluate(_LINUX)
    return not is_wheel and is_wanted


def _gets_a_build(header: ScriptHeader) -> bool:
    uv = header.uv_table or {}
    sources = uv.get("sources")
    names = list(cast("dict[str, object]", sources)) if isinstance(sources, dict) else []
    has_source = any(canonicalize_name(name) == "flash-attn" for name in names)
    return has_source or bool(_HELPING_SETTINGS & uv.keys()) or bool(header.requirement("kernels"))


def _use_sdpa(script: PythonScript, entry: HeaderRequirement) -> Fix | None:
    if _IMPORT.search(script.text):
        return None
    edits = [Edit(entry.removal, "")]
    for literal in script.strings_matching(_FLASH_ATTENTION):
        if literal.value.text == "flash_attention_2":
            edits.append(Edit(literal.value.span(0, len(literal.value.text)), "sdpa"))
    return Fix("Remove flash-attn, attend by sdpa", edits, UNSAFE)


def _in_command(command: LaunchCommand) -> Iterator[Finding]:
    for option in command.options:
        if option.name == "--with" and _is_flash_attn(option.value):
            yield Finding(option.span, _REASON + "Leave it out.")


def _is_flash_attn(requirement: str | None) -> bool:
    try:
        parsed = Requirement(requirement or "")
    except InvalidRequirement:
        return False
    return canonicalize_name(parsed.name) == "flash-attn" and _is_built(parsed)


_USE = 'SFTConfig(model_init_kwargs={"attn_implementation": "%s"})\n'

BAD = [
    Bad(
        '# /// script\n# dependencies = ["trl", "flash-attn>=2.7"]\n# ///\n'
        "from trl import SFTConfig\n\n" + _USE % "flash_attention_2",
        at='"flash-attn>=2.7"',
        fixed='# /// script\n# dependencies = ["trl"]\n# ///\n'
        "from trl import SFTConfig\n\n" + _USE % "sdpa",
    ),
    Bad(
        "# /// script\n# dependencies = [\n#     'flash_attn',  # faster\n#     'trl',\n# ]\n# ///\n"
        "import flash_attn\n",
        at="'flash_attn'",
    ),
    Bad(
        "hf jobs uv run --flavor l4x1 --with flash-attn train.py\n",
        at="--with flash-attn",
        file="run.sh",
    ),
]
GOOD = [
    "# /// script\n# dependencies = [\"flash-attn; sys_platform == 'darwin'\"]\n# ///\n",
    '# /// script\n# dependencies = ["flash-attn", "kernels"]\n# ///\n',
    '# /// script\n# dependencies = ["flash-attn @ https://example.com/flash_attn-2.8-cp312.whl"]\n# ///\n',
    '# /// script\n# dependencies = ["flash-attn"]\n# [tool.uv]\n'
    '# no-build-isolation-package = ["flash-attn"]\n# ///\n',
    '# /// script\n# dependencies = ["flash-attn"]\n# [tool.uv.extra-build-dependencies]\n'
    '# flash-attn = ["torch"]\n# ///\n',
    "import flash_attn\n",
    Good("uv pip install flash-attn --no-build-isolation\n", file="run.sh"),
]
