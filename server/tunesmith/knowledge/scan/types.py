"""What a scan of one release of a library tells. All of it can be written as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from tunesmith.named_tuple import NamedTuple

ReadFile = Callable[[str], "str | None"]
"""Gives the text of a file by its path below site-packages, as "trl/trainer/sft_config.py"."""


class Parameter(NamedTuple):
    """A parameter of a class or function in one release.

    Attributes:
        default: the default as Python source in one line (`ast.unparse`); None where one must be
            given. `field(default_factory=list)` reads "list()".
        choices: the values that are taken, as Python literals in source form; None where any may
            be. A value that the library only warns of is in.
        deprecated: the library's own message, in one line; None while the parameter is welcome.
        replaced_by: the name that the library says to use instead, if it says one.
        doc: the first sentence of its documentation, in one line.
    """

    default: str | None = None
    choices: Sequence[str] | None = None
    deprecated: str | None = None
    replaced_by: str | None = None
    doc: str | None = None


class Signature(NamedTuple):
    """What a class or function takes by itself in one release, without what it inherits.

    Attributes:
        module: the module that defines it, as "trl.trainer.sft_config".
        parameters: by name, in the order of the definition; old names that a decorator still
            accepts are among them, as deprecated.
        bases: canonical names of objects that take the remaining keywords, nearest first: the
            base classes of a configuration, the `__init__` that `**kwargs` is handed to.
        positional: the names that may be given by position, in order; None for a configuration,
            whose order is composed of its bases'.
        takes_any: further keywords do not raise (`**kwargs` that nobody checks).
    """

    module: str
    parameters: Mapping[str, Parameter] = MappingProxyType({})
    bases: Sequence[str] = ()
    positional: Sequence[str] | None = None
    takes_any: bool = False


Scan = Mapping[str, Signature]
"""Canonical name ("trl.SFTConfig") -> what it takes."""
