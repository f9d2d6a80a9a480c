"""What expressions are worth in one run of a script: options, parameters and branches followed.

Rules see less on purpose: for them a default that somebody may override is UNKNOWN.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import libcst as cst

from tunesmith.estimate.script.builtin_functions import boolean, largest, number, smallest, whole
from tunesmith.estimate.script.comparisons import compared
from tunesmith.estimate.script.data_values import PREFIX, DataValue, is_data
from tunesmith.estimate.script.flow import Flow, Source, agreed, truth
from tunesmith.estimate.script.namespace import Namespace
from tunesmith.estimate.script.options import DefaultsOf, Options
from tunesmith.estimate.script.own_functions import OwnFunctions, argument_of
from tunesmith.estimate.script.passed import Passed
from tunesmith.estimate.script.repetition import comprehension, repeated
from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_evaluate import Evaluator, is_self
from tunesmith.sources.python_index import CallSite, PythonIndex
from tunesmith.sources.python_names import Names
from tunesmith.sources.python_scopes import Binding, BindingKind, Block, Mutation
from tunesmith.sources.python_tree import parts
from tunesmith.sources.python_values import DictValue, ListValue, Reference, Value
from tunesmith.sources.unknown import ABSENT, UNKNOWN
from tunesmith.text import Span

LOADED_ADAPTERS = ("peft.PeftModel.from_pretrained",)
BY_TRL = ("trl.get_peft_config", "trl.get_quantization_config")
"""They make what TRL's `ModelConfig` says."""
_SAME_MODEL = ("to", "cuda", "train", "eval")
_MOST_CALLS = 20
"""A function that is called from more places is not followed."""


class RunEvaluator(Evaluator):
    """Evaluates the expressions of one file as one launch of it would.

    Args:
        index, names, locate: as of every evaluator.
        passed: what the launch passes.
        defaults_of: what a library's class takes.
        constant: what a name of another module is worth; ABSENT where nobody knows.
        takes_defaults: whether defaults count that whoever starts the script may override; each
            one is noted with the expressions that rest on it.
    """

    def __init__(
        self,
        index: PythonIndex,
        names: Names,
        locate: Callable[[cst.CSTNode], Span],
        passed: Passed,
        defaults_of: DefaultsOf,
        constant: Callable[[str], Value],
        *,
        takes_defaults: bool,
    ) -> None:
        super().__init__(index, names, locate)
        self.index = index
        self._constant = constant
        self.options = Options(self, passed, defaults_of, takes_defaults=takes_defaults)
        self._flow = Flow(self.evaluate)
        self._own = OwnFunctions(index, names)
        self._used: frozenset[str] = frozenset()
        self._uses: dict[int, frozenset[str]] = {}
        self._evaluated: dict[tuple[int, int, int], Value] = {}
        self._alive: list[object] = []  # so that no id of what was evaluated is given away again
        self._names_in: dict[int, set[int]] = {}
        self._followed: dict[object, tuple[Value, frozenset[str]]] = {}
        self._handlers[cst.Comparison] = self._comparison
        self._handlers[cst.ListComp] = self._comprehension
        self._functions: dict[str, Callable[[cst.Call, Sequence[Value]], Value]] = {
            "os.environ.get": self._environment,
            "os.getenv": self._environment,
            "builtins.getattr": self._getattr,
            "builtins.vars": lambda node, values: values[0],
            "builtins.int": whole,
            "builtins.float": number,
            "builtins.bool": boolean,
            "builtins.min": smallest,
            "builtins.max": largest,
            **dict.fromkeys(BY_TRL, self._made_by_trl),
            "torch.cuda.is_available": lambda node, values: True,
            "torch.cuda.is_bf16_supported": self._bfloat16,
        }

    def evaluate(self, node: cst.CSTNode, block: Block, order: int) -> Value:
        key = (id(node), id(block), order)
        if key not in self._evaluated:
            self._evaluated[key], used = self.noted(
                lambda: self._imported(super(RunEvaluator, self).evaluate(node, block, order))
            )
            self._uses[id(node)] = self._uses.get(id(node), frozenset()) | used
            self._alive += node, block
        self._used |= self._uses[id(node)]
        return self._evaluated[key]

    def _imported(self, value: Value) -> Value:
        """A constant of another module in the place of its name."""
        found = self._constant(value.name) if isinstance(value, Reference) else ABSENT
        return value if found is ABSENT else found

    def uses(self, name: str) -> None:
        """Note that the value being worked out rests on a default of that name."""
        self._used |= {name}

    def used_by(self, node: cst.CSTNode) -> frozenset[str]:
        """The defaults that an expression rests on, once it was evaluated."""
        return self._uses.get(id(node), frozenset())

    def noted(self, read: Callable[[], Value]) -> tuple[Value, frozenset[str]]:
        """A value with the defaults that reading it used."""
        outer, self._used = self._used, frozenset()
        value = read()
        used, self._used = self._used, outer
        return value, used

    # Names

    def _name(self, node: cst.Name, block: Block, order: int) -> Value:
        value = super()._name(node, block, order)
        holder = block.scope.holder(node.value) if value is UNKNOWN else None
        if holder is None:
            return value
        bindings = holder.bindings[node.value]
        if holder is block.scope:
            bindings = [e for e in bindings if e.order < order and not self._is_in(node, e)]
        sources = [self._source(each, block, order) for each in reversed(bindings)]
        found = self._once((id(block), node.value, order), lambda: self._flow.first(sources, block))
        return UNKNOWN if found is ABSENT else found

    def _is_in(self, node: cst.CSTNode, binding: Binding) -> bool:
        """Whether a name is read to make the value that a statement binds: `x = f(x)`."""
        if id(binding) not in self._names_in:
            whole = parts(binding.node) if binding.node is not None else ()
            self._names_in[id(binding)] = {id(each) for each in whole if isinstance(each, cst.Name)}
        return id(node) in self._names_in[id(binding)]

    def _happens(self, change: Mutation, binding: Binding) -> bool | None:
        return self._flow.runs(change.block, change.order, binding.block)

    def _source(self, binding: Binding, block: Block, order: int) -> Source:
        return Source(
            binding.block, binding.order, lambda: self._binding_value(binding, block, order)
        )

    def _bound(self, binding: Binding, changes: Sequence[object]) -> Value:
        value = super()._bound(binding, changes)
        if binding.node is not None:
            self._used |= self.used_by(binding.node)
        return value

    def _binding_value(self, binding: Binding, block: Block, order: int) -> Value:
        if binding.kind is BindingKind.ASSIGNMENT and binding.node is not None:
            changes = self._containers.changes(binding.name, binding, block, order)
            return self._bound(binding, changes)
        if binding.kind is BindingKind.PARAMETER:
            return self._once(("parameter", id(binding)), lambda: self._parameter(binding))
        if binding.item is not None and binding.node is not None:
            whole = self.evaluate(binding.node, binding.block, binding.order)
            if isinstance(whole, ListValue) and binding.item < len(whole):
                return whole.elements[binding.item]
            if isinstance(whole, Call) and is_data(whole):
                return self._item(whole, binding.item)
        return UNKNOWN

    def _once(self, key: object, compute: Callable[[], Value]) -> Value:
        """A value worked out once; UNKNOWN to itself meanwhile."""
        if key not in self._followed:
            self._followed[key] = UNKNOWN, frozenset()
            self._followed[key] = self.noted(compute)
        value, used = self._followed[key]
        self._used |= used
        return value

    # Functions of the file

    def _parameter(self, binding: Binding) -> Value:
        function = binding.block.scope.node
        if not isinstance(function, cst.FunctionDef):
            return UNKNOWN
        default = ABSENT
        if binding.node is not None:
            default = self.evaluate(binding.node, binding.block, binding.order)
        started = self.options.parameter(function, binding.name, default)
        if started is not ABSENT:
            return started
        sites = list(self._own.calls_of(function))
        if not sites:
            name = f"{binding.name}= of {function.name.value}"
            return UNKNOWN if default is ABSENT else self.options.overridable(default, name)
        if len(sites) > _MOST_CALLS:
            return UNKNOWN
        given = [self._given(site, function, binding.name, default) for site in sites]
        return agreed([UNKNOWN if value is ABSENT else value for value in given])

    def _given(self, site: CallSite, function: cst.FunctionDef, name: str, default: Value) -> Value:
        node = argument_of(site, function, name)
        if isinstance(node, bool):
            return UNKNOWN if node else default
        return self.evaluate(node, site.block, site.order)

    def _result(self, function: cst.BaseExpression, block: Block) -> Value:
        found = self._own.called(function, block)
        if found is None or found.asynchronous:
            return None
        return self._once(("result", id(found)), lambda: self._returned(found))

    def _returned(self, function: cst.FunctionDef) -> Value:
        sources = [
            Source(
                each.block,
                each.order,
                lambda each=each: (
                    self.evaluate(each.node.value, each.block, each.order)
                    if each.node.value
                    else None
                ),
            )
            for each in self.index.returns.get(id(function), ())
        ]
        found = self._flow.first(sources)
        return UNKNOWN if found is ABSENT else found

    # Attributes

    def _attribute(self, node: cst.Attribute, block: Block, order: int) -> Value:
        value = super()._attribute(node, block, order)
        if value is not UNKNOWN:
            return value
        own = self.names.class_around(block) if is_self(node.value) else None
        if own:
            return self._own_attribute(own, node, block, order)
        return self._read(self.evaluate(node.value, block, order), node.attr.value)

    def _read(self, base: Value, name: str) -> Value:
        """An attribute of what a parser or a class gives."""
        if isinstance(base, DictValue):
            if name == "__dict__":
                return base
            later = self.set_on(base, name)
            return _known(base.value(name) if later is ABSENT else later)
        if not isinstance(base, Call):
            return UNKNOWN
        if base.name and not base.own_class:
            return _known(base.value(name))
        later = self.set_on(base, name)
        if later is not ABSENT:
            return later
        return self._classes.instance_attribute(base, name)

    def _own_attribute(
        self, own: cst.ClassDef, node: cst.Attribute, block: Block, order: int
    ) -> Value:
        """`self.name`, set by several statements: the last one in its method, or elsewhere."""
        name = node.attr.value
        found = list(self._classes.sources(own, name))
        before = [e for e in found if e.block.scope is block.scope and e.order < order]
        here = [e for e in before if not self._is_in(node.value, e)]
        elsewhere = [e for e in found if e.block.scope is not block.scope and not _is_none(e)]
        for bindings in (here, elsewhere):
            sources = [self._source(each, block, order) for each in reversed(bindings)]
            key = ("self", name, id(block), order, bindings is here)
            value = self._once(key, lambda s=sources: self._flow.first(s, block))
            if value is not ABSENT and bindings:
                return value
        return UNKNOWN

    def attribute_set_later(self, call: Call, name: str) -> Value:
        if any(self._may_set(site, call, name) for site in self._setattr_sites):
            return UNKNOWN
        return self.set_on(call, name)

    def set_on(self, base: Value, name: str) -> Value:
        """What the file sets an attribute of an object to; ABSENT where it surely does not."""
        return self._once(("set", id(base), name), lambda: self._last_set(base, name))

    def _last_set(self, base: Value, name: str) -> Value:
        changes = [
            change
            for change in self.index.attribute_assignments.get(name, ())
            if not is_self(change.base)
            and self.evaluate(change.base, change.block, change.order) is base
        ]
        if not changes:
            return ABSENT
        sources = [
            Source(
                each.block,
                each.order,
                lambda each=each: (
                    self.evaluate(each.value, each.block, each.order) if each.value else UNKNOWN
                ),
            )
            for each in reversed(changes)
        ]
        unset = Source(Block(changes[0].block.scope), 0, lambda: ABSENT)
        return self._flow.first([*sources, unset])

    # Calls, subscripts and comparisons

    def _call(self, node: cst.Call, block: Block, order: int) -> Value:
        name = self.names.qualified(node.func, block.scope) or ""
        if name in ("types.SimpleNamespace", "argparse.Namespace"):
            return self._once(
                ("made", id(node)), lambda: self._containers.keywords(node, block, order)
            )
        if name == "tyro.cli":
            return self.options.tyro(node, block)
        if name in self._functions and not any(argument.star for argument in node.args):
            values = [self.evaluate(argument.value, block, order) for argument in node.args]
            return self._functions[name](node, values) if values or "torch" in name else UNKNOWN
        parsed = self.options.parsed(node, block, order)
        if parsed is not ABSENT:
            return parsed
        value = super()._call(node, block, order)
        if value is UNKNOWN and isinstance(node.func, cst.Attribute):
            base = self.evaluate(node.func.value, block, order)
            return self._method_of(base, node.func.attr.value, node, block, order)
        return value

    def _method_of(
        self, base: Value, method: str, node: cst.Call, block: Block, order: int
    ) -> Value:
        """`config.get("key", default)`, `text.strip()`, and what gives a model back: `.cuda()`."""
        if isinstance(base, DictValue) and method == "get" and node.args:
            return self._get(base, node, block, order)
        if isinstance(base, str) and method in ("strip", "lower") and not node.args:
            return base.strip() if method == "strip" else base.lower()
        if isinstance(base, Call) and is_data(base):
            return DataValue(self.index.call_site(node), f"{PREFIX}{method}", self, base)
        if isinstance(base, Call):
            if method == "merge_and_unload":
                return base.value("model", 0) if base.name in LOADED_ADAPTERS else UNKNOWN
            values = [self.evaluate(argument.value, block, order) for argument in node.args]
            changes_dtype = any(isinstance(value, Reference) for value in values)
            return UNKNOWN if changes_dtype or method not in _SAME_MODEL else base
        return UNKNOWN

    def _get(self, base: DictValue, node: cst.Call, block: Block, order: int) -> Value:
        """`base.get("key", default)`."""
        key, *default = (self.evaluate(each.value, block, order) for each in node.args)
        value = base.value(key) if isinstance(key, str) else UNKNOWN
        return (default[0] if default else None) if value is ABSENT else value

    def _subscript(self, node: cst.Subscript, block: Block, order: int) -> Value:
        base = self.evaluate(node.value, block, order)
        if base == Reference("os.environ") and isinstance(node.slice[0].slice, cst.Index):
            name = self.evaluate(node.slice[0].slice.value, block, order)
            return self.options.variable(name, UNKNOWN)
        if isinstance(base, Call) and is_data(base) and len(node.slice) == 1:
            return self._item(base, self._key(node.slice[0].slice, block, order))
        return super()._subscript(node, block, order)

    def _item(self, base: Call, key: Value) -> DataValue:
        """`dataset["train"]`; of `dataset[start:stop]` the key is a list of both."""
        site = self.index.call_site(base.node)
        return DataValue(site, f"{PREFIX}__getitem__", self, base, key, is_item=True)

    def _key(self, node: cst.BaseSlice, block: Block, order: int) -> Value:
        if isinstance(node, cst.Index):
            return self.evaluate(node.value, block, order)
        if not isinstance(node, cst.Slice) or node.step is not None:
            return UNKNOWN
        ends = (node.lower, node.upper)
        return ListValue([self.evaluate(e, block, order) if e else None for e in ends])

    def _binary_operation(self, node: cst.BinaryOperation, block: Block, order: int) -> Value:
        if isinstance(node.operator, cst.Multiply):
            left = self.evaluate(node.left, block, order)
            right = self.evaluate(node.right, block, order)
            if isinstance(left, ListValue) and isinstance(right, int) and not left.is_open:
                return repeated(left.elements, right)
        return super()._binary_operation(node, block, order)

    def _comprehension(self, node: cst.ListComp, block: Block, order: int) -> Value:
        return comprehension(
            node,
            lambda each: self.evaluate(each, block, order),
            lambda each: self.names.qualified(each, block.scope),
        )

    def _comparison(self, node: cst.Comparison, block: Block, order: int) -> Value:
        if len(node.comparisons) != 1:
            return UNKNOWN
        target = node.comparisons[0]
        left = self.evaluate(node.left, block, order)
        right = self.evaluate(target.comparator, block, order)
        return compared(target.operator, left, right)

    def _unary_operation(self, node: cst.UnaryOperation, block: Block, order: int) -> Value:
        if isinstance(node.operator, cst.Not):
            holds = truth(self.evaluate(node.expression, block, order))
            return UNKNOWN if holds is None else not holds
        return super()._unary_operation(node, block, order)

    def _conditional(self, node: cst.IfExp, block: Block, order: int) -> Value:
        holds = truth(self.evaluate(node.test, block, order))
        if holds is None:
            return super()._conditional(node, block, order)
        return self.evaluate(node.body if holds else node.orelse, block, order)

    def _environment(self, node: cst.Call, values: Sequence[Value]) -> Value:
        return self.options.variable(values[0], values[1] if len(values) > 1 else None)

    def _getattr(self, node: cst.Call, values: Sequence[Value]) -> Value:
        if len(values) < 2 or not isinstance(values[1], str):
            return UNKNOWN
        if isinstance(values[0], Reference):  # getattr(torch, "bfloat16")
            return Reference(f"{values[0].name}.{values[1]}")
        value = self._read(values[0], values[1])
        is_missing = isinstance(values[0], Namespace) and values[1] not in values[0]
        return values[2] if is_missing and len(values) > 2 else value

    def _made_by_trl(self, node: cst.Call, values: Sequence[Value]) -> Value:
        """None where `ModelConfig` wants no adapter, or no quantization; else the call itself."""
        call = self.call_of(self.index.call_site(node))
        names = (
            ("use_peft",) if call and call.name == BY_TRL[0] else ("load_in_4bit", "load_in_8bit")
        )
        wanted = [truth(self._read(values[0], name)) for name in names]
        if True in wanted and call:
            return call
        return UNKNOWN if None in wanted else None

    def _bfloat16(self, node: cst.Call, values: Sequence[Value]) -> Value:
        return self.options.overridable(True, "a GPU with bfloat16")


def _is_none(binding: Binding) -> bool:
    return isinstance(binding.node, cst.Name) and binding.node.value == "None"


def _known(value: Value) -> Value:
    return UNKNOWN if value is ABSENT else value
