"""A language model that is trained on a machine without a GPU.

## What it does

Finds `hf jobs` commands and calls that start a script with one of TRL's trainers on a CPU flavor, or
with no flavor at all, which is `cpu-basic`; and CPU flavors in the `[tool.hf-jobs]` of such a script.

## Why it costs you

Since TRL 0.19 its configurations ask for bfloat16 on a GPU and raise ValueError where there is none;
the job fails once it has installed everything. Earlier releases train on two slow processors, hundreds
of times slower than a GPU: the job ends by its timeout, long before the first epoch does.

## Fix

Names a flavor with a GPU. Unsafe: how large it must be depends on the model. `out-of-memory` says when
it is too small, and `tunesmith gpus train.py` compares all.

## Source

`_create_job_spec` of huggingface_hub 0.34 to 2.4, which sends `cpu-basic` where no flavor is given;
`TrainingArguments.__post_init__` of transformers and the configurations of TRL 0.19 to 1.16. Silent
where the script names a CPU, turns bfloat16 off, trains a toy model or for a few steps, and where the
command may hold words that are not known. In Markdown and in prose it is a warning.

## Since

huggingface_hub 0.34, the first release with `hf jobs`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tunesmith.knowledge import hardware
from tunesmith.knowledge.prices import priced_flavor
from tunesmith.lint.command_edits import changed_option, insert_option
from tunesmith.lint.rule import ERROR, UNSAFE, WARNING, Bad, Finding, Fix, Good, Severity, rule
from tunesmith.project import Project
from tunesmith.sources.document import Kind
from tunesmith.sources.facts import ScriptFacts
from tunesmith.sources.job_calls import JOB_WORDS, job_calls, starts_uv_job
from tunesmith.sources.launch_command import LaunchCommand
from tunesmith.sources.launches import of_command
from tunesmith.sources.lost_lines import lost_lines
from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.python_values import ListValue, Value
from tunesmith.sources.training import is_test_run, text_needs_gpu, words_need_gpu
from tunesmith.sources.unknown import ABSENT
from tunesmith.text import Edit, Span, regex

DEFAULT = "cpu-basic"
OFFERED = ("a10g-large", "l4x1", "a100-large")
"""The guide's choice for short sequences, the cheapest with bfloat16, the guide's for long ones."""
_FOR_CPU = regex(r"--(?:use_cpu|no_cuda|device)\b")


@rule(code="MCH006", severity=ERROR, words=JOB_WORDS)
def check(source: PythonScript | LaunchCommand, project: Project) -> Iterator[Finding]:
    if isinstance(source, LaunchCommand):
        yield from _in_command(source, project)
        return
    yield from _in_header(source, project)
    for call in job_calls(source):
        yield from _in_call(source, call, project)


def _in_command(command: LaunchCommand, project: Project) -> Iterator[Finding]:
    option = command.option("--flavor")
    words = [word.known_text for word in command.target_arguments]
    if _is_open(command) or is_test_run(words) or _FOR_CPU.search(" ".join(words)):
        return
    script = _script(command, project)
    if not _needs_gpu(command, script, words):
        return
    declared = (script.jobs_table or {}).get("flavor") if script else None
    in_force = declared if command.runs_uv_script and declared else DEFAULT
    if (option is None and (in_force != DEFAULT or declared)) or command.target is None:
        return  # the header decides, and is spoken of there
    if option is not None and not _is_cpu(option.value):
        return
    is_read = command.document.kind is Kind.MARKDOWN or command.argv.is_mention
    place = option.words[-1].span if option else command.target.span
    fixes = list(_in_command_fixes(command, project))
    message = _message(option.value if option else None)
    yield _finding(place, message, fixes, WARNING if is_read else ERROR)


def _is_open(command: LaunchCommand) -> bool:
    """Whether nobody can tell that this is the whole command."""
    is_cut = command.is_inline or bool(lost_lines(command))
    is_other = command.program == "hfjobs" or command.option("--dry-run") is not None
    return is_cut or is_other or bool(command.open_words or command.unknown_options)


def _script(command: LaunchCommand, project: Project) -> ScriptFacts | None:
    """The script that a command runs with uv, or as the only one in its container."""
    if command.runs_uv_script:
        return project.script(command)
    named = [launch.script for launch in of_command(command)]
    return project.script_named(named[0], command.path) if len(named) == 1 else None


def _needs_gpu(command: LaunchCommand, script: ScriptFacts | None, words: Sequence[str]) -> bool:
    return script.needs_gpu if script else words_need_gpu([command.script or "", *words])


def _is_cpu(flavor: Value) -> bool:
    machine = hardware.flavor(flavor) if isinstance(flavor, str) else None
    return machine is not None and machine.accelerator is None


def _in_command_fixes(command: LaunchCommand, project: Project) -> Iterator[Fix]:
    is_told = command.option("--flavor") is not None
    for name in OFFERED:
        change = changed_option if is_told else insert_option
        edit = change(command, "--flavor", name)
        if edit:
            yield _fix(name, edit, project)


def _in_header(script: PythonScript, project: Project) -> Iterator[Finding]:
    header = script.header
    flavor = ((header.jobs_table if header else None) or {}).get("flavor")
    span = header.value_span("tool", "hf-jobs", "flavor") if header else None
    commands = project.commands_launching(script.path)
    is_overruled = commands and all(each.option("--flavor") for each in commands)
    if span and _is_cpu(flavor) and not is_overruled and text_needs_gpu(script.text):
        fixes = [_fix(name, Edit(span, f'"{name}"'), project) for name in OFFERED]
        yield _finding(span, _message(flavor), fixes, ERROR)


def _in_call(script: PythonScript, call: Call, project: Project) -> Iterator[Finding]:
    given, argument = call.value("flavor"), call.argument("flavor")
    flavor = given if isinstance(given, str) else None
    is_default = given in (ABSENT, None)
    if not is_default and not _is_cpu(flavor):
        return
    target = call.value("script", 0) if starts_uv_job(call) else ABSENT
    facts = project.script_named(target, script.path) if isinstance(target, str) else None
    words = _texts(call)
    if facts is None or not facts.needs_gpu or words is None or is_test_run(words):
        return
    if is_default and "flavor" in (facts.jobs_table or {}):
        return  # `header-ignored-by-api` speaks
    if argument is None:
        edits = [script.keyword_insertion(call, f'flavor="{name}"') for name in OFFERED]
    elif argument.comes_from_expansion:
        edits = []
    else:
        edits = [Edit(argument.value_span, f'"{name}"') for name in OFFERED]
    fixes = [_fix(name, edit, project) for name, edit in zip(OFFERED, edits, strict=False)]
    place = argument.value_span if argument else call.callee_span
    yield _finding(place, _message(flavor), fixes, ERROR)


def _texts(call: Call) -> Sequence[str] | None:
    """The script's arguments; None where they are not known."""
    given = call.value("script_args")
    if given in (ABSENT, None):
        return []
    if not isinstance(given, ListValue) or given.is_open:
        return None
    return [each for each in given if isinstance(each, str)]


def _message(flavor: str | None) -> str:
    machine = f"{flavor} has no GPU" if flavor else f"No flavor: the job runs on {DEFAULT}, a CPU"
    return (
        f"{machine}, and the script trains a language model. TRL raises ValueError there since 0.19; "
        "earlier releases would take days. Name a flavor with a GPU."
    )


def _finding(span: Span, message: str, fixes: Sequence[Fix], severity: Severity) -> Finding:
    return Finding(
        span,
        message,
        fixes[0] if fixes else None,
        severity,
        alternatives=fixes[1:],
    )


def _fix(name: str, edit: Edit, project: Project) -> Fix:
    machine = priced_flavor(name, project)
    price = f" (${machine.usd_per_hour:.2f}/h)" if machine else ""
    return Fix(f"Run on {name}{price}", [edit], UNSAFE)


_OTHERS = ("Run on l4x1 ($0.80/h)", "Run on a100-large ($2.50/h)")
_TRAIN = "from trl import SFTConfig, SFTTrainer\n\nSFTTrainer('Qwen/Qwen3-0.6B', SFTConfig(%s), train_dataset=data).train()\n"
_BESIDE = {"train.py": _TRAIN % ""}
_TABLE = '# /// script\n# dependencies = ["trl"]\n# [tool.hf-jobs]\n# flavor = "%s"\n# timeout = "2h"\n# ///\n'
_CALL = "import huggingface_hub as hub\n\nhub.run_uv_job('train.py'%s, timeout='2h')\n"
_URL = "https://raw.githubusercontent.com/huggingface/trl/main/trl/scripts/sft.py"

BAD = [
    Bad(
        "hf jobs uv run --timeout 2h --secrets HF_TOKEN train.py\n",
        at="train.py",
        fixed="hf jobs uv run --flavor a10g-large --timeout 2h --secrets HF_TOKEN train.py\n",
        file="run.sh",
        beside=_BESIDE,
        alternatives=_OTHERS,
    ),
    Bad(
        "hf jobs uv run --flavor cpu-upgrade --timeout 2h train.py\n",
        at="cpu-upgrade",
        fixed="hf jobs uv run --flavor a10g-large --timeout 2h train.py\n",
        file="run.sh",
        beside=_BESIDE,
        alternatives=_OTHERS,
    ),
    Bad(
        _TABLE % "cpu-basic" + _TRAIN % "save_total_limit=1",
        at='"cpu-basic"',
        fixed=_TABLE % "a10g-large" + _TRAIN % "save_total_limit=1",
        alternatives=_OTHERS,
    ),
    Bad(
        _CALL % "",
        at="hub.run_uv_job",
        fixed=_CALL.replace("'2h')", "'2h', flavor=\"a10g-large\")") % "",
        file="submit.py",
        beside=_BESIDE,
        alternatives=_OTHERS,
    ),
    Bad(
        _CALL % ", flavor='cpu-xl'",
        at="'cpu-xl'",
        fixed=_CALL % ', flavor="a10g-large"',
        file="submit.py",
        beside=_BESIDE,
        alternatives=_OTHERS,
    ),
    Bad(
        f"```bash\nhf jobs uv run --timeout 2h {_URL} --max_steps 500\n```\n",
        at=_URL,
        fixed=f"```bash\nhf jobs uv run --flavor a10g-large --timeout 2h {_URL} --max_steps 500\n```\n",
        file="README.md",
        severity=WARNING,
        alternatives=_OTHERS,
    ),
    Bad(
        "hf jobs run --timeout 2h huggingface/trl trl sft --model_name_or_path Qwen/Qwen3-8B\n",
        at="huggingface/trl",
        fixed="hf jobs run --flavor a10g-large --timeout 2h huggingface/trl trl sft --model_name_or_path Qwen/Qwen3-8B\n",
        file="run.sh",
        alternatives=_OTHERS,
    ),
    Bad(
        "hf jobs run --timeout 2h python:3.12 python train.py\n",
        at="python:3.12",
        fixed="hf jobs run --flavor a10g-large --timeout 2h python:3.12 python train.py\n",
        file="run.sh",
        beside=_BESIDE,
        alternatives=_OTHERS,
    ),
]
GOOD = [
    Good("hf jobs uv run --flavor l4x1 --timeout 2h train.py\n", file="run.sh", beside=_BESIDE),
    Good("hf jobs uv run $OPTIONS train.py\n", file="run.sh", beside=_BESIDE),
    Good("hf jobs uv run --flavor $FLAVOR train.py\n", file="run.sh", beside=_BESIDE),
    Good("hf jobs uv run --hardware a10g-large train.py\n", file="run.sh", beside=_BESIDE),
    Good("hf jobs uv run train.py --max_steps 5\n", file="run.sh", beside=_BESIDE),
    Good("hf jobs uv run train.py --use_cpu\n", file="run.sh", beside=_BESIDE),
    Good("hf jobs uv run --dry-run train.py\n", file="run.sh", beside=_BESIDE),
    Good("Start it by `hf jobs uv run train.py`.\n", file="README.md", beside=_BESIDE),
    Good("hf jobs uv run train.py\n", file="r.sh", beside={"train.py": _TRAIN % "use_cpu=True"}),
    Good("hf jobs uv run train.py\n", file="r.sh", beside={"train.py": _TRAIN % "bf16=False"}),
    Good("hf jobs uv run train.py\n", file="r.sh", beside={"train.py": _TRAIN % "max_steps=9"}),
    Good(
        "hf jobs uv run train.py\n", file="r.sh", beside={"train.py": _TABLE % "l4x1" + _TRAIN % ""}
    ),
    Good("hf jobs uv run clean.py\n", file="run.sh", beside={"clean.py": "print('data')\n"}),
    Good("hf jobs uv run sft.py\n", file="run.sh"),
    Good(
        _TABLE % "cpu-basic" + _TRAIN % "",
        beside={"r.sh": "hf jobs uv run --flavor l4x1 train.py\n"},
    ),
    _TABLE % "cpu-basic" + "import torch\n\nloss.backward()\n",
    Good(_CALL % ", flavor=flavor", file="submit.py", beside=_BESIDE),
    Good(_CALL % ", **options", file="submit.py", beside=_BESIDE),
    Good(_CALL % "", file="submit.py", beside={"train.py": _TABLE % "l4x1" + _TRAIN % ""}),
]
