"""`hf jobs run uv` where `hf jobs uv run` is meant.

## What it does

Finds `hf jobs run` commands that have the word `uv` where the image stands.

## Why it costs you

`hf jobs run` takes a Docker image first. The job is submitted with the image `uv`, which does not
exist, and the script never runs: it is not uploaded either.

## Fix

Writes `hf jobs uv run`. Safe: the words stay as they are written and change places. None is offered
where something else than a script follows, as in `hf jobs run uv pip install trl`.

## Source

The command line of huggingface_hub, run in 15 releases from 0.34 to 2.4: all of them take `uv` for
the image.

## Since

huggingface_hub 0.34, the first release with `hf jobs`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from tunesmith.lint.rule import ERROR, SAFE, Bad, Finding, Fix, Good, rule
from tunesmith.project import Project
from tunesmith.sources.launch_command import LaunchCommand, Word, enclosing_span
from tunesmith.text import Edit, Span, regex

_SCRIPT = regex(r".*\.py|https?://.*", re.IGNORECASE | re.DOTALL)


@rule(code="LCH010", severity=ERROR)
def check(command: LaunchCommand, project: Project) -> Iterator[Finding]:
    if command.runs_uv_script or command.program == "hfjobs":
        return
    words = command.argv.words
    run = len(command.action)
    uv = _image_uv(command, run)
    if uv is None:
        return
    is_adjacent = uv == run + 1 and _is_in_order(words[run : uv + 1])
    yield Finding(
        enclosing_span(words[run : uv + 1]) if is_adjacent else words[uv].span,
        "hf takes uv for the job's image here, which does not exist. To run a script, write "
        "`hf jobs uv run`.",
        _reorder(command, run, uv),
    )


def _image_uv(command: LaunchCommand, run: int) -> int | None:
    """The index of a `uv` that stands for the image, or before the schedule."""
    for index, word in enumerate(command.argv.words[run + 1 :], run + 1):
        if any(word is each for each in command.open_words):
            return None
        if word.text == "uv" and (index == run + 1 or word is command.target):
            return index
    return None


def _reorder(command: LaunchCommand, run: int, uv: int) -> Fix | None:
    words = command.argv.words
    behind = words[uv + 1 :]
    if not all(word.is_movable for word in words) or not _is_in_order(words) or not behind:
        return None
    repeats_run = len(behind) > 1 and behind[0].text == "run"
    script = behind[1] if repeats_run else behind[0]
    is_option = script.known_text.startswith("-") and not repeats_run
    if script.text is not None and not is_option and not _SCRIPT.fullmatch(script.text):
        return None
    if uv == run + 1 and repeats_run:
        edits = [Edit(Span(words[run].span.start, words[uv].span.start), "")]
    elif uv == run + 1:
        edits = [
            Edit(words[run].span, command.raw(words[uv].span)),
            Edit(words[uv].span, command.raw(words[run].span)),
        ]
    else:
        between = command.raw(Span(words[run - 1].span.end, words[run].span.start))
        place = words[run].span.start
        edits = [
            Edit(Span(place, place), command.raw(words[uv].span) + between),
            Edit(Span(words[uv].span.start, script.span.start), ""),
        ]
    return Fix("Write hf jobs uv run", edits, SAFE)


def _is_in_order(words: Sequence[Word]) -> bool:
    return all(a.span.end <= b.span.start for a, b in itertools.pairwise(words))


BAD = [
    Bad(
        "hf jobs run --timeout 2h --secrets HF_TOKEN=$HF_TOKEN --flavor $GPU -- uv run train.py\n",
        at="uv",
        fixed="hf jobs uv run --timeout 2h --secrets HF_TOKEN=$HF_TOKEN --flavor $GPU -- train.py\n",
        file="run.sh",
    ),
    Bad(
        "hf jobs run uv train.py --lr 1e-4\n",
        at="run uv",
        fixed="hf jobs uv run train.py --lr 1e-4\n",
        file="run.sh",
    ),
    Bad(
        "hf jobs run --timeout 2h uv run train.py\n",
        at="uv",
        fixed="hf jobs uv run --timeout 2h train.py\n",
        file="run.sh",
    ),
    Bad(
        "hf jobs run uv run \\\n  https://example.com/train.py\n",
        at="run uv",
        fixed="hf jobs uv run \\\n  https://example.com/train.py\n",
        file="run.sh",
    ),
    Bad(
        'command = ["hf", "jobs", "run", "--timeout", "2h", "uv", "train.py"]\n',
        at='"uv"',
        fixed='command = ["hf", "jobs", "uv", "run", "--timeout", "2h", "train.py"]\n',
        file="submit.py",
    ),
    Bad("hf jobs run uv pip install trl\n", at="run uv", file="run.sh"),
    Bad(
        'hf jobs scheduled run uv "@daily" train.py\n',
        at="run uv",
        file="run.sh",
    ),
]
GOOD = [
    Good("hf jobs run --flavor l4x1 $OPTIONS uv run train.py\n", file="run.sh"),
    Good("hf jobs uv run train.py\n", file="run.sh"),
    Good("hf jobs run ghcr.io/astral-sh/uv:debian uv run train.py\n", file="run.sh"),
    Good("hf jobs run python:3.12 uv train.py\n", file="run.sh"),
    Good("hf jobs run $IMAGE uv run train.py\n", file="run.sh"),
    Good("# not like this:\nhf jobs run uv train.py\n", file="run.sh"),
    Good("hfjobs run uv train.py\n", file="run.sh"),
]
