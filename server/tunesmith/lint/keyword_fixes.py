"""Fixes of keywords: under another name, in the configuration of a trainer, or left out."""

from __future__ import annotations

from tunesmith.knowledge.likely import Likely
from tunesmith.lint.arguments import settled
from tunesmith.lint.conversions import converted
from tunesmith.lint.keywords import refused, shown
from tunesmith.lint.rule import SAFE, UNSAFE, Fix
from tunesmith.project import Project
from tunesmith.sources.python_script import Argument, Call, PythonScript
from tunesmith.sources.unknown import ABSENT
from tunesmith.text import Edit


def renamed(script: PythonScript, call: Call, argument: Argument, new: str) -> Fix | None:
    """Give an argument under another name; None where its value cannot be told there."""
    old, name_span = argument.name or "", argument.name_span
    written = script.text_of(argument.value_node)
    value = converted(old, new, argument.value, written)
    is_given = any(each.name == new for each in call.arguments)
    if value is None or is_given or name_span is None or not _is_movable(call, argument):
        return None
    edits = [Edit(name_span, new)]
    if value.text != written:
        edits.append(Edit(argument.value_span, value.text))
    is_safe = value.is_certain and not call.has_unknown_keywords
    return Fix(f"Write {new} instead of {old}", edits, SAFE if is_safe else UNSAFE)


def respelled(script: PythonScript, call: Call, argument: Argument, new: str) -> Fix | None:
    """Write a name that was probably meant."""
    is_given = any(each.name == new for each in call.arguments)
    if is_given or argument.name_span is None or not _is_movable(call, argument):
        return None
    return Fix(f"Write {new} instead of {argument.name}", [Edit(argument.name_span, new)], UNSAFE)


def left_out(script: PythonScript, call: Call, argument: Argument) -> Fix | None:
    """Leave an argument out: the one repair where a release has nothing in its place."""
    if not _is_movable(call, argument):
        return None
    return Fix(f"Remove {argument.name}", [script.keyword_removal(call, argument)], UNSAFE)


def moved(
    script: PythonScript, project: Project, call: Call, argument: Argument, to: Likely
) -> Fix | None:
    """Move an argument from a trainer into the configuration that it gets, or into a new one."""
    value = converted(
        argument.name or "",
        to.parameter,
        argument.value,
        script.text_of(argument.value_node),
    )
    trainer = settled(call, script, project)
    if value is None or trainer is None or not _is_movable(call, argument):
        return None
    if "args" not in trainer.signature.parameters:
        return None
    order = list(trainer.signature.positional)
    position = order.index("args") if "args" in order else None  # by keyword only under unsloth
    keyword, config = f"{to.parameter}={value.text}", shown(to.object)
    given = call.argument("args", position)
    if given is None and call.value("args", position) is ABSENT:
        edits = _into_new(script, project, call, argument, keyword, to)
    elif given is not None and isinstance(given.value, Call):
        edits = _into(script, project, call, argument, given.value, keyword, to)
        config = shown(given.value.name)
    else:
        edits = None
    applicability = SAFE if value.is_certain else UNSAFE
    return Fix(f"Move {argument.name} into {config}", edits, applicability) if edits else None


def _is_movable(call: Call, argument: Argument) -> bool:
    is_repeated = sum(each.name == argument.name for each in call.arguments) > 1
    return not argument.comes_from_expansion and not is_repeated


def _into_new(
    script: PythonScript,
    project: Project,
    call: Call,
    argument: Argument,
    keyword: str,
    to: Likely,
) -> list[Edit] | None:
    """Make a configuration; only the first of several arguments does, the others follow it."""
    if to.object.startswith(("unsloth.", "trl.experimental.")) or _is_not_first(
        script, project, call, argument
    ):
        return None
    package, config = to.object.split(".")
    edits = [Edit(script.span(argument.node), f"args={config}({keyword})")]
    imported = script.import_edit(package, config)
    return [*edits, imported] if imported else edits


def _is_not_first(script: PythonScript, project: Project, call: Call, argument: Argument) -> bool:
    if any(each.name == "model_init_kwargs" for each in call.arguments):
        return True  # misplaced-model-init-kwargs makes the configuration
    elsewhere = [
        refusal.argument
        for other, refusal in refused(script, project)
        if other is call and refusal.likely and refusal.likely.object != call.name
    ]
    return bool(elsewhere) and elsewhere[0] is not argument


def _into(
    script: PythonScript,
    project: Project,
    call: Call,
    argument: Argument,
    config: Call,
    keyword: str,
    to: Likely,
) -> list[Edit] | None:
    found = settled(config, script, project)
    takes_it = found is not None and to.parameter in found.signature.parameters
    is_free = config.value(to.parameter) is ABSENT
    if not takes_it or not is_free or not script.is_available_at(argument.value_node, config.node):
        return None
    return [script.keyword_removal(call, argument), script.keyword_insertion(config, keyword)]
