"""The data set of a trainer: where its rows are from, and which of them it is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import libcst as cst

from tunesmith.estimate.script.data_plan import (
    OPEN,
    Joined,
    Kept,
    Plan,
    ScriptData,
    Written,
    equally,
)
from tunesmith.estimate.script.data_values import PREFIX, DataValue
from tunesmith.estimate.script.facts import Facts
from tunesmith.lint.arguments import Settled
from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.data_set import Loader, Origin, row_of
from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_values import DictValue, ListValue, Value
from tunesmith.sources.unknown import ABSENT, UNKNOWN
from tunesmith.text import regex

WHAT = "the data set"
_FORMATS: Mapping[str, Loader] = {
    "json": "json", "csv": "csv", "parquet": "parquet", "text": "text", "arrow": "arrow",
}  # fmt: skip
_FORMAT_CALLS: Mapping[str, Loader] = {
    "datasets.Dataset.from_json": "json",
    "datasets.Dataset.from_csv": "csv",
    "datasets.Dataset.from_parquet": "parquet",
    "datasets.Dataset.from_text": "text",
    "pandas.read_json": "json",
    "pandas.read_csv": "csv",
    "pandas.read_parquet": "parquet",
}
_SAME_ROWS = frozenset({
    "add_column", "align_labels_with_mapping", "cast", "cast_column", "class_encode_column",
    "flatten", "flatten_indices", "remove_columns", "rename_column", "rename_columns",
    "select_columns", "shuffle", "sort", "to_iterable_dataset", "with_format", "with_transform",
})  # fmt: skip
_SPLIT = regex(r"(\w[\w.\-]*)(?:\[(-?\d+%?)?:(-?\d+%?)?\])?")


class _Untold(Exception):  # noqa: N818 - no error, but an answer
    """Why the rows cannot be told."""


class _Parts(NamedTuple):
    """The splits of a data set, none of which is chosen yet.

    Attributes:
        plans: those whose names are known.
        origin: what has others; None where all names are known.
        methods: what is done to each of those others.
    """

    plans: Mapping[str, Plan]
    origin: Origin | None = None
    methods: tuple[DataValue, ...] = ()


_Found = Origin | Kept | Joined | Written | _Parts


class DataReader:
    """Reads the data set that a trainer is given.

    Args:
        facts: the values of the run.
        trainer: the call that makes the trainer.
        text_field: the column that its arguments name.
    """

    def __init__(self, facts: Facts, trainer: Settled, text_field: Value) -> None:
        self._facts = facts
        self._trainer = trainer
        self._text_field = text_field if isinstance(text_field, str) else "text"
        self._is_rewritten = False

    def read(self) -> ScriptData:
        """What the script says of it."""
        value = self._facts.value(WHAT, self._trainer, "train_dataset")
        formatting = self._facts.value(WHAT, self._trainer, "formatting_func")
        self._is_rewritten = formatting not in (ABSENT, None)
        plan, problem = None, ""
        try:
            found = self._found(value)
            if isinstance(found, _Parts):
                raise _Untold("the script does not say which split it trains on")
            plan = found
        except _Untold as reason:
            problem = str(reason)
        rests_on = self._facts.uses.get(WHAT, frozenset())
        return ScriptData(plan, problem, self._is_rewritten, self._text_field, rests_on)

    def _plan(self, value: Value) -> Plan:
        found = self._found(value)
        if isinstance(found, _Parts):
            raise _Untold("the script does not say which split it trains on")
        return found

    def _found(self, value: Value) -> _Found:
        if isinstance(value, DataValue):
            return self._derived(value)
        if isinstance(value, DictValue):
            entries = value.entries.items()
            return _Parts({name: self._plan(each.value) for name, each in entries})
        if not isinstance(value, Call):
            raise _Untold(OPEN)
        name = value.name
        if name in _FORMAT_CALLS:
            return self._of_file(value, _FORMAT_CALLS[name])
        if name == "datasets.load_dataset":
            return self._loaded(value)
        if name == "datasets.load_from_disk":
            return Origin("saved", self._text(value, "dataset_path", 0))
        if name in ("datasets.Dataset.from_list", "datasets.Dataset.from_dict"):
            return self._written(value)
        if name == "datasets.Dataset.from_pandas":
            return self._plan(self._value(value, "df", 0))
        if name == "datasets.concatenate_datasets":
            parts = self._value(value, "dsets", 0)
            if not isinstance(parts, ListValue) or parts.is_open:
                raise _Untold(OPEN)
            return Joined(tuple(self._plan(each) for each in parts))
        if name.endswith(".from_generator"):
            raise _Untold("its rows are made by a function of the script")
        raise _Untold(OPEN)

    # What loads

    def _loaded(self, call: Call) -> _Found:
        path = self._text(call, "path", 0)
        loader = _FORMATS.get(path)
        folder = self._optional(call, "data_dir", 2)
        origin = Origin(
            loader or "named",
            folder if loader else path,
            configuration=self._optional(call, "name", 1),
            encoding=self._optional(call, "encoding"),
            delimiter=self._optional(call, "delimiter") or self._optional(call, "sep"),
            field=self._optional(call, "field"),
        )
        if folder and not loader:
            origin = origin._replace(files=(f"{folder.rstrip('/')}/**",))
        files = self._value(call, "data_files", 3)
        parts = self._parts(origin, files)
        split = self._value(call, "split", 4)
        if isinstance(split, ListValue) and not split.is_open:
            several = [self._of_split(parts, _told(each)) for each in split]
            return _Parts({str(at): plan for at, plan in enumerate(several)})
        return parts if split in (ABSENT, None) else self._of_split(parts, _told(split))

    def _parts(self, origin: Origin, files: Value) -> _Parts:
        """The splits of what is loaded, by its `data_files`."""
        if files in (ABSENT, None):
            return _Parts({}, origin)
        if isinstance(files, DictValue):
            if files.is_open:
                raise _Untold(OPEN)
            named = {name: _names(each.value) for name, each in files.entries.items()}
        else:
            named = {"train": _names(files)}
        return _Parts({
            name: origin._replace(files=each, split="") for name, each in named.items()
        })  # fmt: skip

    def _part(self, parts: _Parts, name: str) -> Plan:
        if name in parts.plans:
            return parts.plans[name]
        if parts.origin is None:
            raise _Untold(f"there is no split {name!r} in it: it has {', '.join(parts.plans)}")
        plan: Plan = parts.origin._replace(split=name)
        for each in parts.methods:
            plan = self._method(plan, each.name.removeprefix(PREFIX), each)
        return plan

    def _of_split(self, parts: _Parts, text: str) -> Plan:
        """`train`, `train[:1000]`, `train[10%:]`, `train+test`."""
        plans: list[Plan] = []
        for piece in text.split("+"):
            match = _SPLIT.fullmatch(piece.strip())
            if match is None:
                raise _Untold(f"the split {text!r} cannot be read")
            plans.append(_sliced(self._part(parts, match[1]), match[2], match[3]))
        return plans[0] if len(plans) == 1 else Joined(tuple(plans))

    def _of_file(self, call: Call, loader: Loader) -> Origin:
        of_pandas = call.name.startswith("pandas.")
        names = ("path_or_buf", "filepath_or_buffer", "path") if of_pandas else ("path_or_paths",)
        given = (self._value(call, name, 0) for name in names)
        value = next((each for each in given if each is not ABSENT), UNKNOWN)
        return Origin(
            loader,
            files=_names(value),
            encoding=self._optional(call, "encoding"),
            delimiter=self._optional(call, "delimiter") or self._optional(call, "sep"),
            field=self._optional(call, "field"),
        )

    def _written(self, call: Call) -> Plan:
        value = self._value(call, "mapping", 0)
        if isinstance(value, DataValue):
            return self._plan(value)
        if isinstance(value, ListValue) and not value.is_open:
            return Written(tuple(row_of(_fields(each)) for each in value))
        columns = {
            name: cast("list[object]", each)
            for name, each in _fields(value).items()
            if isinstance(each, list)
        }
        if not columns or not isinstance(value, DictValue) or len(columns) < len(value.entries):
            raise _Untold("its rows stand in the script, but not as literals")
        rows = (
            dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=False)
        )
        return Written(tuple(map(row_of, rows)))

    # What is made of it

    def _derived(self, value: DataValue) -> _Found:
        base = self._found(value.base)
        if value.is_item:
            return self._item(base, value.key)
        method = value.name.removeprefix(PREFIX)
        if method == "train_test_split":
            return self._divided(_only(base), value)
        if isinstance(base, _Parts):
            plans = {name: self._method(plan, method, value) for name, plan in base.plans.items()}
            if base.origin is None:
                return _Parts(plans)
            return _Parts(plans, base.origin, (*base.methods, value))
        return self._method(base, method, value)

    def _item(self, base: _Found, key: Value) -> _Found:
        """`dataset["train"]`, and `dataset[:100]`, which `Dataset.from_dict` takes."""
        if isinstance(key, ListValue):
            start, stop = key
            start = 0 if start is None else start
            if not isinstance(start, int) or not (stop is None or isinstance(stop, int)):
                raise _Untold(OPEN)
            return Kept(_only(base), start, stop)
        name = str(key) if isinstance(key, int) else _told(key)
        if isinstance(base, Origin) and base.loader == "saved":  # of one split, or several
            return base._replace(split=name)
        return self._part(base, name) if isinstance(base, _Parts) else base

    def _method(self, plan: Plan, method: str, call: DataValue) -> Plan:
        if method in _SAME_ROWS:
            return plan
        if method == "map":
            self._is_rewritten = True
            return plan
        if method == "filter":
            return Kept(plan, share=(0.0, 1.0, 1.0))
        if method == "select":
            return self._selected(plan, call)
        if method in ("take", "skip"):
            count = self._value(call, "n", 0)
            if not isinstance(count, int):
                raise _Untold(OPEN)
            return Kept(plan, stop=count) if method == "take" else Kept(plan, start=count)
        if method == "shard":
            count = self._value(call, "num_shards", 0)
            if isinstance(count, int) and count > 0:
                return Kept(plan, share=equally(1 / count))
        raise _Untold(OPEN)

    def _selected(self, plan: Plan, call: DataValue) -> Plan:
        """`select(range(1000))`, `select([1, 5])`."""
        argument = call.argument("indices", 0)
        node = argument.value_node if argument else None
        if isinstance(node, cst.Call) and self._callee(node, call) == "builtins.range":
            ends = [self._bound(each.value, call) for each in node.args]
            if len(ends) == 1:
                return Kept(plan, stop=ends[0])
            if len(ends) == 2 and ends[0] is not None:
                return Kept(plan, ends[0], ends[1])
            raise _Untold(OPEN)
        rows = argument.value if argument else UNKNOWN
        if not isinstance(rows, ListValue) or rows.is_open:
            raise _Untold(OPEN)
        return Kept(plan, stop=len(rows))

    def _bound(self, node: cst.BaseExpression, call: DataValue) -> int | None:
        """A number of rows; None for all: `len(dataset)`."""
        evaluator = self._facts.run.evaluator
        value = evaluator.evaluate(node, call.block, call.order)
        self._facts.rests(WHAT, evaluator.used_by(node))
        if isinstance(value, int):
            return value
        name = self._callee(node, call) if isinstance(node, cst.Call) else ""
        if name == "builtins.len":
            return None
        if isinstance(node, cst.Call) and name == "builtins.min":
            bounds = [self._bound(each.value, call) for each in node.args]
            return min((each for each in bounds if each is not None), default=None)
        raise _Untold(OPEN)

    def _callee(self, node: cst.Call, call: DataValue) -> str:
        names = self._facts.run.evaluator.names
        return names.qualified(node.func, call.block.scope) or ""

    def _divided(self, plan: Plan, call: DataValue) -> _Parts:
        """`train_test_split`, whose shares or numbers of rows are those of scikit-learn."""
        test = self._value(call, "test_size", 0)
        train = self._value(call, "train_size", 1)
        test = None if test is ABSENT else test
        train = None if train is ABSENT else train
        if test is None and train is None:
            test = 0.25
        if any(isinstance(each, float) and not 0 < each < 1 for each in (test, train)):
            raise _Untold(OPEN)
        if isinstance(train, (int, float)):
            first, second = _part(plan, train), plan
        elif isinstance(test, float):
            first, second = _part(plan, 1 - test), _part(plan, test)
        elif isinstance(test, int):
            first, second = Kept(plan, start=test), Kept(plan, stop=test)
        else:
            raise _Untold(OPEN)
        return _Parts({"train": first, "test": second})

    # Values

    def _value(self, call: Call, name: str, position: int | None = None) -> Value:
        return self._facts.value(WHAT, call, name, position)

    def _text(self, call: Call, name: str, position: int) -> str:
        return _told(self._value(call, name, position))

    def _optional(self, call: Call, name: str, position: int | None = None) -> str:
        """A text; empty where it is not given."""
        value = self._value(call, name, position)
        if value in (ABSENT, None):
            return ""
        if not isinstance(value, str):
            raise _Untold(OPEN)
        return value


def _told(value: Value) -> str:
    """A text that says something."""
    if not isinstance(value, str) or not value:
        raise _Untold(OPEN)
    return value


def _part(plan: Plan, size: float) -> Kept:
    """A share of the rows, or so many of them."""
    return Kept(plan, share=equally(size)) if isinstance(size, float) else Kept(plan, stop=size)


def _only(found: _Found) -> Plan:
    if isinstance(found, _Parts):
        raise _Untold("the script does not say which split it trains on")
    return found


def _names(value: Value) -> tuple[str, ...]:
    """Names of files."""
    names = (value,) if isinstance(value, str) else ()
    if isinstance(value, ListValue) and not value.is_open:
        names = tuple(each for each in value if isinstance(each, str))
        names = names if len(names) == len(value) else ()
    if not names:
        raise _Untold(OPEN)
    return names


def _sliced(plan: Plan, start: str | None, stop: str | None) -> Plan:
    if start is None and stop is None:
        return plan
    if any(each and each.endswith("%") for each in (start, stop)):
        first, last = (
            int(each.rstrip("%")) if each else otherwise
            for each, otherwise in ((start, 0), (stop, 100))
        )
        first, last = (each + 100 if each < 0 else each for each in (first, last))
        return Kept(plan, share=equally(max(0, last - first) / 100))
    return Kept(plan, int(start or 0), int(stop) if stop else None)


def _fields(value: Value) -> dict[str, object]:
    """What a dict holds, as JSON would have it; what is not known is left out."""
    if not isinstance(value, DictValue) or value.is_open:
        return {}
    return {name: _plain(each.value) for name, each in value.entries.items()}


def _plain(value: Value) -> object:
    if isinstance(value, DictValue):
        return _fields(value)
    if isinstance(value, ListValue):
        return [_plain(each) for each in value] if not value.is_open else None
    return value
