"""An import of a package that is not installed.

## What it does

Finds imports of packages that neither the script's own header, nor the `--with` of the commands that
start it, nor what these bring along, install: by the releases in force, with extras and markers.

## Why it costs you

uv gives a script with a header an environment of its own, with these packages only. The job ends with
ModuleNotFoundError: at its start, or after hours where the import stands in a function.

## Fix

Adds the package to the dependencies of the header. Safe: nothing else changes, and what is listed can
be installed beside it. None is offered where the module may come from one of several packages, for
flash-attn, which cannot be built there (`flash-attn-under-uv`), and where the script has no header.

## Source

What each release requires: the tables of releases. The modules of packages: their wheels.
https://docs.astral.sh/uv/guides/scripts/#declaring-script-dependencies

## Since

Every release. Silent where a URL, a Git repository or a package that is not known may bring the module,
where an `if` or a `try` decides on the import, for modules that no table has, and for those that
`missing-backend` speaks of.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.knowledge.distributions import distributions_of
from tunesmith.lint.backends import backends
from tunesmith.lint.dependencies import addition, environments, imported_modules, is_beside, place
from tunesmith.lint.rule import ERROR, Bad, Finding, Fix, Good, rule
from tunesmith.project import Project
from tunesmith.sources.python_script import PythonScript


@rule(code="DEP003", severity=ERROR)
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    installed = environments(script, project)
    if not installed.ways:
        return
    seen = {each.distributions[0] for each in backends(script, project, installed.lack)}
    for module, node in imported_modules(script):
        distributions = distributions_of(module)
        if not installed.lack(distributions) or distributions[0] in seen:
            continue
        if script.is_conditional(node) or is_beside(module, script, project):
            continue
        seen.add(distributions[0])
        yield Finding(
            script.span(node),
            f"{module} is not installed: {place(script)} does not bring {distributions[0]}, and "
            "the job ends with ModuleNotFoundError. Add it to the dependencies.",
            _addition(distributions[0], script, project) if len(distributions) == 1 else None,
        )


def _addition(distribution: str, script: PythonScript, project: Project) -> Fix | None:
    return None if distribution == "flash-attn" else addition(distribution, script, project)


def _script(dependencies: str, code: str) -> str:
    return f"# /// script\n# dependencies = [{dependencies}]\n# ///\n{code}"


_ADAPTER = "from peft import LoraConfig\n"
BAD = [
    Bad(
        _script('"trl"', _ADAPTER),
        at="from peft import LoraConfig",
        fixed=_script('"trl", "peft"', _ADAPTER),
    ),
    Bad(
        "# /// script\n# dependencies = [\n#   'trl',  # newest\n# ]\n# ///\nimport sklearn.metrics\n",
        at="import sklearn.metrics",
        fixed="# /// script\n# dependencies = [\n#   'trl',  # newest\n#   'scikit-learn',\n# ]\n"
        "# ///\nimport sklearn.metrics\n",
    ),
    Bad(
        '# /// script\n# requires-python = ">=3.10"\n# ///\n\ndef main():\n    import datasets\n',
        at="import datasets",
        fixed='# /// script\n# dependencies = ["datasets"]\n# requires-python = ">=3.10"\n# ///\n\n'
        "def main():\n    import datasets\n",
    ),
    Bad(_script('"datasets"', "import cv2\n"), at="import cv2"),
    Bad(
        "import wandb\nimport trl\n",
        at="import wandb",
        beside={"run.sh": "hf jobs uv run --flavor l4x1 --timeout 2h --with trl train.py\n"},
    ),
]
GOOD = [
    _ADAPTER,
    _script('"trl"', "import accelerate, datasets, numpy, torch, transformers, yaml\n"),
    _script('"trl", "my-team-tools"', _ADAPTER),
    _script('"trl[peft]"', _ADAPTER),
    _script('"git+https://github.com/huggingface/peft"', _ADAPTER),
    _script('"trl"', "try:\n    import wandb\nexcept ImportError:\n    wandb = None\n"),
    _script('"trl"', "import torch\nif torch.cuda.is_available():\n    import bitsandbytes\n"),
    _script('"trl"', "import my_helpers\n"),
    _script('"uv"', f"def get():\n    _run([uv, 'pip', 'install', '-r', file])\n\n{_ADAPTER}"),
    _script('"trl"', "import evaluate_, json\n"),
    Good(_script('"trl"', "import evaluate\n"), beside={"evaluate.py": "import trl\n"}),
    Good(
        _ADAPTER,
        beside={"run.sh": "hf jobs run pytorch/pytorch python train.py --with trl\n"},
    ),
    Good(
        _script('"trl"', _ADAPTER),
        beside={"run.sh": "hf jobs uv run --flavor l4x1 --timeout 2h --with peft train.py\n"},
    ),
]
