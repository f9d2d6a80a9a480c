"""Changes after which a training fits: enough by themselves, and no larger than needed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from estimate.scripts import read
from tunesmith.estimate.changes import Changes, changed
from tunesmith.estimate.forecast import forecast
from tunesmith.estimate.remedies import STEP, Remedies
from tunesmith.knowledge.hardware import Machine, flavor

SCRIPT = """\
from peft import LoraConfig
from trl import SFTConfig, SFTTrainer

config = SFTConfig(
    max_length={}, per_device_train_batch_size={}, gradient_checkpointing={},
    gradient_accumulation_steps=3, model_init_kwargs={{"dtype": "bfloat16"}},
)
SFTTrainer("Qwen/Qwen3-{}", args=config, train_dataset=data, peft_config=LoraConfig(r=16))
"""


def remedies(length: int, batch: int, on: bool, model: str) -> Remedies:
    machine = flavor("a10g-large")
    assert machine
    return Remedies(read(SCRIPT.format(length, batch, on, model)), machine)


def fits(each: Remedies, changes: Changes) -> bool:
    machine: Machine = each.machine
    return forecast(changed(each.training, changes), machine).fit.verdict == "fits"


@pytest.mark.parametrize(
    ("length", "batch", "on", "model"),
    [
        (4096, 8, False, "0.6B"),
        (8192, 12, True, "4B"),
        (2048, 4, False, "4B"),
        (512, 1, True, "14B"),
    ],
)
def test_each_is_enough_and_none_is_offered_where_all_is_well(
    length: int, batch: int, on: bool, model: str
):
    made = remedies(length, batch, on, model)
    assert not fits(made, Changes())
    found = list(made.found())
    assert found
    assert all(fits(made, changes) for changes in found)


def test_the_longest_sequences_that_fit():
    made = remedies(8192, 12, True, "4B")
    found = made.length()
    assert found
    assert found.length
    assert found.length % STEP == 0
    assert not fits(made, replace(found, length=found.length + STEP))


def test_a_smaller_batch_makes_steps_of_as_many_sequences():
    made = remedies(8192, 12, True, "4B")
    found = made.batch()
    assert found
    assert found.batch
    assert found.accumulation
    assert found.batch * found.accumulation == 12 * 3
    larger = [each for each in range(found.batch + 1, 12) if 12 % each == 0]
    assert not any(fits(made, Changes(batch=each)) for each in larger)


def test_several_together_only_where_none_is_enough():
    one = remedies(16384, 8, False, "1.7B")
    (together,) = one.found()
    assert (together.batch, together.accumulation, together.is_checkpointed) == (1, 24, True)
    assert fits(one, together)


def test_what_does_not_help_is_not_offered():
    made = remedies(512, 1, True, "14B")
    assert (made.length(), made.batch(), made.checkpointing()) == (None, None, None)
    assert made.quantization() == Changes(quantization="nf4")


def test_weights_are_halved_only_beside_an_adapter():
    machine = flavor("a10g-large")
    assert machine
    in_float32 = SCRIPT.replace('"dtype": "bfloat16"', "").format(1024, 1, True, "8B")
    found = Remedies(read(in_float32), machine).half()
    assert found == Changes(is_half=True)
    whole = in_float32.replace(", peft_config=LoraConfig(r=16)", "").replace("8B", "1.7B")
    made = Remedies(read(whole), machine)
    assert not fits(made, Changes())
    assert fits(made, Changes(is_half=True))  # learns less than asked for
    assert made.half() is None


def test_several_together_where_none_is_enough_alone():
    machine = flavor("a10g-large")
    assert machine
    text = SCRIPT.replace('"dtype": "bfloat16"', "").format(4096, 4, True, "8B")
    (found,) = Remedies(read(text), machine).found()
    assert found == Changes(batch=1, accumulation=12, is_checkpointed=True, is_half=True)
