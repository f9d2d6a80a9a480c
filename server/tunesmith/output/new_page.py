"""`tunesmith new`: a training script to begin with, and the list of what there is."""

from __future__ import annotations

import json
import os
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tunesmith.errors import UserError
from tunesmith.files import write_new
from tunesmith.new_script import NewScript, Start, new_script
from tunesmith.output.failure import fail
from tunesmith.output.json_format import finding_fields
from tunesmith.output.result import Result
from tunesmith.output.text_format import TextFormat, printable
from tunesmith.platform import active_interpreter
from tunesmith.reason import advised
from tunesmith.templates import Template, template_named, templates
from tunesmith.walk import find_root
from tunesmith.workspace import Workspace


def show_new(options: Namespace) -> int:
    """Write a script, or list the templates; returns the exit status."""
    try:
        if options.template is None:
            _show_templates(as_json=options.json)
        else:
            _write(template_named(options.template), options)
    except UserError as error:
        return fail("tunesmith new", error)
    return 0


def _show_templates(*, as_json: bool) -> None:
    every = templates()
    if as_json:
        print(json.dumps([_template_fields(each) for each in every], indent=2))
        return
    width = max(len(each.name) for each in every)
    for each in every:
        print(f"{each.name:{width}}  {each.title}. {each.about}")
    print("\nTake one with `tunesmith new NAME`; `tunesmith new --help` lists what can be chosen.")


def _template_fields(template: Template) -> dict[str, Any]:
    return {
        "name": template.name,
        "title": template.title,
        "about": template.about,
        "parameters": [
            {"name": each.name, "question": each.question, "default": each.default}
            for each in template.parameters
        ],
    }


def _write(template: Template, options: Namespace) -> None:
    path = Path(os.path.abspath(options.name))  # noqa: PTH100 - keeps symlinks
    if path.suffix != ".py":
        raise UserError(
            f"--name: {options.name!r} is no Python file", "give a name that ends in .py"
        )
    if path.exists() and not options.force:
        raise UserError(f"{options.name} exists", "give another --name, or --force to replace it")
    workspace = Workspace(find_root(path), keep=True, interpreter=active_interpreter())
    workspace.scan()
    values = _values(template, options)
    if options.online:
        _look_up(template, values, path, workspace)
    start = Start(options.flavor, options.timeout, options.examples, options.tokens)
    made = new_script(template, values, start, path, workspace)
    write_new(path, made.text, replace=options.force)
    if options.json:
        print(json.dumps(_fields(made, options.name), indent=2))
        return
    for line in _lines(made, template, options.name):
        print(printable(line))


def _values(template: Template, options: Namespace) -> Mapping[str, str]:
    given = vars(options)
    names = (each.name for each in template.parameters)
    return {name: given[name] for name in names if given.get(name) is not None}


def _look_up(
    template: Template, values: Mapping[str, str], path: Path, workspace: Workspace
) -> None:
    """Ask the Hub for what is not known here of the model and the data set."""
    from tunesmith.new_script import draft
    from tunesmith.one_script import OneScript
    from tunesmith.output.online import fetch_missing  # brings the network along

    script = draft(template, values, path, workspace)
    fetch_missing(OneScript(path.name, script, workspace))


def _lines(made: NewScript, template: Template, name: str) -> Iterator[str]:
    yield f"{name}: {template.title}, from the template {template.name}"
    if made.fit:
        yield f"  {made.flavor}: {made.fit.reason}"
    for note in made.notes:
        yield f"  {advised(note)}"
    yield from _finding_lines(made, name)
    shown = f'"{name}"' if " " in name else name
    yield f"  Plan and start it with: tunesmith submit {shown}"
    yield f"  Or by yourself: hf jobs uv run {shown}, and on a machine with a GPU: uv run {shown}"


def _finding_lines(made: NewScript, name: str) -> Sequence[str]:
    if not made.findings:
        return []
    return list(TextFormat().render(Result(name, made.understanding.document, made.findings)))


def _fields(made: NewScript, name: str) -> dict[str, Any]:
    result = Result(name, made.understanding.document, made.findings)
    return {
        "filename": name,
        "flavor": made.flavor,
        "timeout": made.timeout,
        "verdict": made.fit.verdict if made.fit else "unknown",
        "memory": made.fit.reason if made.fit else "",
        "notes": list(made.notes),
        "findings": [finding_fields(result, each) for each in made.findings],
    }
