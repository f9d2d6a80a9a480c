"""MLX training that takes the loss over prompts.

## What it does

Finds `mlx_lm.lora --train` without `--mask-prompt`, also where the configuration file behind `-c` starts
the training, and neither has `mask_prompt: true`.

## Why it costs you

MLX-LM takes the loss over every token, so that the model also learns to write the user's part, unless
`--mask-prompt` is given. Capacity and iterations go into imitating users.

## Fix

Adds `--mask-prompt`. Unsafe: it is right for chats and for prompts with completions, and raises
ValueError for plain text. Silent where a configuration file that is not in the project, or a variable
between the options, may set it, and where the same program writes rows of plain text for the training.

## Source

`lora.py` and `tuner/datasets.py` of MLX-LM 0.21 to 0.32. Silent where the project requires an older one.

## Since

MLX-LM 0.21.5, the first release with `--mask-prompt`.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.lint.required_releases import admits
from tunesmith.lint.rule import INFORMATION, UNSAFE, Bad, Finding, Fix, Good, rule
from tunesmith.project import Project
from tunesmith.sources.document import Kind
from tunesmith.sources.launch_command import Word
from tunesmith.sources.tool_commands import ToolCommand
from tunesmith.text import Edit, Span, regex

_WITH_MASK = ("0.21.5", "0.32.2")
"""The first and the newest release with the option that were read."""
_KEYS = regex(r"""["'](text|messages|completion)["']\s*:""")
"""Columns of data by which `tuner/datasets.py` tells plain text from chats and completions."""


@rule(code="MLX002", severity=INFORMATION, words=("mlx_lm",))
def check(command: ToolCommand, project: Project) -> Iterator[Finding]:
    if command.tool != "mlx_lm.lora" or _may_mask(command) or _is_fragment(command):
        return
    pins = [pin.requirement.specifier for pin in project.pins_for(command.path, "mlx-lm")]
    if not admits(pins, _WITH_MASK) or _makes_plain_text(command):
        return
    words = _starting_training(command, project)
    if words:
        yield Finding(
            words[0].span,
            "mlx_lm.lora trains on the prompts too. Where the data are chats or prompts with "
            "completions, add --mask-prompt to train on the answers only.",
            _mask(command, words),
        )


def _may_mask(command: ToolCommand) -> bool:
    if command.option("--mask-prompt", "--help", "-h"):
        return True
    is_python = command.document.kind in (Kind.PYTHON, Kind.NOTEBOOK)
    if is_python and "--mask-prompt" in command.document.text:
        return True  # it may be appended later
    return command.may_hold_more


def _makes_plain_text(command: ToolCommand) -> bool:
    """Whether a program writes the data itself, in rows of plain text, of which no prompt is known."""
    is_python = command.document.kind in (Kind.PYTHON, Kind.NOTEBOOK)
    keys = set(_KEYS.findall(command.document.text)) if is_python else set[str]()
    return keys == {"text"}


def _is_fragment(command: ToolCommand) -> bool:
    """Whether a sentence only names the command: `mlx_lm.lora --train`."""
    return command.argv.is_mention and not command.option("--data", "-c", "--config")


def _starting_training(command: ToolCommand, project: Project) -> list[Word]:
    """The words that start a training without a mask; none where the options start no such one."""
    train = command.option("--train")
    option = command.option("-c", "--config")
    if option is None:
        return [train[0]] if train else []
    flag, name, word = option
    hint = command.argv.folder_hint
    found = project.mlx_configuration(name, command.path, hint) if name else None
    if found is None or found.masks_prompt or not (train or found.trains):
        return []
    return [train[0]] if train else [flag, word]


def _mask(command: ToolCommand, words: list[Word]) -> Fix | None:
    raw = command.document.text[slice(*words[-1].span)]
    known = words[-1].text
    if not (known and words[-1].is_movable and raw.count(known) == 1):
        return None
    quoted = raw[0] in ("'", '"') and command.document.kind not in (Kind.SHELL, Kind.MARKDOWN)
    written = f", {raw[0]}--mask-prompt{raw[0]}" if quoted else " --mask-prompt"
    place = words[-1].span.end
    edit = Edit(Span(place, place), written)
    return Fix("Train on the answers only", [edit], UNSAFE)


_RUN = "mlx_lm.lora --model m --train%s --data data --iters 800\n"
BAD = [
    Bad(_RUN % "", at="--train", fixed=_RUN % " --mask-prompt", file="run.sh"),
    Bad(
        "```bash\npython -m mlx_lm lora \\\n    --model m \\\n    --train \\\n    --data data\n```\n",
        at="--train",
        fixed="```bash\npython -m mlx_lm lora \\\n    --model m \\\n    --train --mask-prompt \\\n"
        "    --data data\n```\n",
        file="README.md",
    ),
    Bad(
        'run(["mlx_lm.lora", "--model", m, "--train", "--data", d])\n',
        at='"--train"',
        fixed='run(["mlx_lm.lora", "--model", m, "--train", "--mask-prompt", "--data", d])\n',
    ),
    Bad(
        "mlx_lm.lora --config lora.yaml --data $DATA\n",
        at="--config",
        fixed="mlx_lm.lora --config lora.yaml --mask-prompt --data $DATA\n",
        file="run.sh",
        beside={"lora.yaml": "model: m\ntrain: true\nlora_parameters:\n  rank: 8\n"},
    ),
    Bad(
        _RUN % " -c lora.yaml",
        at="--train",
        fixed=_RUN % " --mask-prompt -c lora.yaml",
        file="run.sh",
        beside={"lora.yaml": "mask_prompt: false\n"},
    ),
    Bad(
        "train:\n\t" + _RUN % "",
        at="--train",
        fixed="train:\n\t" + _RUN % " --mask-prompt",
        file="Makefile",
    ),
]
GOOD = [
    Good(_RUN % " --mask-prompt", file="run.sh"),
    Good(_RUN % " -c lora.yaml", file="run.sh"),
    Good(_RUN % " $OPTIONS", file="run.sh"),
    Good(_RUN % " -c lora.yaml", file="run.sh", beside={"lora.yaml": "mask_prompt: true\n"}),
    Good(
        "mlx_lm.lora -c lora.yaml --test\n",
        file="run.sh",
        beside={"lora.yaml": "adapter_path: adapters\n"},
    ),
    'command = ["mlx_lm.lora", "--model", m, "--train"]\nif mask:\n    command += ["--mask-prompt"]\n',
    'json.dump({"text": text}, file)\nrun(["mlx_lm.lora", "--train", "--data", "data"])\n',
    Good("mlx_lm.lora --model m --test --data data\n", file="run.sh"),
    Good("mlx_lm.generate --model m --prompt hi\n", file="run.sh"),
    Good("# ❌ WRONG\n" + _RUN % "", file="run.sh"),
    Good("Training is done by `mlx_lm.lora --train`.\n", file="README.md"),
]
