"""Options of `hf jobs uv run` that stand after the script.

## What it does

Finds options of `hf` (`--flavor`, `--secrets`, `--timeout` …) that are written after the script of
an `hf jobs uv run` command.

## Why it costs you

Up to huggingface_hub 0.36, everything after the script goes to the script. The job then runs on
`cpu-basic`, without your token, and ends after 30 minutes. Since 1.0, `hf` takes the options that
it knows wherever they stand; there the command works, and the finding is information only.
An option that the script defines itself is left to `swallowed-script-argument`.

## Fix

Puts the options before the script. Safe: each word stays as it is written, line breaks and
comments stay in place, and what the script receives does not change.

## Source

The commands run with 30 releases of huggingface_hub from 0.34 to 2.4.

## Since

huggingface_hub 0.34, the first release with `hf jobs uv run`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tunesmith.knowledge.versions import InForce, hub_of
from tunesmith.lint.rule import (
    ERROR,
    INFORMATION,
    SAFE,
    WARNING,
    Bad,
    Finding,
    Fix,
    Good,
    Severity,
    rule,
)
from tunesmith.project import Project
from tunesmith.sources.launch_command import LaunchCommand, Option, Word
from tunesmith.sources.timeouts import has_unit
from tunesmith.text import Edit, Span, regex

_UNMISTAKABLE = {"--flavor", "--secrets", "--secrets-file", "--env-file", "--detach", "--with"}
_BLANK = regex(r"(?:[\s,]|[\\`^]+(?=\r?\n|\r))*")


@rule(code="LCH001", severity=WARNING)
def check(command: LaunchCommand, project: Project) -> Iterator[Finding]:
    if not command.runs_uv_script or command.program == "hfjobs":
        return
    script = project.script(command)
    own = script.options if script else frozenset[str]()
    misplaced = [o for o in command.options if o.after_script and not own & {o.name, _flag(o)}]
    if not any(_is_unmistakable(option) for option in misplaced):
        return
    if _uses_sources_of_hf(command, project):
        return
    severity, consequence = _consequence(hub_of(command, project))
    names = ", ".join(dict.fromkeys(_flag(option) for option in misplaced))
    yield Finding(
        _first_run(command, misplaced),
        f"{names} after the script: {consequence}. Put hf's options before the script.",
        _move(command, misplaced),
        severity,
    )


def _uses_sources_of_hf(command: LaunchCommand, project: Project) -> bool:
    """Whether hf is that of its own repository or of its newest sources, which takes them."""
    return any(
        pin.name == "huggingface-hub" and pin.requirement.url
        for facts in project.facts_above(command.path)
        for pin in (*facts.pins, *facts.mentioned)
    )


def _flag(option: Option) -> str:
    return (option.flag.text or option.name).partition("=")[0]


def _is_unmistakable(option: Option) -> bool:
    """Whether the option can only be meant for `hf`; a script may well take a `--name`."""
    if option.name == "--timeout":
        return has_unit(option.value or "")
    return option.name in _UNMISTAKABLE


def _consequence(hub: InForce) -> tuple[Severity, str]:
    if hub.below("1.0"):
        return ERROR, f"huggingface_hub {hub.version} hands them to the script and ignores them"
    if hub.at_least("1.0"):
        return INFORMATION, f"huggingface_hub {hub.version} takes them, releases up to 0.36 do not"
    return WARNING, "hf of huggingface_hub up to 0.36 hands them to the script and ignores them"


def _first_run(command: LaunchCommand, misplaced: Sequence[Option]) -> Span:
    """The first misplaced option, and those that follow it directly on its line."""
    last = misplaced[0]
    for option in misplaced[1:]:
        between = command.raw(Span(last.span.end, option.span.start))
        is_behind = option.span.start >= last.span.end  # a variable's words stand elsewhere
        if not is_behind or "\n" in between or not _BLANK.fullmatch(between):
            break
        last = option
    return Span(misplaced[0].span.start, last.span.end)


def _move(command: LaunchCommand, misplaced: Sequence[Option]) -> Fix | None:
    """Permute script, arguments and options; what stands between them stays where it is."""
    items = _items(command, misplaced)
    if items is None:
        return None
    moved = {option.span for option in misplaced}
    ordered = [*(s for s in items if s in moved), *(s for s in items if s not in moved)]
    edits = [
        Edit(slot, command.raw(item))
        for slot, item in zip(items, ordered, strict=True)
        if slot != item
    ]
    return Fix("Move hf's options before the script", edits, SAFE)


def _items(command: LaunchCommand, misplaced: Sequence[Option]) -> Sequence[Span] | None:
    """What changes places, in the order of the text: each option with its value, and what stands
    between them, line by line. None where the text cannot be taken apart."""
    words = list(command.argv.words)
    assert command.target is not None
    words = words[words.index(command.target) : words.index(misplaced[-1].words[-1]) + 1]
    option_of = {word: option for option in misplaced for word in option.words}
    items: list[Span] = []
    previous: Word | None = None
    for word in words:
        between = command.raw(Span(previous.span.end, word.span.start)) if previous else ""
        belongs = previous is not None and option_of.get(previous) is option_of.get(word)
        if not word.is_movable or '"' in between or "'" in between:
            return None
        if belongs and _BLANK.fullmatch(between) and (word in option_of or "\n" not in between):
            items[-1] = Span(items[-1].start, word.span.end)
        elif belongs and word in option_of:
            return None
        else:
            items.append(word.span)
        previous = word
    return items


_TRAIN = "from trl import SFTTrainer\n"

BAD = [
    Bad(
        "hf jobs uv run train.py --flavor a10g-large\n",
        at="--flavor a10g-large",
        fixed="hf jobs uv run --flavor a10g-large train.py\n",
        file="run.sh",
    ),
    Bad(
        "hf jobs uv run train.py --lr 1e-4 \\\n    --flavor a10g-large \\\n    --timeout 2h\n",
        at="--flavor a10g-large",
        fixed="hf jobs uv run --flavor a10g-large \\\n    --timeout 2h \\\n    train.py --lr 1e-4\n",
        file="run.sh",
        hub="0.36.0",
        severity=ERROR,
    ),
    Bad(
        "```bash\n$ hf jobs uv run train.py --secrets HF_TOKEN\n```\n",
        at="--secrets HF_TOKEN",
        fixed="```bash\n$ hf jobs uv run --secrets HF_TOKEN train.py\n```\n",
        file="README.md",
        hub="1.3.0",
        severity=INFORMATION,
    ),
    Bad(
        'OPTIONS="--flavor l4x1"\nhf jobs uv run train.py --timeout 2h $OPTIONS\n',
        at="--timeout 2h",
        file="run.sh",
    ),
    Bad(
        'import subprocess\nsubprocess.run(["hf", "jobs", "uv", "run", "train.py", "--flavor", "l4x1"])\n',
        at='"--flavor", "l4x1"',
        fixed='import subprocess\nsubprocess.run(["hf", "jobs", "uv", "run", "--flavor", "l4x1", "train.py"])\n',
        file="submit.py",
    ),
]
GOOD = [
    Good("hf jobs uv run --flavor a10g-large train.py --lr 1e-4\n", file="run.sh"),
    Good("hf jobs uv run train.py -- --flavor a10g-large\n", file="run.sh"),
    Good("hf jobs uv run train.py --name first --timeout 30\n", file="run.sh"),
    Good("# ❌ WRONG\nhf jobs uv run train.py --flavor a10g-large\n", file="run.sh"),
    Good(
        "hf jobs uv run train.py --flavor vanilla\n",
        file="run.sh",
        beside={
            "train.py": "import argparse\nparser = argparse.ArgumentParser()\n"
            'parser.add_argument("--flavor")\n'
        },
    ),
]
