"""Whether a script trains on conversations, and on which model."""

from __future__ import annotations

from tunesmith.lint.arguments import value_at
from tunesmith.lint.training_runs import TrainingRun
from tunesmith.sources.python_script import Call, PythonScript
from tunesmith.sources.python_values import Value
from tunesmith.sources.unknown import UNKNOWN
from tunesmith.text import regex

_DATASETS = regex(
    r"""["'](?:trl-lib/Capybara|HuggingFaceH4/(?:ultrachat_200k|no_robots|Multilingual-Thinking)"""
    r"""|HuggingFaceTB/(?:smoltalk2?|smol-smoltalk)|allenai/tulu-3-sft-mixture"""
    r"""|open-r1/Mixture-of-Thoughts)["']"""
)
"""Public data sets with a column `messages`."""
_MESSAGES = regex(
    r"""["']messages["']\s*:\s*\[|["']role["']\s*:\s*["'](?:user|assistant|system)["']"""
    r"""|\[["']messages["']\]\s*=|\[["']messages["']\]"""
)
_ROWS = regex(r"""["']messages["']\s*:\s*\[""")
_WRAPPERS = ("peft.get_peft_model", "peft.prepare_model_for_kbit_training")
_MAX_WRAPPERS = 4
_LOADERS = (
    "transformers.AutoModelForCausalLM.from_pretrained",
    "transformers.AutoModelForImageTextToText.from_pretrained",
    "unsloth.FastLanguageModel.from_pretrained",
    "unsloth.FastModel.from_pretrained",
)


def makes_conversations(script: PythonScript) -> bool:
    """Whether a script loads a known data set of conversations, or writes rows of messages."""
    return names_conversations(script) or _ROWS.search(script.text) is not None


def names_conversations(script: PythonScript) -> bool:
    """Whether a script loads a known data set of conversations."""
    return _DATASETS.search(script.text) is not None


def mentions_conversations(script: PythonScript) -> bool:
    """Whether a script handles messages with roles, or loads a known data set of them."""
    return names_conversations(script) or _MESSAGES.search(script.text) is not None


def model_id(run: TrainingRun, script: PythonScript) -> str | None:
    """The id of the model that a trainer is given, by its name or loaded; None where not told."""
    value = _model_of(run.trainer, script)
    for _ in range(_MAX_WRAPPERS):
        if not isinstance(value, Call) or value.name not in _WRAPPERS:
            break
        value = _model_of(value, script)
    if isinstance(value, Call) and value.name in _LOADERS:
        value = value.value("pretrained_model_name_or_path", 0)
    return value if isinstance(value, str) else None


def _model_of(call: Call, script: PythonScript) -> Value:
    argument = call.argument("model", 0)
    site = script.index.call_site(call.node)
    return value_at(script, argument.value_node, site) if argument else UNKNOWN
