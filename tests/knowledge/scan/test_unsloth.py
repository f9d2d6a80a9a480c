"""What importing unsloth changes in trl."""

from __future__ import annotations

import pytest

from tunesmith.knowledge.scan.scanner import scan
from tunesmith.knowledge.scan.types import Scan, Signature

LOADER = """
class FastLlamaModel:
    @staticmethod
    def get_peft_model(model, r=16, lora_alpha=16, **kwargs): ...

class FastLanguageModel(FastLlamaModel):
    @staticmethod
    @functools.wraps(FastLlamaModel.get_peft_model)
    def get_peft_model(model, *args, **kwargs):
        return FastLlamaModel.get_peft_model(model, *args, **kwargs)

    @staticmethod
    def from_pretrained(model_name="unsloth/x", max_seq_length=2048, *args, **kwargs): ...
"""
TRAINER = """
try:
    from trl import SFTConfig as TrainingArguments
except:
    from transformers import TrainingArguments
from trl import SFTTrainer

@dataclass
class UnslothTrainingArguments(TrainingArguments):
    embedding_learning_rate: Optional[float] = field(
        default=None, metadata={"help": "Other rates for embeddings."}
    )

class UnslothTrainer(SFTTrainer):
    pass
"""
REBUILT = """
def create_backwards_compatible_trainer(trainer_class, config_class):
    def new_init(self, *args, **kwargs):
        kwargs["args"] = config_class(**config_dict)
    return new_init
"""
KEPT = """
def _backwards_compatible_trainer(trainer_class, config_class):
    def new_init(self, *args, **kwargs):
        if not isinstance(training_args, TrainingArguments):
            config = config_class(**config_dict)
    return new_init
"""
RL = """
RLTrainer_replacement = '''
@dataclass
class Unsloth{RLConfig_name}({RLConfig_name}):
    vllm_sampling_params: Optional[Any] = field(
        default = None,
        metadata = {{'help': 'vLLM SamplingParams'}},
    )
    unsloth_num_chunks : Optional[int] = field(
        default = -1,
        metadata = {{'help': 'Chunk size to reduce memory usage. -1 is most efficient.'}},
    )
    {max_seq_length_pre}
    def __init__({RLConfig_arguments},
        vllm_sampling_params = None,
        unsloth_num_chunks = -1,
        {max_seq_length_call}
        **kwargs,
    ):
        super().__init__(CALL)

class Unsloth{RLTrainer_name}(_Unsloth{RLTrainer_name}):
    def __init__({RLTrainer_arguments},
        **kwargs
    ): ...
'''

def _patch_trl_rl_trainers_impl(trainer_file = "grpo_trainer"):
    replacements = {"seed": 3407, "optim": "adamw_8bit", "num_generations": 8}
    if "max_seq_length" not in call_args and "max_length" in call_args:
        max_seq_length_call = "max_seq_length = None,"
    else:
        max_seq_length_call = ""
    if trainer_file == "sft_trainer" and "context_parallel_size" not in call_args:
        max_seq_length_call += "context_parallel_size = 1,"
    if trainer_file == "grpo_trainer":
        replacements = {"seed": 1}
"""
STRICT = "{RLConfig_call_args}{RLConfig_kwargs}"
FILTERED = "**_unsloth_filter_config_init_kwargs({RLConfig_name}, arguments)"


def read(trainer: str = TRAINER, **models: str) -> Scan:
    """The scan of a release of unsloth with more files among its models."""
    files = {
        "unsloth/__init__.py": "from .models import *",
        "unsloth/models/__init__.py": "from .loader import FastLanguageModel",
        "unsloth/models/loader.py": LOADER,
        "unsloth/trainer.py": trainer,
        **{f"unsloth/models/{name}.py": text for name, text in models.items()},
    }
    return scan("unsloth", files.get, list(files))


def defaults(signature: Signature) -> dict[str, str | None]:
    return {name: parameter.default for name, parameter in signature.parameters.items()}


def test_loaders_take_what_they_wrap() -> None:
    found = read()
    load = found["unsloth.FastLanguageModel.from_pretrained"]
    assert defaults(load) == {"model_name": "'unsloth/x'", "max_seq_length": "2048"}
    assert load.takes_any
    adapt = found["unsloth.FastLanguageModel.get_peft_model"]
    assert defaults(adapt) == {"model": None, "r": "16", "lora_alpha": "16"}
    assert list(adapt.positional or ()) == ["model", "r", "lora_alpha"]


def test_unsloths_own_classes_extend_trls() -> None:
    found = read()
    arguments = found["unsloth.UnslothTrainingArguments"]
    assert defaults(arguments) == {"embedding_learning_rate": "None"}
    assert list(arguments.bases) == ["trl.SFTConfig"]
    assert list(found["unsloth.UnslothTrainer"].bases) == ["trl.SFTTrainer"]


def test_before_the_patch_trl_is_as_it_was() -> None:
    assert not [name for name in read(rl=RL) if name.startswith("unsloth.trl.")]


def test_trainers_take_the_keywords_of_their_configurations() -> None:
    found = read(TRAINER + REBUILT)
    trainer = found["unsloth.trl.DPOTrainer"]
    assert defaults(trainer) == {"tokenizer": "None"}
    assert list(trainer.bases) == ["trl.DPOTrainer", "trl.DPOConfig"]
    assert not trainer.takes_any
    assert "unsloth.trl.DPOConfig" not in found


def test_trainers_that_keep_the_configuration_lose_unknown_keywords() -> None:
    assert read(TRAINER + KEPT)["unsloth.trl.SFTTrainer"].takes_any


def test_configurations_get_fields_and_defaults() -> None:
    found = read(TRAINER + KEPT, rl=RL.replace("CALL", STRICT))
    common = {
        "seed": "3407",
        "optim": "'adamw_8bit'",
        "vllm_sampling_params": "None",
        "unsloth_num_chunks": "-1",
    }
    assert defaults(found["unsloth.trl.GRPOConfig"]) == common
    assert defaults(found["unsloth.trl.DPOConfig"]) == {**common, "max_seq_length": "None"}
    sft = found["unsloth.trl.SFTConfig"]
    assert defaults(sft) == {**common, "max_seq_length": "None", "context_parallel_size": "1"}
    assert sft.parameters["unsloth_num_chunks"].doc == "Chunk size to reduce memory usage"
    assert list(sft.bases) == ["trl.SFTConfig"]
    assert not sft.takes_any
    assert list(found["unsloth.trl.SFTTrainer"].bases) == [
        "trl.SFTTrainer",
        "unsloth.trl.SFTConfig",
    ]


def test_configurations_that_filter_take_any_keyword() -> None:
    found = read(TRAINER + KEPT, rl=RL.replace("CALL", FILTERED))
    assert found["unsloth.trl.SFTConfig"].takes_any


@pytest.mark.parametrize(
    "text", ["", "RLTrainer_replacement = make()", "RLTrainer_replacement = ''"]
)
def test_a_template_of_another_make_changes_no_configuration(text: str) -> None:
    found = read(TRAINER + KEPT, rl=text)
    assert list(found["unsloth.trl.SFTTrainer"].bases) == ["trl.SFTTrainer", "trl.SFTConfig"]
    assert "unsloth.trl.SFTConfig" not in found
