"""What a job installs for the script that it runs, as the command that starts it says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from types import MappingProxyType

from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.launch_command import LaunchCommand, Option, Word
from tunesmith.sources.requirements import Pin, read_requirement
from tunesmith.text import Span, regex

NOTHING_SET: Mapping[str, str | None] = MappingProxyType({})


class Launch(NamedTuple):
    """What a job installs for a script, as far as its start says.

    Attributes:
        path: the file that starts the job.
        span: the command or the call in it.
        script: the script's path or URL as written.
        additions: what is installed over the script's own requirements (`--with`).
        python: the Python version asked for; None where none is.
        image: the image asked for; None for the default one.
        unknown: why nobody can tell what is installed, as the end of a sentence; None where all
            is told.
        is_call: a call of huggingface_hub starts it, which does not read `[tool.hf-jobs]`.
        flavor: the machine that it asks for; None where it asks for none, or does not tell.
        timeout: likewise, as `hf` takes it: "2h", or a number of seconds.
        variables: the environment variables that it sets, as far as they are told, each with its
            value; None where that is not told, as of a secret.
        launcher: the words in front of the script in a container: `accelerate launch`.
        arguments: the words that the script gets; None where nobody can tell.
        may_keep_files: what the script writes may outlive the job without its doing: a volume may
            be mounted, or a container's command may do more than run the script.
    """

    path: PurePosixPath
    span: Span
    script: str
    additions: Sequence[Pin] = ()
    python: str | None = None
    image: str | None = None
    unknown: str | None = None
    is_call: bool = False
    flavor: str | None = None
    timeout: str | int | float | None = None
    variables: Mapping[str, str | None] = NOTHING_SET
    may_keep_files: bool = False
    launcher: Sequence[Word] = ()
    arguments: Sequence[Word] | None = None

    @property
    def installs(self) -> object:
        """Equal for starts that install the same."""
        return self.additions, self.python, self.image, self.unknown, self.is_call


_DECIDES_VERSIONS = regex(
    r"PYTHONPATH|UV_(?:CONSTRAINT|DEFAULT_INDEX|EXCLUDE_NEWER|EXTRA_INDEX_URL|FIND_LINKS|INDEX"
    r"|INDEX_URL|OVERRIDE|PRERELEASE|PYTHON|RESOLUTION)"
)
_PYTHON_FILE = regex(r"[\w./-]+\.py\b")
_COMMA = regex(r",(?=\s*[A-Za-z])")


def of_command(command: LaunchCommand) -> Iterator[Launch]:
    """The start of a script by a command; of every script that a container's command names."""
    if not command.runs_uv_script:
        image = command.target.text if command.target else None
        reason = f"as the image {image} decides" if image else "as an image decides"
        for script in _scripts_in(word.known_text for word in command.target_arguments):
            launcher, arguments = _around(script, command.target_arguments)
            yield Launch(
                command.path,
                command.span,
                script,
                image=image,
                unknown=reason,
                flavor=_value(command, "--flavor"),
                timeout=_value(command, "--timeout"),
                variables=dict(_variables(command)),
                may_keep_files=True,
                launcher=launcher,
                arguments=arguments,
            )
        return
    if command.script is None:
        return
    yield Launch(
        command.path,
        command.span,
        command.script,
        additions=tuple(_additions(command)),
        python=_value(command, "--python"),
        image=_value(command, "--image"),
        unknown=_unknown_in(command),
        flavor=_value(command, "--flavor"),
        timeout=_value(command, "--timeout"),
        variables=dict(_variables(command)),
        may_keep_files=_may_mount(command),
        arguments=command.target_arguments,
    )


def _value(command: LaunchCommand, name: str) -> str | None:
    option = command.option(name)
    return option.value if option else None


def _variables(command: LaunchCommand) -> Iterator[tuple[str, str | None]]:
    for option in command.options:
        if option.name in ("--env", "--secrets"):
            word = option.words[-1]
            name, equals, value = word.known_text.removeprefix(f"{option.name}=").partition("=")
            is_told = option.name == "--env" and equals and word.text is not None
            yield name, value if is_told else None


def _around(script: str, words: Sequence[Word]) -> tuple[Sequence[Word], Sequence[Word] | None]:
    """The words in front of and behind a script that stands alone, not in a line of a shell."""
    place = next((i for i, word in enumerate(words) if word.text == script), None)
    return ((), None) if place is None else (words[:place], words[place + 1 :])


def _may_mount(command: LaunchCommand) -> bool:
    options = ("--volume", "--env-file")
    return bool(command.open_words) or any(command.option(each) for each in options)


def _scripts_in(words: Iterable[str]) -> Iterator[str]:
    found = (match[0] for word in words for match in _PYTHON_FILE.finditer(word))
    yield from dict.fromkeys(found)


def _additions(command: LaunchCommand) -> Iterator[Pin]:
    origin = f"the `--with` of {command.path.name}"
    for option in command.options:
        if option.name == "--with" and option.value is not None:
            yield from pins_of(option.value, origin, command.path, option.span)


def pins_of(text: str, origin: str, path: PurePosixPath, span: Span | None) -> Iterator[Pin]:
    """The requirements given to one `--with`, which takes several with commas between."""
    for part in _COMMA.split(text):
        requirement = read_requirement(part)
        if requirement:
            yield Pin(requirement, origin, path, span, part.strip())


def _unknown_in(command: LaunchCommand) -> str | None:
    for option in command.options:
        is_open = option.value is None and _takes_value(option)
        if is_open and option.name in ("--with", "--python", "--image"):
            return f"as {command.path.name} takes {option.name} from a variable"
        if option.name == "--env":
            name = _variable_that_decides(option.words[-1].known_text)
            if name:
                return f"as {command.path.name} sets {name}"
    return None


def _takes_value(option: Option) -> bool:
    return len(option.words) > 1 or "=" in option.flag.known_text


def _variable_that_decides(assignment: str) -> str | None:
    name = assignment.removeprefix("--env=").partition("=")[0]
    return name if decides_versions(name) else None


def decides_versions(variable: str) -> bool:
    """Whether an environment variable changes which packages a script finds."""
    return _DECIDES_VERSIONS.fullmatch(variable) is not None
