"""A command that starts a job without a word that it needs.

## What it does

Finds `hf jobs` commands without a script, an image, a command for the image or a schedule, and options
without their value: `--flavor --timeout 2h`. Only commands that are whole are looked at: nothing stands
for further words, and no line is lost (`broken-continuation`). What is missing at the end is looked for
in shell scripts and the like, not in documents and programs, which often show or build the first part.

## Why it costs you

`hf` ends with `Missing argument` or `requires an argument`. An option without a value takes the next
word for it, even another option; then the word behind is taken for the script, and a job is submitted
that runs nothing of yours.

## Fix

Writes the option again in front of a second name; safe. Otherwise none: only you know what is missing.

## Source

The command line of huggingface_hub, run in releases from 0.34 to 2.4. Up to 0.36, an image without a
command is fine.

## Since

huggingface_hub 0.34, the first release with `hf jobs`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tunesmith.knowledge.hf_cli import Grammar, grammar
from tunesmith.knowledge.versions import hub_of
from tunesmith.lint.rule import ERROR, SAFE, Bad, Finding, Fix, Good, rule
from tunesmith.project import Project
from tunesmith.sources.document import Kind
from tunesmith.sources.launch_command import LaunchCommand, Option, Word, enclosing_span
from tunesmith.sources.lost_lines import lost_lines
from tunesmith.text import Edit, Span, regex

_WHOLE = (
    *(Kind.SHELL, Kind.POWERSHELL, Kind.MAKEFILE, Kind.JUSTFILE),
    *(Kind.YAML, Kind.DOCKERFILE),
)
_BEFORE = regex(r"(?:^|[;&|({!:@]|\b(?:then|do|else|if|run))[ \t-]*(?:[A-Z_]+=\S*[ \t]+)*")
_SCRIPT = regex(r"[^\s=]+\.py", re.IGNORECASE)
_NAME = regex(r"(?!.*(?:SCRIPT|URL|FILE|PATH))[A-Z][A-Z0-9]*_[A-Z0-9_]*(?:=.*)?", re.DOTALL)
_TAKE_ONE = ("--secrets", "--env")


@rule(code="LCH033", severity=ERROR)
def check(command: LaunchCommand, project: Project) -> Iterator[Finding]:
    hub = hub_of(command, project)
    taken = grammar(command.program, command.action, hub.version)
    words = command.argv.words
    if taken is None or command.program == "hfjobs" or command.open_words:
        return
    for option in command.options:
        if not option.after_script and _takes_option(option, taken):
            following = option.words[-1].text
            message = f"{option.flag.text} has no value: hf takes {following} for it."
            yield Finding(enclosing_span(option.words), message)
            return
    second = _second_name(command)
    if second:
        yield _once_more(command, *second)
        return
    if command.argv.is_mention or not _is_whole(command):
        return
    last = command.options[-1] if command.options else None
    if last and last.flag is words[-1] and _lacks_value(last, taken):
        yield Finding(last.span, f"{last.flag.text} has no value, and hf ends. Give one.")
    elif missing := _missing(command, taken):
        yield Finding(enclosing_span(words[: len(command.action) + 1]), missing)


def _second_name(command: LaunchCommand) -> tuple[Option, Word] | None:
    """The option in front of a variable's name that `hf` takes for the script."""
    target = command.target
    if target is None or not command.runs_uv_script or not _NAME.fullmatch(target.text or ""):
        return None
    before = command.argv.words[list(command.argv.words).index(target) - 1]
    options = (o for o in command.options if o.words[-1] is before and o.name in _TAKE_ONE)
    option = next(options, None)
    is_joined = option is not None and len(option.words) == 1  # `-sNAME`, where -s is hard to see
    if option is None or (is_joined and not option.flag.known_text.startswith("--")):
        return None
    return option, target


def _once_more(command: LaunchCommand, option: Option, word: Word) -> Finding:
    name, flag = (word.text or "").partition("=")[0], option.flag.known_text.partition("=")[0]
    raw = command.raw(word.span)
    edit = Edit(Span(word.span.start, word.span.start), f"{flag} ")
    is_plain = word.is_movable and raw == word.text
    return Finding(
        word.span,
        f"hf takes {name} for the script: {flag} takes one name. Write {flag} {name}.",
        Fix(f"Write {flag} {name}", [edit], SAFE) if is_plain else None,
    )


def _takes_option(option: Option, taken: Grammar) -> bool:
    """Whether the word that stands for an option's value is another option."""
    if len(option.words) < 2 or option.name == "--name":
        return False
    following = option.words[-1].text or ""
    return following.startswith("--") and following.partition("=")[0] in taken.options


def _lacks_value(option: Option, taken: Grammar) -> bool:
    spec = taken.options.get(option.flag.text or "")
    return spec is not None and spec.takes_value


def _is_whole(command: LaunchCommand) -> bool:
    """Whether the command stands by itself on its line, as a shell runs it."""
    text, (start, end) = command.document.text, command.span
    before = text[text.rfind("\n", 0, start) + 1 : start]
    is_end = re.match(r"[ \t]*(?:[;&|#)}]|\r?\n|\Z)", text[end:])
    starts_it = re.search(rf"{_BEFORE.pattern}$", before)
    is_shell = command.document.kind in _WHOLE
    return bool(is_shell and is_end and starts_it) and lost_lines(command) is None


def _missing(command: LaunchCommand, taken: Grammar) -> str | None:
    spelled = f"hf {' '.join(command.action)}"
    wanted = [argument.name for argument in taken.arguments if argument.arity in ("1", "+")]
    if command.target is None and not command.unknown_options:
        for option in command.options:
            value = option.value or ""
            if len(option.words) > 1 and option.name != "--with" and _SCRIPT.fullmatch(value):
                return f"{spelled} gets no script: {option.flag.text} takes {value} for its value."
        return f"{spelled} needs {' and '.join(_ARTICLES.get(name, name) for name in wanted)}."
    if command.target and not command.target_arguments and "command" in wanted:
        return f"{spelled} needs a command behind the image, which hf does not start without one."
    return None


_ARTICLES = {
    "schedule": "a schedule",
    "script": "a script",
    "image": "an image",
    "command": "a command",
}
BAD = [
    Bad("hf jobs uv run --flavor --timeout 2h train.py\n", at="--flavor --timeout", file="run.sh"),
    Bad("hf jobs uv run --timeout 2h train.py --flavor\n", at="--flavor", file="run.sh"),
    Bad("hf jobs uv run --flavor l4x1\n", at="hf jobs uv run", file="run.sh"),
    Bad("hf jobs uv run --env train.py\n", at="hf jobs uv run", file="run.sh"),
    Bad("hf jobs run --timeout 2h python:3.12\n", at="hf jobs run", file="run.sh"),
    Bad("hf jobs scheduled uv run train.py\n", at="hf jobs scheduled uv run", file="run.sh"),
    Bad(
        "```bash\nhf jobs uv run --secrets HF_TOKEN WANDB_API_KEY \\\n  python train.py\n```\n",
        at="WANDB_API_KEY",
        fixed="```bash\nhf jobs uv run --secrets HF_TOKEN --secrets WANDB_API_KEY \\\n"
        "  python train.py\n```\n",
        file="README.md",
    ),
    Bad(
        'run(["hf", "jobs", "uv", "run", "--flavor", "--timeout", "2h", "train.py"])\n',
        at='"--flavor", "--timeout"',
        file="submit.py",
    ),
]
GOOD = [
    Good("hf jobs uv run --flavor l4x1 --timeout 2h train.py\n", file="run.sh"),
    Good("hf jobs uv run --flavor l4x1 $SCRIPT\n", file="run.sh"),
    Good("hf jobs uv run --secrets HF_TOKEN SCRIPT_URL --lr 1\n", file="run.sh"),
    Good("hf jobs uv run --secrets HF_TOKEN train_sft.py MODEL_ID\n", file="run.sh"),
    Good('hf jobs uv run --flavor l4x1 "$@"\n', file="run.sh"),
    Good('RUN="hf jobs uv run --flavor l4x1"\n$RUN train.py\n', file="run.sh"),
    Good("ls *.py | xargs hf jobs uv run --flavor l4x1\n", file="run.sh"),
    Good("hf jobs uv run train.py --name --timeout\n", file="run.sh"),
    Good("hf jobs run python:3.12\n", file="run.sh", hub="0.36.0"),
    Good("Use `hf jobs uv run --flavor l4x1`:\n\n```bash\nhf jobs uv run\n```\n", file="README.md"),
    Good("hf jobs uv run --help\n", file="run.sh"),
    Good('run(["hf", "jobs", "uv", "run", "--flavor"] + rest)\n', file="submit.py"),
    Good("hf jobs uv run --flavor l4x1\n  --timeout 2h train.py\n", file="run.sh"),
]
