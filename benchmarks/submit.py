"""`tunesmith submit` against the Hub's own client, with the same server on loopback.

What is held against the limit is the time that planning, the agent and its store add to the bare
call, in wall time: the work is done by three processes. The agent runs already, as it does while a
user works.
"""

from __future__ import annotations

import os
import sys
import tempfile
from functools import partial
from pathlib import Path

from _measure import ROOT, Row, medians, report
from start import run, tunesmith

sys.path.insert(0, str(ROOT / "tests"))
from jobs_server import by_hand, running

LIMIT_S = 0.3
ROUNDS = 15
SCRIPT = (ROOT / "examples" / "train_sft.py").read_text("utf-8")
BARE = """\
from huggingface_hub import HfApi, get_token
HfApi().run_uv_job("train.py", flavor="a10g-large", timeout="4h", secrets={"HF_TOKEN": get_token()})
"""
OPTIONS = ("--flavor", "a10g-large", "--timeout", "4h", "--secrets", "HF_TOKEN", "--yes")
OVERRIDES = ("flash-attn-under-uv", "misplaced-model-init-kwargs")


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="tunesmith-bench-") as name, running(by_hand) as server:
        folder = Path(name)
        (folder / "pyproject.toml").touch()
        (folder / "train.py").write_text(SCRIPT, "utf-8")
        os.environ.update(
            HF_ENDPOINT=server.url,
            HF_TOKEN="hf_no_token",
            HF_HOME=str(folder / "hf"),
            TUNESMITH_STATE=str(folder / "state"),
        )
        overrides = [word for rule in OVERRIDES for word in ("--override", rule)]
        works = {
            "tunesmith": partial(tunesmith, folder, 0, "submit", "train.py", *OPTIONS, *overrides),
            "bare": partial(run, folder, 0, "-c", BARE),
        }
        try:
            times = medians(works, ROUNDS)
        finally:
            tunesmith(folder, 0, "agent", "stop")
    added = times["tunesmith"] - times["bare"]
    print(f"submit {times['tunesmith']:.3f} s, the bare client {times['bare']:.3f} s")
    return report("Submit", "may add", [Row("what submit adds", max(added, 0.0), LIMIT_S, 1.0)])


if __name__ == "__main__":
    sys.exit(main())
