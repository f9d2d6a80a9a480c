"""Writes knowledge/data/releases.json: the final releases of the libraries that rules speak of.

Asks the package index that pip is configured for. Run it to learn of new releases.
"""

from __future__ import annotations

import datetime
import json
import re
import subprocess
import sys
from pathlib import Path

from packaging.version import Version

PACKAGES = ("flash-attn", "huggingface-hub", "peft", "transformers", "trl")
TARGET = Path(__file__).parents[1] / "server/tunesmith/knowledge/data/releases.json"


def final_releases(package: str) -> list[str]:
    command = [sys.executable, "-m", "pip", "index", "versions", package]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    listed = re.search(r"^Available versions: (.+)$", output, re.MULTILINE)
    if listed is None:
        raise SystemExit(f"pip lists no versions of {package}: expected 'Available versions: …'")
    return [str(version) for version in sorted(map(Version, listed[1].split(", ")))]


def main() -> None:
    table = {
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "releases": {package: final_releases(package) for package in PACKAGES},
    }
    TARGET.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
