"""`PYTORCH_CUDA_ALLOC_CONF` is set after torch was imported.

## What it does

Finds `os.environ["PYTORCH_CUDA_ALLOC_CONF"] = ...` (or `PYTORCH_ALLOC_CONF`) below the import of torch,
or of a library that imports torch, at the top level of a script.

## Why it costs you

torch reads the variable once. `backend:` it reads while it is imported: set later, the first use of
the GPU fails with "Allocator backend parsed at runtime != allocator backend parsed at load time".
All else, as `expandable_segments`, it reads when the GPU is first used: set after an import, it
works only as long as no imported library has used the GPU; set after a model was loaded, it does
nothing, and the job runs out of memory as before.

## Fix

None: put the line at the top of the script, or give the variable to the job with `--env`.

## Source

`CUDAAllocatorConfig::instance()` of torch (2.13: `c10/cuda/CUDAAllocatorConfig.h`), pytorch issue
104801.

## Since

Every release of torch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from tunesmith.lint.rule import ERROR, INFORMATION, WARNING, Bad, Finding, rule
from tunesmith.project import Project
from tunesmith.sources.python_script import PythonScript
from tunesmith.text import Span, regex

_SET = regex(
    r"(?:os\.)?environ(?:\[|\.setdefault\(\s*|\.update\(\s*\{?\s*)"
    r"['\"]?(PYTORCH_(?:CUDA_)?ALLOC_CONF)\b.*",
    re.DOTALL,
)
_IMPORT = regex(
    r"(?:import|from)\s+(torch|transformers|trl|peft|accelerate|unsloth|bitsandbytes)\b"
)
_USES_GPU = regex(
    r"\.cuda\(|\.to\(['\"]cuda|device_map\s*=|Trainer\(|torch\.cuda\.(?:empty_cache|mem_get_info)\("
)


@rule(code="TRN041", severity=WARNING, words=("ALLOC_CONF",))
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    imported, used = "", False
    top_level = {id(line) for line in script.module.body}
    for line in script.index.owners:
        for statement in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            place = script.span(statement)
            text = script.text[place.start : place.end]
            setting = _SET.match(text)
            if setting and text.rstrip().endswith(('= ""', "= ''")):
                continue  # takes back what another library has set
            if setting and imported:
                yield _finding(place, setting, imported, is_used=used)
            elif id(line) in top_level and (found := _IMPORT.match(text)):
                imported = imported or found[1]
            elif id(line) in top_level and _USES_GPU.search(text):
                used = True


def _finding(place: Span, setting: re.Match[str], imported: str, *, is_used: bool) -> Finding:
    name = setting[1]
    if "backend:" in setting[0]:
        severity = ERROR
        what = f"torch reads its backend when it is imported, here by {imported}, and raises"
    elif is_used:
        severity, what = WARNING, "torch has used the GPU before and read it: it has no effect"
    else:
        severity = INFORMATION
        what = f"it comes after the import of {imported}: it has no effect if that uses the GPU"
    written = Span(place.start, place.start + len(setting[0].rstrip()))
    return Finding(written, f"{name}: {what}. Set it before the imports.", None, severity)


_SETTING = 'os.environ["PYTORCH_CUDA_ALLOC_CONF"] = "expandable_segments:True"'
_LOAD = (
    "model = AutoModelForCausalLM.from_pretrained('m', device_map='auto')\n"
    "trainer = Trainer(model)\n"
)

BAD = [
    Bad(f"import os\nimport torch\nimport trl\n\n{_SETTING}\n", at=_SETTING, severity=INFORMATION),
    Bad(
        f"import os\nfrom transformers import AutoModelForCausalLM, Trainer\n\n{_LOAD}{_SETTING}\n",
        at=_SETTING,
    ),
    Bad(
        "from os import environ\nimport torch\nimport trl\n\ndef main():\n"
        "    environ['PYTORCH_CUDA_ALLOC_CONF'] = 'expandable_segments:True'\n    train()\n",
        at="environ['PYTORCH_CUDA_ALLOC_CONF'] = 'expandable_segments:True'",
        severity=INFORMATION,
    ),
    Bad(
        "import os\nimport torch\nimport trl\n\n"
        'os.environ["PYTORCH_CUDA_ALLOC_CONF"] = "backend:cudaMallocAsync"\n',
        at='os.environ["PYTORCH_CUDA_ALLOC_CONF"] = "backend:cudaMallocAsync"',
        severity=ERROR,
    ),
]
GOOD = [
    f"import os\n\ndef main():\n    {_SETTING}\n    import torch\n",
    f"import os\n\n{_SETTING}\n\nimport torch\nimport trl\n",
    f"import os\nfrom torchlib import x\nfrom own import trl, SFTConfig\n\n{_SETTING}\n",
    f"import os\nimport torch\nimport trl\n\nCOMMAND = '''\n{_SETTING}\n'''\n",
    'import os\nimport torch\n\nos.environ["TOKENIZERS_PARALLELISM"] = "false"  # no ALLOC_CONF\n',
]
