"""How long a training takes and what it costs."""

from __future__ import annotations

import pytest

from estimate.times import Point, points
from tunesmith.estimate.compute import Interval
from tunesmith.estimate.data import exactly
from tunesmith.estimate.duration import Workload, duration
from tunesmith.estimate.shape import shape_of
from tunesmith.estimate.training import Adapter, Training
from tunesmith.knowledge.configurations import configuration
from tunesmith.knowledge.hardware import Accelerator, Machine, flavor

QLORA = Training(
    batch=1,
    length=8192,
    loss="full",
    quantization="nf4",
    compute_dtype="bfloat16",
    adapter=Adapter(64, "all-linear"),
)
THOUSAND = Workload(exactly(1_000), Interval(1_500, 3_000, 6_000), epochs=3, accumulation=8)


def shape(model_id: str):
    found = configuration(model_id)
    assert found
    return shape_of(found.fields)


def machine(name: str) -> tuple[Machine, Accelerator]:
    found = flavor(name)
    assert found
    assert found.accelerator
    return found, found.accelerator


GEMMA, QWEN = shape("google/gemma-3-12b-it"), shape("Qwen/Qwen3-8B")


@pytest.mark.parametrize("point", list(points()), ids=lambda it: f"{it.model}-{it.length}")
def test_the_guides_hours_and_dollars(point: Point):
    """1,000 examples, three epochs: 2 to 3 hours on an A10G, 3 to 4 on an A100; 5 to 15 dollars.

    How long its examples are it does not say, so the interval is that of unknown ones.
    """
    found = point.lasts(point.guess)
    dollars = found.dollars(point.machine)
    errors = [found.hours.likely / hours - 1 for hours in point.hours]
    print(f"{point.model} {point.length}: {found.hours}, {dollars}, errors {errors}")
    low, high = point.hours
    assert found.hours.low <= high
    assert found.hours.high >= low
    assert dollars.low <= 15
    assert dollars.high >= 5


def test_the_guides_hours_are_those_of_examples_of_some_length():
    """None of its hours is out of reach but where rows are cut: it can be right."""
    for point in points():
        low, _ = map(point.tokens_for, point.hours)
        assert 500 < low <= point.length


def test_hours_double_with_examples_and_epochs():
    _, gpu = machine("a10g-large")
    once = duration(QWEN, QLORA, gpu, THOUSAND)
    for more in (THOUSAND._replace(examples=exactly(2_000)), THOUSAND._replace(epochs=6)):
        twice = duration(QWEN, QLORA, gpu, more)
        assert twice.training.likely == pytest.approx(2 * once.training.likely)
        assert twice.start == once.start
        assert twice.steps == 2 * once.steps == 750


def test_four_gpus_need_more_than_a_quarter_of_the_time():
    _, gpu = machine("a10g-largex4")
    one, four = (
        duration(QWEN, QLORA._replace(gpus=count), gpu, THOUSAND).training.likely
        for count in (1, 4)
    )
    assert 0.25 < four / one < 0.4


def test_packing_saves_the_time_of_many_batches():
    _, gpu = machine("l4x1")
    workload = THOUSAND._replace(tokens=Interval(200, 200, 200))
    packed = duration(QWEN, QLORA, gpu, workload._replace(is_packed=True))
    assert packed.training.likely < duration(QWEN, QLORA, gpu, workload).training.likely


def test_max_steps_decides_whatever_the_data_set_holds():
    _, gpu = machine("l4x1")
    found = duration(QWEN, QLORA, gpu, THOUSAND._replace(examples=exactly(10**9), max_steps=10))
    assert found.steps == 10
    assert found.training.high < 3


def test_cost_is_hours_times_price():
    large, gpu = machine("a10g-large")
    found = duration(QWEN, QLORA, gpu, THOUSAND)
    assert found.dollars(large).likely == pytest.approx(found.hours.likely * 1.5)
    assert found.hours.likely > found.training.likely


def test_a_batch_takes_as_long_as_its_longest_row():
    _, gpu = machine("a100-large")
    even = THOUSAND._replace(tokens=exactly(1_000), sizes=[1_000] * 10)
    uneven = even._replace(sizes=[200] * 5 + [1_800] * 5)
    for rows, least, most in ((1, 0.9, 1.2), (8, 1.5, 2)):
        training = QLORA._replace(batch=rows)
        same, more = (
            duration(QWEN, training, gpu, each).training.likely for each in (even, uneven)
        )
        assert least < more / same < most


def test_rows_are_cut_to_the_longest_length():
    _, gpu = machine("a100-large")
    long = THOUSAND._replace(tokens=exactly(10_000), sizes=[2_000] * 5 + [18_000] * 5)
    cut = THOUSAND._replace(tokens=exactly(5_096), sizes=[2_000] * 5 + [8_192] * 5)
    found, same = (duration(QWEN, QLORA, gpu, each).training.likely for each in (long, cut))
    assert found == pytest.approx(same, rel=0.01)
