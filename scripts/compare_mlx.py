"""Holds the estimate of `mlx_lm.lora` against tests/estimate/mlx.json, in docs/accuracy.md.

Usage: PYTHONPATH=server:tests:scripts python scripts/compare_mlx.py
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator, Sequence

from estimate.mlx_records import RECORD, Log, Step, logs, steps
from record_accuracy import write_section
from tunesmith.estimate.mlx.memory import mlx_need, mlx_peak
from tunesmith.estimate.mlx.speed import mlx_step_seconds

TITLE = "MLX-LM on Macs"
INTRODUCTION = """\
Written by `scripts/compare_mlx.py`. We measured nothing on a Mac: the figures are those of public
logs of `mlx_lm.lora` ("Peak mem", "It/sec"). The length of the padded rows follows from their
"Trained Tokens"; what else they leave open, the list of sources says. Memory is read from MLX's
code; what Gemma's gate keeps and what a checkpoint takes twice were set by the figures below, as
were the shares of the peak that the time rests on.
"""
MEASURED = """\
Steps that MLX itself measured (`scripts/record_mlx.py`, {versions}, on a CPU, with stand-ins for
the kernels that Metal has), in MB:
"""


def main() -> int:
    write_section(TITLE, "\n".join([INTRODUCTION, *_page()]) + "\n")
    return 0


def _page() -> Iterator[str]:
    known = [*logs()]
    peaks = [each for each in known if each.peak]
    yield _summary("memory", [_error(each) for each in peaks])
    yield ""
    yield "| model | batch x tokens | trained | log, GB | estimate, GB | interval | error |"
    yield "|---|---|---|---|---|---|---|"
    for log in peaks:
        found = mlx_need(log.shape, log.training)
        interval = f"{found.low / 1e9:.1f} to {found.high / 1e9:.1f}"
        yield (
            f"| {log.model} | {log.training.batch} x {log.training.length} | {_trained(log)} "
            f"| {log.peak:.2f} | {found.total / 1e9:.2f} | {interval} | {_error(log):+.1%} |"
        )
    yield ""
    yield "| model | Mac | batch x tokens | log, s a step | estimate, s | interval |"
    yield "|---|---|---|---|---|---|"
    for log in known:
        if log.seconds and log.gpu:
            low, likely, high = mlx_step_seconds(log.shape, log.training, log.tokens, log.gpu)
            yield (
                f"| {log.model} | {log.gpu.name} | {log.training.batch} x {log.tokens:.0f} "
                f"| {log.seconds:.2f} | {likely:.2f} | {low:.2f} to {high:.2f} |"
            )
    yield ""
    named = ", ".join(f"{name} {release}" for name, release in RECORD["versions"].items())
    yield MEASURED.format(versions=named)
    measured = [*steps()]
    yield _summary("memory", [_step_error(each) for each in measured])
    yield ""
    yield "| model | what differs | measured | estimate | error |"
    yield "|---|---|---|---|---|"
    for step in measured:
        changes = ", ".join(f"{key} {value}" for key, value in step.changes.items())
        size = f"{step.training.batch} x {step.training.length}"
        estimate = mlx_peak(step.shape, step.training).total
        yield (
            f"| {step.shape.family}, {step.shape.vocabulary:,} words | {size}; {changes} "
            f"| {step.peak / 1e6:.1f} | {estimate / 1e6:.1f} | {_step_error(step):+.1%} |"
        )
    yield ""
    yield "Sources of the logs:"
    yield ""
    yield from (f"- {source}" for source in RECORD["sources"].values())


def _error(log: Log) -> float:
    assert log.peak
    return mlx_need(log.shape, log.training).total / (log.peak * 1e9) - 1


def _step_error(step: Step) -> float:
    return mlx_peak(step.shape, step.training).total / step.peak - 1


def _summary(what: str, errors: Sequence[float]) -> str:
    sizes = sorted(map(abs, errors))
    return (
        f"{len(sizes)} figures of {what}: off by {statistics.median(sizes):.1%} at the median, "
        f"{sizes[-1]:.1%} at worst."
    )


def _trained(log: Log) -> str:
    it = log.training
    layers = "all layers" if it.layers < 0 else f"{it.layers} layers"
    again = ", checkpoints" if it.is_checkpointed else ""
    rank = "" if it.kind == "full" else f" {it.rank}"
    return f"{it.kind}{rank}, {layers}, {it.packing.bits} bits{again}"


if __name__ == "__main__":
    sys.exit(main())
