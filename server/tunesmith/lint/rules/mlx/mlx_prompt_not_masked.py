"""MLX training that takes the loss over prompts.

## What it does

Finds `mlx_lm.lora --train` without `--mask-prompt` and without a configuration file.

## Why it costs you

MLX-LM takes the loss over every token, so that the model also learns to write the user's part, unless
`--mask-prompt` is given. Capacity and iterations go into imitating users.

## Fix

Adds `--mask-prompt`. Unsafe: it is right for chats and for prompts with completions, and raises
ValueError for plain text. Silent where a configuration file (`-c`) may set `mask_prompt`.

## Source

`lora.py` and `tuner/datasets.py` of MLX-LM 0.21 to 0.32. Silent where the project requires an older one.

## Since

MLX-LM 0.21.5, the first release with `--mask-prompt`.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.lint.rule import INFORMATION, UNSAFE, Bad, Finding, Fix, Good, rule
from tunesmith.project import Project
from tunesmith.sources.launch_command import Word
from tunesmith.sources.tool_commands import ToolCommand
from tunesmith.text import Edit, Span

_NEWEST_READ = "0.32.2"


@rule(code="MLX002", severity=INFORMATION)
def check(command: ToolCommand, project: Project) -> Iterator[Finding]:
    train = command.option("--train") if command.tool == "mlx_lm.lora" else None
    if train is None or command.is_open or _is_fragment(command):
        return
    if command.option("--mask-prompt", "-c", "--config", "--help", "-h"):
        return
    pins = project.pins_for(command.path, "mlx-lm")
    if any(not pin.requirement.specifier.contains(_NEWEST_READ) for pin in pins):
        return
    yield Finding(
        train[0].span,
        "mlx_lm.lora trains on the prompts too. Add --mask-prompt to train on the answers only.",
        _mask(command, train[0]),
    )


def _is_fragment(command: ToolCommand) -> bool:
    """Whether a sentence only names the command: `mlx_lm.lora --train`."""
    return command.argv.is_mention and not command.option("--model", "--data")


def _mask(command: ToolCommand, train: Word) -> Fix | None:
    if command.document.text[slice(*train.span)] != "--train":
        return None
    edit = Edit(Span(train.span.end, train.span.end), " --mask-prompt")
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
    Good("mlx_lm.lora --model m --test --data data\n", file="run.sh"),
    Good("mlx_lm.generate --model m --prompt hi\n", file="run.sh"),
    Good("# ❌ WRONG\n" + _RUN % "", file="run.sh"),
    Good("Training is done by `mlx_lm.lora --train`.\n", file="README.md"),
]
