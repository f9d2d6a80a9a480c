"""bfloat16 on a T4, which cannot compute in it.

## What it does

Finds `bf16=True` in a trainer's configuration, and bfloat16 as the `dtype` of a loaded model or as
`bnb_4bit_compute_dtype`, in scripts whose jobs run on `t4-small` or `t4-medium`; also a
configuration of TRL that sets neither `bf16` nor `fp16`, as the former is its default since 0.19.

## Why it costs you

The T4 has no bfloat16. Releases of torch up to 2.3 or so make transformers raise ValueError; newer
ones imitate it in float32, which is several times slower than float16 and is paid for by the
minute.

## Fix

`bf16=True` becomes `fp16=True`, and the dtype `torch.float16`. Unsafe: float16 overflows where
bfloat16 does not; a flavor with an L4 or A10G costs little more and has bfloat16.

## Source

`torch.cuda.is_bf16_supported`, which counts emulation as support, and `TrainingArguments` of
transformers 4.40 to 5.23. The T4's compute capability is 7.5; bfloat16 takes 8.0.

## Since

Every release.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.knowledge.hardware import Machine
from tunesmith.knowledge.signature_table import MODEL_LOADERS
from tunesmith.knowledge.versions import library
from tunesmith.lint.conflicts import CONFIGURATIONS
from tunesmith.lint.flavors import flavors_of
from tunesmith.lint.rule import UNSAFE, WARNING, Bad, Finding, Fix, Good, rule
from tunesmith.project import Project
from tunesmith.sources.python_script import Argument, Call, PythonScript
from tunesmith.sources.python_values import Reference
from tunesmith.sources.unknown import ABSENT
from tunesmith.text import Edit, regex

_DEFAULT_SINCE = "0.19.0"
_TELLS = regex(r"\b(?:fp16|bf16|use_cpu|no_cuda|mixed_precision)\b")
_COMPUTE, _BFLOAT16 = "bnb_4bit_compute_dtype", "torch.bfloat16"
_LOADER = regex(rf"transformers\.AutoModel(?:For\w+)?\.from_pretrained|{MODEL_LOADERS.pattern}")


@rule(code="TRN035", severity=WARNING, words=("bf16", "bfloat16", "Config"))
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    flavors = flavors_of(script, project)
    if not flavors or not all(_lacks_bfloat16(flavor) for flavor in flavors):
        return
    for call in script.calls(*CONFIGURATIONS):
        argument = call.argument("bf16")
        if argument and call.value("bf16") is True:
            has_fp16 = call.value("fp16") is not ABSENT
            yield _finding(argument, "bf16=True", flavors[0], None if has_fp16 else "fp16=True")
        elif argument is None:
            yield from _by_default(call, script, project, flavors[0])
    for argument in _dtypes(script):
        written = script.text_of(argument.value_node)
        fixed = written.replace("bfloat16", "float16") if "bfloat16" in written else None
        better = f"{argument.name}={fixed}" if fixed else None
        yield _finding(argument, f"{argument.name}=bfloat16", flavors[0], better)


def _by_default(
    call: Call, script: PythonScript, project: Project, flavor: Machine
) -> Iterator[Finding]:
    """A configuration of TRL that turns bfloat16 on by itself."""
    is_open = call.value("bf16") is ABSENT and call.value("fp16") is ABSENT
    is_told = _TELLS.search(script.text) is not None
    if not call.name.startswith("trl.") or not is_open or is_told or script.imports("unsloth"):
        return
    trl = library("trl", script, project)
    if trl.at_least(_DEFAULT_SINCE):
        name = call.name.rpartition(".")[2]
        yield Finding(
            call.callee_span,
            f"{name} of TRL {trl.version} computes in bfloat16 by default, which the T4 of "
            f"{flavor.name} has not: torch imitates it, several times slower. Set fp16=True, or take "
            "a flavor with an L4.",
            Fix("Set fp16=True", [script.keyword_insertion(call, "fp16=True")], UNSAFE),
            rests_on=[trl],
        )


def _dtypes(script: PythonScript) -> Iterator[Argument]:
    """What loads or computes in bfloat16."""
    for call in script.calls("transformers.BitsAndBytesConfig"):
        yield from _given(call, _COMPUTE)
    for call in script.calls_matching(_LOADER):
        yield from _given(call, "dtype", "torch_dtype")


def _given(call: Call, *names: str) -> Iterator[Argument]:
    for name in names:
        argument = call.argument(name)
        if argument and call.value(name) in (Reference(_BFLOAT16), "bfloat16"):
            yield argument


def _lacks_bfloat16(flavor: Machine) -> bool:
    return flavor.accelerator is not None and not flavor.accelerator.has_bfloat16


def _finding(argument: Argument, written: str, flavor: Machine, better: str | None) -> Finding:
    name = flavor.accelerator.name if flavor.accelerator else flavor.name
    fix = None
    if better and not argument.comes_from_expansion:
        fix = Fix(f"Write {better}", [Edit(argument.span, better)], UNSAFE)
    return Finding(
        argument.span,
        f"The {name} of {flavor.name} has no bfloat16: with {written}, torch imitates it, several "
        "times slower, or raises an error in old releases. Use float16, or a flavor with an L4.",
        fix,
    )


_ON_T4 = {"run.sh": "hf jobs uv run --flavor t4-small --timeout 2h train.py\n"}
_TABLE = '# /// script\n# dependencies = ["trl"]\n# [tool.hf-jobs]\n# flavor = "t4-medium"\n# ///\n'
_CONFIG = "from trl import SFTConfig\n\n"

BAD = [
    Bad(
        "import trl\n\ntrl.SFTConfig('out')\n",
        at="trl.SFTConfig",
        fixed="import trl\n\ntrl.SFTConfig('out', fp16=True)\n",
        beside=_ON_T4,
    ),
    Bad(
        _CONFIG + "SFTConfig(output_dir='out', bf16=True)\n",
        at="bf16=True",
        fixed=_CONFIG + "SFTConfig(output_dir='out', fp16=True)\n",
        beside=_ON_T4,
    ),
    Bad(
        _TABLE + "import torch\nfrom transformers import BitsAndBytesConfig\n\n"
        "BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_compute_dtype=torch.bfloat16)\n",
        at="bnb_4bit_compute_dtype=torch.bfloat16",
        fixed=_TABLE + "import torch\nfrom transformers import BitsAndBytesConfig\n\n"
        "BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_compute_dtype=torch.float16)\n",
    ),
    Bad(
        "import torch\nfrom transformers import AutoModelForCausalLM\n\n"
        "AutoModelForCausalLM.from_pretrained('m', dtype=torch.bfloat16)\n",
        at="dtype=torch.bfloat16",
        fixed="import torch\nfrom transformers import AutoModelForCausalLM\n\n"
        "AutoModelForCausalLM.from_pretrained('m', dtype=torch.float16)\n",
        beside={
            "start.py": "from huggingface_hub import run_uv_job\n\n"
            "run_uv_job('train.py', flavor='t4-small')\n"
        },
    ),
]
GOOD = [
    Good("import trl\n\ntrl.SFTConfig('out')\n"),
    Good("import trl\n\nconfig = trl.SFTConfig('out')\nconfig.fp16 = True\n", beside=_ON_T4),
    Good(
        '# /// script\n# dependencies = ["trl==0.18.2"]\n# ///\nimport trl\n\ntrl.SFTConfig()\n',
        beside=_ON_T4,
    ),
    Good("import transformers\n\ntransformers.TrainingArguments('out')\n", beside=_ON_T4),
    _CONFIG + "SFTConfig(output_dir='out', bf16=True)\n",
    Good(
        _CONFIG + "SFTConfig(bf16=True)\n",
        beside={"run.sh": "hf jobs uv run --flavor l4x1 train.py\n"},
    ),
    Good(_CONFIG + "SFTConfig(fp16=True, bf16=False)\n", beside=_ON_T4),
    Good(_CONFIG + "SFTConfig(bf16=torch.cuda.get_device_capability()[0] >= 8)\n", beside=_ON_T4),
    Good(
        _CONFIG + "SFTConfig(bf16=True)\n",
        beside={
            **_ON_T4,
            "README.md": "```bash\nhf jobs uv run --flavor a10g-large train.py\n```\n",
        },
    ),
]
