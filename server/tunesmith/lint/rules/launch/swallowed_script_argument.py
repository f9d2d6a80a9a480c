"""An argument for the script that `hf` takes for itself.

## What it does

Finds options behind the script of an `hf jobs` command that the script defines itself, and that `hf`
has too: `--name`, `--token`, `--env`, `-e`, `-p`, `-d`. The script's options are read from argparse,
click, typer, tyro, absl and dataclasses. Options of a shell or an interpreter (`bash -lc`, `node -e`),
and `-e` with what is no variable (`pip install -e .`), are found without a script.

## Why it costs you

Since huggingface_hub 1.0, `hf` takes the options that it knows wherever they stand. The script never
receives the argument and runs with its default, while the job gets a name, an environment or a token
that was not meant for it. Of `bash -lc "python train.py"`, `hf` since 1.4 makes the label `c`, and
`bash` ends as it finds no file that is called `python train.py`.

## Fix

Writes `--` before the script's arguments: everything behind it goes to the script. Safe. None is
offered where an option for `hf` stands behind the argument.

## Source

The command lines of all releases of huggingface_hub from 0.34 to 2.4: each has options of its own, as
`--name` since 1.24. A value that only `hf` can mean, such as `--flavor l4x1` or `--timeout 2h`, is left
alone. Options that the script does not define are reported by `flags-after-script`.

## Since

huggingface_hub 1.0; earlier releases hand everything behind the script to the script.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from packaging.version import Version

from tunesmith.knowledge import hardware
from tunesmith.knowledge.hf_cli import grammar, option_history
from tunesmith.knowledge.versions import InForce, hub_of
from tunesmith.lint.command_edits import insert_behind
from tunesmith.lint.rule import ERROR, SAFE, WARNING, Bad, Finding, Fix, Good, rule
from tunesmith.project import Project
from tunesmith.sources.launch_command import LaunchCommand, Option
from tunesmith.sources.timeouts import has_unit
from tunesmith.text import regex

_INTERPRETER = regex(r"(?:\S*/)?(?:(?:ba|da|z)?sh|node|perl|ruby|python[\d.]*)")
_VARIABLE = regex(r"[A-Za-z_]\w*(?:=.*)?", re.DOTALL)
_VARIABLE_IN_CAPITALS = regex(r"[A-Z_][A-Z0-9_]*(?:=.*)?", re.DOTALL)


@rule(code="LCH031", severity=WARNING)
def check(command: LaunchCommand, project: Project) -> Iterator[Finding]:
    behind = [option for option in command.options if option.after_script]
    hub = hub_of(command, project)
    if not behind or hub.below("1.0") or command.program not in ("hf", "huggingface_hub"):
        return
    taken = grammar(command.program, command.action, hub.version)
    own = _own_options(command, project)
    swallowed = [
        option
        for option in behind
        if taken and option.name in taken.options
        if _is_for_interpreter(command, option) or _is_for_script(option, own)
    ]
    if swallowed:
        is_sure = hub.version and _is_for_interpreter(command, swallowed[0])
        names = ", ".join(dict.fromkeys(_flag(option) for option in swallowed))
        yield Finding(
            swallowed[0].span,
            f"hf takes {names} for itself{_since(command, swallowed, hub)}; what runs in the job "
            "never receives it. Write -- before its arguments.",
            _separate(command, behind, swallowed),
            ERROR if is_sure else WARNING,
        )


def _since(command: LaunchCommand, swallowed: Sequence[Option], hub: InForce) -> str:
    if hub.version:
        return f" (huggingface_hub {hub.version})"
    histories = [option_history(command.action, option.name) for option in swallowed]
    first = max([Version("1.0"), *(history[0][0] for history in histories if history)])
    return f" since huggingface_hub {first}"


def _own_options(command: LaunchCommand, project: Project) -> frozenset[str]:
    """The options of the script that the command runs, also through `python` or in an image."""
    script = project.script(command)
    words = [word.text or "" for word in command.argv.words]
    for word in [] if script else words:
        if word.endswith(".py") and (script := project.script_named(word, command.path)):
            break
    return script.options if script else frozenset()


def _flag(option: Option) -> str:
    return option.flag.known_text.partition("=")[0]


def _is_for_interpreter(command: LaunchCommand, option: Option) -> bool:
    """Whether a short option stands behind what it must belong to, or has a value that `hf` cannot
    use."""
    if _flag(option).startswith("--"):
        return False
    if option.name == "--env" and not _VARIABLE.fullmatch(option.value or "A"):
        return True
    words = list(command.argv.words)
    before = words[words.index(option.flag) - 1]
    is_image = before is command.target and not command.runs_uv_script
    is_image = is_image and not _flag(option).endswith("c")  # there is `bash -lc` behind a variable
    return not is_image and _INTERPRETER.fullmatch(before.known_text) is not None


def _is_for_script(option: Option, own: frozenset[str]) -> bool:
    flag = _flag(option)
    is_short = not flag.startswith("--")
    defines_it = flag in own or (is_short and flag[:2] in own)
    return defines_it and not _is_for_hf(option)


def _is_for_hf(option: Option) -> bool:
    """Whether the value says that `hf` is meant, although the script has such an option too."""
    value = option.value or ""
    if option.name == "--flavor":
        return hardware.flavor(value) is not None
    if option.name == "--timeout":
        return has_unit(value)
    if option.name in ("--env", "--secrets"):
        return _VARIABLE_IN_CAPITALS.fullmatch(value) is not None
    return False


def _separate(
    command: LaunchCommand, behind: Sequence[Option], swallowed: Sequence[Option]
) -> Fix | None:
    """Write `--` behind the target, and behind the options for `hf` that follow it."""
    words = list(command.argv.words)
    place = words.index(command.target) if command.target else -1
    for option in behind:
        if option not in swallowed:
            place = max(place, words.index(option.words[-1]))
    if place < 0 or place >= words.index(swallowed[0].flag):
        return None
    edit = insert_behind(command, place, "--")
    return Fix("Write -- before the script's arguments", [edit], SAFE) if edit else None


_SCRIPT = {
    "train.py": "import argparse\nparser = argparse.ArgumentParser()\n"
    'parser.add_argument("--name")\nparser.add_argument("-e", "--epochs")\n'
    'parser.add_argument("--timeout")\nparser.add_argument("--flavor")\n'
}
BAD = [
    Bad(
        "hf jobs uv run --flavor l4x1 train.py --lr 1e-4 --name first\n",
        at="--name first",
        fixed="hf jobs uv run --flavor l4x1 train.py -- --lr 1e-4 --name first\n",
        file="run.sh",
        beside=_SCRIPT,
    ),
    Bad(
        "hf jobs uv run --with trl \\\n    train.py \\\n    -e 3\n",
        at="-e 3",
        fixed="hf jobs uv run --with trl \\\n    train.py \\\n    -- \\\n    -e 3\n",
        file="run.sh",
        beside=_SCRIPT,
        hub="1.3.0",
        severity=ERROR,
    ),
    Bad(
        "hf jobs uv run python train.py --name first --namespace me\n",
        at="--name first",
        file="run.sh",
        beside=_SCRIPT,
    ),
    Bad(
        'run(["hf", "jobs", "uv", "run", "train.py", "--name", name])\n',
        at='"--name", name',
        fixed='run(["hf", "jobs", "uv", "run", "train.py", "--", "--name", name])\n',
        file="submit.py",
        beside=_SCRIPT,
    ),
    Bad(
        "hf jobs run --timeout 2h python:3.12 bash -lc 'python train.py'\n",
        at="-lc",
        fixed="hf jobs run --timeout 2h python:3.12 -- bash -lc 'python train.py'\n",
        file="run.sh",
        hub="2.4.0",
        severity=ERROR,
    ),
    Bad(
        "hf jobs run python:3.12 pip install -e .\n",
        at="-e .",
        fixed="hf jobs run python:3.12 -- pip install -e .\n",
        file="run.sh",
    ),
]
GOOD = [
    Good("hf jobs uv run train.py -- --name first\n", file="run.sh", beside=_SCRIPT),
    Good("hf jobs uv run --name first train.py\n", file="run.sh", beside=_SCRIPT),
    Good("hf jobs uv run train.py --name first\n", file="r.sh", beside=_SCRIPT, hub="0.36.0"),
    Good("hf jobs uv run train.py --name first\n", file="r.sh", beside=_SCRIPT, hub="1.23.0"),
    Good("hf jobs uv run train.py --label first\n", file="run.sh", beside=_SCRIPT),
    Good("hf jobs uv run train.py --timeout 2h\n", file="run.sh", beside=_SCRIPT),
    Good("hf jobs uv run train.py --flavor l4x1 -e SEED=1\n", file="run.sh", beside=_SCRIPT),
    Good("hf jobs uv run https://example.com/train.py --name first\n", file="run.sh"),
    Good("hf jobs run python:3.12 bash -lc 'python t.py'\n", file="run.sh", hub="1.3.0"),
    Good("hf jobs run --timeout 2h bash -e A=1 echo $A\n", file="run.sh"),
    Good("hf jobs run python:3.12 bash -c 'pip install -e .'\n", file="run.sh"),
]
