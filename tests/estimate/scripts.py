"""Reading training scripts of tests."""

from __future__ import annotations

from collections.abc import Mapping

from builders import project, understood
from tunesmith.estimate.script import ScriptTraining, trainings_of
from tunesmith.sources.python_script import PythonScript

HEADER = '# /// script\n# dependencies = ["trl=={}", "transformers=={}"]\n# ///\n'


def read(
    code: str,
    trl: str = "1.16.0",
    transformers: str = "5.23.0",
    beside: Mapping[str, str] | None = None,
) -> ScriptTraining:
    """The only training of a script, among other files."""
    (found,) = read_all(HEADER.format(trl, transformers) + code, beside)
    return found


def read_all(text: str, beside: Mapping[str, str] | None = None) -> list[ScriptTraining]:
    sources = understood("train.py", text).sources
    (script,) = (each for each in sources if isinstance(each, PythonScript))
    return trainings_of(script, project({"train.py": text, **(beside or {})}))


def assumed(training: ScriptTraining) -> dict[str, str]:
    """What is assumed, with the reasons."""
    return {each.what: each.why for each in training.assumed}
