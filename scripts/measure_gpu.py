# pyright: basic, reportMissingImports=false
"""Measures training steps on a GPU with TRL's own trainers, and records them.

Needs a GPU and the training libraries of the toolchain `train` (`tunesmith toolchain install train`
says where its Python lies); nothing is downloaded, as weights are drawn at random:

    PYTHONPATH=server:tests PYTHON scripts/measure_gpu.py [--most-gb 130] [--only 3 7] [--again]

The cases are those of tests/estimate/cases.py that the installed libraries train like that and that
are estimated to fit. Each runs in a process of its own; the first step is not measured, as the
optimizer makes its states in it. tests/estimate/test_measured.py holds the estimate against what is
recorded in tests/estimate/measured.json. `--dry-run` trains tiny models on the CPU and records
nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from estimate.cases import STEPS
from estimate.measured import RECORD
from estimate.recorded import shape
from tunesmith.estimate.memory import peak
from tunesmith.estimate.training import Training, fields_of
from tunesmith.knowledge.configurations import configuration

LIBRARIES = ("torch", "transformers", "peft", "trl", "bitsandbytes", "accelerate")
GB = 10**9
OUT_OF_MEMORY = "out of memory"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most-gb", type=float, help="leave out what is estimated to take more")
    parser.add_argument("--only", type=int, nargs="+", help="places in tests/estimate/cases.py")
    parser.add_argument("--again", action="store_true", help="measure what is recorded as well")
    parser.add_argument("--dry-run", action="store_true", help="tiny models on the CPU")
    parser.add_argument("--case", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case is not None:
        print(json.dumps(_measured(options.case, is_dry=options.dry_run)))
        return 0
    machine = {} if options.dry_run else _machine()
    most = options.most_gb or (machine["bytes"] / GB if machine else float("inf"))
    rows = {} if options.again or options.dry_run else _recorded(machine)
    failed = 0
    for place in chosen(most, options.only):
        model, training = STEPS[place]
        key = _key(model, training)
        if key in rows:
            continue
        started = time.monotonic()
        found = _in_process(place, is_dry=options.dry_run)
        failed += "error" in found and found["error"] != OUT_OF_MEMORY
        print(f"{time.monotonic() - started:6.1f} s  {place:3} {model}  {found}", flush=True)
        rows[key] = {"model": model, "training": _described(training), **found}
        if not options.dry_run:
            _write(machine, [each for each in rows.values() if not _is_broken(each)])
    return 1 if failed else 0


def chosen(most_gb: float, only: list[int] | None = None) -> Iterator[int]:
    """Places of the cases that the newest TRL trains as they are described, and that may fit."""
    for place, (model, training) in enumerate(STEPS):
        if only is not None and place not in only:
            continue
        if is_todays(training) and peak(shape(model), training).total <= most_gb * GB:
            yield place


def is_todays(training: Training) -> bool:
    """Whether the newest TRL computes the loss like that, and makes such an adapter."""
    adapter = training.adapter
    width = "bfloat16" if training.quantization else "float32"
    is_loss = training.loss == "fused" and training.norm_dtype is None
    return is_loss and training.attention != "flash" and (not adapter or adapter.dtype == width)


def _is_broken(row: Mapping[str, Any]) -> bool:
    return "error" in row and row["error"] != OUT_OF_MEMORY


def _machine() -> dict[str, Any]:
    import torch

    if not torch.cuda.is_available():
        raise SystemExit("there is no GPU here; --dry-run does without")
    properties = torch.cuda.get_device_properties(0)
    versions = {name: version(name).partition("+")[0] for name in LIBRARIES}
    return {
        "gpu": properties.name,
        "bytes": properties.total_memory,
        "cuda": torch.version.cuda,
        "versions": versions,
    }


def _recorded(machine: Mapping[str, Any]) -> dict[str, Any]:
    """What the same machine measured with the same libraries."""
    known = json.loads(RECORD.read_text("utf-8")) if RECORD.exists() else {}
    if any(known.get(name) != value for name, value in machine.items()):
        return {}
    return {json.dumps([e["model"], e["training"]], sort_keys=True): e for e in known["steps"]}


def _described(training: Training) -> dict[str, Any]:
    defaults = fields_of(Training())
    changed = {k: v for k, v in fields_of(training).items() if v != defaults[k]}
    return json.loads(json.dumps(changed))


def _key(model: str, training: Training) -> str:
    return json.dumps([model, _described(training)], sort_keys=True)


def _write(machine: Mapping[str, Any], rows: list[Any]) -> None:
    lines = ",\n".join(f"    {json.dumps(each)}" for each in rows)
    head = "".join(f"  {json.dumps(k)}: {json.dumps(v)},\n" for k, v in machine.items())
    RECORD.write_text(f'{{\n{head}  "steps": [\n{lines}\n  ]\n}}\n', "utf-8")


def _in_process(place: int, *, is_dry: bool) -> dict[str, Any]:
    """One case in a process of its own, so that none is in the way of the next."""
    command = [sys.executable, "-W", "ignore", __file__, "--case", str(place)]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    if is_dry:
        command.append("--dry-run")
        environment["CUDA_VISIBLE_DEVICES"] = ""
    ran = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    if ran.returncode == 0:
        return json.loads(ran.stdout.splitlines()[-1])
    is_full = "OutOfMemoryError" in ran.stderr
    lines = ran.stderr.strip().splitlines()
    return {"error": OUT_OF_MEMORY if is_full else "\n".join(lines[-12:])}


# In that process


def _measured(place: int, *, is_dry: bool) -> dict[str, Any]:
    import torch

    from measuring import trainers

    model, training = STEPS[place]
    known = configuration(model)
    assert known
    fields = dict(known.fields)
    if is_dry:
        fields, training = trainers.tiny(fields, training)
    with tempfile.TemporaryDirectory() as folder:
        trainer = trainers.trainer(fields, training, Path(folder), is_dry=is_dry)
        watch = trainers.AfterFirstStep()
        trainer.add_callback(watch)
        trainer.train()
    if is_dry:
        return {"seconds": round(watch.seconds, 3)}
    free, total = torch.cuda.mem_get_info()
    return {
        "allocated": torch.cuda.max_memory_allocated(),
        "reserved": torch.cuda.max_memory_reserved(),
        # of the whole GPU, when nobody else is on it: CUDA's context as well
        "used": total - free,
        "seconds": round(watch.seconds, 3),
    }


if __name__ == "__main__":
    sys.exit(main())
