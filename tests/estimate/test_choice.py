"""Which machine to take."""

from __future__ import annotations

import pytest

from builders import project, understood
from tunesmith.estimate.choice import BY_MLX, IN_TURNS, NO_BFLOAT16, Choice, Option, choose
from tunesmith.estimate.compute import Interval
from tunesmith.estimate.data import Data, exactly
from tunesmith.estimate.duration import Workload, duration
from tunesmith.estimate.mlx.forecast import mlx_training
from tunesmith.estimate.mlx.training import Packing
from tunesmith.estimate.script import ScriptTraining, trainings_of
from tunesmith.knowledge.hardware import Machine, flavor, flavors, rented
from tunesmith.knowledge.macs import mac, mac_named
from tunesmith.sources.python_script import PythonScript

MACHINES = [*flavors(), *rented()]
TOKENS = Interval(1500, 2000, 2500)
DATA = Data(exactly(1000), TOKENS)
NEW, OLD = "1.16.0", "1.0.0"


def training(model: str, length: int, trl: str = NEW, batch: int = 1) -> ScriptTraining:
    transformers = {NEW: "5.23.0", OLD: "5.5.0"}[trl]
    text = (
        f'# /// script\n# dependencies = ["trl=={trl}", "transformers=={transformers}"]\n# ///\n'
        "from peft import LoraConfig\n"
        "from trl import SFTConfig, SFTTrainer\n"
        f"config = SFTConfig(per_device_train_batch_size={batch}, max_length={length},\n"
        "    model_init_kwargs={'dtype': 'bfloat16'})\n"
        f"SFTTrainer(model='{model}', args=config, peft_config=LoraConfig(r=16))\n"
    )
    (script,) = (it for it in understood("t.py", text).sources if isinstance(it, PythonScript))
    (found,) = trainings_of(script, project({"t.py": text}))
    return found


def named(choice: Choice, name: str) -> Option:
    return next(each for each in choice.options if each.machine.name == name)


def machine(name: str) -> Machine:
    found = flavor(name)
    assert found
    return found


def test_every_machine_with_a_gpu_is_compared():
    choice = choose(training("Qwen/Qwen3-8B", 2048), MACHINES, DATA)
    assert len(choice.options) == 22 + 12
    assert all(each.dollars and each.forecast.need for each in choice.options)


def test_what_fits_comes_first_and_the_cheapest_of_it():
    choice = choose(training("Qwen/Qwen3-8B", 8192), MACHINES, DATA)
    verdicts = [each.verdict for each in choice.options]
    assert verdicts == sorted(verdicts, key=["fits", "tight", "unknown", "no"].index)
    fitting = [each.cost for each in choice.options if each.verdict == "fits"]
    assert fitting == sorted(fitting)
    small = {each.machine.name for each in choice.options if each.verdict == "no"}
    assert small == {"t4-small", "t4-medium"}


def test_the_pick_is_the_cheapest_flavor_of_jobs():
    choice = choose(training("Qwen/Qwen3-8B", 2048), MACHINES, DATA)
    assert choice.pick
    able = [e for e in choice.options if e.verdict == "fits" and e.effort == "minimal"]
    assert choice.pick.cost == min(each.cost for each in able)
    assert choice.why.startswith(f"{choice.pick.machine.name} is the cheapest flavor that fits")
    assert "; a rented " in choice.why


def test_a_gpu_without_bfloat16_is_not_picked_though_it_fits():
    choice = choose(training("Qwen/Qwen3-0.6B", 512), flavors())
    assert named(choice, "t4-small").verdict == "fits"
    assert named(choice, "t4-small").notes == (NO_BFLOAT16,)
    assert choice.pick
    assert choice.pick.machine.name == "l4x1"


def test_by_the_hour_where_nobody_knows_how_long():
    choice = choose(training("Qwen/Qwen3-8B", 2048), MACHINES)
    assert all(each.dollars is None for each in choice.options)
    fitting = [each.machine.usd_per_hour for each in choice.options if each.verdict == "fits"]
    assert fitting == sorted(fitting)


def test_nothing_fits():
    single = [each for each in MACHINES if each.accelerators == 1]
    choice = choose(training("meta-llama/Llama-3.1-405B", 8192), single)
    assert choice.pick is None
    assert choice.why.startswith("No machine here is large enough")


def test_a_model_that_only_several_gpus_hold_is_spread_over_them():
    known = training("meta-llama/Llama-3.1-405B", 8192)
    choice = choose(known, MACHINES, DATA)
    assert choice.pick
    assert choice.pick.machine.name == "h200x8"
    assert choice.pick.notes == (IN_TURNS,)
    one, eight = choice.pick.forecast.duration, known.on(8)
    assert one
    assert eight
    in_parallel = eight._replace(sharding="ddp")
    assert known.shape
    gpu = choice.pick.machine.accelerator
    assert gpu
    faster = duration(known.shape, in_parallel, gpu, Workload(exactly(1000), TOKENS))
    assert faster.training.likely < one.training.likely / 4, "the GPUs take turns"


def test_only_something_tight():
    choice = choose(training("Qwen/Qwen3-8B", 8192), [machine("a10g-large")], DATA)
    assert choice.pick
    assert choice.pick.verdict == "tight"
    assert choice.why == "Nothing fits for sure; a10g-large is the cheapest that may do."


def test_main_memory_counts():
    short = machine("a100-large")._replace(ram_gb=4)
    (option,) = choose(training("Qwen/Qwen3-8B", 2048), [short]).options
    assert option.verdict == "no"
    assert option.forecast.fit.reason == "It would take 10 of 4 GB of main memory."
    (option,) = choose(training("Qwen/Qwen3-8B", 2048), [short._replace(ram_gb=0)]).options
    assert option.verdict == "fits", "what is not known is no obstacle"


def test_several_gpus_share_the_data():
    choice = choose(training("Qwen/Qwen3-8B", 2048), MACHINES, DATA)
    one, four = named(choice, "a100-large"), named(choice, "a100x4")
    assert four.notes == ("needs accelerate launch, a process for each GPU",)
    assert one.forecast.duration
    assert four.forecast.duration
    assert four.forecast.duration.training.likely < one.forecast.duration.training.likely / 3
    assert four.usable_gb == one.usable_gb, "memory is told of one GPU"


def test_a_price_that_differs_widens_the_cost():
    choice = choose(training("Qwen/Qwen3-8B", 2048), MACHINES, DATA)
    option = named(choice, "RTX A6000")
    assert option.dollars
    assert option.forecast.duration
    hours = option.forecast.duration.hours
    assert option.dollars.low == pytest.approx(0.55 * hours.low)
    assert option.dollars.high == pytest.approx(0.82 * hours.high)


def test_a_mac_trains_by_mlx():
    own, small = mac("Apple M3 Max", 64), mac("Apple M2", 16)
    assert own
    assert small
    choice = choose(training("Qwen/Qwen3-8B", 2048), [own, small, *MACHINES], DATA)
    option = named(choice, "M3 Max 64 GB")
    assert (option.verdict, option.effort, option.notes) == ("fits", "moderate", (BY_MLX,))
    assert option.forecast.duration
    assert option.forecast.duration.steps == 3000
    assert option.dollars == (0, 0, 0)
    assert named(choice, "M2 16 GB").verdict == "no"
    assert choice.pick
    assert choice.pick.machine.provider == "Hugging Face Jobs"


def test_what_mlx_would_do_instead():
    found = mlx_training(training("Qwen/Qwen3-8B", 2048, batch=2))
    assert (found.kind, found.rank, found.layers) == ("lora", 16, -1)
    assert (found.batch, found.length, found.is_checkpointed) == (2, 2048, True)
    assert (found.targets, found.packing) == (("q_proj", "v_proj"), Packing())


def test_a_mac_does_no_dpo():
    own = mac("M3 Max", 64)
    known = training("Qwen/Qwen3-8B", 2048)
    (option,) = choose(
        known._replace(training=known.training._replace(method="dpo")), [own] if own else []
    ).options
    assert option.verdict == "unknown"
    assert "MLX-LM, which does no DPO" in option.forecast.fit.reason


@pytest.mark.parametrize("text", ["M3 Max 64 GB", "m3-max-64gb", "Apple M3 Max, 64 GB"])
def test_a_mac_by_its_name(text: str):
    found = mac_named(text)
    assert found
    assert found.name == "M3 Max 64 GB"


@pytest.mark.parametrize("text", ["M3 Max", "M9 Max 64 GB", "a100-large", "64 GB"])
def test_names_of_no_mac(text: str):
    assert mac_named(text) is None


@pytest.mark.parametrize(
    ("model", "length", "flavor_name"),
    [
        ("google/gemma-3-4b-it", 2048, "a10g-large"),
        ("google/gemma-3-4b-it", 2049, "a100-large"),
        ("google/gemma-3-4b-it", 16384, "a100-large"),
        ("Qwen/Qwen3-4B", 8192, "a10g-large"),
        ("Qwen/Qwen2.5-7B-Instruct", 8192, "a10g-large"),
        ("meta-llama/Llama-3.1-8B", 8192, "a10g-large"),
        ("meta-llama/Llama-3.1-8B", 8193, "a100-large"),
        ("meta-llama/Llama-3.1-8B", 16385, None),
    ],
)
def test_the_guides_table(model: str, length: int, flavor_name: str | None):
    assert choose(training(model, length), MACHINES).guide.flavor == flavor_name


def test_where_the_releases_in_force_make_a_cheaper_one_possible():
    new = choose(training("google/gemma-3-4b-it", 8192), MACHINES).guide
    assert new.today == "TRL 1.16.0 keeps no whole logits: l4x1 is enough"
    assert new.rule == "up to 8,192 tokens with a vocabulary of 262 K words"
    old = choose(training("google/gemma-3-4b-it", 8192, OLD), MACHINES).guide
    assert old.flavor == "a100-large"
    assert old.today == "l40sx1 is enough, with any release of TRL"
    long = choose(training("google/gemma-3-12b-it", 8192, OLD), MACHINES).guide
    assert long.today == ""


def test_where_the_guide_does_not_look_far_enough():
    guide = choose(training("Qwen/Qwen3-32B", 2048), MACHINES).guide
    assert guide.flavor == "a10g-large"
    assert guide.today == (
        "the guide goes by logits alone; this training does not fit on a10g-large"
    )
