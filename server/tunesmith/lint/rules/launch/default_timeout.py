"""A training job without a timeout.

## What it does

Finds `hf jobs` commands, calls that start a job, and machines in a script's `[tool.hf-jobs]`, without
a timeout where the script trains. Where
the script is not at hand, its name must say so and the job must have a GPU; in Markdown that is
information only, as it is in docstrings, comments and fences without a language. Short tests (`--max_steps 10`, `--smoke-test`) and everything that does not train
are left alone.

## Why it costs you

Hugging Face ends a job without a timeout after 30 minutes. A training that takes longer is cut off, and
what has not been pushed by then is lost, after the minutes have been paid.

## Fix

Adds a timeout of four hours. Unsafe: only you know how long your training takes. You pay for the time
that a job runs, not for its timeout.

## Source

The Hub's documentation of Jobs; `_create_job_spec` of huggingface_hub 0.34 to 2.4, which sends no
timeout where none is given. A timeout in the script's `[tool.hf-jobs]` counts for commands; where a
call ignores it, `header-ignored-by-api` speaks.

## Since

huggingface_hub 0.34, the first release with `hf jobs`.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.lint.command_edits import insert_option
from tunesmith.lint.rule import INFORMATION, UNSAFE, WARNING, Bad, Finding, Fix, Good, rule
from tunesmith.project import Project
from tunesmith.sources.document import Kind
from tunesmith.sources.job_calls import JOB_WORDS, job_calls, starts_uv_job
from tunesmith.sources.launch_command import LaunchCommand, enclosing_span
from tunesmith.sources.lost_lines import lost_lines
from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.python_values import ListValue, Value
from tunesmith.sources.training import is_test_run, name_trains, text_trains, words_train
from tunesmith.sources.unknown import ABSENT

_MESSAGE = (
    "No timeout: the job ends after 30 minutes, and what is not pushed by then is lost. "
    "Set one, such as {}."
)


@rule(code="LCH013", severity=WARNING, words=JOB_WORDS)
def check(source: PythonScript | LaunchCommand, project: Project) -> Iterator[Finding]:
    if isinstance(source, LaunchCommand):
        yield from _in_command(source, project)
        return
    yield from _in_header(source, project)
    for call in job_calls(source):
        yield from _in_call(source, call, project)


def _in_header(script: PythonScript, project: Project) -> Iterator[Finding]:
    """A script that carries its own machine, and that nothing at hand starts with a timeout."""
    table = (script.header.jobs_table if script.header else None) or {}
    flavor = table.get("flavor", "cpu")
    if "timeout" in table or _is_cpu(flavor) or project.launches_of(script.path):
        return
    span = script.header.key_span("tool", "hf-jobs", "flavor") if script.header else None
    if span and text_trains(script.text):
        yield Finding(span, _MESSAGE.format('timeout = "4h"'), None, INFORMATION)


def _in_command(command: LaunchCommand, project: Project) -> Iterator[Finding]:
    if command.program == "hfjobs" or _may_have_timeout(command, project):
        return
    arguments = [word.known_text for word in command.target_arguments]
    script = project.script(command)
    flavor = command.option("--flavor")
    if script is not None:
        trains = script.trains
    elif flavor is None or _is_cpu(flavor.value):
        return
    elif command.runs_uv_script:
        trains = _is_said_to_train(_name_of_script(command), arguments)
    else:
        trains = words_train(arguments)
    if trains and not is_test_run(arguments):
        is_read = command.document.kind is Kind.MARKDOWN or command.argv.is_mention
        is_advice = is_read and (script is None or command.argv.is_mention)
        yield Finding(
            enclosing_span(command.argv.words[: len(command.action) + 1]),
            _MESSAGE.format("--timeout 4h"),
            _insert(command),
            INFORMATION if is_advice else WARNING,
        )


def _name_of_script(command: LaunchCommand) -> str:
    """As it is written where a variable holds the folder: `"$HERE/train.py"`."""
    raw = command.raw(command.target.span) if command.target else ""
    return command.script or raw.strip("\"'")


def _may_have_timeout(command: LaunchCommand, project: Project) -> bool:
    script = project.script(command)
    in_header = script and command.runs_uv_script and "timeout" in (script.jobs_table or {})
    has_option = command.option("--timeout") or command.option("--dry-run")
    is_cut = command.target is None or command.is_inline or lost_lines(command)
    is_open = command.open_words or command.unknown_options
    return bool(in_header or has_option or is_open or is_cut)


def _is_cpu(flavor: Value) -> bool:
    return isinstance(flavor, str) and flavor.startswith("cpu")


def _is_said_to_train(script: str, arguments: list[str]) -> bool:
    return name_trains(script) or words_train([script, *arguments])


def _in_call(script: PythonScript, call: Call, project: Project) -> Iterator[Finding]:
    if call.value("timeout") not in (ABSENT, None):
        return
    target, flavor = call.value("script", 0), call.value("flavor")
    path = target if isinstance(target, str) else ""
    facts = project.script_named(path, script.path) if path else None
    arguments = _texts(call, "script_args" if starts_uv_job(call) else "command")
    if facts is not None:
        trains = facts.trains and "timeout" not in (facts.jobs_table or {})
    elif flavor in (ABSENT, None) or _is_cpu(flavor):
        return
    elif starts_uv_job(call):
        trains = _is_said_to_train(path, arguments)
    else:
        trains = words_train(arguments or [script.text])
    if trains and not is_test_run(arguments):
        message = _MESSAGE.format('timeout="4h"')
        yield Finding(call.callee_span, message, _keyword(script, call))


def _texts(call: Call, argument: str) -> list[str]:
    """The texts of a list; nothing where one of them is not known."""
    value = call.value(argument)
    elements = value.elements if isinstance(value, ListValue) else ()
    texts = [element for element in elements if isinstance(element, str)]
    return texts if len(texts) == len(elements) else []


def _keyword(script: PythonScript, call: Call) -> Fix | None:
    if call.argument("timeout") is not None:
        return None
    return Fix("Set a timeout of 4 hours", [script.keyword_insertion(call, 'timeout="4h"')], UNSAFE)


def _insert(command: LaunchCommand) -> Fix | None:
    edit = insert_option(command, "--timeout", "4h")
    return Fix("Set a timeout of 4 hours", [edit], UNSAFE) if edit else None


_TABLE = '# /// script\n# dependencies = ["trl"]\n# [tool.hf-jobs]\n# flavor = "l4x1"\n# ///\n'
_TRAIN = {"train.py": "from trl import SFTTrainer\n\nSFTTrainer(model='m').train()\n"}
_CALL = "from huggingface_hub import run_uv_job\n\nrun_uv_job(%s)\n"
_HEADER = '# /// script\n# dependencies = ["trl"]\n# [tool.hf-jobs]\n# timeout = "6h"\n# ///\n'
_SUBMIT = (
    'from huggingface_hub import HfApi\n\nCOMMAND = "python -m %s --data {data}"\n'
    'command = ["bash", "-c", COMMAND.format(data=data)]\n'
    'HfApi().run_job(image="i", command=command, flavor=gpu)\n'
)
BAD = [
    Bad(
        "hf jobs uv run --flavor $GPU -e SEED=$SEED $HERE/train.py\n",
        at="hf jobs uv run",
        fixed="hf jobs uv run --timeout 4h --flavor $GPU -e SEED=$SEED $HERE/train.py\n",
        file="run.sh",
    ),
    Bad(_TABLE + _TRAIN["train.py"], at="flavor", severity=INFORMATION),
    Bad(
        "hf jobs uv run --flavor l4x1 train.py\n",
        at="hf jobs uv run",
        fixed="hf jobs uv run --timeout 4h --flavor l4x1 train.py\n",
        file="run.sh",
        beside=_TRAIN,
    ),
    Bad(
        "```bash\nhf jobs uv run --flavor l4x1 https://example.com/sft.py --max_steps 500\n```\n",
        at="hf jobs uv run",
        fixed="```bash\nhf jobs uv run --timeout 4h --flavor l4x1 https://example.com/sft.py "
        "--max_steps 500\n```\n",
        file="README.md",
        severity=INFORMATION,
    ),
    Bad(
        'run(["hf", "jobs", "run", "--flavor", gpu, "image", "bash", "-c", "python train.py"])\n',
        at='"hf", "jobs", "run"',
        fixed='run(["hf", "jobs", "run", "--timeout", "4h", "--flavor", gpu, "image", "bash", "-c", '
        '"python train.py"])\n',
        file="submit.py",
    ),
    Bad(
        '"""Start it:\n\n    hf jobs uv run --flavor l4x1 train.py\n"""\n' + _TRAIN["train.py"],
        at="hf jobs uv run",
        fixed='"""Start it:\n\n    hf jobs uv run --timeout 4h --flavor l4x1 train.py\n"""\n'
        + _TRAIN["train.py"],
        severity=INFORMATION,
    ),
    Bad(
        "import huggingface_hub as hub\n\nhub.run_uv_job('train.py', flavor='l4x1')\n",
        at="hub.run_uv_job",
        fixed="import huggingface_hub as hub\n\n"
        "hub.run_uv_job('train.py', flavor='l4x1', timeout=\"4h\")\n",
        file="submit.py",
        beside=_TRAIN,
    ),
    Bad(
        _SUBMIT % "jobs.train_grpo",
        at="HfApi().run_job",
        fixed=(_SUBMIT % "jobs.train_grpo").replace("gpu)", 'gpu, timeout="4h")'),
        file="submit.py",
    ),
]
GOOD = [
    _TABLE + "print('trained')\n",
    _TABLE.replace("flavor", 'timeout = "2h"\n# flavor') + _TRAIN["train.py"],
    Good(_TABLE + _TRAIN["train.py"], beside={"r.sh": "hf jobs uv run --timeout 2h train.py\n"}),
    Good(_SUBMIT % "jobs.evaluate", file="submit.py"),
    Good("hf jobs uv run --timeout 2h train.py\n", file="run.sh", beside=_TRAIN),
    Good("hf jobs uv run $OPTIONS train.py\n", file="run.sh", beside=_TRAIN),
    Good("hf jobs uv run train.py --max_steps 10\n", file="run.sh", beside=_TRAIN),
    Good(
        "hf jobs uv run train.py\n", file="r.sh", beside={"train.py": _HEADER + _TRAIN["train.py"]}
    ),
    Good("hf jobs uv run train.py\n", file="run.sh", beside={"train.py": "print('trained')\n"}),
    Good("`hf jobs uv run --flavor l4x1 train.py` does it.\n", file="a.md", beside=_TRAIN),
    Good("hf jobs uv run --flavor l4x1 evaluate_sft.py\n", file="run.sh"),
    Good("hf jobs uv run train.py\nhf jobs uv run --flavor cpu-basic train.py\n", file="run.sh"),
    Good("hf jobs run --flavor l4x1 python:3.12 echo train.py\n", file="run.sh"),
    Good("hf jobs uv run sft.py\n", file="run.sh"),
    Good("hf jobs uv run --flavor cpu-basic --secrets HF_TOKEN sft.py\n", file="run.sh"),
    Good("hf jobs run ubuntu nvidia-smi\n", file="run.sh"),
    Good(_CALL % '"train.py", timeout=timeout', file="submit.py", beside=_TRAIN),
    Good(_CALL % '"train.py", **options', file="submit.py", beside=_TRAIN),
    "hf_jobs('uv', {'script': 'train.py'})\n",
]
