"""A job's script that says nothing of the packages that it imports.

## What it does

Finds scripts without a PEP 723 header that `hf jobs uv run` or `run_uv_job()` starts without `--with`
or `dependencies=`, and that import packages.

## Why it costs you

A job gets the script alone, and uv an image with nothing but Python in it: requirements.txt and
pyproject.toml stay on your machine. The job ends with ModuleNotFoundError at its first import.

## Fix

Writes a header with the packages that the script imports, and those that its arguments ask for. Unsafe:
it chooses the newest releases, and `uv run` on your machine then uses them in place of your project's.

## Source

`run_uv_job` of huggingface_hub 0.34 to 2.4, which runs `uv run`; uv 0.13.
https://docs.astral.sh/uv/guides/scripts/#declaring-script-dependencies

## Since

huggingface_hub 0.34, the first release with `hf jobs uv run`. Silent where a start names an image, mounts
a volume or sets variables that change what is found, and where the script installs packages by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tunesmith.knowledge.distributions import distributions_of
from tunesmith.lint.backends import backends
from tunesmith.lint.dependencies import imported_modules, is_beside
from tunesmith.lint.rule import ERROR, UNSAFE, Bad, Finding, Fix, Good, rule
from tunesmith.project import Project
from tunesmith.sources.document import Kind
from tunesmith.sources.header_edits import new_header
from tunesmith.sources.launches import Launch
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.self_installs import installs_by_itself


@rule(code="DEP006", severity=ERROR)
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    starts = project.launches_of(script.path)
    is_script = script.header is None and script.document.kind is not Kind.NOTEBOOK
    if not starts or not is_script or not all(map(_brings_nothing, starts)):
        return
    if installs_by_itself(script) or "/// script" in script.text:
        return
    found = [
        (distributions[0], module, node)
        for module, node in imported_modules(script)
        if (distributions := distributions_of(module))
        and not script.is_conditional(node)
        and not is_beside(module, script, project)
    ]
    if found:
        _, module, node = found[0]
        wanted = list(dict.fromkeys(distribution for distribution, _, _ in found))
        yield Finding(
            script.span(node),
            f"{module} is not installed: {starts[0].path.name} starts this script with nothing but "
            "Python. Name its packages in a header, or by --with.",
            _write_header(script, project, wanted),
        )


def _brings_nothing(start: Launch) -> bool:
    decides = start.unknown or start.image or start.may_keep_files or start.additions
    return not decides and "PYTHONPATH" not in start.variables


def _write_header(script: PythonScript, project: Project, wanted: Sequence[str]) -> Fix:
    asked = (each.distributions[0] for each in backends(script, project, bool))
    names = [name for name in dict.fromkeys((*wanted, *asked)) if name != "flash-attn"]
    return Fix("Write a header with its packages", [new_header(names, script.text)], UNSAFE)


_START = "hf jobs uv run --flavor l4x1 --timeout 2h%s train.py\n"
_CODE = 'import json\nfrom trl import SFTConfig\n\nSFTConfig("out", report_to="trackio")\n'
_HEADER = '# /// script\n# dependencies = [\n#     "trl",\n#     "trackio",\n# ]\n# ///\n\n'

BAD = [
    Bad(
        _CODE,
        at="from trl import SFTConfig",
        fixed=_HEADER + _CODE,
        beside={"run.sh": _START % ""},
    ),
    Bad(
        "#!/usr/bin/env python\nimport numpy as np\nimport torch\n",
        at="import numpy as np",
        fixed='#!/usr/bin/env python\n# /// script\n# dependencies = [\n#     "numpy",\n'
        '#     "torch",\n# ]\n# ///\n\nimport numpy as np\nimport torch\n',
        beside={"go.py": "import huggingface_hub as h\n\nh.run_uv_job('train.py', timeout=60)\n"},
    ),
]
GOOD = [
    _CODE,
    Good(_CODE, beside={"run.sh": _START % " --with trl --with trackio"}),
    Good(_CODE, beside={"run.sh": _START % " --image pytorch/pytorch"}),
    Good(_CODE, beside={"run.sh": _START % " -v hf://me/code:/code"}),
    Good(_HEADER + _CODE, beside={"run.sh": _START % ""}),
    Good("import json, os\n", beside={"run.sh": _START % ""}),
    Good(_CODE, beside={"run.sh": "hf jobs run python:3.12 python train.py\n"}),
    Good(_CODE, beside={"run.sh": "# ❌ WRONG\n" + _START % ""}),
]
