"""Calls of the libraries' objects, what the rules say of their keywords, and what is true.

The calls are generated from the tables, or real ones: names and keywords in public scripts.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.version import Version

from builders import project, understood
from libraries import INCOMPLETE
from tunesmith.knowledge.likely import counterparts
from tunesmith.knowledge.signature_table import signature_table
from tunesmith.knowledge.signatures import ComposedSignature, signature
from tunesmith.lint.engine import check
from tunesmith.lint.rule import ERROR

RULES = {
    "unknown-argument",
    "removed-argument",
    "misplaced-argument",
    "misplaced-model-init-kwargs",
}
INVENTED = ("no_such_option", "use_magic", "max_tokens_total", "lr")
DEEPER = {"load_in_4bit", "load_in_8bit"}
"""Where a loader takes any keyword, these raise in the model; signatures do not tell."""

Versions = Mapping[str, Version]


@dataclass(frozen=True)
class KeywordCall:
    """A call, without its values.

    Attributes:
        name: canonical name of what is called.
        positional: how many arguments are given by position.
        keywords: the others.
        form: how the keywords are written: one by one, as `**{...}`, or with `**options` besides.
    """

    name: str
    positional: int
    keywords: tuple[str, ...]
    form: str = "plain"

    def written(self, callee: str) -> str:
        """The call as a line of a script."""
        values = ["value"] * self.positional
        if self.form == "mapping":
            entries = ", ".join(f'"{keyword}": value' for keyword in self.keywords)
            return f"{callee}({', '.join([*values, f'**{{{entries}}}'])})"
        values += [f"{keyword}=value" for keyword in self.keywords]
        values += ["**options"] if self.form == "open" else []
        return f"{callee}({', '.join(values)})"


def real_calls(versions: Versions) -> list[KeywordCall]:
    """The calls of public scripts whose class the releases have."""
    path = Path(__file__).parent / "data" / "real_calls.json"
    calls = [
        KeywordCall(each["name"], each["positional"], tuple(each["keywords"]))
        for each in json.loads(path.read_text("utf-8"))
    ]
    return [call for call in calls if signature(call.name, versions)]


def generated_calls(versions: Versions, count: int, seed: int) -> list[KeywordCall]:
    """Calls right and wrong: keywords misspelt, invented, of other releases, of other objects."""
    chance = random.Random(seed)
    known = {
        name: found
        for package in versions
        for name in signature_table(package) or ()
        if name not in INCOMPLETE and ".HfApi." not in name
        if (found := signature(name, versions)) and found.parameters
    }
    trainers = [name for name in known if name.endswith(("Config", "Trainer", "Arguments"))]
    calls: list[KeywordCall] = []
    while len(calls) < count:
        name = chance.choice(trainers if chance.random() < 0.7 else list(known))
        calls.append(_generated(known[name], known, chance))
    return calls


def _generated(
    found: ComposedSignature, known: Mapping[str, ComposedSignature], chance: random.Random
) -> KeywordCall:
    positional = chance.randrange(len(found.positional) + 1) if chance.random() < 0.3 else 0
    free = [name for name in found.parameters if name not in found.positional[:positional]]
    keywords = {*chance.sample(free, min(len(free), chance.randrange(1, 6)))}
    others = [each for name in counterparts(found.name) if name in known for each in [known[name]]]
    sources = {
        "misspelt": [_misspelt(chance.choice(list(found.parameters)), chance)],
        "invented": list(INVENTED),
        "of another release": sorted(_ever(found.name)),
        "of the counterpart": [name for each in others for name in each.parameters],
    }
    for names in sources.values():
        if names and chance.random() < 0.4:
            keywords.add(chance.choice(names))
    keywords -= {*found.positional[:positional], *(DEEPER if found.takes_any else ())}
    form = chance.choice(["plain", "plain", "mapping", "open"])
    return KeywordCall(found.name, positional, tuple(sorted(keywords)), form)


def _ever(name: str) -> set[str]:
    """Every keyword that an object took in any release, or inherited."""
    names: set[str] = set()
    pending = [name]
    while pending:
        current = pending.pop()
        table = signature_table(current.partition(".")[0].replace("_", "-"))
        if table:
            names |= set(table.parameters(current))
            pending += table.bases_ever(current)
    return names


def _misspelt(name: str, chance: random.Random) -> str:
    at = chance.randrange(len(name))
    wrong = chance.choice([name[:at] + name[at + 1 :], name[: at + 1] + name[at:], f"{name}s"])
    return wrong if wrong.isidentifier() else f"{name}s"


def said(calls: Sequence[KeywordCall], versions: Versions) -> list[set[str]]:
    """The keywords of each call that the rules call an error, in one script with all calls."""
    pins = ", ".join(f'"{package}=={version}"' for package, version in versions.items())
    lines = ["# /// script", f"# dependencies = [{pins}]", "# ///"]
    names = sorted({call.name for call in calls})
    callees: dict[str, str] = {}
    for number, name in enumerate(names):
        exported, _, method = _public(name).partition(".")
        lines.append(f"from {_module(name, versions)} import {exported} as object_{number}")
        callees[name] = f"object_{number}.{method}" if method else f"object_{number}"
    first = len(lines)
    lines += [call.written(callees[call.name]) for call in calls]
    understanding = understood("train.py", "\n".join(lines) + "\n")
    document = understanding.document
    found: list[set[str]] = [set() for _ in calls]
    for each in check(understanding, project({})):
        if each.name in RULES and each.severity is ERROR:
            keyword = document.text[each.span.start : each.span.end].strip("\"'")
            found[document.lines.position(each.span.start).line - first].add(keyword)
    return found


def _public(name: str) -> str:
    return name.partition(".")[2].removeprefix("experimental.")


def _module(name: str, versions: Versions) -> str:
    found = signature(name, versions)
    assert found
    return name.partition(".")[0] if "." in _public(name) else found.module


def true(
    calls: Sequence[KeywordCall], versions: Versions, libraries: Path | None
) -> list[dict[str, Any]]:
    """What the libraries in a folder, or this Python's own, say to each call."""
    asked: list[dict[str, Any]] = []
    for call in calls:
        found = signature(call.name, versions)
        assert found
        about = {"positional": call.positional, "keywords": call.keywords}
        asked.append({"name": call.name, "module": found.module, **about})
    environment = {**os.environ, "TRL_EXPERIMENTAL_SILENCE": "1"}
    if libraries:
        search = [str(libraries), environment.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, search))
    answered = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("bindings.py"))],
        input=json.dumps(asked),
        text=True,
        capture_output=True,
        env=environment,
    )
    assert answered.returncode == 0, answered.stderr[-2000:]
    return [json.loads(line) for line in answered.stdout.splitlines()]


@dataclass(frozen=True)
class Comparison:
    """Rules against libraries.

    Attributes:
        bound: how many calls the libraries have an object for.
        refused: how many keywords raised.
        differences: where the rules say otherwise.
    """

    bound: int
    refused: int
    differences: Sequence[str]


def compared(
    calls: Sequence[KeywordCall], versions: Versions, libraries: Path | None
) -> Comparison:
    """What the rules say of calls, against what binding them raises."""
    answers = true(calls, versions, libraries)
    bound = [
        (call, claimed, set(answer["refused"]))
        for call, claimed, answer in zip(calls, said(calls, versions), answers, strict=True)
        if "absent" not in answer
    ]
    differences = [
        f"{call.written(call.name)}: the rules say {claimed - refused or '-'} too much, "
        f"and miss {refused - claimed or '-'}"
        for call, claimed, refused in bound
        if claimed != refused
    ]
    return Comparison(len(bound), sum(len(refused) for *_, refused in bound), differences)
