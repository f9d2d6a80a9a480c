"""Choosing the releases for a usual header, against libcst's parse of its script."""

from __future__ import annotations

import sys
import time
from functools import partial

import libcst as cst
from packaging.requirements import Requirement
from packaging.version import Version

from _measure import Row, medians, report
from _scripts import training_script
from tunesmith.knowledge import candidates
from tunesmith.knowledge.resolution import Request, resolve

HEADER = ("trl", "peft", "transformers", "datasets", "trackio", "bitsandbytes")
CLASH = ("trl==0.29.0", "transformers>=5.1", "huggingface_hub<1")
LIMIT = 1.0
CACHED_LIMIT = 0.02
ROUNDS = 40


def main() -> int:
    usual, clash = request(*HEADER), request(*CLASH)
    if len(resolve(usual).versions) < 20 or not resolve(clash).clash:
        raise SystemExit("the answers are others; this would measure something else")
    text = training_script(150, has_mistakes=False)
    works = {
        "a usual header, tables loaded": partial(cold, usual),
        "a header that clashes, tables loaded": partial(cold, clash),
        "parse": partial(cst.parse_module, text),
    }
    times = medians(works, ROUNDS, time.process_time)
    parse = times.pop("parse")
    rows = [Row(what, took, parse, LIMIT) for what, took in times.items()]
    resolve(usual)
    again = medians({"again": lambda: [resolve(request(*HEADER)) for _ in range(20)]}, ROUNDS)
    rows.append(Row("the same header again", again["again"] / 20, parse, CACHED_LIMIT))
    return report("Releases for a header", "libcst's parse of 150 lines", rows)


def request(*requirements: str) -> Request:
    return Request(tuple(map(requirement, requirements)), Version("3.12"))


KNOWN: dict[str, Requirement] = {}


def requirement(text: str) -> Requirement:
    """A requirement that was read already, as those of a script are."""
    return KNOWN.setdefault(text, Requirement(text))


def cold(asked: Request) -> None:
    """Resolve with nothing but the tables in memory."""
    resolve.cache_clear()
    for kept in (candidates.candidates, candidates.parsed_need, candidates.lowest_python):
        kept.cache_clear()
    resolve(asked)


if __name__ == "__main__":
    sys.exit(main())
