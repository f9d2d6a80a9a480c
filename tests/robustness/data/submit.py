"""Submits the trainings of a sweep as jobs."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SCRIPT = HERE / "train_sft.py"
FLAVOR = "a10g-large"
BASE = ["hf", "jobs", "uv", "run", "--secret", "HF_TOKEN"]


def submit(rate: float, *, detach: bool = True) -> None:
    command = [*BASE, str(SCRIPT), "--lr", str(rate)]
    command += ["--flavor", FLAVOR, "--timeout", "3h"]
    if detach:
        command.append("--detach")
    print("Running:", shlex.join(command))
    subprocess.run(command, check=True)


def smoke() -> int:
    return os.system(f"hf jobs uv run {SCRIPT} --max-rows 100 --flavor t4-small --secrets HF_TOKEN")


if __name__ == "__main__":
    if "--help" in sys.argv:
        print(
            "usage: submit.py RATE...\n"
            "\n"
            "Then: hf jobs logs ID, or start one by hand:\n"
            "  hf jobs uv run train_sft.py --flavor a10g-large --lr 1e-4\n"
        )
        sys.exit(0)
    for argument in sys.argv[1:]:
        submit(float(argument))
    subprocess.check_call(("hf", "jobs", "uv", "run", "train_dpo.py", "--flavor", "l4x1", "--with", "flash-attn"))
