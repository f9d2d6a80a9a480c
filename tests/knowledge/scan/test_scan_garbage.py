"""Sources that are broken, odd or hostile: what can be read is read, nothing raises."""

from __future__ import annotations

import random

import pytest

from tunesmith.knowledge.scan.scanner import scan
from tunesmith.knowledge.scan.types import Scan

SOURCE = '''
import warnings
from dataclasses import dataclass, field
from typing import ClassVar, Literal
from transformers import TrainingArguments
from .base import _Base as Base

SPLIT = "train"

@dataclass
class SFTConfig(Base, TrainingArguments):
    """Configuration.

    Parameters:
        packing (`bool`, *optional*, defaults to `False`): Whether to pack. More.
    """

    default_optim = "adamw"
    if is_torch_available():
        default_optim = "fused"
    packing: bool = field(default=False, metadata={"help": "Whether " "to pack."})
    names: list = field(default_factory=lambda: ["a"], metadata=dict(help=f"x {SPLIT}"))
    loss: Literal["nll", "dft"] = SPLIT
    optim: str = field(default=default_optim)
    _n: ClassVar[int] = field(init=False)

    def __post_init__(self):
        if self.loss not in ("nll", "dft"):
            raise ValueError(self.loss)
        if self.names is not None:
            warnings.warn("`names` is deprecated, use `packing` instead.", FutureWarning)
        super().__post_init__()

class SFTTrainer(BaseTrainer):
    @deprecate_kwarg("tokenizer", new_name="processing_class")
    def __init__(self, model: str = SPLIT, *args, processing_class=None, **kwargs):
        for key in ["a", "b"]:
            kwargs.pop(key, None)
        if "c" in kwargs and kwargs["c"] == {k: v for k, v in kwargs.items()}:
            raise TypeError
        super().__init__(model, *args, args=None, **kwargs)
'''
BASE = "from dataclasses import dataclass\n@dataclass\nclass _Base:\n    a: int = 1\n"
PIECES = [
    "(",
    ")",
    "[",
    "**",
    "*",
    ":",
    "=",
    ",",
    "@",
    "\n",
    "    ",
    "\0",
    "\\",
    '"""',
    "super()",
    "é",
]


def scan_text(text: str) -> Scan:
    files = {"trl/trainer/sft_trainer.py": text, "trl/trainer/base.py": BASE}
    return scan("trl", files.get, list(files))


def mutated(text: str, chance: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(lines))
        match chance.randrange(4):
            case 0:
                del lines[at : at + chance.randint(1, 3)]
                lines.append("\n")
            case 1:
                lines.insert(chance.randrange(len(lines)), lines[at])
            case 2:
                other = chance.randrange(len(lines))
                lines[at], lines[other] = lines[other], lines[at]
            case _:
                column = chance.randrange(len(lines[at]) + 1)
                lines[at] = lines[at][:column] + chance.choice(PIECES) + lines[at][column:]
    return "".join(lines)


def test_the_source_itself_is_read() -> None:
    scanned = scan_text(SOURCE)
    assert list(scanned["trl.SFTConfig"].parameters) == ["a", "packing", "names", "loss", "optim"]
    assert "tokenizer" in scanned["trl.SFTTrainer"].parameters


@pytest.mark.parametrize("seed", range(8))
def test_mutations_do_not_raise(seed: int) -> None:
    chance = random.Random(seed)
    read = [scan_text(mutated(SOURCE, chance)) for _ in range(40)]
    assert any(read)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\0",
        "\ufeffclass SFTConfig: a: int = 1",
        "class SFTConfig:\n  " + "(" * 300,
        "class SFTConfig:\n    def __init__(self, a=" + "+".join("1" * 20_000) + "): ...",
        "class SFTConfig:\n    def __init__(self, a=" + "-" * 3_000 + "1): ...",
        "class SFTTrainer:\n    def __init__(self, a=1" + "+1" * 600 + "): ...",
        "if a: ...\n" + "elif b: ...\n" * 1_500 + "class SFTTrainer: ...",
        "class SFTTrainer:\n    def __init__(): ...",
        "class SFTTrainer:\n    def __init__(*args, **kwargs): super(*args)(**kwargs)",
        "class SFTTrainer:\n    def __init__(self, **k): k.pop(*k)\n",
        "class SFTTrainer:\n    def __init__(self, **k): k.pop(); k[1:2]; k[...]; 1 in k\n",
        "class SFTTrainer(f(x), *y, z=1, **w): ...",
        "@dataclass()()\nclass SFTConfig:\n    a: int = field(*x, **y)",
        "@dataclass\nclass SFTConfig:\n    a: int = field(default_factory=1)",
        "@dataclass\nclass SFTConfig:\n    a: int = field(metadata={**x, 1: 2, 'help': 3})",
        "@dataclass\nclass SFTConfig:\n    a.b: int = 1\n    c[0]: int = 2",
        "@deprecate_kwarg\n@deprecate_kwarg(1)\n@deprecate_kwarg()\nclass SFTConfig: ...",
        "from ....... import x as SFTConfig\nfrom . import *\nfrom .sft_trainer import *\n",
        "import trl.trainer.sft_trainer as SFTConfig",
        "class SFTTrainer:\n    def __init__(self, x): ...\n    __init__ = 1",
    ],
)
def test_odd_sources_do_not_raise(text: str) -> None:
    assert isinstance(scan_text(text), dict)


def test_a_file_that_does_not_parse_leaves_the_others() -> None:
    files = {
        "trl/trainer/sft_config.py": "class SFTConfig(:",
        "trl/trainer/dpo_config.py": "class DPOConfig: ...",
    }
    assert set(scan("trl", files.get, list(files))) == {"trl.DPOConfig"}


def test_a_file_that_cannot_be_read_is_missing() -> None:
    def unreadable(path: str) -> None:
        return None

    assert scan("trl", unreadable, ["trl/__init__.py", "trl/trainer/sft_config.py"]) == {}


def test_imports_in_a_circle_end() -> None:
    files = {
        "datasets/__init__.py": "from .load import load_dataset",
        "datasets/load.py": "from . import load_dataset\nfrom . import *",
    }
    assert scan("datasets", files.get, list(files)) == {}
