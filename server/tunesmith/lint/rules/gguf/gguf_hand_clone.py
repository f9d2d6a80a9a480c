"""A conversion to GGUF by a hand-made clone of llama.cpp.

## What it does

Finds the first `git clone` of llama.cpp in a file that converts or quantizes a model with it, unless the
clone is pinned by `--branch`, `--revision` or a `git checkout`.

## Why it costs you

The clone is whatever llama.cpp is on that day: file names, options and the models that it knows change
from week to week, so that the same lines give another file, or none. Its requirements are those of the
converter alone: installed into the environment of the training they replace torch and transformers
(by torch 2.11.0 and transformers 4.57.6 in the llama.cpp of llama-cpp-python 0.3.36).

## Fix

None: only you know which release your model needs. Clone one (`git clone --depth 1 --branch b...`) and
run its converter in an environment of its own (`uv run --with-requirements
llama.cpp/requirements/requirements-convert_hf_to_gguf.txt llama.cpp/convert_hf_to_gguf.py ...`). For
a model on the Hub, the Space `ggml-org/gguf-my-repo` converts and quantizes in one step.

## Source

`requirements/` of llama.cpp.

## Since

The first `convert-hf-to-gguf.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tunesmith.lint.rule import INFORMATION, Bad, Finding, Good, rule
from tunesmith.project import Project
from tunesmith.sources.document import Kind
from tunesmith.sources.launch_command import enclosing_span
from tunesmith.sources.tool_commands import CLONES_LLAMA_CPP, ToolCommand
from tunesmith.text import regex

_CONVERTS = regex(r"convert[-_]hf[-_]to[-_]gguf|convert\.py|\bquantize\b", re.IGNORECASE)
_PINS = regex(
    r"\bgit\b[^\n]{0,80}\b(?:checkout|reset|switch|fetch)\b(?!\W{1,6}(?:main|master|origin))"
)

_PRINTS = regex(r"\b(?:echo|printf|log|info|warn|error|die|fail)\b[^\n]*[\"'][^\"'\n]*$")


@rule(code="GGF002", severity=INFORMATION, words=("llama.cpp",))
def check(command: ToolCommand, project: Project) -> Iterator[Finding]:
    text, start = command.document.text, command.argv.words[0].span.start
    if command.tool != "git clone llama.cpp" or _is_told(command):
        return
    is_pinned = command.option("-b", "--branch", "--revision") or _PINS.search(text, start)
    is_first = all(_is_printed(text, each.start()) for each in _clones_before(text, start))
    if is_first and not is_pinned and _CONVERTS.search(text):
        yield Finding(
            enclosing_span(command.program),
            "llama.cpp changes every day, and its requirements replace torch and transformers. Clone a "
            "release (--branch b...) and convert in an environment of its own, or let the Space "
            "ggml-org/gguf-my-repo do it.",
        )


def _clones_before(text: str, start: int) -> Iterator[re.Match[str]]:
    return CLONES_LLAMA_CPP.finditer(text, 0, start)


def _is_told(command: ToolCommand) -> bool:
    """Whether a sentence or a program's message tells somebody to do it."""
    text, start = command.document.text, command.argv.words[0].span.start
    in_program = command.argv.is_mention and command.document.kind is Kind.PYTHON
    return in_program or command.is_inline or _is_printed(text, start)


def _is_printed(text: str, start: int) -> bool:
    """Whether a shell script's message says it."""
    return _PRINTS.search(text, text.rfind("\n", 0, start) + 1, start) is not None


_CLONE = "git clone %shttps://github.com/ggml-org/llama.cpp\n"
_CONVERT = "python llama.cpp/convert_hf_to_gguf.py merged --outtype f16\n"
BAD = [
    Bad(_CLONE % "" + _CONVERT, at="git clone", file="convert.sh"),
    Bad(_CLONE % "" + "git pull\ngit checkout master\n" + _CONVERT, at="git clone", file="c.sh"),
    Bad(
        f"```bash\n{_CLONE % '--depth 1 '}cd llama.cpp && make\n./llama-quantize a b Q4_K_M\n```\n",
        at="git clone",
        file="README.md",
    ),
    Bad(
        'run(["git", "clone", "https://github.com/ggerganov/llama.cpp.git", "/tmp/llama.cpp"])\n'
        'run(["python", "/tmp/llama.cpp/convert_hf_to_gguf.py", "m"])\n',
        at='"git", "clone"',
    ),
    Bad(
        'URL = "https://github.com/ggml-org/llama.cpp"\n'
        'run(["git", "clone", "--depth", "1", URL, str(folder)])\n'
        'run(["python", "llama.cpp/convert_hf_to_gguf.py", "m"])\n',
        at='"git", "clone"',
    ),
    Bad(
        'echo "Cloning https://github.com/ggml-org/llama.cpp"\n'
        'printf "git clone https://github.com/ggml-org/llama.cpp\\n"\n'
        f"git  clone https://github.com/ggml-org/llama.cpp\n{_CONVERT}",
        at="git  clone",
        file="convert.sh",
    ),
]
GOOD = [
    Good('echo "Run first: ' + _CLONE[:-1] % "" + '"\n' + _CONVERT, file="convert.sh"),
    Good(_CLONE % "--branch b6500 " + _CONVERT, file="convert.sh"),
    Good(_CLONE % "" + "git -C llama.cpp checkout b6500\n" + _CONVERT, file="convert.sh"),
    Good(_CLONE % "" + "cd llama.cpp && make llama-server\n", file="serve.sh"),
    Good(_CONVERT, file="convert.sh"),
    f'fail("""No convert_hf_to_gguf.py. Install it:\n  {_CLONE[:-1] % ""}""")\n',
    Good(f"Clone it (`{_CLONE[:-1] % ''}`), then run llama-quantize.\n", file="README.md"),
]
