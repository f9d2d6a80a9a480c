"""Where the shape of a model is known from, and how surely.

In this order: a folder of the project, the table of popular models, what lies on this machine (the
cache of the Hub's client, what `--online` fetched), and at last its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from tunesmith.estimate.approximation import approximate_shape
from tunesmith.estimate.shape import ModelShape, shape_of
from tunesmith.knowledge.configurations import completed, configuration, named_like
from tunesmith.named_tuple import NamedTuple
from tunesmith.project import Project
from tunesmith.reason import Reason


class KnownModel(NamedTuple):
    """A model whose shape is known, or why it is not.

    Attributes:
        shape: its dimensions; None where they are not known.
        source: where they are known from; or what is missing, with the next step.
        is_certain: whether they are the model's own, not guessed from its name or approximated.
        fields: of the `config.json` that says so; None where the shape is not known.
    """

    shape: ModelShape | None
    source: str
    is_certain: bool = False
    fields: Mapping[str, Any] | None = None


def known_model(name: str, script: PurePosixPath, project: Project) -> KnownModel:
    """What is known of the model that a script names.

    Args:
        name: an id on the Hub, or a folder.
        script: the file that names it.
        project: the files around it, and the user's caches.
    """
    own = project.model_in(name, script)
    if own:
        return _described(own, f"config.json in {name}")
    listed = configuration(name)
    if listed:
        return _listed(listed.fields, listed.source)
    stored = project.stored_model(name)
    if stored:
        return _described(stored.fields, f"config.json in {stored.source}")
    alike = named_like(name)
    like = configuration(alike) if alike else None
    if like:
        near = _listed(like.fields, f"taken to be like {alike}, by its name")
        return near._replace(is_certain=False)
    return KnownModel(None, Reason(f"the shape of {name} is not known", _advice(name)))


def _listed(config: Mapping[str, Any], source: str) -> KnownModel:
    """By a row of the table, which is complete."""
    near = approximate_shape(config)
    if near:
        return KnownModel(near, f"{source}; {APPROXIMATED}", fields=config)
    return KnownModel(shape_of(config), source, is_certain=True, fields=config)


def shape_named(name: str) -> ModelShape | None:
    """The shape of a popular model, or of one that is evidently made of it; None for others."""
    listed = configuration(name) or configuration(named_like(name) or "")
    return _listed(listed.fields, listed.source).shape if listed else None


def _described(config: Mapping[str, Any], source: str) -> KnownModel:
    """By a `config.json`, which may leave fields out or say what no decoder has."""
    whole = completed(config)
    try:
        near = None if whole else approximate_shape(config)
        shape = shape_of(whole) if whole else near
    except (AttributeError, KeyError, TypeError, ValueError, ArithmeticError):
        shape = near = None
    sizes = shape and (shape.hidden, shape.layers, shape.heads, shape.head_dim, shape.vocabulary)
    if sizes and min(sizes) > 0:
        source = f"{source}; {APPROXIMATED}" if near else source
        return KnownModel(shape, source, is_certain=not near, fields=whole or config)
    kind = (config.get("text_config") or config)["model_type"]
    return KnownModel(None, f"its architecture, {kind}, cannot be estimated yet ({source})")


APPROXIMATED = "its layers are approximated"


def _advice(name: str) -> str:
    if name.startswith((".", "/", "~")) or name.count("/") != 1:
        return "its folder needs a config.json, within the project"
    return "--online asks the Hub for its config.json"
