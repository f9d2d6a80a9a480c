"""`--secret` where `hf` knows only `--secrets`.

## What it does

Finds `--secret NAME` in an `hf jobs` command.

## Why it costs you

The option is called `--secrets`. Since huggingface_hub 1.3, an unknown option before the script is
taken for the script itself: a job is submitted that runs `--secret`, without the secret. After the
script, `--secret` goes to the script. From 1.0 to 1.2, `hf` refuses it as an unknown option, up to
0.36 as an ambiguous one.

## Fix

Writes `--secrets`. Safe: there is nothing else that it can mean to `hf`. A script that defines a
`--secret` of its own, and everything after `--`, is left alone; after a script that cannot be read,
only what looks like the name of a secret is taken for one.

## Source

The commands run with 30 releases of huggingface_hub from 0.34 to 2.4.

## Since

huggingface_hub 0.34, the first release with `hf jobs`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tunesmith.knowledge.versions import InForce, hub_of
from tunesmith.lint.rule import ERROR, SAFE, Bad, Finding, Fix, Good, rule
from tunesmith.project import Project
from tunesmith.sources.launch_command import LaunchCommand, Word
from tunesmith.text import Edit, regex

_SECRET = regex(r"[A-Z][A-Z0-9_]*(?:=.*)?", re.DOTALL)


@rule(code="LCH002", severity=ERROR, words=("--secret",))
def check(command: LaunchCommand, project: Project) -> Iterator[Finding]:
    if command.program == "hfjobs":
        return
    for word in _words_for_hf(command, project):
        if word.text is not None and word.text.partition("=")[0] == "--secret":
            raw = command.raw(word.span)
            yield Finding(
                word.span,
                f"hf has no option --secret: {_consequence(hub_of(command, project))}. "
                "Write --secrets.",
                Fix(
                    "Write --secrets",
                    [Edit(word.span, raw.replace("--secret", "--secrets", 1))],
                    SAFE,
                ),
            )


def _words_for_hf(command: LaunchCommand, project: Project) -> Iterator[Word]:
    """Where `--secret` is meant for `hf`: before the script, and after a script that has none."""
    yield from command.unknown_options
    if not command.runs_uv_script:
        return
    script = project.script(command)
    if script is not None:
        yield from () if "--secret" in script.options else command.arguments_before_separator
        return
    words = list(command.arguments_before_separator)
    for index, word in enumerate(words):
        following = words[index + 1] if index + 1 < len(words) else None
        if _SECRET.fullmatch(_value_of(word, following)):
            yield word


def _value_of(option: Word, following: Word | None) -> str:
    _, equals, value = option.known_text.partition("=")
    return value if equals else following.known_text if following else ""


def _consequence(hub: InForce) -> str:
    if hub.below("1.3"):
        return f"huggingface_hub {hub.version} refuses the command"
    return "it is taken for the script or handed to it, and the job runs without the secret"


BAD = [
    Bad(
        "hf jobs uv run --secret HF_TOKEN train.py\n",
        at="--secret",
        fixed="hf jobs uv run --secrets HF_TOKEN train.py\n",
        file="run.sh",
    ),
    Bad(
        "hf jobs run --timeout 2h --secret=HF_TOKEN python:3.12 python train.py\n",
        at="--secret=HF_TOKEN",
        fixed="hf jobs run --timeout 2h --secrets=HF_TOKEN python:3.12 python train.py\n",
        file="run.sh",
        hub="1.0.0",
    ),
    Bad(
        "Start it:\n\n    hf jobs uv run train.py --secret HF_TOKEN\n",
        at="--secret",
        fixed="Start it:\n\n    hf jobs uv run train.py --secrets HF_TOKEN\n",
        file="README.md",
    ),
    Bad(
        'command = ["hf", "jobs", "uv", "run", "--secret", "HF_TOKEN", "train.py"]\n',
        at='"--secret"',
        fixed='command = ["hf", "jobs", "uv", "run", "--secrets", "HF_TOKEN", "train.py"]\n',
        file="submit.py",
    ),
]
GOOD = [
    Good("hf jobs uv run --secrets HF_TOKEN train.py\n", file="run.sh"),
    Good("sky launch --secret HF_TOKEN train.yaml\n", file="run.sh"),
    Good("hfjobs run --secret HF_TOKEN python:3.12 python train.py\n", file="run.sh"),
    Good("hf jobs uv run train.py -- --secret HF_TOKEN\n", file="run.sh"),
    Good("hf jobs uv run https://example.com/cook.py --secret sauce\n", file="run.sh"),
    Good("hf jobs run python:3.12 vault --secret HF_TOKEN\n", file="run.sh"),
    Good("# This is wrong:\nhf jobs uv run --secret HF_TOKEN train.py\n", file="run.sh"),
    Good(
        "hf jobs uv run train.py --secret sauce\n",
        file="run.sh",
        beside={
            "train.py": "import argparse\nparser = argparse.ArgumentParser()\n"
            'parser.add_argument("--secret")\n'
        },
    ),
]
