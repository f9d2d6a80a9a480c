"""An argument that asks for a library which is not installed.

## What it does

Finds arguments that need a library which the script's own header, and the `--with` of the commands
that start it, do not bring: `report_to="trackio"` (and "wandb", "tensorboard" …), optimizers of
bitsandbytes, GaLore and others, `load_in_4bit`, `peft_config`, `use_liger_kernel`, `use_vllm`,
`deepspeed`, `attn_implementation` by a kernel's name or "flash_attention_2", `gguf_file`, `device_map`
and `TrainingArguments` (accelerate, which TRL brings and transformers does not), processors of models
that see images (pillow), metrics of evaluate, and TRL's `accuracy_reward`.

## Why it costs you

These libraries are imported only when they are used: the job starts, downloads and often loads the
model, and then ends with ImportError or RuntimeError, as in "TrackioCallback requires trackio to be
installed".

## Fix

Adds the library to the dependencies of the header. Safe: nothing else changes, and what is listed
can be installed beside it. Unsafe for `kernels`, which stands in for flash-attn with a build of its own.
None is offered for flash-attn, and where the script has no header.

## Source

`integration_utils.py`, `trainer_optimizer.py`, `training_args.py`, `quantizers/` and `modeling_utils.py`
of transformers 4.40 to 5.23; the trainers and rewards of TRL 0.19 to 1.16; the metrics of evaluate. What
each release requires: the tables of releases.

## Since

Every release. With `kernels` installed, "flash_attention_2" needs no flash-attn since transformers 4.56;
a kernel's name is understood since 4.54. Silent where a URL, a Git repository or a distribution that is
not known may bring the library, and where an `if` or a `try` decides. It owns what the script also
imports (`missing-dependency`).
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.lint.backends import Backend, backends
from tunesmith.lint.dependencies import addition, environments, place
from tunesmith.lint.rule import ERROR, SAFE, UNSAFE, Bad, Finding, Good, rule
from tunesmith.project import Project
from tunesmith.sources.python_script import PythonScript


@rule(code="DEP002", severity=ERROR)
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    installed = environments(script, project)
    if not installed.ways:
        return
    seen: set[str] = set()
    for backend in backends(script, project, installed.lack):
        usual = backend.distributions[0]
        if usual not in seen:
            seen.add(usual)
            yield _finding(backend, script, project)


def _finding(backend: Backend, script: PythonScript, project: Project) -> Finding:
    usual, *others = backend.distributions
    names = " or ".join(backend.distributions[:2])
    advice = f"Add {usual} to the dependencies."
    fix = None
    if usual == "flash-attn":
        advice = 'Set attn_implementation="sdpa": flash-attn cannot be built there.'
    else:
        fix = addition(usual, script, project, UNSAFE if "flash-attn" in others else SAFE)
    return Finding(
        backend.span,
        f"{backend.asks} needs {names}, which {place(script)} does not bring: the job ends with an "
        f"error when it gets there. {advice}",
        fix,
        rests_on=backend.rests_on,
    )


def _script(dependencies: str, code: str) -> str:
    return f"# /// script\n# dependencies = [{dependencies}]\n# ///\n{code}"


_SFT = "from trl import SFTConfig, SFTTrainer\n\n"
_REPORTS = _SFT + 'args = SFTConfig(output_dir="out", report_to="trackio")\n'
_LINES = """# /// script
# dependencies = [
#     "transformers>=5",  # newest
#     'datasets'
# ]
# ///
"""
_ARGUMENTS = "import transformers\n\ntransformers.TrainingArguments('out')\n"
_GEMMA = _SFT + 'SFTTrainer(model="google/gemma-3-12b-it", train_dataset=data)\n'
_REWARD = (
    "from trl import GRPOTrainer\nfrom trl.rewards import accuracy_reward\n\n"
    "GRPOTrainer('m', reward_funcs=[accuracy_reward], train_dataset=data)\n"
)
_LOADS = (
    "from transformers import AutoModelForCausalLM\n\n"
    "AutoModelForCausalLM.from_pretrained('m', attn_implementation='%s')\n"
)
BAD = [
    Bad(
        _script('"trl", "peft"', _REPORTS),
        at='report_to="trackio"',
        fixed=_script('"trl", "peft", "trackio"', _REPORTS),
    ),
    Bad(
        _script('"trl"', "import trackio\n" + _REPORTS),
        at='report_to="trackio"',
        fixed=_script('"trl", "trackio"', "import trackio\n" + _REPORTS),
    ),
    Bad(
        _LINES + _ARGUMENTS,
        at="transformers.TrainingArguments",
        fixed=_LINES.replace("'datasets'", "'datasets',\n#     'accelerate'") + _ARGUMENTS,
    ),
    Bad(
        _script('"trl", "peft"', _SFT + "SFTConfig('out', optim='adamw_8bit')\n"),
        at="optim='adamw_8bit'",
        fixed=_script(
            '"trl", "peft", "bitsandbytes"', _SFT + "SFTConfig('out', optim='adamw_8bit')\n"
        ),
    ),
    Bad(
        _script('"trl"', _LOADS % "kernels-community/flash-attn"),
        at="attn_implementation='kernels-community/flash-attn'",
        fixed=_script('"trl", "kernels"', _LOADS % "kernels-community/flash-attn"),
    ),
    Bad(
        _script('"trl"', _LOADS % "flash_attention_2"),
        at="attn_implementation='flash_attention_2'",
        fixed=_script('"trl", "kernels"', _LOADS % "flash_attention_2"),
    ),
    Bad(
        _script('"trl", "transformers==4.53.3"', _LOADS % "flash_attention_2"),
        at="attn_implementation='flash_attention_2'",
    ),
    Bad(
        _script('"trl", "peft"', _GEMMA),
        at='model="google/gemma-3-12b-it"',
        fixed=_script('"trl", "peft", "pillow"', _GEMMA),
    ),
    Bad(
        _script('"trl"', _REWARD),
        at="reward_funcs=[accuracy_reward]",
        fixed=_script('"trl", "math-verify"', _REWARD),
    ),
    Bad(
        _REPORTS,
        at='report_to="trackio"',
        beside={"run.sh": "hf jobs uv run --flavor l4x1 --timeout 2h --with trl train.py\n"},
    ),
]
GOOD = [
    _REPORTS,
    _script('"trl", "trackio"', _REPORTS),
    _script('"trl", "my-team-tools"', _REPORTS),
    _script('"trl @ git+https://github.com/huggingface/trl", "trackio[gpu]"', _REPORTS),
    _script('"trl"', _SFT + 'SFTConfig(output_dir="out", report_to=where)\n'),
    _script('"trl"', _SFT + 'SFTConfig("out", report_to="trackio" if online else "none")\n'),
    _script('"trl[peft,quantization]"', _SFT + "SFTConfig('out', optim='adamw_8bit')\n"),
    _script('"trl"', _GEMMA.replace("12b", "1b")),
    _script('"trl", "trackio"', _GEMMA),
    _script('"trl"', _LOADS % "sdpa"),
    _script('"trl"', "from transformers import TrainingArguments\n\nTrainingArguments('out')\n"),
    Good(
        _REPORTS,
        beside={
            "a.sh": "hf jobs uv run --flavor l4x1 --timeout 2h --with trl train.py\n",
            "b.sh": "hf jobs uv run --flavor l4x1 --timeout 2h --with trl --with trackio train.py\n",
        },
    ),
]
