"""A real transformers and a real TRL, without torch, against the tables and the rules."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from packaging.version import Version

from libraries import disagreements, expected, installed_in
from tunesmith.knowledge.scan.scanner import scan
from tunesmith.knowledge.scan.types import Scan, Signature
from tunesmith.knowledge.signature_table import signature_table

LIBRARIES = Path(os.environ.get("TUNESMITH_LIBRARIES", ""))
PACKAGES = ("huggingface-hub", "transformers", "trl")
MISTAKE = "from trl import SFTTrainer\nSFTTrainer('m', model_init_kwargs={})\n"
LEFT_OUT = re.compile("No module named '(accelerate|datasets|pandas|pyarrow|torch)'")
TORCH_DECIDES = "optim has the default 'adamw_torch', not 'adamw_torch_fused'"

pytestmark = pytest.mark.skipif(
    "TUNESMITH_LIBRARIES" not in os.environ, reason="`npm test` installs and names the libraries"
)


@cache
def versions() -> dict[str, Version]:
    return installed_in(LIBRARIES, PACKAGES)


def scanned(package: str) -> Scan:
    root = LIBRARIES / package.replace("-", "_")
    files = {path.relative_to(LIBRARIES).as_posix(): path for path in root.rglob("*.py")}

    def read(name: str) -> str | None:
        return files[name].read_text("utf-8") if name in files else None

    return scan(package, read, list(files))


def test_the_tables_agree_with_every_object_that_needs_no_torch():
    said = expected(versions())
    answer = disagreements(said, LIBRARIES)
    assert {each for each in answer["disagreements"] if TORCH_DECIDES not in each} == set()
    compared = set(answer["compared"])
    assert {
        "trl.SFTConfig",
        "trl.GRPOConfig",
        "transformers.TrainingArguments",
        "transformers.BitsAndBytesConfig",
        "huggingface_hub.run_uv_job",
    } <= compared
    assert len(compared) > 100
    assert all(map(LEFT_OUT.search, answer["absent"].values())), answer["absent"]


@pytest.mark.parametrize("package", PACKAGES)
def test_the_tables_hold_what_a_scan_of_the_files_tells(package: str):
    table, found = signature_table(package), scanned(package)
    assert table is not None
    position = table.position(versions()[package])
    assert position is not None
    held = {name: table.signature(name, position) for name in table}
    assert {name: _undocumented(one) for name, one in held.items() if one} == {
        name: _undocumented(one) for name, one in found.items()
    }


def _undocumented(signature: Signature) -> object:
    """A signature without what the tables keep of the newest release only: wording and order."""
    parameters = {
        name: one._replace(doc=None, choices=None if one.choices is None else list(one.choices))
        for name, one in signature.parameters.items()
    }
    positional = None if signature.positional is None else list(signature.positional)
    return (signature.module, parameters, list(signature.bases), positional, signature.takes_any)


def test_trl_is_free_of_findings(tmp_path: Path):
    copy = tmp_path / "trl"  # a folder named site-packages is skipped
    shutil.copytree(LIBRARIES / "trl" / "scripts", copy)
    assert len(list(copy.glob("*.py"))) > 5
    (copy / "mistake.py").write_text(MISTAKE)  # proves that the files are read
    checked = subprocess.run(
        [sys.executable, "-m", "tunesmith", "check", "--output-format=json", str(copy)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert checked.returncode == 1, checked.stderr
    findings = [
        (Path(found["filename"]).name, found["name"]) for found in json.loads(checked.stdout)
    ]
    assert findings == [("mistake.py", "misplaced-model-init-kwargs")]
