"""Which arguments take some strings only, as data for the rule invalid-choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
SINCE: Mapping[tuple[str, str], Sequence[tuple[str, Sequence[str]]]] = {
    ("trl.DPOConfig", "loss_type"): (
        ("0.20.0", (*_DPO_LOSSES, "aot_pair", "kto_pair")),
        ("0.28.0", (*_DPO_LOSSES, "aot_unpaired", "kto_pair")),
        ("0.29.0", (*_DPO_LOSSES, "aot_unpaired")),
        ("1.4.0", (*_DPO_LOSSES, "aot_unpaired", "sigmoid_norm")),
    ),
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
73 releases of TRL; `PeftConfigMixin.__post_init__` of PEFT."""
