"""`tunesmith measure` with the real toolchain."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(600)]

SCRIPT = """\
from peft import LoraConfig
from transformers import BitsAndBytesConfig
from trl import SFTConfig, SFTTrainer

quantization = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_compute_dtype="bfloat16")
options = {"dtype": "bfloat16", "quantization_config": quantization}
config = SFTConfig(per_device_train_batch_size=2, model_init_kwargs=options)
SFTTrainer(model="Qwen/Qwen3-0.6B", args=config, peft_config=LoraConfig(r=16)).train()
raise SystemExit("the script was run")
"""


def test_a_script_is_measured(tmp_path: Path, record_property: object):
    if "TUNESMITH_TOOLCHAIN_DATA" not in os.environ:
        pytest.skip("npm run test:heavy installs the toolchain and names its place")
    data = os.environ["TUNESMITH_TOOLCHAIN_DATA"]
    (tmp_path / "train.py").write_text(SCRIPT)
    ran = subprocess.run(
        [sys.executable, "-m", "tunesmith", "measure", "train.py", "--json"],
        env={**os.environ, "XDG_DATA_HOME": data, "LOCALAPPDATA": data},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    found = json.loads(ran.stdout.splitlines()[-1]).get("result")
    assert found, ran.stdout + ran.stderr
    assert set(found["measured_versions"]) == {
        "torch",
        "transformers",
        "peft",
        "trl",
        "bitsandbytes",
    }
    assert 0.5 < found["measured"]["peak_gb"] < 3
    assert abs(found["difference"]) < 0.03
    assert sum(found["measured"]["breakdown"].values()) == pytest.approx(
        found["measured"]["peak_gb"], abs=0.03
    )
