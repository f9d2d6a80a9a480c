"""Commands of other tools of fine-tuning: MLX-LM, llama.cpp's converter to GGUF, huggingface-cli.

They are found wherever launch commands are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice, pairwise
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.commands import find_argvs
from tunesmith.sources.commands.found import Sought
from tunesmith.sources.document import Document
from tunesmith.sources.launch_command import Argv, Word, is_inline
from tunesmith.text import regex

if TYPE_CHECKING:
    from tunesmith.sources.python_script import PythonScript

_MLX = (
    r"(?:benchmark|cache_prompt|chat|convert|evaluate|fuse|generate|lora|manage|perplexity|quant|server"
    r"|share|upload)"
)
_CONVERTER = r"convert[-_]hf[-_]to[-_]gguf(?:\.py)?"
_OLD_HF = r"huggingface-cli(?:\.exe)?"
_LLAMA_CPP = r"github\.com[/:]gg[\w-]+/llama\.cpp"
CLONES_LLAMA_CPP = regex(rf"\bclone\b[^\n]{{1,80}}{_LLAMA_CPP}")
TOOLS = Sought(
    regex(
        rf"\bmlx_lm(?:\.|\W{{1,20}}){_MLX}\b|{_CONVERTER}|--outtype\b|{_LLAMA_CPP}"
        rf"|\b{_OLD_HF}(?=\W{{1,20}}[a-z])|[\"']clone[\"']"
    ),
    rf"(?:[\w./~-]*/)?(?:mlx_lm(?:\.|[ \t]+){_MLX}\b|{_OLD_HF}[ \t]+[a-z]|git[ \t]+clone\b)"
    rf"|(?:(?:\S*/)?python[\d.]*[ \t]+(?:-\w+[ \t]+)*)?[^\s\"'`]*{_CONVERTER}(?=[ \t])",
    regex(rf"clone|mlx_lm(?:\.\w+)?|(?:.*[/\\])?(?:{_CONVERTER}|{_OLD_HF})", re.DOTALL),
)
"""Which commands these are."""

_MODULE = regex(rf"mlx_lm\.({_MLX})")
_FLAGS = ("--train", "--test", "--grad-checkpoint", "--report-to")
"""Options of `mlx_lm.lora` behind which a variable is no value, or none that matters."""
_MOST_COMMANDS = 200


class ToolCommand(NamedTuple):
    """A command of MLX-LM, of llama.cpp's converter or of huggingface-cli, or a clone of llama.cpp.

    Attributes:
        document: where it stands.
        argv: the words as found, from the program on.
        tool: a command of MLX-LM such as "mlx_lm.lora", "convert_hf_to_gguf", "huggingface-cli", or
            "git clone llama.cpp".
        program: the words that name it.
        arguments: the words behind.
        is_file_of_module: it is run as `python -m mlx_lm.lora`.
    """

    document: Document
    argv: Argv
    tool: str
    program: Sequence[Word]
    arguments: Sequence[Word]
    is_file_of_module: bool = False

    @property
    def path(self) -> PurePosixPath:
        return self.document.path

    @property
    def is_open(self) -> bool:
        """Whether variables may stand for further options."""
        return any(word.is_open for word in self.arguments)

    @property
    def may_hold_more(self) -> bool:
        """Whether a variable stands where options of `mlx_lm.lora` do, and not for a value."""
        words = [self.program[-1], *self.arguments]
        return any(
            word.is_open and (not before.known_text.startswith("-") or before.text in _FLAGS)
            for before, word in pairwise(words)
        )

    @property
    def is_inline(self) -> bool:
        """Whether it stands in a sentence, between backticks."""
        return is_inline(self.argv, self.document)

    def option(self, *names: str) -> tuple[Word, str | None, Word] | None:
        """The first option of these names: its word, its value, and the word that holds that."""
        for index, word in enumerate(self.arguments):
            name, equals, value = (word.text or "").partition("=")
            if name in names:
                if equals:
                    return word, value, word
                behind = self.arguments[index + 1] if index + 1 < len(self.arguments) else word
                return word, None if behind is word else behind.text, behind
        return None


def find_tool_commands(document: Document, script: PythonScript | None) -> Sequence[ToolCommand]:
    """The commands of these tools in a document, in order."""
    if not TOOLS.mention.search(document.text):
        return ()
    found: dict[int, ToolCommand] = {}
    for argv in islice(find_argvs(document, script, TOOLS), _MOST_COMMANDS):
        command = _read(argv, document)
        if command:
            place = command.argv.words[0].span.start
            known = found.get(place)
            if known is None or len(known.argv.words) < len(command.argv.words):
                found[place] = command
    return [found[place] for place in sorted(found)]


def _read(argv: Argv, document: Document) -> ToolCommand | None:
    words = argv.words
    for index, word in enumerate(words):
        name = _program_name(word, document)
        module = _MODULE.fullmatch(name)
        end = index + 1
        if module:
            tool = f"mlx_lm.{module[1]}"
        elif name == "mlx_lm" and end < len(words) and re.fullmatch(_MLX, words[end].text or ""):
            tool, end = f"mlx_lm.{words[end].text}", end + 1
        elif re.fullmatch(_CONVERTER, name) or _is_old_converter(word, argv.folder_hint):
            tool = "convert_hf_to_gguf"
        elif re.fullmatch(_OLD_HF, name) and end < len(words):
            tool = "huggingface-cli"
        elif name == "git" and _clones_llama_cpp(words[index:]):
            tool, end = "git clone llama.cpp", end + 1
        else:
            continue
        follows_m = index > 0 and words[index - 1].text == "-m"
        return ToolCommand(
            document,
            argv._replace(words=words[index:]),
            tool,
            words[index:end],
            words[end:],
            is_file_of_module=bool(module and follows_m),
        )
    return _converter_in_variable(argv, document)


def _clones_llama_cpp(words: Sequence[Word]) -> bool:
    is_clone = len(words) > 1 and words[1].text == "clone"
    return is_clone and any(re.search(_LLAMA_CPP, word.known_text) for word in words)


def _is_old_converter(word: Word, folder: str | None) -> bool:
    """Whether it is llama.cpp's converter of before 2024, whose name alone says little."""
    path = f"{folder or ''}/{word.known_text}"
    return path.endswith("/convert.py") and "llama.cpp" in path


def _converter_in_variable(argv: Argv, document: Document) -> ToolCommand | None:
    """A command whose option says what its variable holds: `python $CONVERT m --outtype f16`."""
    words = argv.words
    start = next((i for i, word in enumerate(words) if word.known_text.startswith("-")), 0)
    has_option = any(word.known_text.partition("=")[0] == "--outtype" for word in words)
    is_named = any(word.known_text.endswith(".py") for word in words)
    if not (has_option and start) or is_named or not re.search(_CONVERTER, document.text):
        return None
    return ToolCommand(document, argv, "convert_hf_to_gguf", words[:start], words[start:])


def _program_name(word: Word, document: Document) -> str:
    """The last part of a path, which is known also behind a variable: `$LLAMA_CPP/convert.py`."""
    text = document.text[slice(*word.span)] if word.text is None else word.text
    return re.split(r"[/\\]", text)[-1].strip(" \"')")
