"""Which arguments take some strings only, as data for the rule invalid-choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tunesmith.named_tuple import NamedTuple

CONVERTED = frozenset(
    [
        "eval_strategy",
        "evaluation_strategy",
        "hub_strategy",
        "logging_strategy",
        "lr_scheduler_type",
        "optim",
        "save_strategy",
    ]
)
"""Enumerations of `TrainingArguments`: each is converted, and raises, when it is made."""

CHECKED: Mapping[str, Sequence[str]] = {
    "trl.SFTConfig": ("loss_type", "packing_strategy"),
    "trl.GRPOConfig": ("importance_sampling_level", "loss_type", "vllm_mode"),
    "peft.LoraConfig": ("bias",),
}
"""Further ones, by object: the trainers and PEFT raise for others, read from every release."""

_DPO_LOSSES = (
    *("sigmoid", "hinge", "ipo", "exo_pair", "nca_pair", "robust", "bco_pair", "sppo_hard"),
    *("aot", "apo_zero", "apo_down", "discopop", "sft"),
)
_LORA_STARTS = ("eva", "loftq", "lora_ga", "mica", "olora", "orthogonal", "pissa", "corda")
SINCE: Mapping[tuple[str, str], Sequence[tuple[str, Sequence[str]]]] = {
    ("trl.DPOConfig", "loss_type"): (
        ("0.20.0", (*_DPO_LOSSES, "aot_pair", "kto_pair")),
        ("0.28.0", (*_DPO_LOSSES, "aot_unpaired", "kto_pair")),
        ("0.29.0", (*_DPO_LOSSES, "aot_unpaired")),
        ("1.4.0", (*_DPO_LOSSES, "aot_unpaired", "sigmoid_norm")),
    ),
    ("trl.GRPOConfig", "scale_rewards"): (("0.22.0", ("group", "batch", "none")),),
    ("peft.LoraConfig", "init_lora_weights"): (("0.12.0", ("gaussian", *_LORA_STARTS)),),
    ("peft.LoraConfig", "task_type"): (
        (
            "0.14.0",
            (
                *("CAUSAL_LM", "SEQ_CLS", "SEQ_2_SEQ_LM", "TOKEN_CLS", "QUESTION_ANS"),
                "FEATURE_EXTRACTION",
            ),
        ),
    ),
}
"""What is taken from a release on, where the tables do not tell: `dpo_loss` of `dpo_trainer.py` in
73 releases of TRL; `grpo_trainer.py`; `PeftConfigMixin.__post_init__` and `tuners/lora/layer.py` of
PEFT, where a release may take fewer than those listed."""

LISTS = frozenset({("trl.DPOConfig", "loss_type")})
"""Arguments that take a list of choices as well."""
PREFIXES = frozenset({"init_lora_weights"})
"""Arguments of which a choice may go on, as "pissa_niter_16", and be written in capitals."""


class OldValue(NamedTuple):
    """A value that is still taken, and that the library announces to take away.

    Attributes:
        since: the first release that says so.
        new: what to write instead, as the library says.
        is_same: the new one does the same.
    """

    since: str
    new: str
    is_same: bool = False


OLD_VALUES: Mapping[tuple[str, str, str], OldValue] = {
    ("trl.SFTConfig", "loss_type", "chunked_nll"): OldValue("1.15.0", "nll", is_same=True),
    ("trl.SFTConfig", "packing_strategy", "bfd-requeue"): OldValue(
        "1.0.0", "bfd_split", is_same=True
    ),
    ("trl.SFTConfig", "truncation_mode", "keep_end"): OldValue("1.1.0", "keep_start"),
    ("trl.DPOConfig", "truncation_mode", "keep_end"): OldValue("1.1.0", "keep_start"),
}
"""By configuration, argument and value: `__post_init__` in `sft_config.py` and `dpo_config.py` of
TRL 1.0 to 1.16, which take them away in 2.0.0."""
