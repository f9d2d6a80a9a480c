"""Our rules against the TRL that is installed."""

from __future__ import annotations

import dataclasses
import importlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tunesmith.lint.rules.trainer import misplaced_model_init_kwargs as rule

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(600)]

RecordProperty = Callable[[str, object], None]

MISTAKE = "from trl import SFTTrainer\nSFTTrainer('m', model_init_kwargs={})\n"

# Findings in TRL's own files that we defend: (file, rule).
DEFENDED: set[tuple[str, str]] = set()


def test_no_finding_in_trl_that_we_would_not_defend(
    tmp_path: Path, record_property: RecordProperty
) -> None:
    trl = pytest.importorskip("trl")
    copy = tmp_path / "trl"  # a folder named site-packages is skipped
    shutil.copytree(Path(trl.__file__).parent, copy)
    files = list(copy.rglob("*.py"))
    (copy / "mistake.py").write_text(MISTAKE)  # proves that the files are read
    command = [sys.executable, "-m", "tunesmith", "check", "--output-format=json", str(copy)]
    checked = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert checked.returncode in {0, 1}, checked.stderr
    findings = [
        ((tmp_path / finding["filename"]).relative_to(copy).as_posix(), finding["name"])
        for finding in json.loads(checked.stdout)
    ]
    findings.remove(("mistake.py", "misplaced-model-init-kwargs"))
    record_property("files", len(files))
    record_property("findings", len(findings))
    assert len(files) > 100
    assert set(findings) <= DEFENDED


@pytest.mark.parametrize("method", sorted(rule._METHODS))
def test_a_trainer_raises_on_model_init_kwargs(
    method: str, record_property: RecordProperty
) -> None:
    trainer, config = find(f"{method}Trainer"), find(f"{method}Config")
    with pytest.raises(TypeError, match="unexpected keyword argument 'model_init_kwargs'"):
        trainer(model="any/model", model_init_kwargs={"dtype": "bfloat16"})
    takes_it = "model_init_kwargs" in {field.name for field in dataclasses.fields(config)}
    record_property("module", trainer.__module__)
    assert takes_it, f"{config.__name__} does not take what the fix moves into it"


def find(name: str) -> type:
    """A class of TRL, or of the experimental package that its name leads to."""
    for module in (
        "trl",
        f"trl.experimental.{name.removesuffix('Trainer').removesuffix('Config').lower()}",
    ):
        try:
            return getattr(importlib.import_module(module), name)
        except (AttributeError, ImportError):
            continue
    pytest.skip(f"this TRL has no {name}")
