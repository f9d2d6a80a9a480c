"""Calls are found by the library's name, however the script says it, and only then."""

from __future__ import annotations

import pytest

from sources.python_code import read, read_cells
from tunesmith.sources.python_names import canonical_name

CALLED = {
    "from": "from trl import SFTTrainer\nSFTTrainer()",
    "alias": "from trl import SFTTrainer as T\nT()",
    "module": "import trl\ntrl.SFTTrainer()",
    "module alias": "import trl as t\nt.SFTTrainer()",
    "defining module": "from trl.trainer.sft_trainer import SFTTrainer\nSFTTrainer()",
    "dotted module": "import trl.trainer.sft_trainer\ntrl.trainer.sft_trainer.SFTTrainer()",
    "dotted module alias": "import trl.trainer.sft_trainer as m\nm.SFTTrainer()",
    "module from package": "from trl.trainer import sft_trainer\nsft_trainer.SFTTrainer()",
    "in function": "def f():\n    from trl import SFTTrainer\n    SFTTrainer()",
    "global in function": "from trl import SFTTrainer\ndef f():\n    return SFTTrainer()",
    "in method": "from trl import SFTTrainer\nclass A:\n    def f(self):\n        SFTTrainer()",
    "in comprehension": "from trl import SFTTrainer\nx = [SFTTrainer() for _ in y]",
    "in lambda": "from trl import SFTTrainer\nx = lambda: SFTTrainer()",
    "in decorator": "from trl import SFTTrainer\n@SFTTrainer()\ndef f(): ...",
    "in default": "from trl import SFTTrainer\ndef f(a=SFTTrainer()): ...",
    "in f-string": "from trl import SFTTrainer\nx = f'{SFTTrainer()}'",
    "in with": "from trl import SFTTrainer\nwith a, b(SFTTrainer()) as c: ...",
    "in match": "from trl import SFTTrainer\nmatch a:\n    case 1 if SFTTrainer(): ...",
    "in except": "from trl import SFTTrainer\ntry: ...\nexcept A(SFTTrainer()): ...",
    "in subscript": "from trl import SFTTrainer\na[SFTTrainer():1] = 2",
    "in annotation": "from trl import SFTTrainer\na: SFTTrainer() = 2",
    "in await": "from trl import SFTTrainer\nasync def f():\n    await SFTTrainer()",
    "in chain": "from trl import SFTTrainer\nSFTTrainer().train().x[0]()",
    "in class keyword": "from trl import SFTTrainer\nclass A(metaclass=SFTTrainer()): ...",
    "in starred": "from trl import SFTTrainer\nf(*[SFTTrainer()])",
    "in slice of sum": "from trl import SFTTrainer\nx = 'a' + f(SFTTrainer()) + 'b'",
    "in elif": "from trl import SFTTrainer\nif a: ...\nelif SFTTrainer(): ...",
    "in while else": "from trl import SFTTrainer\nwhile a: ...\nelse:\n    SFTTrainer()",
    "try import": (
        "try:\n    from trl import SFTTrainer\nexcept ImportError:\n"
        "    from trl.trainer import SFTTrainer\nSFTTrainer()"
    ),
    "import or None": (
        "try:\n    from trl import SFTTrainer\nexcept ImportError:\n    SFTTrainer = None\n"
        "SFTTrainer()"
    ),
    "star": "from trl import *\nSFTTrainer()",
    "star afterwards": "from trl import SFTTrainer\nfrom config import *\nSFTTrainer()",
    "assigned alias": "import trl\nTrainer = trl.SFTTrainer\nTrainer()",
    "patched by unsloth": (
        "from unsloth import PatchDPOTrainer\nPatchDPOTrainer()\n"
        "from trl import SFTTrainer\nSFTTrainer()"
    ),
    "subclass": "from trl import SFTTrainer\nclass T(SFTTrainer): ...\nT()",
    "subclass of subclass": (
        "import trl\nclass A(trl.SFTTrainer): ...\nclass B(A):\n    def f(self): ...\nB()"
    ),
    "mixed in": "import trl\nclass M: ...\nclass A(M, trl.SFTTrainer): ...\nA()",
    "super": (
        "import trl\nclass A(trl.SFTTrainer):\n    def __init__(self):\n        super().__init__()"
    ),
    "old super": (
        "import trl\nclass A(trl.SFTTrainer):\n"
        "    def __init__(self):\n        super(A, self).__init__()"
    ),
    "type checking": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from trl import SFTTrainer\n"
        "def f():\n    from trl import SFTTrainer\n    SFTTrainer()"
    ),
}
NOT_CALLED = {
    "own class": "class SFTTrainer: ...\nSFTTrainer()",
    "own class beside import": "import trl\nclass SFTTrainer: ...\nSFTTrainer()",
    "own function": "def SFTTrainer(): ...\nSFTTrainer()",
    "other library": "from mytrl import SFTTrainer\nSFTTrainer()",
    "relative": "from .trl import SFTTrainer\nSFTTrainer()",
    "no import": "SFTTrainer()",
    "parameter": "from trl import SFTTrainer\ndef f(SFTTrainer):\n    SFTTrainer()",
    "lambda parameter": "from trl import SFTTrainer\nx = lambda SFTTrainer: SFTTrainer()",
    "loop variable": "from trl import SFTTrainer\nfor SFTTrainer in x:\n    SFTTrainer()",
    "comprehension variable": "from trl import SFTTrainer\n[SFTTrainer() for SFTTrainer in x]",
    "with": "from trl import SFTTrainer\nwith a as SFTTrainer:\n    SFTTrainer()",
    "except": "from trl import SFTTrainer\ntry: ...\nexcept E as SFTTrainer:\n    SFTTrainer()",
    "walrus": "from trl import SFTTrainer\nif SFTTrainer := x:\n    SFTTrainer()",
    "pattern": "from trl import SFTTrainer\nmatch a:\n    case [SFTTrainer]:\n        SFTTrainer()",
    "rebound": "from trl import SFTTrainer\nSFTTrainer = wrap(SFTTrainer)\nSFTTrainer()",
    "rebound by global": (
        "from trl import SFTTrainer\ndef f():\n    global SFTTrainer\n    SFTTrainer = 1\n"
        "SFTTrainer()"
    ),
    "rebound in between": (
        "def f():\n    from trl import SFTTrainer\n    def g():\n        nonlocal SFTTrainer\n"
        "        SFTTrainer = 1\n    SFTTrainer()"
    ),
    "deleted": "from trl import SFTTrainer\ndel SFTTrainer\nSFTTrainer()",
    "two stars": "from trl import *\nfrom other import *\nSFTTrainer()",
    "star after a class": "class SFTTrainer: ...\nfrom other import *\nSFTTrainer()",
    "star after an assignment": (
        "import trl\nTrainer = trl.SFTTrainer\nfrom other import *\nTrainer()"
    ),
    "two libraries": (
        "try:\n    from trl import SFTTrainer\nexcept ImportError:\n"
        "    from other import SFTTrainer\nSFTTrainer()"
    ),
    "class attribute": (
        "class A:\n    from trl import SFTTrainer\n    def f(self):\n        SFTTrainer()"
    ),
    "own __init__": ("import trl\nclass A(trl.SFTTrainer):\n    def __init__(self): ...\nA()"),
    "own __init__ further up": (
        "import trl\nclass A(trl.SFTTrainer):\n    def __init__(self): ...\nclass B(A): ...\nB()"
    ),
    "super of another method": (
        "import trl\nclass A(trl.SFTTrainer):\n    def train(self):\n        super().train()"
    ),
    "other function's import": "def f():\n    from trl import SFTTrainer\nSFTTrainer()",
    "assigned in itself": "SFTTrainer = SFTTrainer\nSFTTrainer()",
    "replaced": "import trl\ntrl.SFTTrainer = mine\ntrl.SFTTrainer()",
}


@pytest.mark.parametrize("code", CALLED.values(), ids=CALLED)
def test_library_calls_are_found(code: str) -> None:
    assert [call.name for call in read(code).calls("trl.SFTTrainer")] == ["trl.SFTTrainer"]


@pytest.mark.parametrize("code", NOT_CALLED.values(), ids=NOT_CALLED)
def test_other_calls_are_not(code: str) -> None:
    assert list(read(code).calls("trl.SFTTrainer")) == []


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("trl.SFTTrainer", "trl.SFTTrainer"),
        ("trl.trainer.sft_trainer.SFTTrainer", "trl.SFTTrainer"),
        ("trl.experimental.gold.GOLDTrainer", "trl.experimental.GOLDTrainer"),
        ("trl.experimental.gold.gold_trainer.GOLDTrainer", "trl.experimental.GOLDTrainer"),
        (
            "transformers.models.auto.AutoModel.from_pretrained",
            "transformers.AutoModel.from_pretrained",
        ),
        ("huggingface_hub._login.login", "huggingface_hub.login"),
        ("huggingface_hub", "huggingface_hub"),
        ("transformers.utils._Hidden", "transformers._Hidden"),
        ("torch.cuda.is_available", "torch.cuda.is_available"),
        ("trl.experimental", "trl.experimental"),
        ("trl.scripts.utils.ScriptArguments", "trl.ScriptArguments"),
        ("trl.scripts.vllm_serve.ScriptArguments", "trl.scripts.vllm_serve.ScriptArguments"),
    ],
)
def test_canonical_names(name: str, canonical: str) -> None:
    assert canonical_name(name) == canonical


def test_questions_are_canonical_too() -> None:
    script = read("from trl import SFTTrainer\nSFTTrainer()")
    assert len(list(script.calls("trl.trainer.sft_trainer.SFTTrainer"))) == 1


def test_calls_come_in_the_order_of_the_text() -> None:
    script = read("import trl\ntrl.A(trl.B(), x=trl.C())\ntrl.B()\n")
    names = [call.name for call in script.calls("trl.A", "trl.B", "trl.C")]
    assert names == ["trl.A", "trl.B", "trl.C", "trl.B"]


def test_class_methods_keep_their_class() -> None:
    script = read("from transformers import AutoModel as M\nM.from_pretrained('x')\n")
    assert len(list(script.calls("transformers.AutoModel.from_pretrained"))) == 1


def test_subclasses() -> None:
    script = read(
        "from trl import SFTTrainer\nclass A(SFTTrainer): ...\nclass B(A): ...\nclass C(D): ...\n"
        "class D(C): ...\nclass E(E): ...\n"
    )
    assert [node.name.value for node in script.subclasses_of("trl.SFTTrainer")] == ["A", "B"]


def test_super_calls_are_marked() -> None:
    (call,) = read(CALLED["super"]).calls("trl.SFTTrainer")
    assert call.is_super
    (other,) = read(CALLED["subclass"]).calls("trl.SFTTrainer")
    assert not other.is_super
    assert other.own_class is not None


def test_callee_span() -> None:
    script = read("import trl\nx = trl . SFTTrainer (1)\n")
    (call,) = script.calls("trl.SFTTrainer")
    assert script.text[slice(*call.callee_span)] == "trl . SFTTrainer"
    assert script.text[slice(*call.span)] == "trl . SFTTrainer (1)"


def test_a_notebook_is_one_module() -> None:
    script = read_cells("from trl import SFTTrainer", "SFTTrainer()")
    assert len(list(script.calls("trl.SFTTrainer"))) == 1
