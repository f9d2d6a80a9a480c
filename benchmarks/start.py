"""From the start of a process to its end, against a process that imports libcst and ends."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from _measure import Row, least_of_processes, report
from _scripts import training_script

LIMIT = 1.6
ROUNDS = 15
FILES = {
    "train.py": training_script(150, has_mistakes=True),
    "run.sh": "hf jobs uv run train.py --flavor a10g-large\n",
    "other.py": "print('nothing of ours')\n",
}
BASE = "python -c 'import libcst'"


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="tunesmith-bench-") as name:
        folder = Path(name)
        (folder / "pyproject.toml").touch()  # the project is this folder, not what lies above it
        for file, text in FILES.items():
            (folder / file).write_text(text, "utf-8")
        works = {
            "tunesmith --version": partial(tunesmith, folder, 0, "--version"),
            "tunesmith check other.py": partial(tunesmith, folder, 0, "check", "other.py"),
            "tunesmith check run.sh": partial(tunesmith, folder, 1, "check", "run.sh"),
            "tunesmith check train.py": partial(tunesmith, folder, 1, "check", "train.py"),
            BASE: partial(run, folder, 0, "-c", "import libcst"),
        }
        times = least_of_processes(works, ROUNDS)
    against = times.pop(BASE)
    rows = [Row(what, took, against, LIMIT) for what, took in times.items()]
    return report("Start of a process to its end", "import libcst", rows)


def tunesmith(folder: Path, status: int, *arguments: str) -> None:
    run(folder, status, "-m", "tunesmith", *arguments)


def run(folder: Path, status: int, *arguments: str) -> None:
    """Run Python in a folder; the exit status must be the one that is expected."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}  # installed packages have bytecode
    command = [sys.executable, *arguments]
    ended = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if ended.returncode != status:
        output = ended.stdout + ended.stderr
        raise SystemExit(f"{arguments} ended with {ended.returncode}:\n{output}")


if __name__ == "__main__":
    sys.exit(main())
