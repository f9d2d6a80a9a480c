"""A public Space with the metrics of private work.

## What it does

Finds `trackio.init(space_id=...)` without `private`, in scripts that keep the model or the data set
private.

## Why it costs you

Trackio makes a Space public unless `private=True` is given or the organization's default is private.
Everyone sees the metrics, the configuration and the names of models and data sets in it.

## Fix

Adds `private=True`. Unsafe: a dashboard may be meant for everyone. It counts when the Space is made,
and does nothing to one that exists.

## Source

`init` of Trackio 0.4 to 0.43. Where the Trainer's callback starts the
run, `hub_private_repo` decides, since transformers 4.57; a run that the callback replaces belongs to
`trackio-init-before-trainer`.

## Since

Trackio 0.4.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.knowledge.versions import library
from tunesmith.lint.rule import INFORMATION, UNSAFE, Bad, Finding, Fix, rule
from tunesmith.lint.trackio import inits, replacing_run, uses_trackio
from tunesmith.project import Project
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.unknown import ABSENT
from tunesmith.text import regex_with_words

_PRIVATE = regex_with_words(r"\b(?:hub_private_repo|private)\s*=\s*True\b", ("private",))


@rule(code="OUT014", severity=INFORMATION, words=("trackio",))
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    if not uses_trackio(script) or not _PRIVATE.search(script.text):
        return
    for call in inits(script):
        argument = call.argument("space_id")
        is_set = argument is not None and call.value("space_id") is not None
        if argument is None or not is_set or call.value("private") is not ABSENT:
            continue
        if replacing_run(call, script, library("transformers", script, project)):
            continue
        edit = script.keyword_insertion(call, "private=True")
        yield Finding(
            argument.span,
            "Trackio makes this Space public, while the script keeps other things private. Set "
            "private=True if its metrics are not for everyone.",
            Fix("Make the Space private", [edit], UNSAFE),
        )


_START = "import trackio\n\ntrackio.init(project='p', space_id='me/trackio'%s)\n"
_PUSH = "model.push_to_hub('me/model', private=%s)\n"
BAD = [
    Bad(
        _START % "" + _PUSH % True,
        at="space_id='me/trackio'",
        fixed=_START % ", private=True" + _PUSH % True,
    )
]
GOOD = [
    _START % "" + _PUSH % False,
    _START % ", private=True" + _PUSH % True,
    _START % ", private=is_private" + _PUSH % True,
    "import trackio\n\ntrackio.init(project='p')\n" + _PUSH % True,
]
