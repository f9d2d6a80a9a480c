"""Reading values by name, with a note of what could not be read and of what a value rests on."""

from __future__ import annotations

from tunesmith.estimate.script.run import ScriptRun
from tunesmith.estimate.training import Precision
from tunesmith.lint.arguments import Settled
from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_values import DictValue, ListValue, Reference, Value
from tunesmith.sources.unknown import ABSENT, UNKNOWN

Holder = Settled | Call | DictValue | None
"""What has values by name: a call, with its class's defaults or without, a dict, nothing."""


class Facts:
    """The values of one run.

    Attributes:
        run: the script as it runs.
        unknown: what was looked for and not found, as users call it, in the order of looking.
        uses: the overridable defaults that a fact rests on.
    """

    def __init__(self, run: ScriptRun) -> None:
        self.run = run
        self.unknown: dict[str, None] = {}
        self.uses: dict[str, frozenset[str]] = {}

    def holder(self, value: Value) -> Holder:
        """What has the values of an object."""
        if isinstance(value, Call):
            return self.run.settled(value) or value
        return value if isinstance(value, DictValue) else None

    def value(self, what: str, holder: Holder, name: str, position: int | None = None) -> Value:
        """A value; ABSENT where it is not given, and where nothing has it."""
        if holder is None:
            return ABSENT
        evaluator = self.run.evaluator
        argument = None
        if isinstance(holder, Call):
            value, used = evaluator.noted(lambda: holder.value(name, position))
            argument = holder.argument(name, position)
        elif isinstance(holder, Settled):
            value, used = evaluator.noted(lambda: holder.value(name))
            argument = holder.argument(name)
        else:
            value, used = evaluator.noted(lambda: self._of_dict(holder, name))
        if argument is not None:
            used |= evaluator.used_by(argument.value_node)
        elif isinstance(holder, DictValue) and name in holder.entries:
            used |= evaluator.used_by(holder.entries[name].value_node)
        self.rests(what, used)
        return value

    def _of_dict(self, holder: DictValue, name: str) -> Value:
        later = self.run.evaluator.set_on(holder, name)
        return holder.value(name) if later is ABSENT else later

    def rests(self, what: str, used: frozenset[str]) -> None:
        """Note the overridable defaults that a fact rests on."""
        self.uses[what] = self.uses.get(what, frozenset()) | used

    def miss(self, what: str) -> None:
        """Note that something is not told."""
        self.unknown[what] = None

    def told(self, what: str, holder: Holder, name: str) -> Value:
        """A value; ABSENT also where it is not known, which is noted."""
        value = self.value(what, holder, name)
        if value is UNKNOWN:
            self.miss(what)
            return ABSENT
        return value

    def flag(self, holder: Holder, name: str, what: str = "") -> bool:
        """Whether something is switched on."""
        return self.told(what or name, holder, name) is True

    def number(self, holder: Holder, name: str, otherwise: float) -> float:
        """A number; `otherwise` where it is not given, or not known, which is noted."""
        value = self.value(name, holder, name)
        if isinstance(value, (int, float)):
            return value
        if value is not ABSENT:
            self.miss(name)
        return otherwise

    def count(self, holder: Holder, name: str, otherwise: int) -> int:
        """A whole number."""
        return int(self.number(holder, name, otherwise))


def precision(value: Value) -> Precision | None:
    """`torch.bfloat16`, or "bfloat16"."""
    text = value.name.removeprefix("torch.") if isinstance(value, Reference) else value
    names = {"half": "float16", "float": "float32", "fp16": "float16", "bf16": "bfloat16"}
    text = names.get(text, text) if isinstance(text, str) else None
    return text if text in ("float32", "bfloat16", "float16") else None


def texts(value: Value) -> tuple[str, ...]:
    """The strings of a list."""
    elements = value.elements if isinstance(value, ListValue) else ()
    return tuple(each for each in elements if isinstance(each, str))
