"""What a script says of models of reference, and of completions that are written."""

from __future__ import annotations

import pytest

from estimate.scripts import assumed, read
from tunesmith.estimate.changes import Changes, changed
from tunesmith.estimate.fit import fit, need
from tunesmith.estimate.training import Training
from tunesmith.knowledge.hardware import flavor


def grpo(arguments: str, trl: str = "1.16.0") -> Training:
    return read(
        "from trl import GRPOConfig, GRPOTrainer\n"
        f"GRPOTrainer('Qwen/Qwen3-4B', args=GRPOConfig({arguments}))\n",
        trl,
    ).training


def of(method: str, arguments: str, more: str = "") -> Training:
    return read(
        f"from peft import LoraConfig\nfrom trl import {method}Config, {method}Trainer\n"
        f"{method}Trainer('Qwen/Qwen3-4B', args={method}Config({arguments}){more})\n"
    ).training


def test_completions_are_as_long_as_the_release_has_them():
    assert grpo("").completion == 512
    assert grpo("", trl="1.0.0").completion == 256
    given = grpo("max_completion_length=1024")
    assert (given.completion, given.length) == (1024, 512 + 1024)


def test_the_completions_of_a_step_are_written_at_once():
    assert grpo("").generated == 8
    assert grpo("per_device_train_batch_size=4, gradient_accumulation_steps=8").generated == 32
    two = grpo("gradient_accumulation_steps=8, steps_per_generation=2")
    assert two.generated == 16
    assert grpo("generation_batch_size=64").generated == 64


def test_releases_before_0_18_wrote_those_of_a_batch():
    old = grpo("per_device_train_batch_size=4, gradient_accumulation_steps=8", trl="0.16.0")
    assert old.generated == 4


def test_a_server_writes_elsewhere():
    training = grpo("use_vllm=True, vllm_mode='server'")
    assert (training.generated, training.engine_share) == (0, 0.0)
    assert grpo("use_vllm=True", trl="0.24.0").engine_share == 0.0


def test_vllm_beside_the_trainer_takes_its_share():
    code = (
        "from trl import GRPOConfig, GRPOTrainer\n"
        "config = GRPOConfig(use_vllm=True, vllm_gpu_memory_utilization=0.45)\n"
        "GRPOTrainer('Qwen/Qwen3-4B', args=config)\n"
    )
    found = read(code)
    assert found.training.engine_share == 0.45
    assert assumed(found)["vLLM takes 45% of the GPU"] == "vllm_gpu_memory_utilization"
    assert grpo("use_vllm=True").engine_share == 0.3
    assert grpo("use_vllm=True, vllm_enable_sleep_mode=True").engine_share == 0.0


def test_a_share_is_not_there_for_the_trainer():
    machine = flavor("a100-large")
    found = read(
        "from peft import LoraConfig\nfrom trl import GRPOConfig, GRPOTrainer\n"
        "config = GRPOConfig(use_vllm=True, model_init_kwargs={'dtype': 'bfloat16'})\n"
        "GRPOTrainer('Qwen/Qwen3-8B', args=config, peft_config=LoraConfig())\n"
    )
    assert machine
    assert found.shape
    reason = fit(need(found.shape, found.training), machine.accelerator).reason
    assert "of 59.5 GB that an NVIDIA A100 80GB has free beside vLLM" in reason


def test_a_beta_needs_a_reference():
    assert not grpo("").has_kl
    assert grpo("", trl="0.18.0").has_kl
    assert grpo("beta=0.01").has_reference
    adapted = of("GRPO", "beta=0.01", ", peft_config=LoraConfig()")
    assert adapted.asks_reference
    assert not adapted.has_reference


def test_a_second_batch_is_kto_s_own():
    assert of("KTO", "").has_kl
    assert not of("KTO", "loss_type='apo_zero_unpaired'").has_kl
    assert not of("DPO", "").has_kl


@pytest.mark.parametrize("loss", ["", "loss_type='ipo'", "loss_type=['sigmoid', 'sft']"])
def test_no_loss_of_dpo_takes_other_memory(loss: str):
    found = read(
        "from trl import DPOConfig, DPOTrainer\n"
        f"DPOTrainer('Qwen/Qwen3-4B', args=DPOConfig({loss}))\n"
    )
    assert not assumed(found)


def test_a_reference_may_be_asked_before():
    assert of("DPO", "").has_reference
    assert not of("DPO", "precompute_ref_log_probs=True").has_reference
    assert not of("DPO", "", ", peft_config=LoraConfig()").has_reference
    assert not of("KTO", "precompute_ref_log_probs=True").has_reference


def test_a_reference_beside_an_adapter_is_not_known():
    found = read(
        "from peft import LoraConfig\n"
        "from transformers import AutoModelForCausalLM\n"
        "from trl import DPOConfig, DPOTrainer\n"
        "other = AutoModelForCausalLM.from_pretrained('Qwen/Qwen3-4B')\n"
        "DPOTrainer('Qwen/Qwen3-4B', ref_model=other, args=DPOConfig(), peft_config=LoraConfig())\n"
    )
    assert "the model of reference" in assumed(found)


def test_attention_that_cannot_be_fused_makes_its_scores():
    code = "from trl import SFTConfig, SFTTrainer\nSFTTrainer('{}', args=SFTConfig())\n"
    gemma2 = code.format("google/gemma-2-2b-it")
    assert read(gemma2).training.attention == "eager"
    assert read(gemma2, trl="1.0.0", transformers="5.0.0").training.attention == "sdpa"
    assert read(code.format("openai/gpt-oss-20b")).training.attention == "eager"
    assert read(code.format("Qwen/Qwen3-4B")).training.attention == "sdpa"


def test_other_batches_write_other_completions_at_once():
    found = read(
        "from trl import GRPOConfig, GRPOTrainer\n"
        "config = GRPOConfig(per_device_train_batch_size=4, gradient_accumulation_steps=8)\n"
        "GRPOTrainer('Qwen/Qwen3-4B', args=config)\n"
    )
    assert changed(found, Changes(batch=8)).training.generated == 64
    kept = changed(found, Changes(batch=1, accumulation=32)).training
    assert (kept.generated, kept.accumulates) == (32, True)
    assert changed(found, Changes(length=100)).training.completion == 100
