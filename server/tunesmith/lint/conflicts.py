"""Arguments that the libraries refuse together, as data for the rule conflicting-arguments.

Each row is a ValueError of transformers or TRL. A row reads `names` from the call, and `args.NAME`
from the configuration that a trainer is given; it holds only where all of them are known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.python_script import Call
from tunesmith.sources.python_values import DictValue, Reference
from tunesmith.sources.unknown import ABSENT


class Conflict(NamedTuple):
    """Arguments that raise together.

    Attributes:
        names: what the predicate gets, in order; the finding underlines the first that is given.
        holds: whether the values raise.
        message: what happens, and what to do; may name values as {0}, {1} ….
        objects: the classes that it holds for.
        package: whose releases decide.
        since: the first release that raises; None for all that are known.
        before: the first release that does not raise any more.
    """

    names: Sequence[str]
    holds: Callable[..., bool]
    message: str
    objects: Sequence[str]
    package: str = "trl"
    since: str | None = None
    before: str | None = None


PROCESSES = "processes"
"""Among the names, the number of processes that train, where the job's start tells it."""


def _number(value: Any) -> bool:
    return type(value) in (int, float)


def _is_object(value: Any) -> bool:
    """Something made by a call, or a function."""
    return isinstance(value, (Call, Reference))


def _both(one: Any, other: Any) -> bool:
    return one is True and other is True


def _strategies_differ(best: Any, save: Any, evaluate: Any) -> bool:
    known = isinstance(save, str) and isinstance(evaluate, str)
    return best is True and known and save not in ("best", evaluate)


def _steps_do_not_fit(*values: Any) -> bool:
    best, save, evaluate, save_steps, eval_steps, logging_steps = values
    eval_steps = eval_steps or logging_steps
    whole = type(save_steps) is int and type(eval_steps) is int and eval_steps > 0
    by_steps = best is True and save == evaluate == "steps"
    return by_steps and whole and save_steps % eval_steps != 0


def _collates_without_padding(
    collator: Any, padding_free: Any, packing: Any, strategy: Any
) -> bool:
    by_packing = packing is True and strategy in ("ffd", "bfd", "bfd_split")
    return _is_object(collator) and (padding_free is True or by_packing)


def _is_peft_model(value: Any) -> bool:
    made = ("peft.get_peft_model", "peft.PeftModel.from_pretrained")
    return isinstance(value, Call) and value.name in made


def _quantizes_twice(given: Any, kwargs: Any) -> bool:
    inside = isinstance(kwargs, DictValue) and "quantization_config" in kwargs
    return _is_object(given) and inside


def _streams(dataset: Any, max_steps: Any) -> bool:
    is_stream = (
        isinstance(dataset, Call)
        and dataset.name == "datasets.load_dataset"
        and dataset.value("streaming") is True
        and dataset.value("split") is not ABSENT
    )
    return is_stream and (max_steps is ABSENT or (_number(max_steps) and max_steps <= 0))


def _follows_no_evaluation(scheduler: Any, evaluate: Any) -> bool:
    return scheduler == "reduce_lr_on_plateau" and evaluate == "no"


def _prefetches_without_workers(factor: Any, workers: Any) -> bool:
    return _number(factor) and workers == 0


def _logs_every_0_steps(steps: Any, strategy: Any) -> bool:
    return _number(steps) and steps == 0 and strategy == "steps"


def _both_numbers(size: Any, steps: Any) -> bool:
    return _number(size) and _number(steps)


def _compares_nothing(generations: Any) -> bool:
    return _number(generations) and generations < 2


def _is_true(automatic: Any) -> bool:
    return automatic is True


def _uploads_no_logs(repository: Any, logs: Any) -> bool:
    return isinstance(repository, str) and logs is False


def _adds_second_adapter(config: Any, model: Any) -> bool:
    return _is_object(config) and _is_peft_model(model)


def _has_two_references(reference: Any, config: Any, forced: Any) -> bool:
    return _is_object(reference) and _is_object(config) and forced is not True


def _does_not_enforce(length: Any, free: Any, packing: Any) -> bool:
    return free is True and packing is False and _number(length)


def _packs_without_end(length: Any, packing: Any) -> bool:
    return length is None and packing is True


def _formats_away(function: Any, only: Any) -> bool:
    return isinstance(function, Reference) and only is True


def _splits_groups(generations: Any, size: Any) -> bool:
    whole = type(generations) is int and generations > 1 and type(size) is int
    return whole and size % generations != 0


def _makes_no_whole_groups(*values: Any) -> bool:
    generations, batch, accumulated, steps, size, processes = values
    steps = accumulated if steps is None else steps
    whole = all(type(each) is int for each in (batch, steps, processes))
    return size is None and whole and _splits_groups(generations, batch * steps * processes)


CONFIGURATIONS = (
    "transformers.TrainingArguments",
    "transformers.Seq2SeqTrainingArguments",
    "trl.SFTConfig",
    "trl.DPOConfig",
    "trl.GRPOConfig",
    "trl.RLOOConfig",
    "trl.KTOConfig",
    "trl.RewardConfig",
    "trl.CPOConfig",
    "trl.ORPOConfig",
)
_SFT, _DPO = ("trl.SFTTrainer",), ("trl.DPOTrainer",)
_GROUPED = ("trl.GRPOConfig", "trl.RLOOConfig")
_LOADING = (*_SFT, *_DPO, "trl.GRPOTrainer", "trl.RLOOTrainer", "trl.RewardTrainer")

CONFLICTS: Sequence[Conflict] = (
    Conflict(
        ("fp16", "bf16"),
        _both,
        "fp16 and bf16 are both on, and {package} raises ValueError. Keep one of them.",
        CONFIGURATIONS,
        "transformers",
    ),
    Conflict(
        ("fp16_full_eval", "bf16_full_eval"),
        _both,
        "fp16_full_eval and bf16_full_eval are both on, and {package} raises ValueError. "
        "Keep one of them.",
        CONFIGURATIONS,
        "transformers",
    ),
    Conflict(
        ("load_best_model_at_end", "save_strategy", "eval_strategy"),
        _strategies_differ,
        "load_best_model_at_end needs checkpoints to be saved when they are evaluated: with "
        'save_strategy "{1}" and eval_strategy "{2}", {package} raises ValueError. '
        "Give both the same.",
        CONFIGURATIONS,
        "transformers",
    ),
    Conflict(
        (
            "load_best_model_at_end",
            "save_strategy",
            "eval_strategy",
            "save_steps",
            "eval_steps",
            "logging_steps",
        ),
        _steps_do_not_fit,
        "load_best_model_at_end needs save_steps to be a multiple of eval_steps (without them, of "
        "logging_steps): {3} is not one, and {package} raises ValueError.",
        CONFIGURATIONS,
        "transformers",
    ),
    Conflict(
        ("lr_scheduler_type", "eval_strategy"),
        _follows_no_evaluation,
        'reduce_lr_on_plateau follows the evaluations, and eval_strategy is "no": {package} '
        "raises ValueError. Set eval_strategy.",
        CONFIGURATIONS,
        "transformers",
    ),
    Conflict(
        ("dataloader_prefetch_factor", "dataloader_num_workers"),
        _prefetches_without_workers,
        "dataloader_prefetch_factor needs dataloader_num_workers above 0: {package} raises "
        "ValueError.",
        CONFIGURATIONS,
        "transformers",
    ),
    Conflict(
        ("logging_steps", "logging_strategy"),
        _logs_every_0_steps,
        'logging_steps is 0: {package} raises ValueError. For no logs, set logging_strategy="no".',
        CONFIGURATIONS,
        "transformers",
    ),
    Conflict(
        ("generation_batch_size", "steps_per_generation"),
        _both_numbers,
        "generation_batch_size and steps_per_generation say the same in two ways, and {package} "
        "raises ValueError. Keep one of them.",
        _GROUPED,
        since="0.18.0",
    ),
    Conflict(
        ("num_generations", "generation_batch_size"),
        _splits_groups,
        "generation_batch_size ({1}) is no multiple of num_generations ({0}), and {package} raises "
        "ValueError.",
        _GROUPED,
        since="0.18.0",
    ),
    Conflict(
        (
            "num_generations",
            "per_device_train_batch_size",
            "gradient_accumulation_steps",
            "steps_per_generation",
            "generation_batch_size",
            PROCESSES,
        ),
        _makes_no_whole_groups,
        "per_device_train_batch_size ({1}) times gradient_accumulation_steps or "
        "steps_per_generation is no multiple of num_generations ({0}) on one GPU, and {package} "
        "raises ValueError. Make it one.",
        _GROUPED,
        since="0.18.0",
    ),
    Conflict(
        ("num_generations",),
        _compares_nothing,
        "num_generations is {0}: rewards are compared within a group, which takes at least 2, and "
        "{package} raises ValueError.",
        _GROUPED,
        since="0.17.0",
    ),
    Conflict(
        ("auto_find_batch_size",),
        _is_true,
        "auto_find_batch_size would break the groups of num_generations completions: {package} "
        "raises ValueError. Set per_device_train_batch_size.",
        _GROUPED,
        since="1.9.0",
    ),
    Conflict(
        ("log_completions_hub_repo", "log_completions"),
        _uploads_no_logs,
        "log_completions_hub_repo is set without log_completions=True: {package} raises "
        "ValueError.",
        ("trl.GRPOConfig",),
        since="0.28.0",
    ),
    Conflict(
        ("quantization_config", "args.model_init_kwargs"),
        _quantizes_twice,
        "quantization_config is given to the trainer and in model_init_kwargs, and {package} "
        "raises ValueError. Keep the trainer's.",
        _LOADING,
        since="1.8.0",
    ),
    Conflict(
        ("peft_config", "model"),
        _adds_second_adapter,
        "The model has an adapter already: with peft_config besides, {package} raises ValueError. "
        "Leave out peft_config, or the call that adds the adapter.",
        _LOADING,
        since="0.27.0",
    ),
    Conflict(
        ("ref_model", "peft_config", "args.force_use_ref_model"),
        _has_two_references,
        "With peft_config, the reference is the model without its adapter: {package} raises "
        "ValueError on a ref_model. Leave it out.",
        _DPO,
        since="0.13.0",
        before="0.28.0",
    ),
    Conflict(
        ("data_collator", "args.padding_free", "args.packing", "args.packing_strategy"),
        _collates_without_padding,
        "Packing and padding_free need SFTTrainer's own collator: with data_collator, {package} "
        "raises ValueError. Leave it out, or turn off packing and padding_free.",
        _SFT,
        since="0.19.0",
    ),
    Conflict(
        ("args.max_length", "args.padding_free", "args.packing"),
        _does_not_enforce,
        "padding_free without packing does not enforce max_length ({0}), and {package} raises "
        "ValueError. Set packing=True, or max_length=None for data that is short enough.",
        _SFT,
        since="1.0.0",
    ),
    Conflict(
        ("args.max_length", "args.packing"),
        _packs_without_end,
        "Packing fills sequences up to max_length, which is None: {package} raises ValueError. "
        "Give a length.",
        _SFT,
        since="0.16.0",
    ),
    Conflict(
        ("formatting_func", "args.completion_only_loss"),
        _formats_away,
        "A formatting_func makes plain text, in which completion_only_loss finds no completion: "
        "{package} raises ValueError. Format the data set before, or leave one of them out.",
        _SFT,
        since="0.18.0",
    ),
    Conflict(
        ("train_dataset", "args.max_steps"),
        _streams,
        "A streamed data set has no length: {package} raises ValueError unless max_steps is set.",
        ("transformers.Trainer", *_SFT),
        "transformers",
    ),
    Conflict(
        ("load_in_8bit", "load_in_4bit"),
        _both,
        "load_in_8bit and load_in_4bit are both on, and {package} raises ValueError. "
        "Keep one of them.",
        ("transformers.BitsAndBytesConfig",),
        "transformers",
    ),
)
