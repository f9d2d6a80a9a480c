"""Finds the commands that start a job, and reads them as their authors meant them.

Options of `hf` are recognised before and after the script, whatever the release does with them
there, and an option that is none is not taken for the script. What a release really makes of a
command says `hf_reading.read_as`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from packaging.version import InvalidVersion, Version

from tunesmith.knowledge.hf_cli import Grammar, grammar
from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.document import Document
from tunesmith.sources.hf_options import Taken, take_options
from tunesmith.sources.launch_command import Argv, LaunchCommand, Word
from tunesmith.text import regex

_PROGRAMS = ("hf", "huggingface-cli", "hfjobs")
_ACTIONS = (
    ("jobs", "run"),
    ("jobs", "uv", "run"),
    ("jobs", "scheduled", "run"),
    ("jobs", "scheduled", "uv", "run"),
)
_HFJOBS_ACTIONS = (("run",), ("uv", "run"))
_PIN = regex(
    r"\b(?:huggingface[-_.]hub|hf)(?:\[[^\]]*\])?\s*(?:==|@)\s*v?(\d[\w.]*)", re.IGNORECASE
)
_SCRIPT = regex(r".*\.py|https?://.*|-", re.IGNORECASE | re.DOTALL)
_NO_WORD = regex(r"[/.:\d]\w|^-$")
_NAMES_SCRIPT = regex(r"script|url|file|path|train|\.py|[$%]\{?\d", re.IGNORECASE)
_SYNOPSIS = regex(r"\[(?:OPTIONS|ARGS|COMMAND|SCRIPT_ARGS)\]|SCRIPT|IMAGE|COMMAND\.{3}|SCRIPT\.{3}")


class _Program(NamedTuple):
    name: str
    action: Sequence[str]
    start: int
    """The index of the program among the words."""
    arguments: int
    """The index behind the action."""


def parse(argv: Argv, document: Document) -> LaunchCommand | None:
    """The command that starts a job, or None for every other command, synopses and `--help`.

    What stands before the program (`sudo -E`, `uvx --from "huggingface_hub==1.3"`) is cut off.
    """
    program = _find_program(argv.words)
    if program is None:
        return None
    words = argv.words[program.start :]
    arguments = argv.words[program.arguments :]
    if any(_SYNOPSIS.fullmatch(document.text[slice(*word.span)]) for word in arguments):
        return None
    hub = _pinned_release(argv.words[: program.start + 1])
    parsed = take_options(arguments, _grammar(program, hub), stops_early=program.name == "hfjobs")
    if any(option.name == "--help" for _, option in parsed.options):
        return None
    target = _find_target(arguments, parsed, program.action, document)
    if argv.is_mention and (target is None or not _is_no_sentence(arguments[target], parsed)):
        return None
    return LaunchCommand(
        document=document,
        argv=argv._replace(words=words),
        program=program.name,
        action=program.action,
        hub=hub,
        options=[
            option._replace(after_script=target is not None and index > target)
            for index, option in parsed.options
        ],
        unknown_options=[
            arguments[index] for index in parsed.unknown if target is None or index < target
        ],
        target=None if target is None else arguments[target],
        target_arguments=[] if target is None else _arguments_behind(target, arguments, parsed),
    )


def _find_program(words: Sequence[Word]) -> _Program | None:
    for index, word in enumerate(words):
        name = _program_name(words, index)
        actions = _HFJOBS_ACTIONS if name == "hfjobs" else _ACTIONS
        for action in actions if name else ():
            following = tuple(word.text for word in words[index + 1 : index + 1 + len(action)])
            is_sure = word.text is not None or "uv" in action or "scheduled" in action
            if following == action and name and is_sure:
                return _Program(name, action, index, index + 1 + len(action))
    return None


def _program_name(words: Sequence[Word], index: int) -> str | None:
    text = words[index].text
    if text is None:
        return "hf"  # `$HF jobs uv run`: the action's words tell
    name = re.split(r"[/\\]", text)[-1].partition("@")[0].lower().removesuffix(".exe")
    if name in _PROGRAMS:
        return name
    is_module = index > 0 and words[index - 1].text == "-m"
    return "huggingface_hub" if is_module and text.split(".")[0] == "huggingface_hub" else None


def _pinned_release(words: Sequence[Word]) -> str | None:
    pins = (_PIN.search(word.text or "") for word in words)
    return next((pin[1] for pin in pins if pin), None)


def _grammar(program: _Program, hub: str | None) -> Grammar:
    """That of the release that the command pins, if it has the command, else the newest."""
    try:
        pinned = grammar(program.name, program.action, Version(hub)) if hub else None
    except InvalidVersion:
        pinned = None
    found = pinned or grammar(program.name, program.action)
    assert found, f"{program.action} is a command of the newest release"
    return found


def _find_target(
    words: Sequence[Word], parsed: Taken, action: Sequence[str], document: Document
) -> int | None:
    """The script or the image.

    An unknown option's value and a variable that may hold options look like one; they are passed
    over where something better follows.
    """
    candidates = parsed.positional + parsed.behind_separator
    if "scheduled" in action:
        candidates = candidates[1:]
    for position, index in enumerate(candidates):
        word, later = words[index], [words[other] for other in candidates[position + 1 :]]
        if not later or not _may_belong_to_options(words, index, parsed, document):
            return index
        looks_right = word.text is not None and _SCRIPT.fullmatch(word.text)
        has_better = any(w.text is None or _SCRIPT.fullmatch(w.text) for w in later)
        if "uv" in action and (looks_right or not has_better):
            return index
    return None


def _is_no_sentence(target: Word, parsed: Taken) -> bool:
    """Whether a command in prose can be told from a sentence: "hf jobs run failed" is one."""
    return target.text is None or bool(parsed.options or _NO_WORD.search(target.text))


def _may_belong_to_options(
    words: Sequence[Word], index: int, parsed: Taken, document: Document
) -> bool:
    word = words[index]
    if index - 1 in parsed.unknown and "=" not in words[index - 1].known_text:
        return True
    return word.is_open and not _NAMES_SCRIPT.search(document.text[slice(*word.span)])


def _arguments_behind(target: int, words: Sequence[Word], parsed: Taken) -> list[Word]:
    indices = sorted({*parsed.positional, *parsed.unknown, *parsed.behind_separator})
    return [words[index] for index in indices if index > target]
