"""An option or a spelling of MLX-LM that has another name today.

## What it does

Finds `--lora-layers` of `mlx_lm.lora`, `--de-quantize` and `--hf-path` of `mlx_lm.fuse`, `--adapter-file`
of both and of `mlx_lm.generate` and `mlx_lm.server`, `python -m mlx_lm.lora`, and `lora_layers` in the
configuration file of `mlx_lm.lora -c`.

## Why it costs you

The old options are gone: the command prints its usage and ends. `python -m mlx_lm.lora` still works, with
a notice that it will not for ever; that is information only. A setting that MLX-LM does not know is
ignored without a word: it trains 16 layers, whatever `lora_layers` asks for. That is a warning.

## Fix

Writes the new name. Safe: it means the same. None is offered where the value means another thing. Silent where the project requires an older MLX-LM, and on
`lora_layers` where 16 are asked for or something else sets `num_layers`.

## Source

The arguments of `lora.py` and `fuse.py` in MLX-LM 0.10 to 0.32: `--adapter-path` since 0.6.0, `--num-layers` and
`num_layers` since 0.19.0, `--dequantize` since 0.28.4, `python -m mlx_lm lora` since 0.22.3, the notice since 0.22.4.

## Since

MLX-LM 0.19.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.lint.required_releases import admits
from tunesmith.lint.rule import ERROR, INFORMATION, SAFE, WARNING, Bad, Finding, Fix, Good, rule
from tunesmith.project import Project
from tunesmith.sources.tool_commands import ToolCommand
from tunesmith.text import Edit

_WITH_ADAPTER = ("lora", "fuse", "generate", "server")
_RENAMED = {
    ("mlx_lm.lora", "--lora-layers"): ("--num-layers", "0.19"),
    ("mlx_lm.fuse", "--de-quantize"): ("--dequantize", "0.28.4"),
}
_FOLDER = "Write --adapter-path with the folder of the adapter"
_GONE = {
    **{(f"mlx_lm.{tool}", "--adapter-file"): (_FOLDER, "0.6") for tool in _WITH_ADAPTER},
    ("mlx_lm.fuse", "--hf-path"): ("Give the model's name on the Hub with --model", "0.26"),
    ("mlx_lm.generate", "--colorize"): ("Leave it out", "0.20"),
}
_MODULES = "0.22.4"
"""Since when `python -m mlx_lm.lora` says that it is deprecated."""
_NEWEST_READ = "0.32.2"
_LAYERS = "0.19"
"""Since when `lora.py` reads `num_layers`, and nothing of `lora_layers`."""
_DEFAULT_LAYERS = "16"


@rule(code="MLX001", severity=ERROR)
def check(command: ToolCommand, project: Project) -> Iterator[Finding]:
    if not command.tool.startswith("mlx_lm."):
        return
    pins = [pin.requirement.specifier for pin in project.pins_for(command.path, "mlx-lm")]
    for (tool, old), (new, since) in _RENAMED.items():
        found = command.option(old) if command.tool == tool else None
        if found and admits(pins, (since, _NEWEST_READ)):
            raw = command.document.text[slice(*found[0].span)]
            edit = Edit(found[0].span, raw.replace(old, new, 1))
            yield Finding(
                found[0].span,
                f"mlx_lm has no {old} since {since} and ends with an error. Write {new}.",
                Fix(f"Write {new}", [edit], SAFE) if old in raw else None,
            )
    for (tool, old), (advice, since) in _GONE.items():
        found = command.option(old) if command.tool == tool else None
        if found and admits(pins, (since, _NEWEST_READ)):
            message = f"mlx_lm has no {old} since {since} and ends with an error. {advice}."
            yield Finding(found[0].span, message)
    if admits(pins, (_LAYERS, _NEWEST_READ)):
        yield from _ignored_layers(command, project)
    is_deprecated = command.is_file_of_module and admits(pins, (_MODULES, _NEWEST_READ))
    if is_deprecated and not _is_said_there(command):
        yield _module(command)


def _ignored_layers(command: ToolCommand, project: Project) -> Iterator[Finding]:
    option = command.option("-c", "--config")
    name = option[1] if option and command.tool == "mlx_lm.lora" else None
    if option is None or name is None:
        return
    if command.option("--num-layers", "--lora-layers") or command.may_hold_more:
        return
    found = project.mlx_configuration(name, command.path, command.argv.folder_hint)
    if found is None or not (command.option("--train") or found.trains):
        return
    if found.old_layers not in (None, _DEFAULT_LAYERS):
        yield Finding(
            option[2].span,
            f"mlx_lm ignores lora_layers in {name} since {_LAYERS} and trains {_DEFAULT_LAYERS} layers. "
            f"Write num_layers: {found.old_layers} there.",
            severity=WARNING,
        )


def _is_said_there(command: ToolCommand) -> bool:
    """Whether the line itself calls it deprecated, as MLX-LM's own message does."""
    text, (start, end) = command.document.text, command.program[0].span
    line_end = text.find("\n", end)
    line = text[text.rfind("\n", 0, start) + 1 : line_end if line_end >= 0 else None]
    return "deprecated" in line


def _module(command: ToolCommand) -> Finding:
    (word,) = command.program
    name = command.tool.partition(".")[2]
    raw = command.document.text[slice(*word.span)]
    fix = Fix(f"Write mlx_lm {name}", [Edit(word.span, f"mlx_lm {name}")], SAFE)
    return Finding(
        word.span,
        f"python -m {command.tool} is deprecated since mlx_lm {_MODULES}. Write python -m mlx_lm {name}, "
        f"or {command.tool}.",
        fix if raw == command.tool else None,
        INFORMATION,
    )


_LORA = "mlx_lm.lora --model m --train --data data --mask-prompt %s 16\n"
_FILE = "mlx_lm.lora -c lora.yaml --train --mask-prompt --data $DATA\n"
BAD = [
    Bad(_LORA % "--lora-layers", at="--lora-layers", fixed=_LORA % "--num-layers", file="run.sh"),
    Bad(
        "```bash\npython -m mlx_lm.fuse --model m \\\n    --de-quantize\n```\n".replace("-m ", ""),
        at="--de-quantize",
        fixed="```bash\npython -m mlx_lm.fuse --model m \\\n    --dequantize\n```\n".replace(
            "-m ", ""
        ),
        file="README.md",
    ),
    Bad("mlx_lm.fuse --model m --adapter-file a.npz\n", at="--adapter-file", file="run.sh"),
    Bad(
        "python -m mlx_lm.lora --model m --train --mask-prompt\n",
        at="mlx_lm.lora",
        fixed="python -m mlx_lm lora --model m --train --mask-prompt\n",
        file="run.sh",
        severity=INFORMATION,
    ),
    Bad(
        _FILE,
        at="lora.yaml",
        file="run.sh",
        severity=WARNING,
        beside={"lora.yaml": "lora_layers: 8 # of 28\n"},
    ),
]
GOOD = [
    Good(_FILE, file="run.sh", beside={"lora.yaml": "lora_layers: 16\n"}),
    Good(
        _FILE,
        file="run.sh",
        beside={"lora.yaml": "num_layers: 8\nlora_layers: 8\n"},
    ),
    Good(
        _FILE.replace("-c", "--num-layers 8 -c"),
        file="run.sh",
        beside={"lora.yaml": "lora_layers: 8\n"},
    ),
    Good(
        _FILE.replace("--train", "--test"), file="run.sh", beside={"lora.yaml": "lora_layers: 8\n"}
    ),
    Good('print("Calling `python -m mlx_lm.convert ...` directly is deprecated.")\n'),
    Good("mlx_lm.fuse --model m --adapter adapters\n", file="run.sh"),
    Good(_LORA % "--num-layers", file="run.sh"),
    Good("python -m mlx_lm lora --model m --train --mask-prompt\n", file="run.sh"),
    Good("python lora.py --lora-layers 16\n", file="run.sh"),
    Good("pip install mlx_lm.lora --lora-layers\n".replace(".lora", ""), file="run.sh"),
    Good("# ❌ removed\n" + _LORA % "--lora-layers", file="run.sh"),
]
