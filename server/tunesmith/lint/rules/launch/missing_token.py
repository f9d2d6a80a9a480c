"""A job that pushes to the Hub, or loads a gated model, without a token.

## What it does

Finds `hf jobs uv run` commands, and calls that start a script with uv, without a secret for the Hub,
where the script surely needs one: it sets `push_to_hub=True`, calls `push_to_hub()`, or loads a model
of Llama or Gemma whose makers want their terms accepted.

## Why it costs you

A job has no token unless it is given one. The Hub answers 401: a gated model is not loaded, the
`Trainer` ends when it makes its repository, and a model that is pushed at the end is lost after the
whole training.

## Fix

Adds `--secrets HF_TOKEN`, or `secrets={"HF_TOKEN": get_token()}`. Unsafe: the script, and all that it
installs, can use your token.

## Source

`run_uv_job` of huggingface_hub 0.34 to 2.4: up to 1.12 the job gets the token under another name, which
only the download of the script uses. Silent where a secret may hold the token, where conditions or
arguments decide, and where the script may bring a token by itself. `--secret HF_TOKEN` is
`secret-singular`'s to report.

## Since

huggingface_hub 0.34, the first release with `hf jobs uv run`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from tunesmith.lint.assignments import passed_names
from tunesmith.lint.command_edits import insert_option
from tunesmith.lint.rule import ERROR, UNSAFE, WARNING, Bad, Finding, Fix, Good, rule
from tunesmith.project import Project
from tunesmith.sources.facts import ScriptFacts
from tunesmith.sources.job_calls import JOB_WORDS, job_calls, starts_uv_job
from tunesmith.sources.launch_command import LaunchCommand, enclosing_span
from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.python_values import DictValue
from tunesmith.sources.unknown import ABSENT
from tunesmith.text import regex

_MAY_BE_TOKEN = regex(r"HF|HUB|HUGGING|TOKEN", re.IGNORECASE)


@rule(code="LCH036", severity=ERROR, words=JOB_WORDS)
def check(source: PythonScript | LaunchCommand, project: Project) -> Iterator[Finding]:
    if isinstance(source, LaunchCommand):
        yield from _in_command(source, project)
        return
    for call in job_calls(source):
        yield from _in_call(source, call, project)


def _in_command(command: LaunchCommand, project: Project) -> Iterator[Finding]:
    script = project.script(command) if command.runs_uv_script else None
    if script is None or script.need_of_token is None or command.is_inline:
        return
    if not _may_bring_token(command, _table(script)):
        yield Finding(
            enclosing_span([command.target] if command.target else command.argv.words),
            f"{command.script} {script.need_of_token}, and the job gets no token for it. Give it "
            "with --secrets HF_TOKEN.",
            _give(command),
            WARNING if command.argv.is_mention else ERROR,
        )


def _may_bring_token(command: LaunchCommand, table: Mapping[str, Any]) -> bool:
    is_told = not any(_is_about_token(word.known_text) for word in command.argv.words)
    if command.open_words or not is_told:
        return True
    if any(command.option(name) for name in ("--secrets-file", "--env-file", "--dry-run")):
        return True
    passed = passed_names(command)
    names = [*(passed or ()), *_names_in(table)]
    return passed is None or any(_MAY_BE_TOKEN.search(name) for name in names)


def _is_about_token(text: str) -> bool:
    return (text.startswith("--") and "token" in text) or text.partition("=")[0] == "--secret"


def _table(script: ScriptFacts) -> Mapping[str, Any]:
    return script.jobs_table or {}


def _names_in(table: Mapping[str, Any]) -> list[str]:
    """The secrets and variables of `[tool.hf-jobs]`."""
    found: list[str] = []
    for key in ("secrets", "env"):
        if isinstance(table.get(key), (list, dict)):
            found += map(str, cast("list[object]", table[key]))
    return found


def _give(command: LaunchCommand) -> Fix | None:
    edit = insert_option(command, "--secrets", "HF_TOKEN")
    return Fix("Give the job your token", [edit], UNSAFE) if edit else None


def _in_call(script: PythonScript, call: Call, project: Project) -> Iterator[Finding]:
    target = call.value("script", 0) if starts_uv_job(call) else None
    facts = project.script_named(target, script.path) if isinstance(target, str) else None
    if facts is None or facts.need_of_token is None or _call_may_bring_token(call):
        return
    fix = None
    if call.argument("secrets") is None:
        keyword = script.keyword_insertion(call, 'secrets={"HF_TOKEN": get_token()}')
        imported = script.import_edit("huggingface_hub", "get_token")
        edits = [keyword, *([imported] if imported else [])]
        fix = Fix("Give the job your token", edits, UNSAFE)
    argument = call.argument("script", 0)
    yield Finding(
        argument.value_span if argument else call.callee_span,
        f"{target} {facts.need_of_token}, and the job gets no token for it. Give it with "
        'secrets={"HF_TOKEN": get_token()}.',
        fix,
    )


def _call_may_bring_token(call: Call) -> bool:
    for name in ("secrets", "env", "script_args"):
        value = call.value(name)
        if value in (ABSENT, None):
            continue
        if not isinstance(value, DictValue) or value.is_open:
            return True
        if any(_MAY_BE_TOKEN.search(key) for key in value.entries):
            return True
    return False


_PUSHES = {
    "train.py": "from trl import SFTConfig, SFTTrainer\n\n"
    "SFTTrainer(model='m', args=SFTConfig(push_to_hub=True)).train()\n"
}
_GATED = {
    "chat.py": "from transformers import pipeline, AutoModelForCausalLM\n\n"
    "model = AutoModelForCausalLM.from_pretrained('meta-llama/Llama-3.2-1B-Instruct')\n"
}
_MAYBE = {
    "train.py": "import os\nfrom trl import SFTConfig, SFTTrainer\n\n"
    "trainer = SFTTrainer(model='m', args=SFTConfig(push_to_hub=bool(os.name)))\n"
    "if os.name:\n    trainer.push_to_hub()\n"
}
_HEADER = (
    '# /// script\n# dependencies = ["trl"]\n# [tool.hf-jobs]\n# secrets = ["HF_TOKEN"]\n# ///\n'
)
_CALL = "from huggingface_hub import %srun_uv_job\n\nrun_uv_job('train.py', timeout='2h'%s)\n"
BAD = [
    Bad(
        "hf jobs uv run --timeout 2h train.py\n",
        at="train.py",
        fixed="hf jobs uv run --secrets HF_TOKEN --timeout 2h train.py\n",
        file="run.sh",
        beside=_PUSHES,
    ),
    Bad(
        "# Launch:\n#   hf jobs uv run --timeout 2h train.py\n",
        at="train.py",
        fixed="# Launch:\n#   hf jobs uv run --secrets HF_TOKEN --timeout 2h train.py\n",
        file="run.sh",
        beside=_PUSHES,
        severity=WARNING,
    ),
    Bad(
        "hf jobs uv run --secrets WANDB_API_KEY chat.py\n",
        at="chat.py",
        fixed="hf jobs uv run --secrets HF_TOKEN --secrets WANDB_API_KEY chat.py\n",
        file="run.sh",
        beside=_GATED,
    ),
    Bad(
        _CALL % ("", ""),
        at="'train.py'",
        fixed=_CALL % ("get_token, ", ', secrets={"HF_TOKEN": get_token()}'),
        file="submit.py",
        beside=_PUSHES,
    ),
]
GOOD = [
    Good("`hf jobs uv run train.py` starts it.\n", file="README.md", beside=_PUSHES),
    Good("hf jobs uv run --secrets HF_TOKEN train.py\n", file="run.sh", beside=_PUSHES),
    Good("hf jobs uv run --secret HF_TOKEN train.py\n", file="run.sh", beside=_PUSHES),
    Good("hf jobs uv run --secrets-file .env train.py\n", file="run.sh", beside=_PUSHES),
    Good("hf jobs uv run -e HF_TOKEN=$TOKEN train.py\n", file="run.sh", beside=_PUSHES),
    Good("hf jobs uv run $OPTIONS train.py\n", file="run.sh", beside=_PUSHES),
    Good("hf jobs uv run train.py\n", file="run.sh", beside=_MAYBE),
    Good("hf jobs uv run https://example.com/train.py\n", file="run.sh"),
    Good(
        "hf jobs uv run train.py\n",
        file="run.sh",
        beside={"train.py": _HEADER + _PUSHES["train.py"]},
    ),
    Good(
        "hf jobs uv run chat.py\n",
        file="run.sh",
        beside={"chat.py": _GATED["chat.py"].replace("meta-llama/Llama-3.2", "unsloth/Llama-3.2")},
    ),
    Good(_CALL % ("", ", secrets=secrets"), file="submit.py", beside=_PUSHES),
]
