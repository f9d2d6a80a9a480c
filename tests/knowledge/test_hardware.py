"""The hardware of jobs."""

from __future__ import annotations

import pytest
from packaging.version import Version

from tunesmith.knowledge import hardware, hf_cli


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
