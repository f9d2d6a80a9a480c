"""A quantization that llama.cpp's converter cannot write.

## What it does

Finds `convert_hf_to_gguf.py --outtype` with a type that the converter does not know, as `q4_k_m`.

## Why it costs you

The converter writes `f32`, `f16`, `bf16`, `q8_0`, `tq1_0`, `tq2_0` or `auto` and exits with an error for
every other type. `Q4_K_M` and its like are made of its file in a second step, by `llama-quantize`.

## Fix

Writes the type in lower case where that is known. Else converts to `f16`, unsafe: the file has to be
quantized afterwards, as `llama-quantize model.gguf model-q4_k_m.gguf Q4_K_M`.

## Source

The arguments of `convert_hf_to_gguf.py` in llama.cpp; run with the converter that llama-cpp-python
0.3.36 brings. Earlier converters know fewer types.

## Since

The first `convert-hf-to-gguf.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.lint.rule import ERROR, SAFE, UNSAFE, Bad, Finding, Fix, Good, rule
from tunesmith.project import Project
from tunesmith.sources.tool_commands import ToolCommand
from tunesmith.text import Edit

_TYPES = ("f32", "f16", "bf16", "q8_0", "tq1_0", "tq2_0", "auto")


@rule(code="GGF001", severity=ERROR)
def check(command: ToolCommand, project: Project) -> Iterator[Finding]:
    option = command.option("--outtype") if command.tool == "convert_hf_to_gguf" else None
    if option is None:
        return
    _, value, word = option
    if not value or value in _TYPES or value.startswith("-"):
        return
    is_known = value.lower() in _TYPES
    new = value.lower() if is_known else "f16"
    advice = f"Write {new}." if is_known else f"Convert to f16, then run llama-quantize to {value}."
    raw = command.document.text[slice(*word.span)]
    edit = Edit(word.span, raw.replace(value, new))
    fix = Fix(f"Convert to {new}", [edit], SAFE if is_known else UNSAFE)
    yield Finding(
        word.span,
        f"convert_hf_to_gguf.py cannot write {value}: it knows {', '.join(_TYPES)}. {advice}",
        fix if word.is_movable and value in raw else None,
    )


_RUN = "python llama.cpp/convert_hf_to_gguf.py ./merged --outtype %s\n"
BAD = [
    Bad(_RUN % "q4_k_m", at="q4_k_m", fixed=_RUN % "f16", file="convert.sh"),
    Bad(
        "```bash\n" + _RUN % "F16" + "```\n",
        at="F16",
        fixed="```bash\n" + _RUN % "f16" + "```\n",
        file="README.md",
    ),
    Bad(
        'subprocess.run(["python", "convert_hf_to_gguf.py", "m", "--outtype", "q5_k_m"])\n',
        at='"q5_k_m"',
        fixed='subprocess.run(["python", "convert_hf_to_gguf.py", "m", "--outtype", "f16"])\n',
        file="convert.py",
    ),
]
GOOD = [
    Good(_RUN % "bf16", file="convert.sh"),
    Good(_RUN % "$TYPE", file="convert.sh"),
    Good("# ❌ WRONG\n" + _RUN % "q4_k_m", file="convert.sh"),
    Good("llama-quantize model.gguf out.gguf q4_k_m\n", file="convert.sh"),
    Good("echo python convert_hf_to_gguf.py --outtype\n", file="convert.sh"),
]
