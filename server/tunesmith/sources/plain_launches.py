"""Starts of scripts that are no jobs: `python train.py`, `accelerate launch`, `trl sft`.

They are looked for only when an estimate asks how a script is started.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.commands import find_argvs
from tunesmith.sources.commands.found import Sought
from tunesmith.sources.document import Document
from tunesmith.sources.launch_command import Argv, Word, enclosing_span
from tunesmith.sources.launches import Launch
from tunesmith.sources.python_script import PythonScript
from tunesmith.text import regex

_METHODS = r"(?:sft|dpo|kto|grpo|reward)"
_STARTER = r"(?:python[\d.]*|torchrun|accelerate[ \t]+launch|deepspeed|uv[ \t]+run)"
SOUGHT = Sought(
    regex(
        r"\b(?:python[\d.]*|torchrun|launch|deepspeed|run)\b[^;&|]{1,600}?\.py\b"
        rf"|\btrl\W{{1,20}}{_METHODS}\b"
    ),
    rf"(?:\w+=\S*[ \t]+)*(?:[\w./~-]*/)?(?:{_STARTER}[ \t]|trl[ \t]+{_METHODS}\b)",
    regex(rf"torchrun|launch|deepspeed|run|{_METHODS}|.*\.py"),
)
"""Which commands these are."""
_PROGRAM = regex(r"(?:.*/)?(?:python[\d.]*|torchrun|accelerate|accelerate-launch|deepspeed|uv|trl)")
_SCRIPT = regex(r"[^\s=]+\.py")
_METHOD = regex(_METHODS)
_MOST_COMMANDS = 50


class PlainLaunch(NamedTuple):
    """A start that is no job.

    Attributes:
        launch: the start; its script is the method where TRL's own script runs.
        method: of `trl sft`; "" where a script of the user's runs.
        hint: the folder that the command changes to first, if any.
    """

    launch: Launch
    method: str
    hint: str | None


def find_plain_launches(document: Document, script: PythonScript | None) -> Iterator[PlainLaunch]:
    """The starts in a document, in order; counter-examples and jobs are left out."""
    if not SOUGHT.mention.search(document.text):
        return
    for argv in islice(find_argvs(document, script, SOUGHT), _MOST_COMMANDS):
        found = None if argv.is_counter_example else _read(argv, document)
        if found:
            yield found


def _read(argv: Argv, document: Document) -> PlainLaunch | None:
    words = argv.words
    start = next((i for i, word in enumerate(words) if _PROGRAM.fullmatch(word.known_text)), None)
    if start is None or any(word.text in ("hf", "hfjobs", "jobs") for word in words):
        return None
    for index in range(start, len(words)):
        text = words[index].text or ""
        is_trl = words[index - 1].text == "trl" if index > start else False
        if is_trl and _METHOD.fullmatch(text):
            return _launch(argv, document, words[start:index], words[index + 1 :], text, text)
        if _SCRIPT.fullmatch(text):
            return _launch(argv, document, words[start:index], words[index + 1 :], text, "")
    return None


def _launch(
    argv: Argv,
    document: Document,
    launcher: Sequence[Word],
    arguments: Sequence[Word],
    script: str,
    method: str,
) -> PlainLaunch:
    launch = Launch(
        document.path,
        enclosing_span(argv.words),
        script,
        launcher=launcher,
        arguments=arguments,
        may_keep_files=True,
    )
    return PlainLaunch(launch, method, argv.folder_hint)
