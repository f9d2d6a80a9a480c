"""An import of a file that stays on your machine.

## What it does

Finds imports of neighbouring files, `from .helpers import ...` or `import helpers` beside a `helpers.py`,
in scripts that `hf jobs uv run` or `run_uv_job()` starts. Of absolute imports, only those whose file is
known to the project.

## Why it costs you

A job gets the script alone. The import raises `ModuleNotFoundError`, or `ImportError: attempted relative
import with no known parent package`, after the dependencies have been installed.

## Fix

None: put the code into the script, or make a package of it and name that among the dependencies.

## Source

`run_uv_job` of huggingface_hub 0.34 to 2.4, which sends the script, and since 1.13 the files that its
arguments name. Silent where a volume is mounted, or the script may find files by itself.

## Since

huggingface_hub 0.34, the first release with `hf jobs uv run`.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tunesmith.lint.rule import ERROR, Bad, Finding, Good, rule
from tunesmith.project import Project
from tunesmith.sources.python_script import PythonScript
from tunesmith.text import regex_with_words

_FINDS_FILES = regex_with_words(
    r"sys\.path|\bimportlib\b|exec\(|hf_hub_download|snapshot_download|\bclone\b|urlretrieve"
    r"|subprocess|os\.system|\bPYTHONPATH\b",
    (
        *("sys.path", "importlib", "exec(", "hf_hub_download", "snapshot_download", "clone"),
        *("urlretrieve", "subprocess", "os.system", "PYTHONPATH"),
    ),
)
_LIBRARIES = {
    "accelerate",
    "datasets",
    "evaluate",
    "peft",
    "torch",
    "trackio",
    "transformers",
    "trl",
}


@rule(code="LCH035", severity=ERROR)
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    starts = project.launches_of(script.path)
    calls = [start for start in starts if start.is_call]
    if not (project.commands_launching(script.path) or calls):
        return
    brings_files = any(start.may_keep_files or "PYTHONPATH" in start.variables for start in starts)
    if brings_files or _FINDS_FILES.search(script.text):
        return
    for node, _ in script.index.imports:
        module = _neighbour(node, script, project)
        if module and _is_at_top(script, node):
            yield Finding(
                script.span(node),
                f"{module} is not sent along: a job gets the script alone, and this import fails. "
                "Put the code into the script, or into a package among its dependencies.",
            )


def _is_at_top(script: PythonScript, node: cst.Import | cst.ImportFrom) -> bool:
    """Whether nothing decides on it, and nothing catches its error."""
    line = script.block_of(node)
    is_line = isinstance(line, cst.SimpleStatementLine)
    return is_line and isinstance(script.block_of(line), cst.Module)


def _neighbour(
    node: cst.Import | cst.ImportFrom, script: PythonScript, project: Project
) -> str | None:
    """The file or the folder that an import looks for beside the script."""
    if isinstance(node, cst.ImportFrom) and node.relative:
        return script.text_of(node.module) if node.module else "The script's package"
    names = [node.module] if isinstance(node, cst.ImportFrom) else [a.name for a in node.names]
    for name in names:
        first = script.text_of(name).partition(".")[0] if name else ""
        if first not in _LIBRARIES and script.path.parent / f"{first}.py" in project.files:
            return f"{first}.py"
    return None


_JOB = {"run.sh": "hf jobs uv run --flavor l4x1 --timeout 2h train.py\n"}
_HELPERS = {"helpers.py": "import trl\n"}
BAD = [
    Bad("import os\nfrom .helpers import load\n", at="from .helpers import load", beside=_JOB),
    Bad("import os, helpers\n", at="import os, helpers", beside=_JOB | _HELPERS),
    Bad(
        "from helpers import load\n",
        at="from helpers import load",
        beside=_HELPERS
        | {"go.py": "import huggingface_hub as hub\n\nhub.run_uv_job('train.py', timeout=60)\n"},
    ),
]
GOOD = [
    "from .helpers import load\n",
    Good("from helpers import load\n", beside=_HELPERS),
    Good("import helpers\n", beside=_JOB),
    Good("import trl\n", beside=_JOB | {"trl.py": "import torch\n"}),
    Good("import sys\nsys.path.append('/data')\nimport helpers\n", beside=_JOB | _HELPERS),
    Good("try:\n    import helpers\nexcept ImportError:\n    pass\n", beside=_JOB | _HELPERS),
    Good(
        "import helpers\n",
        beside=_HELPERS | {"run.sh": "hf jobs uv run -v hf://me/code:/code train.py\n"},
    ),
    Good(
        "from .helpers import load\n",
        beside={"run.sh": "hf jobs run python:3.12 python train.py\n"},
    ),
]
