"""Measures the training steps of tests/estimate/cases.py with the oracle, and records them.

Run where the training libraries are (`npm run test:heavy` makes such an environment in the user's
cache): `PYTHONPATH=server:tests python scripts/record_memory.py [--again]`. What is recorded with
the same libraries already is not measured again, unless asked to.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from estimate.cases import STEPS
from tunesmith.estimate.training import Training, fields_of
from tunesmith.knowledge.configurations import configuration
from tunesmith.workers.meta_oracle import measure

RECORD = Path(__file__).parents[1] / "tests/estimate/oracle.json"
LIBRARIES = ("torch", "transformers", "peft", "trl")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--again", action="store_true", help="measure every step again")
    options = parser.parse_args()
    versions = {name: version(name).partition("+")[0] for name in LIBRARIES}
    known: dict[str, Any] = {}
    if RECORD.exists() and not options.again:
        recorded = json.loads(RECORD.read_text("utf-8"))
        if recorded["versions"] == versions:
            known = {_key(each["model"], each["training"]): each for each in recorded["steps"]}
    done: list[Any] = []
    for model, training in STEPS:
        described = _described(training)
        found = known.get(_key(model, described)) or _measured(model, training, described)
        done.append(found)
        _write(versions, done)


def _measured(model: str, training: Training, described: dict[str, Any]) -> dict[str, Any]:
    started = time.monotonic()
    known = configuration(model)
    assert known, f"no configuration of {model}"
    result = asdict(measure(known.fields, training))
    print(
        f"{time.monotonic() - started:6.1f} s  {result['peak'] / 1e9:7.2f} GB  {model}  {described}"
    )
    sys.stdout.flush()
    return {"model": model, "training": described, **result}


def _described(training: Training) -> dict[str, Any]:
    """What differs from the defaults, as JSON has it."""
    defaults = fields_of(Training())
    changed = {k: v for k, v in fields_of(training).items() if v != defaults[k]}
    return json.loads(json.dumps(changed))


def _key(model: str, training: dict[str, Any]) -> str:
    return json.dumps([model, training], sort_keys=True)


def _write(versions: dict[str, str], steps: list[Any]) -> None:
    lines = ",\n".join(f"    {json.dumps(each)}" for each in steps)
    text = f'{{\n  "versions": {json.dumps(versions)},\n  "steps": [\n{lines}\n  ]\n}}\n'
    RECORD.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
