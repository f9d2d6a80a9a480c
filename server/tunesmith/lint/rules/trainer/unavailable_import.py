"""An import of a name that TRL does not have in the release in force.

## What it does

Finds names in `from trl import …` and `from trl.experimental.… import …` that other releases of TRL
have, and the one that the script will get has not, or not yet.

## Why it costs you

The import raises ImportError: on a job after the image and the dependencies have been loaded and paid
for, and within a function after hours of training.

## Fix

Imports from where the names of the statement have moved to (`trl.experimental.orpo`), if that has all of
them. Else none: the message says what took the place of a name, or which releases have it.

## Source

The modules of every release of TRL that the tables hold; tests/heavy/test_trl_names.py compares them
with what installed releases have. Silent where the release is unknown, and where an `if` or a `try`
decides on the import.

## Since

The release that the message names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst
from packaging.version import Version

from tunesmith.knowledge import versions
from tunesmith.knowledge.histories import object_spans
from tunesmith.knowledge.signature_table import signature_table
from tunesmith.knowledge.signatures import signature
from tunesmith.knowledge.versions import InForce
from tunesmith.lint.dependencies import is_beside
from tunesmith.lint.rule import ERROR, SAFE, Bad, Finding, Fix, Good, rule
from tunesmith.project import Project
from tunesmith.sources.python_index import dotted_name
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.python_snippet import PythonSnippet
from tunesmith.text import Edit

_TRL, _EXPERIMENTAL = "trl", "trl.experimental"
_INSTEAD = {
    "trl.DataCollatorForCompletionOnlyLM": "Set completion_only_loss or assistant_only_loss of "
    "SFTConfig instead.",
    "trl.DPOScriptArguments": "Use ScriptArguments.",
    "trl.DpoScriptArguments": "Use ScriptArguments.",
    "trl.SFTScriptArguments": "Use ScriptArguments.",
    "trl.SftScriptArguments": "Use ScriptArguments.",
    "trl.pack_examples": "Use pack_dataset.",
    "trl.set_seed": "Import it from transformers.",
    "trl.setup_chat_format": "Use clone_chat_template, or a model that has a chat template.",
}


@rule(code="TRN016", severity=ERROR, words=("from trl",))
def check(script: PythonScript | PythonSnippet, project: Project) -> Iterator[Finding]:
    trl = versions.library("trl", script, project)
    for node, module, names in _imports(script):
        lacking = [each for each in names if _lacks(f"{module}.{_name(each)}", trl)]
        if not lacking or script.is_conditional(node) or is_beside(_TRL, script, project):
            continue
        homes = [_home(_name(each), trl) if module == _TRL else None for each in lacking]
        for alias, home in zip(lacking, homes, strict=True):
            yield Finding(
                script.span(alias.name),
                _message(f"{module}.{_name(alias)}", home, trl),
                _moved(script, node, homes) if len(homes) == len(names) else None,
                rests_on=[trl],
            )


def _imports(
    script: PythonScript,
) -> Iterator[tuple[cst.ImportFrom, str, Sequence[cst.ImportAlias]]]:
    """The imports from TRL, the module as the tables name it, the names."""
    for node, _ in script.index.imports:
        if isinstance(node, cst.Import) or isinstance(node.names, cst.ImportStar):
            continue
        if node.module is None or node.relative:
            continue
        module = dotted_name(node.module)
        if module == _TRL:
            yield node, _TRL, node.names
        elif module.startswith(f"{_EXPERIMENTAL}."):
            yield node, _EXPERIMENTAL, node.names


def _name(alias: cst.ImportAlias) -> str:
    return dotted_name(alias.name)


def _lacks(name: str, trl: InForce) -> bool:
    """Whether the release surely has not a name that others have.

    That it is too old for it is believed of a release that somebody asked for only: one that was
    worked out from other requirements may be older than the one that is there.
    """
    table = signature_table("trl")
    position = table.position(trl.version) if table else None
    if table is None or position is None or name not in table or table.has(name, position):
        return False
    return _removed_in(name, trl) is not None or any(pin.name == "trl" for pin in trl.stated)


def _removed_in(name: str, trl: InForce) -> Version | None:
    """The last release up to the one in force that took a name away."""
    ends = [end for _, end in object_spans(name) if end and trl.version and end <= trl.version]
    return ends[-1] if ends else None


def _home(name: str, trl: InForce) -> str | None:
    """The module under trl.experimental that a name has moved to."""
    found = signature(f"{_EXPERIMENTAL}.{name}", {"trl": trl.version})
    is_there = found is not None and found.module.startswith(_EXPERIMENTAL)
    return found.module.rpartition(".")[0] if found and is_there else None


def _message(name: str, home: str | None, trl: InForce) -> str:
    removed = _removed_in(name, trl)
    if removed:
        when = f"removed in {removed}"
        advice = _INSTEAD.get(name, f"Require trl<{removed}, or do without it.")
    else:
        added, _ = object_spans(name)[0]
        when, advice = f"added in {added}", f"Require trl>={added}."
    if home:
        advice = f"Import it from {home}."
    short = name.rpartition(".")[2]
    return f"TRL {trl.version} has no {short} ({when}), so that the import raises ImportError. {advice}"


def _moved(script: PythonScript, node: cst.ImportFrom, homes: Sequence[str | None]) -> Fix | None:
    """Import from the one module that all names of a statement have moved to."""
    home = homes[0]
    if node.module is None or home is None or set(homes) != {home}:
        return None
    return Fix(f"Import from {home}", [Edit(script.span(node.module), home)], SAFE)


_TRL_0_12 = '# /// script\n# dependencies = ["trl==0.12.0", "transformers==4.46.3"]\n# ///\n'
_TRL_0_24 = '# /// script\n# dependencies = ["trl==0.24.0", "transformers==4.57.1"]\n# ///\n'
_TRL_1_16 = '# /// script\n# dependencies = ["trl==1.16.0", "transformers==5.23.0"]\n# ///\n'
_COLLATOR = "from trl import DataCollatorForCompletionOnlyLM, SFTTrainer\n"
_PPO = "from trl.experimental.ppo import PPOConfig\n"
BAD = [
    Bad(_TRL_0_24 + _COLLATOR, at="DataCollatorForCompletionOnlyLM"),
    Bad("def train():\n    from trl import PPOTrainer\n", at="PPOTrainer"),
    Bad(
        "from trl import ORPOTrainer as Trainer\n",
        at="ORPOTrainer",
        fixed="from trl.experimental.orpo import ORPOTrainer as Trainer\n",
    ),
    Bad("from trl import ORPOTrainer, SFTConfig\n", at="ORPOTrainer"),
    Bad(_PPO, at="PPOConfig"),
    Bad(_TRL_0_12 + "from trl import GRPOTrainer\n", at="GRPOTrainer"),
    Bad(
        "`pip install trl==1.16.0`, then:\n\n```python\nfrom trl import setup_chat_format\n```\n",
        at="setup_chat_format",
        file="README.md",
    ),
]
GOOD = [
    _TRL_0_12 + _COLLATOR,
    _TRL_1_16 + "from trl.experimental.orpo import ORPOConfig, ORPOTrainer\n",
    _TRL_0_24 + "from trl import ORPOConfig, ORPOTrainer\n",
    '# /// script\n# dependencies = ["trl @ git+https://github.com/me/trl"]\n# ///\n' + _COLLATOR,
    f"try:\n    {_COLLATOR}except ImportError:\n    from collators import CompletionOnly\n",
    f"if version < '0.20':\n    {_COLLATOR}",
    "from .trl import PPOTrainer\n",
    "from trl import *\nfrom trlx import PPOTrainer\n",
    "from trl import something_of_our_fork\n",
    Good(_COLLATOR, beside={"run.sh": "hf jobs uv run --with trl==0.12.0 --timeout 2h train.py\n"}),
    '# /// script\n# dependencies = ["trl", "huggingface_hub<0.26"]\n# ///\n'
    "from trl import GRPOTrainer\n",
    Good(_COLLATOR, beside={"trl/__init__.py": "class DataCollatorForCompletionOnlyLM: ...\n"}),
]
