"""The hardware of jobs."""

from __future__ import annotations

import re

import pytest
from packaging.version import Version

from tunesmith.knowledge import hardware, hf_cli, macs
from tunesmith.knowledge.tables import table


def test_has_a_row_for_every_flavor_of_the_newest_release() -> None:
    assert {flavor.name for flavor in hardware.flavors()} == set(hf_cli.flavors())
    assert len(hardware.flavors()) == 26


def test_what_a_machine_has() -> None:
    machine = hardware.flavor("a10g-largex4")
    assert machine
    assert (machine.vcpus, machine.ram_gb, machine.disk_gb) == (48, 184, 2000)
    assert machine.accelerator
    assert (machine.accelerators, machine.accelerator.vram_gb) == (4, 24)
    assert machine.usable_vram_gib == pytest.approx(4 * 21.96)
    assert machine.usd_per_hour == 5.0
    basic = hardware.flavor("cpu-basic")
    assert basic
    assert basic.accelerator is None
    assert basic.usable_vram_gib == 0


def test_figures_fit_each_other() -> None:
    for machine in hardware.flavors():
        assert (machine.accelerator is None) == (machine.accelerators == 0)
        assert 0 < machine.usd_per_hour < 50
        if gpu := machine.accelerator:
            sold_gib = gpu.vram_gb * 1e9 / 2**30
            # T4 to RTX PRO 6000 are sold by powers of two, H200 by powers of ten
            assert 0.88 * gpu.vram_gb < gpu.usable_vram_gib < max(gpu.vram_gb, sold_gib)


def test_more_of_the_same_costs_no_less() -> None:
    by_kind: dict[str, list[hardware.Machine]] = {}
    for machine in hardware.flavors():
        by_kind.setdefault(machine.accelerator.name if machine.accelerator else "", []).append(
            machine
        )
    for machines in by_kind.values():
        prices = [machine.usd_per_hour for machine in machines]
        assert prices == sorted(prices)
        assert [m.ram_gb for m in machines] == sorted(m.ram_gb for m in machines)


def test_only_the_t4_lacks_bfloat16() -> None:
    without = {
        machine.name
        for machine in hardware.flavors()
        if machine.accelerator and not machine.accelerator.has_bfloat16
    }
    assert without == {"t4-small", "t4-medium"}


def test_names_that_are_no_more() -> None:
    assert hardware.gone() == {
        "h100": Version("1.4.0"),
        "h100x8": Version("1.4.0"),
        "inf2x6": Version("1.17.0"),
        "sprx8": Version("1.17.0"),
        "zero-a10g": Version("1.17.0"),
    }
    assert hardware.flavor("h100") is None


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("a10g-larg", "a10g-large"),
        ("A10G-Large", "a10g-large"),
        ("a10g_large", "a10g-large"),
        ("a100", "a100-large"),
        ("a100-80gb", "a100-large"),
        ("l4", "l4x1"),
        ("t4", "t4-small"),
        ("rtxpro6000x2", "rtx-pro-6000x2"),
        ("nvidia-h200", "h200"),
        ("l4x1", "l4x1"),
        ("tpu-v5e", None),
        ("", None),
    ],
)
def test_the_likely_flavor(name: str, meant: str | None) -> None:
    assert hardware.likely(name) == meant


def test_bears_its_date() -> None:
    assert hardware.date().year >= 2026


def test_gpus_that_are_rented() -> None:
    machines = {machine.name: machine for machine in hardware.rented()}
    assert set(machines) == {
        "RTX 3090", "RTX 4090", "RTX 5090", "RTX A6000", "L4", "L40S",
        "A100 40GB", "A100 80GB", "H100 PCIe", "H100 SXM", "H200", "MI300X",
    }  # fmt: skip
    for machine in machines.values():
        assert machine.provider == hardware.RENTED
        assert machine.accelerator
        assert machine.usd_range
        low, high = machine.usd_range
        assert 0 < low <= machine.usd_per_hour <= high < 10
        gpu = machine.accelerator
        assert 0.9 * gpu.vram_gb < gpu.usable_vram_gib < gpu.vram_gb
        assert gpu.has_bfloat16


def test_each_price_of_a_rented_gpu_says_where_and_when_it_was_read() -> None:
    for name, row in table("rented")["gpus"].items():
        assert row["prices"], name
        for price in row["prices"]:
            assert re.search(r"\(\d{4}(-\d\d){0,2}\)", price), price
        named = [float(it) for text in row["prices"] for it in re.findall(r"\b\d+\.\d\d\b", text)]
        assert [min(named), max(named)] == pytest.approx(row["usd_per_hour"]), name


def test_a_gpu_is_the_same_whoever_rents_it_out() -> None:
    ours = hardware.flavor("a100-large")
    assert ours
    assert ours.accelerator in {machine.accelerator for machine in hardware.rented()}


def test_macs() -> None:
    assert len(macs.macs()) == len({machine.name for machine in macs.macs()}) > 50
    for machine in macs.macs():
        assert machine.accelerator
        assert machine.accelerator.has_bfloat16
        assert machine.usd_per_hour == 0


@pytest.mark.parametrize(
    ("chip", "memory", "usable"),
    [("Apple M1 Pro", 16, 10.67), ("M2 Max", 32, 21.33), ("M3 Max", 64, 48), ("M5", 24, 16)],
)
def test_what_the_gpu_of_a_mac_may_use(chip: str, memory: int, usable: float) -> None:
    machine = macs.mac(chip, memory)
    assert machine
    assert machine.usable_vram_gib == pytest.approx(usable, abs=0.01)
    assert machine in macs.macs()


def test_a_mac_with_a_chip_that_is_not_known() -> None:
    assert macs.mac("Intel(R) Core(TM) i9-9980HK CPU @ 2.40GHz", 16) is None
