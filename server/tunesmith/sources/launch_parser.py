"""Reads the words of a command as the `hf` command line reads them.

`hf` is made with click: its options may stand before and after the script, `--` ends them, short
ones may be joined (`-de K=V`), and `jobs run` passes what it does not know on. See
`click.parser._OptionParser`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from tunesmith.knowledge import hf_cli
from tunesmith.knowledge.hf_cli import OptionSpec
from tunesmith.sources.document import Document
from tunesmith.sources.launch_command import Argv, LaunchCommand, Option, Word

_PROGRAMS = ("hf", "huggingface-cli", "hfjobs")
_ACTIONS = (
    ("jobs", "run"),
    ("jobs", "uv", "run"),
    ("jobs", "scheduled", "run"),
    ("jobs", "scheduled", "uv", "run"),
)
_HFJOBS_ACTIONS = (("run",), ("uv", "run"))
_PIN = re.compile(
    r"\b(?:huggingface[-_.]hub|hf)(?:\[[^\]]*\])?\s*(?:==|@)\s*v?(\d[\w.]*)", re.IGNORECASE
)
_SCRIPT = re.compile(r".*\.py|https?://.*|-", re.IGNORECASE | re.DOTALL)
_NO_WORD = re.compile(r"[/.:\d]\w|^-$")
_NAMES_SCRIPT = re.compile(r"script|url|file|path|train|\.py|[$%]\{?\d", re.IGNORECASE)
_SYNOPSIS = re.compile(
    r"\[(?:OPTIONS|ARGS|COMMAND|SCRIPT_ARGS)\]|SCRIPT|IMAGE|COMMAND\.{3}|SCRIPT\.{3}"
)


class _Program(NamedTuple):
    name: str
    action: Sequence[str]
    start: int
    """The index of the program among the words."""
    arguments: int
    """The index behind the action."""


@dataclass(slots=True)
class _Parsed:
    """Indices are those of `words`."""

    options: list[tuple[int, Option]] = field(default_factory=list[tuple[int, Option]])
    unknown: list[int] = field(default_factory=list[int])
    positional: list[int] = field(default_factory=list[int])
    behind_separator: list[int] = field(default_factory=list[int])


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
    specs = hf_cli.options(program.name, program.action)
    parsed = _parse_options(arguments, specs, stops=program.name == "hfjobs")
    if any(option.name == "--help" for _, option in parsed.options):
        return None
    target = _find_target(arguments, parsed, program.action, document)
    if argv.is_mention and (target is None or not _is_no_sentence(arguments[target], parsed)):
        return None
    return LaunchCommand(
        document=document,
        argv=replace(argv, words=words),
        program=program.name,
        action=program.action,
        hub=_pinned_release(argv.words[: program.start + 1]),
        options=[
            replace(option, after_script=target is not None and index > target)
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


def _parse_options(
    words: Sequence[Word], specs: Mapping[str, OptionSpec], *, stops: bool
) -> _Parsed:
    """Sort the words into options and the rest; `stops` at the first word that is no option."""
    parsed = _Parsed()
    index = 0
    while index < len(words):
        text = words[index].known_text
        if words[index].text == "--":
            parsed.behind_separator += range(index + 1, len(words))
            break
        if text.startswith("--"):
            index += _long_option(words, index, specs, parsed)
        elif len(text) > 1 and text.startswith("-"):
            index += _short_options(words, index, specs, parsed)
        elif stops:
            parsed.positional += range(index, len(words))
            break
        else:
            parsed.positional.append(index)
            index += 1
    return parsed


def _long_option(
    words: Sequence[Word], index: int, specs: Mapping[str, OptionSpec], parsed: _Parsed
) -> int:
    """Take one long option; the number of words that it is made of."""
    word = words[index]
    name, equals, value = word.known_text.partition("=")
    spec = specs.get(name) if equals or word.text is not None else None
    if spec is None:
        parsed.unknown.append(index)
        return 1
    if spec.takes_value and not equals:
        return _option_with_next_word(words, index, spec, parsed)
    own_value = value if equals and word.text is not None else None
    parsed.options.append((index, Option(spec.name, word, own_value, [word], False)))
    return 1


def _short_options(
    words: Sequence[Word], index: int, specs: Mapping[str, OptionSpec], parsed: _Parsed
) -> int:
    """Take the options of `-de K=V`, `-eK=V` or `-lr`; the number of words that they take."""
    word = words[index]
    letters = word.known_text[1:]
    is_known = False
    for position, letter in enumerate(letters, start=1):
        spec = specs.get(f"-{letter}")
        if spec is None:
            continue
        is_known = True
        if not spec.takes_value:
            parsed.options.append((index, Option(spec.name, word, None, [word], False)))
            continue
        rest = letters[position:]
        if not rest and word.text is not None:
            return _option_with_next_word(words, index, spec, parsed)
        value = rest if word.text is not None else None
        parsed.options.append((index, Option(spec.name, word, value, [word], False)))
        break
    if not is_known:
        parsed.unknown.append(index)
    return 1


def _option_with_next_word(
    words: Sequence[Word], index: int, spec: OptionSpec, parsed: _Parsed
) -> int:
    used = words[index : index + 2]
    value = used[1].text if len(used) > 1 else None
    parsed.options.append((index, Option(spec.name, used[0], value, list(used), False)))
    return len(used)


def _find_target(
    words: Sequence[Word], parsed: _Parsed, action: Sequence[str], document: Document
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


def _is_no_sentence(target: Word, parsed: _Parsed) -> bool:
    """Whether a command in prose can be told from a sentence: "hf jobs run failed" is one."""
    return target.text is None or bool(parsed.options or _NO_WORD.search(target.text))


def _may_belong_to_options(
    words: Sequence[Word], index: int, parsed: _Parsed, document: Document
) -> bool:
    word = words[index]
    if index - 1 in parsed.unknown and "=" not in words[index - 1].known_text:
        return True
    return word.is_open and not _NAMES_SCRIPT.search(document.text[slice(*word.span)])


def _arguments_behind(target: int, words: Sequence[Word], parsed: _Parsed) -> list[Word]:
    indices = sorted({*parsed.positional, *parsed.unknown, *parsed.behind_separator})
    return [words[index] for index in indices if index > target]
