"""Holds other estimators beside ours, on the steps that the oracle has recorded.

Writes a section of docs/accuracy.md and docs/images/memory.svg. Run where the training libraries
are, with what requirements/estimators.txt adds to them (`DS_BUILD_OPS=0 pip install
--no-build-isolation -r requirements/estimators.txt`):
`PYTHONPATH=server:tests python scripts/compare_estimators.py`.

Each tool is asked through its own functions, with a model of transformers that has no data:

- hf-mem adds up the tensors of the files on the Hub, for inference. It gets their headers as
  transformers would save them, in bfloat16;
- `accelerate estimate-memory` prints a column "Training using Adam", for each dtype;
- DeepSpeed's `estimate_zero2_model_states_mem_needs`, for one GPU without offloading.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from accelerate import init_empty_weights
from accelerate.commands.estimate import estimate_training_usage
from accelerate.utils import calculate_maximum_sizes
from deepspeed.runtime.zero.stage_1_and_2 import estimate_zero2_model_states_mem_needs
from hf_mem.safetensors.metadata import parse_safetensors_metadata
from transformers import AutoConfig, AutoModelForCausalLM

from estimate.recorded import Step, steps
from record_accuracy import write_section
from tunesmith.estimate.memory import peak
from tunesmith.knowledge.configurations import configuration

PLOT = Path(__file__).parents[1] / "docs/images/memory.svg"
TITLE = "Beside other estimators"
INTRODUCTION = """\
Written by `scripts/compare_estimators.py`, with {versions}.

The peak of one training step in the {count} steps of [memory.md](memory.md) on one GPU, by what is
trained: how far each tool is off from the oracle at the median, and in how many steps by more than
25 percent. Ours was made against these very steps (`tests/heavy/test_memory.py` tries others). None
of the others was made for this question: hf-mem counts weights for inference, accelerate and
DeepSpeed count weights, gradients and Adam's states of a model that is trained whole. None counts
activations or logits, and none knows adapters. "-" stands where a tool gives no answer.

"""


def main() -> int:
    known = [it for it in steps() if it.training.gpus == 1 and configuration(it.model)]
    answers = {tool.name: [tool.ask(each) for each in known] for tool in TOOLS}
    versions = ", ".join(
        f"{name} {version(name)}" for name in ("hf-mem", "accelerate", "deepspeed")
    )
    text = INTRODUCTION.format(versions=versions, count=len(known))
    write_section(TITLE, text + "\n".join([*_table(known, answers), "", _PICTURE, ""]))
    _plot(known, answers)
    return 0


@dataclass(frozen=True)
class Tool:
    """An estimator; `ask` gives bytes, None where it has no answer."""

    name: str
    ask: Callable[[Step], float | None]


def _ours(step: Step) -> float:
    return peak(step.shape, step.training).total


def _hf_mem(step: Step) -> float:
    tensors = _model(step.model).state_dict(keep_vars=True)
    once = {id(each): (name, each) for name, each in tensors.items()}.values()
    header = {name: {"dtype": "BF16", "shape": list(each.shape)} for name, each in once}
    return parse_safetensors_metadata({"Transformer": header}).bytes_count


def _accelerate(step: Step) -> float | None:
    if step.training.quantization:
        return None
    size, _ = calculate_maximum_sizes(_model(step.model))
    return max(estimate_training_usage(size, step.training.load_dtype).values())


def _deepspeed(step: Step) -> float:
    count = sum(each.numel() for each in _model(step.model).parameters())
    _, on_gpu = estimate_zero2_model_states_mem_needs(count, cpu_offload=False)
    return on_gpu


TOOLS = (
    Tool("tunesmith", _ours),
    Tool("hf-mem", _hf_mem),
    Tool("accelerate", _accelerate),
    Tool("deepspeed", _deepspeed),
)


@cache
def _model(name: str) -> Any:
    known = configuration(name)
    assert known
    fields = {k: v for k, v in known.fields.items() if k != "vision_config"}
    with init_empty_weights(include_buffers=False):
        made = AutoModelForCausalLM.from_config(AutoConfig.for_model(**fields), dtype=torch.float32)
    made.tie_weights()
    return made


def _kind(step: Step) -> str:
    if step.training.adapter is None:
        return "all weights"
    return "LoRA on a quantized base" if step.training.quantization else "LoRA"


def _table(known: Sequence[Step], answers: Mapping[str, Sequence[float | None]]) -> Iterator[str]:
    yield f"| trained | steps | {' | '.join(answers)} |"
    yield "|---|---|" + "---|" * len(answers)
    for kind in sorted({_kind(step) for step in known}):
        rows = [index for index, step in enumerate(known) if _kind(step) == kind]
        cells = [
            _cell([known[i] for i in rows], [found[i] for i in rows]) for found in answers.values()
        ]
        yield f"| {kind} | {len(rows)} | {' | '.join(cells)} |"


def _cell(known: Sequence[Step], found: Sequence[float | None]) -> str:
    errors = [value / step.peak - 1 for step, value in zip(known, found, strict=True) if value]
    if not errors:
        return "-"
    far = sum(abs(error) > 0.25 for error in errors)
    return f"{statistics.median(errors):+.1%}, {far} far off"


_PICTURE = "![Estimates against the oracle's peak](images/memory.svg)"


def _plot(known: Sequence[Step], answers: Mapping[str, Sequence[float | None]]) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "tunesmith"  # the same picture from the same figures
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 5.5))
    axes.plot([1, 300], [1, 300], color="0.7", linewidth=1, zorder=0)
    for (name, found), marker in zip(answers.items(), "o^sx", strict=True):
        points = [
            (s.peak / 1e9, value / 1e9) for s, value in zip(known, found, strict=True) if value
        ]
        is_ours = name == "tunesmith"
        axes.scatter(*zip(*points, strict=True), s=26, marker=marker, label=name,
                     alpha=1 if is_ours else 0.55, zorder=2 if is_ours else 1)  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel="peak that the oracle counted, GB",
             ylabel="estimate, GB")  # fmt: skip
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(PLOT, metadata={"Date": None})


if __name__ == "__main__":
    sys.exit(main())
