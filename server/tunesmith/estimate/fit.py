"""Whether a training fits a GPU, its main memory and its disk.

What no tensor accounts for is read off public out-of-memory errors of PyTorch, which name all three
figures: used by the process, by tensors, and free but in pieces too small (after everything that
can be given back was): huggingface/lora-fast issue 1 (23.48, 22.72 and 0.25 GiB),
vllm-project/compressed-tensors pull request 587 (78.09, 75.31, 1.83), kaito-project/kaito issue 976
(15.25, 13.73, 0.72) and seven more. The rest, CUDA's context and libraries, took 0.3 to 1.1 GiB,
0.5 at the median; fragments took 0 to 8 percent of the tensors, 2 at the median. With
`expandable_segments` fragments are few (pytorch/pytorch pull request 96995); how few is assumed.
"""

from __future__ import annotations

from typing import Literal

from tunesmith.estimate.memory import Breakdown, Peak, adapter_bytes, optimizer_bytes, peak
from tunesmith.estimate.shape import ModelShape
from tunesmith.estimate.training import BYTES, Training
from tunesmith.knowledge.hardware import Accelerator
from tunesmith.named_tuple import NamedTuple

Verdict = Literal["fits", "tight", "no", "unknown"]

GIB = 2**30
GB = 10**9
CONTEXT = (GIB * 3 // 10, GIB // 2, GIB * 11 // 10)
"""Bytes of CUDA's context and libraries: least, usual, most."""
FRAGMENTS = (0.0, 0.02, 0.08)
"""Fragments as a part of the tensors, with PyTorch's usual allocator."""
FEW_FRAGMENTS = (0.0, 0.005, 0.02)
"""The same with `PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True`."""
ERROR = 0.03
"""More than the estimate is off from the oracle in any recorded step, as a part of it."""
UNPROVEN_ERROR = 0.15
"""The same where no oracle was asked, assumed: other families, older TRL's losses of other methods
than SFT; and where several GPUs share weights: what is exchanged is freed in streams of its own."""
GUESSED_ERROR = 0.25
"""The same where the shape is guessed from the model's name, or approximated; assumed."""
PROVEN = (
    "gemma",
    "gemma2",
    "gemma3_text",
    "llama",
    "ministral3",
    "mistral",
    "mixtral",
    "phi3",
    "qwen2",
    "qwen3",
    "qwen3_moe",
    "seed_oss",
    "smollm3",
)
"""Architectures of which the oracle measured steps."""

HOST = 5 * GB
"""Bytes of main memory that Python, torch and CUDA's own part of it take: 4 to 5 GB, assumed."""
SHARD = 5 * GB
"""The size of a file of weights on the Hub (`max_shard_size` of transformers before 5.0)."""
ENVIRONMENT = 8 * GB
"""Bytes of an environment with torch and CUDA's libraries on disk, with what was downloaded for
it: assumed."""


class Need(NamedTuple):
    """What a step takes of one GPU, in bytes.

    Attributes:
        breakdown: by what it is for; adds up to `total`.
        moment: when it is most.
        low, high: the interval.
        is_certain: whether the model's shape is its own, not guessed from its name or approximated.
        engine_share: part of the GPU's memory that vLLM takes besides, in the same process.
    """

    breakdown: Breakdown
    moment: str
    low: int
    high: int
    is_certain: bool = True
    engine_share: float = 0.0

    @property
    def total(self) -> int:
        return self.breakdown.total

    def largest(self, count: int = 2) -> list[tuple[str, int]]:
        """The largest terms, by name."""
        return sorted(self.breakdown._asdict().items(), key=lambda it: -it[1])[:count]


class Fit(NamedTuple):
    """What becomes of a need on a GPU.

    Attributes:
        verdict: "fits" where even the high end does, "no" where not even the low end does.
        reason: one sentence.
    """

    verdict: Verdict
    reason: str


def need(
    shape: ModelShape,
    training: Training,
    *,
    is_expandable: bool = False,
    is_certain: bool = True,
) -> Need:
    """What a training step takes of each GPU, everything included.

    Args:
        shape: the model.
        training: how it is trained.
        is_expandable: whether `expandable_segments` is on.
        is_certain: whether the shape is the model's own, not guessed from its name or approximated.
    """
    error = ERROR if _is_proven(shape, training) else UNPROVEN_ERROR
    error = error if is_certain else max(error, GUESSED_ERROR)
    found = need_of(peak(shape, training), error, is_expandable=is_expandable)
    return found._replace(is_certain=is_certain, engine_share=training.engine_share)


def need_of(tensors: Peak, error: float = 0, *, is_expandable: bool = False) -> Need:
    """What a peak of tensors takes of a GPU, everything included.

    Args:
        tensors: estimated or measured.
        error: how far it may be off, as a part of it.
        is_expandable: whether `expandable_segments` is on.
    """
    fragments = FEW_FRAGMENTS if is_expandable else FRAGMENTS
    overhead = CONTEXT[1] + int(fragments[1] * tensors.total)
    return Need(
        tensors.breakdown._replace(overhead=overhead),
        tensors.moment,
        int(tensors.total * (1 - error)) + CONTEXT[0],
        int(tensors.total * (1 + error + fragments[2])) + CONTEXT[2],
    )


def _is_proven(shape: ModelShape, training: Training) -> bool:
    is_recorded = training.method in ("sft", "reward") or training.loss == "fused"
    is_whole = training.gpus == 1 or training.sharding == "ddp"
    return shape.family in PROVEN and is_recorded and is_whole


def fit(needed: Need | None, gpu: Accelerator | None) -> Fit:
    """Whether a need fits into one GPU of a kind.

    Args:
        needed: None where the model is not known.
        gpu: None where there is none, or none was named.
    """
    if needed is None:
        return Fit("unknown", "The model is not known, so its memory cannot be estimated.")
    if gpu is None:
        return Fit("unknown", f"About {_gb(needed.total)} GB are needed; no GPU is named.")
    usable = int(gpu.usable_vram_gib * (1 - needed.engine_share) * GIB)
    (first, one), (second, two) = needed.largest()
    parts = f"most for {first} ({_gb(one)} GB) and {second} ({_gb(two)} GB)"
    free = f"{_gb(usable)} GB that an {gpu.name} has free"
    free += " beside vLLM" if needed.engine_share else ""
    if needed.high <= usable:
        return Fit("fits", f"It takes about {_gb(needed.total)} of {free}, {parts}.")
    if needed.low > usable:
        return Fit("no", f"It would take about {_gb(needed.total)} of {free}, {parts}.")
    ends = f"{_gb(needed.low)} to {_gb(needed.high)}"
    return Fit("tight", f"It takes {ends} of {free}, {parts}.")


def _gb(count: int) -> str:
    return f"{count / GB:.1f}"


def ram_bytes(shape: ModelShape, training: Training, *, is_mapped: bool = True) -> int:
    """Main memory that loading and training need, in bytes.

    Args:
        shape: the model.
        training: how it is trained.
        is_mapped: whether `device_map` brings one file after another to the GPU, as TRL has it on
            one GPU; the whole model is in main memory first otherwise.
    """
    weights = shape.parameters * BYTES[training.load_dtype]
    states = 0
    if training.optimizer == "paged_adamw_8bit":
        states = optimizer_bytes(shape, training._replace(optimizer="adamw_8bit"))
    return HOST + (min(weights, SHARD) if is_mapped else weights) + states


def disk_bytes(shape: ModelShape, training: Training, checkpoints: int) -> int:
    """Disk that a run needs: the environment, the model as it is downloaded, the checkpoints.

    Args:
        shape: the model.
        training: how it is trained.
        checkpoints: how many are kept at the same time (`save_total_limit`).
    """
    downloaded = shape.parameters * BYTES["bfloat16"]
    is_paged = training.optimizer == "paged_adamw_8bit"
    whole = training._replace(optimizer="adamw_8bit") if is_paged else training
    weights = adapter_bytes(shape, training) or shape.parameters * BYTES[training.load_dtype]
    return ENVIRONMENT + downloaded + checkpoints * (weights + optimizer_bytes(shape, whole))
