from __future__ import annotations

from typing import Any

import pytest
from packaging.version import Version

from estimate.guide import A10G, A100, GEMMA, LENGTHS, LLAMA, NEW, OLD, QWEN, guides, recommended
from estimate.recorded import whole
from tunesmith.estimate import releases
from tunesmith.estimate.fit import disk_bytes, fit, need, ram_bytes
from tunesmith.estimate.training import Adapter, Training
from tunesmith.knowledge.hardware import Accelerator, flavor


def gpu(name: str) -> Accelerator:
    known = flavor(name)
    assert known
    assert known.accelerator
    return known.accelerator


# vocabulary in thousands, GB of one float32 of each logit at 2,048, 8,192 and 16,384 tokens
LOGITS = [
    (GEMMA, 262, "2.1", "8.6", "17.2"),
    (QWEN, 152, "1.2", "5.0", "10.0"),
    (LLAMA, 128, "1.0", "4.2", "8.4"),
]


@pytest.mark.parametrize(("model", "thousands", "short", "middle", "long"), LOGITS)
def test_one_copy_of_the_logits_is_what_the_guide_says(
    model: str, thousands: int, short: str, middle: str, long: str
) -> None:
    assert round(whole(model).vocabulary / 1000) == thousands
    sizes = [thousands * 1000 * length * 4 / 1e9 for length in (2048, 8192, 16384)]
    assert [f"{size:.1f}" for size in sizes] == [short, middle, long]


# all of the guide's cells but (QWEN, 8192) and (LLAMA, 8192), which the next test is about
RIGHT = [(GEMMA, length) for length in LENGTHS]
RIGHT += [(model, length) for model in (QWEN, LLAMA) for length in (2048, 16384)]


@pytest.mark.parametrize(("model", "length"), RIGHT)
def test_the_gpu_that_the_guide_recommends_is_the_smallest_that_fits(
    model: str, length: int
) -> None:
    needed = need(whole(model), guides(OLD, length), is_expandable=True)
    flavor_name = recommended(model, length)
    assert fit(needed, gpu(flavor_name)).verdict == "fits"
    if flavor_name == A100:
        assert fit(needed, gpu(A10G)).verdict == "no"


def test_the_guide_forgets_two_copies_of_the_logits() -> None:
    """It has an A10G for Qwen3 and Llama at 8,192 tokens: 8 billion parameters are too many."""
    needed = need(whole(QWEN), guides(OLD, 8192), is_expandable=True)
    one = whole(QWEN).vocabulary * 8192 * 4
    assert needed.breakdown.logits == pytest.approx(3 * one, rel=0.01)
    assert fit(needed, gpu(A10G)).verdict == "no"
    llama = need(whole(LLAMA), guides(OLD, 8192), is_expandable=True)
    assert fit(llama, gpu(A10G)).verdict == "tight"
    small = need(whole("Qwen/Qwen3-4B"), guides(OLD, 8192), is_expandable=True)
    assert fit(small, gpu(A10G)).verdict == "fits"


@pytest.mark.parametrize("length", [2048, 8192])
@pytest.mark.parametrize("model", [GEMMA, QWEN, LLAMA])
def test_todays_trl_needs_no_more_than_an_a10g(model: str, length: int) -> None:
    needed = need(whole(model), guides(NEW, length), is_expandable=True)
    assert fit(needed, gpu(A10G)).verdict == "fits"


def test_a_verdict_says_why() -> None:
    needed = need(whole(GEMMA), guides(OLD, 8192))
    reason = fit(needed, gpu(A10G)).reason
    assert "most for logits (" in reason
    assert "of 23.6 GB that an NVIDIA A10G has free" in reason


def test_between_the_ends_it_is_tight() -> None:
    needed = need(whole(GEMMA), guides(OLD, 8192))
    middle = gpu(A10G)._replace(usable_vram_gib=needed.total / 2**30)
    assert fit(needed, middle).verdict == "tight"
    assert needed.low < needed.total < needed.high
    terms = needed.breakdown
    assert terms.overhead > 0
    assert needed.total == sum(getattr(terms, name) for name in terms._fields)


def test_what_is_not_known_is_unknown() -> None:
    assert fit(None, gpu(A10G)).verdict == "unknown"
    assert fit(need(whole(GEMMA), guides(NEW, 2048)), None).verdict == "unknown"


@pytest.mark.parametrize(
    ("release", "path"),
    [("0.14.0", "plain"), ("0.15.0", "full"), ("1.6.0", "full"), ("1.7.0", "chunked"),
     ("1.14.2", "chunked"), ("1.15.0", "fused"), ("2.0", "fused")],
)  # fmt: skip
def test_the_path_of_the_loss_goes_with_the_release(release: str, path: str) -> None:
    assert releases.loss_path(Version(release)) == path


def test_defaults_go_with_the_release() -> None:
    assert releases.load_dtype(Version("0.27.0"), is_quantized=False) == "float32"
    assert releases.load_dtype(Version("0.26.2"), is_quantized=False) is None
    assert releases.adapter_dtype(Version("0.26.0"), is_quantized=True) == "bfloat16"
    assert releases.adapter_dtype(Version("1.16.0"), is_quantized=False) == "float32"
    assert not releases.is_checkpointed(Version("0.21.0"))
    assert releases.is_checkpointed(Version("0.22.0"))


def test_main_memory_holds_a_model_that_is_not_mapped() -> None:
    model, training = whole(QWEN), Training(batch=1, length=1024)
    assert ram_bytes(model, training) < 15e9
    assert ram_bytes(model, training, is_mapped=False) > model.parameters * 4
    paged = training._replace(optimizer="paged_adamw_8bit")
    assert ram_bytes(model, paged) > ram_bytes(model, training) + 2 * model.parameters * 0.9


def test_the_disk_holds_every_checkpoint() -> None:
    model, training = whole(QWEN), Training(batch=1, length=1024)
    one, four = (disk_bytes(model, training, kept) for kept in (1, 4))
    # weights and AdamW's two states, in float32
    assert four - one == 3 * 3 * 4 * model.parameters
    adapted = training._replace(adapter=Adapter(16))
    assert disk_bytes(model, adapted, 4) < one


@pytest.mark.parametrize(
    "changes", [{"method": "dpo", "loss": "plain"}, {"gpus": 2, "sharding": "fsdp"}]
)
def test_what_was_never_measured_has_a_wider_interval(changes: dict[str, Any]) -> None:
    training = Training(batch=1, length=1024, load_dtype="bfloat16", adapter=Adapter(16))
    sure, unsure = (need(whole(QWEN), each) for each in (training, training._replace(**changes)))
    assert unsure.high / unsure.total > sure.high / sure.total
    assert unsure.low / unsure.total < sure.low / sure.total
