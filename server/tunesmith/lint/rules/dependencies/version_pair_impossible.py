"""Requirements that no releases satisfy together.

## What it does

Finds dependencies of a script's header, with the `--with` of its starts, of which uv can install no
releases together, and says which requirements clash.

## Why it costs you

uv stops with "No solution found when resolving script dependencies" before the script starts.

## Fix

Takes the version off the requirement that stands in the way, so that uv chooses one. Unsafe: another
release behaves differently. None is offered where that does not help.

## Source

What each release requires: the tables of releases, by the same method as uv's resolver; compared with uv
0.13 on more than 100 headers.

## Since

Every release. Silent where a URL, another index or a release that the tables do not have takes part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tunesmith.knowledge.installation import Installation, installations
from tunesmith.knowledge.resolution import Cause
from tunesmith.knowledge.solution import applies, solve
from tunesmith.lint.dependencies import is_header_of
from tunesmith.lint.rule import ERROR, UNSAFE, Bad, Finding, Fix, Good, rule
from tunesmith.pep508 import InvalidRequirement, Requirement, SpecifierSet, canonicalize_name
from tunesmith.project import Project
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.requirements import Pin
from tunesmith.text import Edit

_MOST_CAUSES = 5


@rule(code="DEP005", severity=ERROR, words=("/// script",))
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    header = script.header
    if header is None or header.errors or not is_header_of(header, script):
        return
    for installation in installations(script, project):
        clash = () if installation.unknown else solve(installation).clash
        involved = _involved(installation, clash, script)
        if involved:
            yield Finding(
                involved[-1].span or header.span,
                f"uv cannot install these together: {_shown(clash)}.",
                _fix(involved, installation),
            )
            return


def _involved(
    installation: Installation, clash: Sequence[Cause], script: PythonScript
) -> Sequence[Pin]:
    """The entries of the header that take part in a clash."""
    names = {each.package for each in clash} | {_name(each.needs) for each in clash}
    own = (pin for pin in installation.pins if pin.path == script.path and pin.span)
    return [pin for pin in own if pin.name in names and applies(pin, installation)]


def _name(requirement: str) -> str:
    try:
        return canonicalize_name(Requirement(requirement).name)
    except InvalidRequirement:
        return ""


def _shown(clash: Sequence[Cause]) -> str:
    shown = [str(cause) for cause in clash]
    more = len(shown) - _MOST_CAUSES
    return "; ".join([*shown[:_MOST_CAUSES], *([f"and {more} more"] if more > 0 else [])])


def _fix(involved: Sequence[Pin], installation: Installation) -> Fix | None:
    """Let uv choose the release of one package, if all can be installed then."""
    for pin in reversed(involved):
        if not pin.requirement.specifier or pin.span is None:
            continue
        free = pin._replace(requirement=_without_versions(pin))
        pins = [free if each is pin else each for each in installation.pins]
        solution = solve(installation._replace(pins=pins))
        if solution.is_known and not solution.clash:
            text = str(free.requirement).replace('"', "'")
            title = f"Let uv choose the release of {pin.name}"
            return Fix(title, [Edit(pin.span, f'"{text}"')], UNSAFE)
    return None


def _without_versions(pin: Pin) -> Requirement:
    free = Requirement(str(pin.requirement))
    free.specifier = SpecifierSet()
    return free


def _header(dependencies: str, more: str = "") -> str:
    return f"# /// script\n# dependencies = [{dependencies}]\n{more}# ///\nimport trl\n"


BAD = [
    Bad(
        _header('"trl==1.16.0", "transformers==4.40.0"'),
        at='"transformers==4.40.0"',
        fixed=_header('"trl==1.16.0", "transformers"'),
    ),
    Bad(
        _header('"trl", "huggingface_hub<1", "transformers>=5"'),
        at='"transformers>=5"',
        fixed=_header('"trl", "huggingface_hub<1", "transformers"'),
    ),
]
GOOD = [
    _header('"trl==1.16.0", "transformers"'),
    _header('"trl==0.9.6", "transformers<4.50"'),
    _header('"trl==1.16.0", "transformers==4.40.0; sys_platform == \'darwin\'"'),
    _header('"trl==1.16.0", "transformers @ git+https://github.com/huggingface/transformers"'),
    _header('"trl==99.0", "transformers==4.40.0"'),
    Good("trl==1.16.0\ntransformers==4.40.0\n", file="requirements.txt.md"),
]
