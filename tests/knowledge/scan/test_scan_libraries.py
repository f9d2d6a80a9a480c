"""Which objects are read of each library, and under which names."""

from __future__ import annotations

import pytest

from knowledge.scan.made_library import scan_files
from tunesmith.knowledge.scan.scanner import scan

CONFIG = (
    "from dataclasses import dataclass\n@dataclass\nclass {name}({base}):\n    {field}: int = 1\n"
)


def test_the_classes_of_trl_and_what_it_exports() -> None:
    scanned = scan_files(
        "trl",
        {
            "trl/__init__.py": """
                from typing import TYPE_CHECKING
                if TYPE_CHECKING:
                    from .trainer import SFTTrainer, DataCollatorForCompletionOnlyLM
                    from .models import setup_chat_format
                    from .import_utils import is_peft_available
            """,
            "trl/import_utils.py": "def is_peft_available(): ...",
            "trl/models/__init__.py": "from .utils import *",
            "trl/models/utils.py": "def setup_chat_format(model, tokenizer, format='chatml'): ...",
            "trl/trainer/__init__.py": "from .sft_trainer import SFTTrainer\n"
            "from .utils import DataCollatorForCompletionOnlyLM\n",
            "trl/trainer/sft_trainer.py": "class BaseTrainer: ...\n"
            "class SFTTrainer:\n    def __init__(self, model): ...\n",
            "trl/trainer/utils.py": """
                from transformers import DataCollatorForLanguageModeling
                class DataCollatorForCompletionOnlyLM(DataCollatorForLanguageModeling):
                    def __init__(self, response_template, *args, mlm=False, **kwargs):
                        super().__init__(*args, mlm=mlm, **kwargs)
            """,
            "trl/experimental/gspo_token/grpo_trainer.py": "class GRPOTrainer:\n"
            "    def __init__(self, model): ...\n",
            "trl/experimental/kto/__init__.py": CONFIG.format(
                name="KTOConfig", base="", field="beta"
            ),
            "trl/experimental/gold/other.py": "class OtherConfig: ...",
        },
    )
    assert set(scanned) == {
        "trl.SFTTrainer",
        "trl.DataCollatorForCompletionOnlyLM",
        "trl.setup_chat_format",
        "trl.experimental.GRPOTrainer",
        "trl.experimental.KTOConfig",
    }
    collator = scanned["trl.DataCollatorForCompletionOnlyLM"]
    assert collator.bases == ("transformers.DataCollatorForLanguageModeling",)
    assert collator.positional == ["response_template"]


def test_the_objects_of_transformers() -> None:
    loader = "class {}:\n    @classmethod\n    def from_pretrained(cls, name, {}**kwargs): {}\n"
    auto = "transformers/models/auto/"
    scanned = scan_files(
        "transformers",
        {
            "transformers/training_args.py": CONFIG.format(
                name="TrainingArguments", base="", field="seed"
            ),
            "transformers/training_args_seq2seq.py": "from .training_args import *\n"
            + CONFIG.format(
                name="Seq2SeqTrainingArguments", base="TrainingArguments", field="beams"
            ),
            "transformers/utils/quantization_config.py": """
                class BitsAndBytesConfig:
                    def __init__(self, load_in_4bit=False, **kwargs):
                        if kwargs: logger.info(f"Unused kwargs: {list(kwargs)}")
            """,
            "transformers/generation/configuration_utils.py": """
                class GenerationConfig:
                    def __init__(self, **kwargs):
                        self.max_length = kwargs.pop("max_length", 20)
            """,
            "transformers/modeling_utils.py": loader.format(
                "PreTrainedModel", "revision='main', ", "kwargs.pop('device_map', None)"
            ),
            auto + "auto_factory.py": loader.format(
                "_BaseAutoModelClass",
                "",
                "kwargs.get('revision'), kwargs.pop('code_revision', None)",
            ),
            auto + "modeling_auto.py": "from .auto_factory import _BaseAutoModelClass\n"
            "class AutoModelForCausalLM(_BaseAutoModelClass): ...\n",
        },
    )
    assert set(scanned) == {
        "transformers.TrainingArguments",
        "transformers.Seq2SeqTrainingArguments",
        "transformers.BitsAndBytesConfig",
        "transformers.GenerationConfig",
        "transformers.PreTrainedModel.from_pretrained",
        "transformers._BaseAutoModelClass.from_pretrained",
        "transformers.AutoModelForCausalLM.from_pretrained",
    }
    assert scanned["transformers.Seq2SeqTrainingArguments"].bases == (
        "transformers.TrainingArguments",
    )
    assert list(scanned["transformers.Seq2SeqTrainingArguments"].parameters) == ["beams"]
    assert scanned["transformers.BitsAndBytesConfig"].takes_any
    assert scanned["transformers.GenerationConfig"].parameters["max_length"].default == "20"
    base = scanned["transformers._BaseAutoModelClass.from_pretrained"]
    assert list(base.parameters) == ["code_revision"]
    assert base.bases == ("transformers.PreTrainedModel.from_pretrained",)
    auto_model = scanned["transformers.AutoModelForCausalLM.from_pretrained"]
    assert auto_model.bases == ("transformers._BaseAutoModelClass.from_pretrained",)
    assert auto_model.positional == ["name"]
    assert auto_model.takes_any


def test_the_objects_of_peft() -> None:
    scanned = scan_files(
        "peft",
        {
            "peft/__init__.py": "from .config import PeftConfig\nfrom .tuners import LoraConfig\n"
            "from .mapping import get_peft_model\nfrom .peft_model import PeftModel\n"
            "from .mapping import _hidden\n",
            "peft/config.py": CONFIG.format(name="PeftConfig", base="PushMixin", field="task_type"),
            "peft/tuners/__init__.py": "from .lora import LoraConfig",
            "peft/tuners/lora.py": "from peft.config import PeftConfig\n"
            + CONFIG.format(name="LoraConfig", base="PeftConfig", field="r"),
            "peft/mapping.py": "def get_peft_model(model, peft_config): ...\ndef _hidden(): ...",
            "peft/peft_model.py": "class PeftModel:\n    @classmethod\n"
            "    def from_pretrained(cls, model, model_id, **kwargs): ...\n",
        },
    )
    assert set(scanned) == {
        "peft.PeftConfig",
        "peft.LoraConfig",
        "peft.get_peft_model",
        "peft.PeftModel.from_pretrained",
    }
    assert scanned["peft.LoraConfig"].bases == ("peft.PeftConfig",)
    assert scanned["peft.LoraConfig"].module == "peft.tuners.lora"
    assert list(scanned["peft.LoraConfig"].parameters) == ["r"]


def test_all_of_a_package_is_what_it_exports() -> None:
    text = """
        from trackio.deploy import helper, sync as _sync
        __all__ = ["init", "log"]
        def init(project, space_id=None): ...
        def log(metrics): ...
        def start_server(): ...
    """
    assert set(scan_files("trackio", {"trackio/__init__.py": text})) == {
        "trackio.init",
        "trackio.log",
    }


def test_jobs_have_their_public_names() -> None:
    text = "class HfApi:\n    def run_job(self, *, image, command, flavor=None): ...\n"
    scanned = scan_files(
        "huggingface-hub",
        {
            "huggingface_hub/hf_api.py": text,
            "huggingface_hub/_login.py": "def login(token=None): ...",
        },
    )
    assert set(scanned) == {
        "huggingface_hub.HfApi.run_job",
        "huggingface_hub.run_job",
        "huggingface_hub.login",
    }
    assert scanned["huggingface_hub.run_job"].bases == ("huggingface_hub.HfApi.run_job",)
    method = scanned["huggingface_hub.HfApi.run_job"]
    assert list(method.parameters) == ["image", "command", "flavor"]
    assert method.positional == []


def test_only_files_of_the_release_are_read() -> None:
    asked: list[str] = []

    def read(path: str) -> str:
        asked.append(path)
        return "from .load import load_dataset"

    assert scan("datasets", read, ["datasets/__init__.py"]) == {}
    assert asked == ["datasets/__init__.py"]


def test_an_unknown_package_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'numpy'.*datasets, huggingface-hub"):
        scan("numpy", str, [])
