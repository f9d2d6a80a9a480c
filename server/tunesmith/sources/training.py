"""Tells by a script's text, its name or a command whether it trains a model."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from tunesmith.text import regex, regex_with_words

_FEW_STEPS = regex(r"\bmax_steps\s*=\s*(\d+)\b")
_MOST_STEPS_OF_A_TEST = 50

_METHODS = "sft|dpo|grpo|kto|rloo|reward"
_OF_TRL = regex(r"\b(?:SFT|DPO|GRPO|KTO|RLOO|Reward|ORPO|CPO|OnlineDPO|PPO|GKD)Trainer\(")
_IMPORTS_TRL = regex(r"^[ \t]*(?:from|import)[ \t]+trl\b", re.MULTILINE)
_SCRIPT_OF_TRL = regex(rf"\btrl/scripts/(?:{_METHODS})\.py\b|\btrl\s+(?:{_METHODS})\b")
_FOR_CPU = regex_with_words(
    r"\buse_cpu\b|\bno_cuda\b|[\"'=\s]cpu\b(?!-)|\bbf16[\s=]+False|[-/]tiny-|\btiny\b",
    ("cpu", "no_cuda", "False", "tiny"),
)

_NAME = regex(
    r"(?:^|[^a-z])(?:train(?:er|ing)?|(?:pre|post)train(?:ing)?|sft|dpo|grpo|orpo|kto|rloo|ppo"
    r"|fine[-_]?tun(?:e|ing)|finetuner|q?lora|distill(?:ation)?)(?![a-z])"
)
_OTHER_WORK = regex(
    r"eval|infer|generat|test|smoke|prepar|preprocess|merge|convert|export|check|debug|dry|launch"
    r"|submit|demo|plot|tokeni[sz]|push|upload|report|quick|mini|tiny|data|estimate|inspect|bench"
    r"|gguf|quanti|probe|probing|score|label"
)
_TRAINS_IN_SHELL = regex(
    r"\btrl\s+(?:sft|dpo|grpo|kto|rloo|reward)\b|\b(?:axolotl|llamafactory-cli)\s+train\b"
    r"|\bswift\s+(?:sft|pt|rlhf)\b|\btune\s+run\b"
)
_RUN = regex(
    r"\b(?:python[\d.]*|accelerate|torchrun|deepspeed|uv|uvx|pdm|poetry|bash|sh)\s+(?P<words>[^;&|]*)"
)
_SCRIPT = regex(r"[^\s'\"=()]{1,300}\.(?:py|sh)(?![\w.])|(?<=-m )[A-Za-z_][\w.]*")
_TEST_RUN = regex(
    r"--(?:smoke|test|dry|debug|fast|quick|sanity|tiny|overfit|validate|help|version)(?![\w-])"
    r"|--(?:smoke|dry|fast|quick|sanity)[-_]\w+"
    r"|--(?:train[-_]|num[-_]|n[-_])*(?:max[-_])?(?:train[-_])?(?:steps|samples|examples|limit)[= ]"
    r"\d{1,2}(?!\d)"
)


def text_trains(text: str) -> bool:
    """Whether a script trains, and for more than the few steps of a test."""
    limits = _FEW_STEPS.finditer(text) if "max_steps" in text else ()
    steps = [int(match[1]) for match in limits]
    if steps and 0 < max(steps) <= _MOST_STEPS_OF_A_TEST:
        return False
    uses_trainer = ".train(" in text and "Trainer(" in text
    return uses_trainer or ".backward(" in text


def text_needs_gpu(text: str) -> bool:
    """Whether a script trains a language model with TRL, and nothing says that it shall do so on a
    CPU, or that the model is a toy."""
    is_trainer = _OF_TRL.search(text) and _IMPORTS_TRL.search(text)
    return bool(is_trainer) and not _FOR_CPU.search(text) and text_trains(text)


def words_need_gpu(words: Iterable[str]) -> bool:
    """Whether a command runs one of TRL's own scripts, which train language models."""
    line = " ".join(words)
    return bool(_SCRIPT_OF_TRL.search(line)) and not _FOR_CPU.search(line)


def name_trains(script: str) -> bool:
    """Whether a script that cannot be read is called as training scripts are."""
    stem = PurePosixPath(script.partition("?")[0]).stem.lower()
    return bool(_NAME.search(stem)) and not _OTHER_WORK.search(stem)


def words_train(words: Iterable[str]) -> bool:
    """Whether a command in a container trains: `python train.py`, `trl sft`, `bash -c "..."`."""
    line = " ".join(words)
    runs = (match["words"] for match in _RUN.finditer(line))
    scripts = (match[0] for run in runs for match in _SCRIPT.finditer(run))
    return bool(_TRAINS_IN_SHELL.search(line)) or any(map(_is_training, scripts))


def _is_training(script: str) -> bool:
    is_file = script.endswith((".py", ".sh"))
    return name_trains(script if is_file else script.rpartition(".")[2])


def is_test_run(words: Iterable[str]) -> bool:
    """Whether a script's arguments say that it only tries something out."""
    return bool(_TEST_RUN.search(" ".join(words)))
