"""The machines to offer in the editor, where it runs on a Mac."""

from __future__ import annotations

import pytest

from builders import project
from estimate.scripts import read
from tunesmith import machines
from tunesmith.estimate.data import Data, exactly
from tunesmith.lsp import machine_rows

CODE = """\
from peft import LoraConfig
from trl import SFTConfig, SFTTrainer
config = SFTConfig(max_length=2048, model_init_kwargs={"dtype": "bfloat16"})
SFTTrainer("Qwen/Qwen3-4B", args=config, peft_config=LoraConfig())
"""


def test_this_mac_has_its_memory_and_hours(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(machines, "apple_silicon", lambda: ("Apple M3 Max", 64))
    data = Data(exactly(1000), exactly(500))
    result = machine_rows.machines_result(read(CODE), 0, project({}), None, data)
    row = next(each for each in result.rows if each.name == "M3 Max 64 GB")
    assert (row.verdict, row.effort, row.is_flavor) == ("fits", "moderate", False)
    assert row.gb
    assert row.hours
    assert 8 < row.gb < row.usable == pytest.approx(51.5, abs=0.1)
    assert 0.2 < row.hours < 20
    assert row.dollars == 0
    assert "by mlx_lm.lora instead of the script" in row.notes
