"""`tunesmith preflight` against `hf jobs uv run --dry-run`, which neither checks nor estimates.

Both are processes from start to end, for the same script. `npm run bench` says where the
huggingface_hub of users is, by TUNESMITH_LIBRARIES.
"""

from __future__ import annotations

import os
import sys
import tempfile
from functools import partial
from pathlib import Path

from _measure import Row, least_of_processes, report
from start import run, tunesmith

LIMIT = 1.0
ROUNDS = 15
SCRIPT = (Path(__file__).parents[1] / "examples" / "train_sft.py").read_text("utf-8")
OPTIONS = ("--flavor", "a100-large")
START = "import sys; sys.path.insert(0, {!r}); from huggingface_hub.cli.hf import main; main()"
HF = "hf jobs uv run --dry-run"


def main() -> int:
    libraries = os.environ["TUNESMITH_LIBRARIES"]
    os.environ["HF_TOKEN"] = "hf_no_token"  # hf asks for one, and sends it nowhere
    with tempfile.TemporaryDirectory(prefix="tunesmith-bench-") as name:
        folder = Path(name)
        (folder / "pyproject.toml").touch()
        (folder / "train.py").write_text(SCRIPT, "utf-8")
        hf = ("-c", START.format(libraries), "jobs", "uv", "run", "--dry-run", *OPTIONS)
        works = {
            "tunesmith preflight": partial(tunesmith, folder, 1, "preflight", "train.py", *OPTIONS),
            HF: partial(run, folder, 0, *hf, "train.py"),
        }
        times = least_of_processes(works, ROUNDS)
    against = times.pop(HF)
    rows = [Row(what, took, against, LIMIT) for what, took in times.items()]
    return report("Before a job starts", HF, rows)


if __name__ == "__main__":
    sys.exit(main())
