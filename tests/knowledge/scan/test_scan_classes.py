"""What a class takes when it is made."""

from __future__ import annotations

import pytest

from knowledge.scan.made_library import defaults, scan_files
from tunesmith.knowledge.scan.types import Scan, Signature

CONFIG = "trl/trainer/sft_config.py"
TRAINER = "trl/trainer/sft_trainer.py"
IMPORTS = """
import dataclasses
from dataclasses import KW_ONLY, InitVar, dataclass, field
from typing import ClassVar, Optional
from transformers import TrainingArguments
"""


def config(body: str, decorator: str = "@dataclass", base: str = "") -> Signature:
    """The signature of an SFTConfig with a body."""
    lines = "\n".join(f"    {line}" for line in body.strip("\n").split("\n"))
    text = f"{IMPORTS}\n{decorator}\nclass SFTConfig({base}):\n{lines}\n"
    return scan_files("trl", {CONFIG: text})["trl.SFTConfig"]


def test_the_fields_of_a_dataclass_with_their_defaults() -> None:
    body = """
model: str
max_length: Optional[int] = field(default=1024, metadata={"help": "Longest sequence."})
kwargs: dict = field(default_factory=dict)
names: list = dataclasses.field(default_factory=lambda: ["a", "b"])
beta: float = -0.5
steps: int = field(metadata={"help": "Must be given."})
"""
    assert defaults(config(body)) == {
        "model": None,
        "max_length": "1024",
        "kwargs": "dict()",
        "names": "['a', 'b']",
        "beta": "-0.5",
        "steps": None,
    }


@pytest.mark.parametrize("decorator", ["@dataclass(kw_only=True)", "@dataclasses.dataclass"])
def test_dataclasses_are_told_by_any_spelling(decorator: str) -> None:
    assert list(config("a: int = 1", decorator).parameters) == ["a"]


def test_what_init_does_not_take_is_no_parameter() -> None:
    body = """
world_size: int = field(init=False, default=1)
count: ClassVar[int] = 0
quoted: "ClassVar[int]" = 0
_: KW_ONLY
framework = "pt"
seen: InitVar[int] = 3
@property
def device(self): return self.x
def __post_init__(self, seen): self.other: int = 2
"""
    assert list(config(body).parameters) == ["seen"]


def test_fields_in_conditional_blocks_count() -> None:
    body = """
if is_torch_available():
    optim: str = "adamw"
else:
    optim_args: str = None
"""
    assert list(config(body).parameters) == ["optim", "optim_args"]


def test_a_name_that_stands_for_a_literal_is_read() -> None:
    body = """
default_optim = "adamw_torch"
if is_torch_available():
    default_optim = "adamw_torch_fused"
optim: str = field(default=default_optim)
device: str = field(default=get_device())
other: str = computed
computed = get_device()
"""
    assert defaults(config(body)) == {
        "optim": "'adamw_torch_fused'",
        "device": "get_device()",
        "other": "computed",
    }


def test_a_base_of_another_library_stays_a_base() -> None:
    signature = config("a: int = 1", base="TrainingArguments")
    assert signature.bases == ("transformers.TrainingArguments",)
    assert list(signature.parameters) == ["a"]
    assert signature.positional is None
    assert not signature.takes_any


@pytest.mark.parametrize("base", ["object", "PushToHubMixin", "ABC", "Generic[T]"])
def test_bases_without_parameters_are_none(base: str) -> None:
    signature = config("a: int = 1", base=base)
    assert not signature.bases
    assert not signature.takes_any


@pytest.mark.parametrize("base", ["nn.Module", "str, enum.Enum"])
def test_a_base_that_nobody_knows_may_take_anything(base: str) -> None:
    assert config("a: int = 1", base=base).takes_any


def test_bases_of_the_same_library_are_folded_in() -> None:
    scanned = scan_files(
        "trl",
        {
            "trl/trainer/base_config.py": IMPORTS
            + "@dataclass\nclass _BaseConfig(TrainingArguments):\n"
            + "    logging_steps: float = 10\n    bf16: bool = None\n    gone: int = 1\n",
            CONFIG: IMPORTS
            + "from .base_config import _BaseConfig as Base\n"
            + "@dataclass\nclass SFTConfig(Base):\n    packing: bool = False\n"
            + "    bf16: bool = True\n    gone: int = field(init=False)\n",
            "trl/experimental/gold/gold_config.py": IMPORTS
            + "from ...trainer.sft_config import SFTConfig\n"
            + "@dataclass\nclass GOLDConfig(SFTConfig):\n    beta: float = 0.5\n",
        },
    )
    gold = scanned["trl.experimental.GOLDConfig"]
    assert defaults(gold) == {
        "logging_steps": "10",
        "bf16": "True",
        "packing": "False",
        "beta": "0.5",
    }
    assert gold.bases == ("transformers.TrainingArguments",)
    assert gold.module == "trl.experimental.gold.gold_config"
    assert set(scanned) == {"trl.SFTConfig", "trl.experimental.GOLDConfig"}


SHIM = """
import warnings
from dataclasses import dataclass
with suppress_experimental_warning():
    from ..experimental.kto import KTOConfig as _KTOConfig, KTOTrainer as _KTOTrainer

@dataclass
class KTOConfig(_KTOConfig):
    def __post_init__(self):
        warnings.warn("The `KTOConfig` is now located in `trl.experimental`.")
        super().__post_init__()

@dataclass
class KTOTrainer(_KTOTrainer):
    def __init__(self, *args, **kwargs):
        warnings.warn("The `KTOTrainer` is now located in `trl.experimental`.")
        super().__init__(*args, **kwargs)
"""


def test_a_shim_takes_what_its_target_takes() -> None:
    home = "trl/experimental/kto/"
    scanned = scan_files(
        "trl",
        {
            "trl/trainer/kto_trainer.py": SHIM,
            home + "__init__.py": "from .kto_config import KTOConfig\n"
            "from .kto_trainer import KTOTrainer\n",
            home + "kto_config.py": IMPORTS
            + "@dataclass\nclass KTOConfig:\n    beta: float = 0.1\n",
            home + "kto_trainer.py": "class KTOTrainer(Trainer):\n"
            "    def __init__(self, model=None, args=None, *, peft_config=None): pass\n",
        },
    )
    assert scanned["trl.KTOConfig"] == scanned["trl.experimental.KTOConfig"]
    assert scanned["trl.KTOConfig"].module == "trl.experimental.kto.kto_config"
    assert scanned["trl.KTOTrainer"] == scanned["trl.experimental.KTOTrainer"]
    assert list(scanned["trl.KTOTrainer"].parameters) == ["model", "args", "peft_config"]
    assert scanned["trl.KTOTrainer"].positional == ["model", "args"]
    assert not scanned["trl.KTOTrainer"].takes_any


def trainers(text: str) -> Scan:
    """Scan trainers written one after the other, below a base that takes three arguments."""
    base = "class BaseTrainer:\n    def __init__(self, model, args=None, peft_config=None): pass\n"
    return scan_files("trl", {TRAINER: base + text})


def test_init_without_kwargs_takes_what_it_declares() -> None:
    text = """
class SFTTrainer(BaseTrainer):
    def __init__(self, model, /, args=None, *, formatting_func=None):
        super().__init__(model=model, args=args)
"""
    signature = trainers(text)["trl.SFTTrainer"]
    assert defaults(signature) == {"model": None, "args": "None", "formatting_func": "None"}
    assert signature.positional == ["model", "args"]


def test_kwargs_that_go_to_the_base_are_the_bases() -> None:
    text = """
class GMPOTrainer(BaseTrainer):
    def __init__(self, model, reward_funcs, args=None, **kwargs):
        super().__init__(model, args=args, **kwargs)
"""
    signature = trainers(text)["trl.GMPOTrainer"]
    assert list(signature.parameters) == ["model", "reward_funcs", "args", "peft_config"]
    assert signature.positional == ["model", "reward_funcs", "args"]
    assert not signature.takes_any


def test_keywords_that_the_call_of_the_base_gives_are_not_to_be_given() -> None:
    text = """
class GKDTrainer(BaseTrainer):
    def __init__(self, teacher, *sft_args, **kwargs):
        kwargs["data_collator"] = 1
        super().__init__(*sft_args, args=None, **kwargs)
"""
    signature = trainers(text)["trl.GKDTrainer"]
    assert list(signature.parameters) == ["teacher", "model", "peft_config"]
    assert signature.positional == ["teacher", "model"]


def test_a_base_may_be_called_by_its_name() -> None:
    text = """
class DPOTrainer(BaseTrainer):
    def __init__(self, beta=0.1, **kwargs):
        BaseTrainer.__init__(self, **kwargs)
"""
    names = list(trainers(text)["trl.DPOTrainer"].parameters)
    assert names == ["beta", "model", "args", "peft_config"]


def test_a_class_without_init_takes_its_bases() -> None:
    assert list(trainers("class XPOTrainer(BaseTrainer): ...")["trl.XPOTrainer"].parameters) == [
        "model",
        "args",
        "peft_config",
    ]


def test_old_names_that_a_decorator_lets_pass_are_accepted() -> None:
    text = """
class SFTTrainer(BaseTrainer):
    @deprecate_kwarg("tokenizer", new_name="processing_class", version="0.16.0")
    def __init__(self, model, processing_class=None): pass
"""
    signature = trainers(text)["trl.SFTTrainer"]
    tokenizer = signature.parameters["tokenizer"]
    assert tokenizer.replaced_by == "processing_class"
    assert tokenizer.deprecated
    assert signature.positional == ["model", "processing_class"]


def test_a_trainer_tells_of_its_configuration() -> None:
    scanned = scan_files(
        "trl",
        {
            CONFIG: IMPORTS + '@dataclass\nclass SFTConfig:\n    loss_type: str = "nll"\n',
            TRAINER: """
                from .sft_config import SFTConfig
                class SFTTrainer:
                    def __init__(self, model, args: SFTConfig = None):
                        if args.loss_type not in ["nll", "dft"]:
                            raise ValueError(f"Unknown loss: {args.loss_type}")
            """,
        },
    )
    assert scanned["trl.SFTConfig"].parameters["loss_type"].choices == ["'nll'", "'dft'"]


def test_what_a_class_says_of_inherited_fields_is_told() -> None:
    scanned = scan_files(
        "trl",
        {
            CONFIG: IMPORTS
            + "@dataclass\nclass SFTConfig:\n    pad_token: str = None\n"
            + "@dataclass\nclass GOLDConfig(SFTConfig):\n    def __post_init__(self):\n"
            + "        if self.pad_token is not None:\n"
            + '            warnings.warn("`pad_token` is deprecated. Use `eos_token` instead.")\n',
        },
    )
    assert scanned["trl.SFTConfig"].parameters["pad_token"].deprecated is None
    assert scanned["trl.GOLDConfig"].parameters["pad_token"].replaced_by == "eos_token"


def test_documentation_is_of_the_field_or_of_the_docstring() -> None:
    body = '''
"""Configuration.

Parameters:
    packing (`bool`, *optional*):
        Whether to pack. Saves memory.
    beta (`float`):
        Of the docstring.
"""
packing: bool = False
beta: float = field(default=0.1, metadata={"help": "Of the" " field. And more."})
'''
    documented = {name: each.doc for name, each in config(body).parameters.items()}
    assert documented == {"packing": "Whether to pack.", "beta": "Of the field."}


def test_classes_that_are_their_own_bases_end() -> None:
    text = IMPORTS + "@dataclass\nclass SFTConfig(SFTConfig):\n    a: int = 1\n"
    text += "class AConfig(BConfig): ...\nclass BConfig(AConfig): ...\n"
    scanned = scan_files("trl", {CONFIG: text})
    assert list(scanned["trl.SFTConfig"].parameters) == ["a"]
    assert not scanned["trl.AConfig"].parameters
