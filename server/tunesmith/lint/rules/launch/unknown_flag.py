"""An option that `hf` does not have.

## What it does

Finds options before the script of an `hf jobs` command that the release of `hf` in force does not
take: misspelled ones (`--flavour`), those of other tools (`--hardware`, `--gpu`, `--time`), those that
came later or are gone (`--repo`).

## Why it costs you

Since huggingface_hub 1.3, an unknown option before the script is taken for the script itself, or for
the image of `hf jobs run`: a job is submitted that runs nothing of yours. Earlier releases refuse the
command.

## Fix

Writes the option that is meant, where its value fits. Safe: the value stays. `--image` of
`hf jobs run` is taken away, as the image is the first word without an option.

## Source

The command lines of all releases of huggingface_hub from 0.34 to 2.4. `--secret` is reported by
`secret-singular`, options behind the script by `flags-after-script` and `swallowed-script-argument`.

## Since

huggingface_hub 0.34, the first release with `hf jobs`.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.knowledge import hardware
from tunesmith.knowledge.hf_cli import Grammar, grammar, option_history
from tunesmith.knowledge.versions import InForce, hub_of
from tunesmith.lint.rule import ERROR, SAFE, WARNING, Bad, Finding, Fix, Good, rule
from tunesmith.project import Project
from tunesmith.sources.launch_command import LaunchCommand, Word
from tunesmith.text import Edit, Span, regex

_OPTION = regex(r"--?[A-Za-z][\w-]*")
_PLACEHOLDERS = {"--option", "--options", "--flag", "--flags", "--arg", "--args", "--help"}
_OWNED = {"--secret"}
"""What another rule speaks of."""


@rule(code="LCH030", severity=ERROR)
def check(command: LaunchCommand, project: Project) -> Iterator[Finding]:
    hub = hub_of(command, project)
    taken = grammar(command.program, command.action, hub.version)
    if taken is None or command.program == "hfjobs":
        return
    for word in _options_before_script(command):
        name = _name(word)
        if name and not taken.abbreviated(name) and name not in taken.options:
            yield _finding(command, word, name, taken, hub)


def _options_before_script(command: LaunchCommand) -> Iterator[Word]:
    """The words that are meant for options; what follows a variable may belong to the script."""
    options = [option.flag for option in command.options if not option.after_script]
    candidates = {word.span for word in (*command.unknown_options, *options)}
    for word in command.argv.words[1 + len(command.action) :]:
        if word.is_open or word is command.target:
            return
        if word.span in candidates:
            yield word


def _name(word: Word) -> str | None:
    name, equals, _ = word.known_text.partition("=")
    is_known = (word.text is not None or equals) and _OPTION.fullmatch(name)
    is_short = not name.startswith("--") and len(name) != 2  # letters that stand side by side
    return name if is_known and not is_short and name not in _PLACEHOLDERS | _OWNED else None


def _finding(
    command: LaunchCommand, word: Word, name: str, taken: Grammar, hub: InForce
) -> Finding:
    history = option_history(command.action, name)
    is_gone = hub.version is None and bool(history)
    if name == "--image":
        advice, fix = " Give the image as the first word behind all options.", _bare(command, word)
    else:
        likely = _likely(command, word, name, taken)
        advice = f" Write {likely}." if likely else ""
        fix = _renamed(command, word, name, likely) if likely else None
    return Finding(
        word.span,
        f"hf has no option {name}{_when(name, command, hub)}: {_consequence(command, hub)}.{advice}",
        fix,
        WARNING if is_gone else ERROR,
    )


def _when(name: str, command: LaunchCommand, hub: InForce) -> str:
    """Since or until when, where some release has the option."""
    for release, has_it in option_history(command.action, name):
        if has_it and hub.version and hub.version < release:
            return f" before huggingface_hub {release}, and {hub.version} is in force"
        if not has_it and (hub.version is None or hub.version >= release):
            return f" since huggingface_hub {release}"
    return ""


def _consequence(command: LaunchCommand, hub: InForce) -> str:
    if hub.below("1.3"):
        return "it refuses the command"
    what = "script" if command.runs_uv_script else "image"
    return f"it takes the word for the {what}, and the job runs nothing of yours"


def _likely(command: LaunchCommand, word: Word, name: str, taken: Grammar) -> str | None:
    """The option that was meant, if it has a value where this word has one."""
    likely = taken.likely(name) if name.startswith("--") else None
    if likely is None or name.startswith("--no-") != likely.startswith("--no-"):
        return None
    follows = _following(command, word)
    has_value = "=" in word.known_text or follows is not None
    return likely if taken.options[likely].takes_value == has_value else None


def _following(command: LaunchCommand, word: Word) -> Word | None:
    """The value that stands behind an option."""
    words = list(command.argv.words)
    index = next(i for i, other in enumerate(words) if other.span == word.span)
    following = words[index + 1] if index + 1 < len(words) else None
    if following is None or following is command.target or following.known_text.startswith("-"):
        return None
    return following


def _renamed(command: LaunchCommand, word: Word, name: str, likely: str) -> Fix | None:
    raw, following = command.raw(word.span), _following(command, word)
    value = following.text if following else word.known_text.partition("=")[2]
    fits = not value or likely != "--flavor" or hardware.flavor(value) or hardware.likely(value)
    if raw.count(name) != 1 or not fits:
        return None
    return Fix(f"Write {likely}", [Edit(word.span, raw.replace(name, likely))], SAFE)


def _bare(command: LaunchCommand, word: Word) -> Fix | None:
    """The image without its option, where it is the first word that is none."""
    raw, following = command.raw(word.span), _following(command, word)
    title = "Give the image without an option"
    if raw.startswith("--image="):
        start = word.span.start
        return Fix(title, [Edit(Span(start, start + len("--image=")), "")], SAFE)
    if following is None or not word.is_movable or following.span.start < word.span.end:
        return None
    return Fix(title, [Edit(Span(word.span.start, following.span.start), "")], SAFE)


BAD = [
    Bad(
        "hf jobs uv run --hardware a10g-large --timeout 2h train.py\n",
        at="--hardware",
        fixed="hf jobs uv run --flavor a10g-large --timeout 2h train.py\n",
        file="run.sh",
    ),
    Bad(
        "hf jobs uv run --flavour=l4x1 --timeout 2h train.py\n",
        at="--flavour=l4x1",
        fixed="hf jobs uv run --flavor=l4x1 --timeout 2h train.py\n",
        file="run.sh",
    ),
    Bad("hf jobs uv run --gpus 1 --timeout 2h train.py\n", at="--gpus", file="run.sh"),
    Bad("hf jobs uv run --no-project --timeout 2h train.py\n", at="--no-project", file="run.sh"),
    Bad(
        "hf jobs run --flavor l4x1 --image python:3.12 python -V\n",
        at="--image",
        fixed="hf jobs run --flavor l4x1 python:3.12 python -V\n",
        file="run.sh",
    ),
    Bad(
        "huggingface-cli jobs run --gpu t4-small python:3.12 python -V\n",
        at="--gpu",
        fixed="huggingface-cli jobs run --flavor t4-small python:3.12 python -V\n",
        file="run.sh",
    ),
    Bad(
        "```bash\nhf jobs uv run --repo mine train.py\n```\n",
        at="--repo",
        file="README.md",
        severity=WARNING,
    ),
    Bad("hf jobs uv run --name first train.py\n", at="--name", file="run.sh", hub="1.20.0"),
    Bad(
        'run(["hf", "jobs", "uv", "run", "--dependencies", "trl", "train.py"])\n',
        at='"--dependencies"',
        fixed='run(["hf", "jobs", "uv", "run", "--with", "trl", "train.py"])\n',
        file="submit.py",
    ),
]
GOOD = [
    Good("hf jobs uv run --flavor l4x1 --timeout 2h train.py --gpu 1\n", file="run.sh"),
    Good("hf jobs uv run --flav l4x1 train.py\n", file="run.sh", hub="0.36.0"),
    Good("hf jobs uv run --repo mine train.py\n", file="run.sh", hub="1.2.0"),
    Good("hf jobs uv run --name first train.py\n", file="run.sh"),
    Good("hf jobs uv run --name first train.py\n", file="run.sh", hub="99.0"),
    Good("hf jobs uv run $SCRIPT --lr 1e-4 train.py\n", file="run.sh"),
    Good("hf jobs uv run -dp 3.12 train.py\n", file="run.sh"),
    Good("hf jobs uv run --secret HF_TOKEN train.py\n", file="run.sh"),
    Good("hf jobs run [OPTIONS] --hardware IMAGE\n", file="run.sh"),
    Good("hfjobs run --secret HF_TOKEN python:3.12 python train.py\n", file="run.sh"),
    Good("sky launch --gpus A100 train.yaml\n", file="run.sh"),
    Good("# ❌ WRONG\nhf jobs uv run --hardware l4x1 train.py\n", file="run.sh"),
]
