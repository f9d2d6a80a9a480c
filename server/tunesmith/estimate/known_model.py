"""Where the shape of a model is known from, and how surely.

In this order: a folder of the project, the table of popular models, what lies on this machine (the
cache of the Hub's client, what `--online` fetched), and at last its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from tunesmith.estimate.shape import ModelShape, shape_of
from tunesmith.knowledge.configurations import completed, configuration, named_like
from tunesmith.project import Project


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model whose shape is known, or why it is not.

    Attributes:
        shape: its dimensions; None where they are not known.
        source: where they are known from; or what is missing, with the next step.
        is_certain: whether they are the model's own, and not guessed from its name.
    """

    shape: ModelShape | None
    source: str
    is_certain: bool = False


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
        return KnownModel(shape_of(listed.fields), listed.source, is_certain=True)
    stored = project.stored_model(name)
    if stored:
        return _described(stored.fields, f"config.json in {stored.source}")
    alike = named_like(name)
    like = configuration(alike) if alike else None
    if like:
        return KnownModel(shape_of(like.fields), f"taken to be like {alike}, by its name")
    return KnownModel(None, f"the shape of {name} is not known; {_advice(name)}")


def _described(config: Mapping[str, Any], source: str) -> KnownModel:
    shape = _shape(config)
    if shape:
        return KnownModel(shape, source, is_certain=True)
    kind = (config.get("text_config") or config)["model_type"]
    return KnownModel(None, f"its architecture, {kind}, cannot be estimated yet ({source})")


def _shape(config: Mapping[str, Any]) -> ModelShape | None:
    """None where fields are missing, or say what no decoder has."""
    whole = completed(config)
    try:
        shape = shape_of(whole) if whole else None
    except (AttributeError, KeyError, TypeError, ValueError, ArithmeticError):
        return None
    if shape is None:
        return None
    sizes = (shape.hidden, shape.layers, shape.heads, shape.head_dim, shape.vocabulary)
    return shape if min(sizes) > 0 else None


def _advice(name: str) -> str:
    if name.startswith((".", "/", "~")) or name.count("/") != 1:
        return "its folder needs a config.json, within the project"
    return "--online asks the Hub for its config.json"
