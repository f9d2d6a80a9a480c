"""How many examples a training sees, and how long they are in tokens.

Rows are counted where the project or this machine has them. How many tokens their text makes is
worked out from its bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from tunesmith.estimate.compute import Interval
from tunesmith.estimate.script import ScriptTraining
from tunesmith.estimate.script.data_plan import Joined, Kept, Plan, Written
from tunesmith.estimate.training import Method
from tunesmith.named_tuple import NamedTuple
from tunesmith.project import Project
from tunesmith.reason import GIVE_EXAMPLES, Reason, advice_of
from tunesmith.sources.data_set import Cell, Origin, Row

BYTES_A_TOKEN = Interval(2.2, 4.0, 5.2)
"""Of text in UTF-8: what the tokenizers of Gemma 3, Llama 3 and Qwen3 need for English, code and 20
other languages (docs/time.md); five of six lie between these ends."""
MESSAGE_TOKENS = 5
"""What a chat template adds to each message: ChatML's `<|im_start|>user`, line break, `<|im_end|>`,
line break; those of Gemma 3 and Llama 3 add as many."""
UNSURE = (0.5, 1.0, 1.5)
"""Low, likely and high parts of a text that the script writes anew, or of which only the size of
whole rows is known: a guess."""
SURE = (1.0, 1.0, 1.0)
MAX_SIZES = 100
"""Sizes that are kept, as every machine is compared by all of them."""
NOTHING: Row = {}
CONVERSATIONS = ("messages", "conversations")


class Data(NamedTuple):
    """What is known of a data set.

    Attributes:
        examples: rows; None where that is not known.
        tokens: of an example, in the mean, before it is cut to the longest length; None where that
            is not known.
        sizes: the likely tokens of some examples, the shortest first.
        source: where that is known from, as users call it.
        notes: what is to be said of it.
        problem: why the number of examples is not known, with the next step; empty where it is.
    """

    examples: Interval | None = None
    tokens: Interval | None = None
    sizes: Sequence[float] = ()
    source: str = ""
    notes: tuple[str, ...] = ()
    problem: str = ""

    def given(self, examples: int | None, tokens: int | None) -> Data:
        """With what the user says in place of what was found."""
        found = self
        if examples is not None:
            source = "as you say"
            found = found._replace(examples=exactly(examples), source=source, notes=(), problem="")
        if tokens is not None:
            found = found._replace(tokens=exactly(tokens), sizes=())
        return found


class _Rows(NamedTuple):
    """The rows of a plan.

    Attributes:
        total: how many.
        rows: some of them; none where only their mean is known.
        mean: the mean cells.
        sources: where they are from.
        is_counted: whether all of them were counted.
        is_apportioned: whether the mean is guessed from the size of whole rows.
    """

    total: Interval
    rows: Sequence[Row]
    mean: Row
    sources: tuple[str, ...]
    is_counted: bool
    is_apportioned: bool = False


class _Unknown(Exception):  # noqa: N818 - no error, but an answer
    """Why the rows are not known, a Reason."""


def exactly(value: float) -> Interval:
    """A figure that is known."""
    return Interval(value, value, value)


def words_of(data: Data) -> str:
    """What is known of a data set, in one line."""
    examples, tokens = data.examples, data.tokens
    if examples is None:
        return Reason(f"unknown: {data.problem}", advice_of(data.problem))
    words = f"{examples.likely:,.0f} examples"
    if tokens and tokens.low < tokens.high:
        words += f" of about {tokens.likely:,.0f} ({tokens.low:,.0f} to {tokens.high:,.0f}) tokens"
    elif tokens:
        words += f" of {tokens.likely:,.0f} tokens"
    return "; ".join([f"{words}, {data.source}", *data.notes])


def data_of(training: ScriptTraining, script: PurePosixPath, project: Project) -> Data:
    """What is known of a trainer's data set; reads files of the project and of the user's caches.

    Args:
        training: as the script says.
        script: the file that says so.
        project: the files around it.
    """
    said = training.data
    if said.plan is None:
        return Data(problem=Reason(said.problem, GIVE_EXAMPLES))
    try:
        rows = _rows(said.plan, script, project)
    except _Unknown as reason:
        return Data(problem=reason.args[0])
    notes = [] if rows.is_counted else ["counted in part"]
    if rows.total.low < rows.total.high:
        notes.append("at most: the script leaves some out")
    if said.rests_on:
        notes.append(f"by the default of {' and '.join(sorted(said.rests_on))}")
    source = ", ".join(dict.fromkeys(rows.sources))
    found = Data(rows.total, source=source, notes=tuple(notes))
    return _with_tokens(found, training, rows)


# Rows


def _rows(plan: Plan, script: PurePosixPath, project: Project) -> _Rows:
    if isinstance(plan, Written):
        return _Rows(exactly(len(plan.rows)), plan.rows, NOTHING, ("the script",), is_counted=True)
    if isinstance(plan, Kept):
        return _kept(plan, _rows(plan.plan, script, project))
    if isinstance(plan, Joined):
        return _joined([_rows(each, script, project) for each in plan.plans])
    return _stored(plan, script, project)


def _stored(origin: Origin, script: PurePosixPath, project: Project) -> _Rows:
    found = project.data_of(origin, script)
    if found.problem or found.rows is None:
        raise _Unknown(
            found.problem or Reason(f"the rows of {origin} are not known", GIVE_EXAMPLES)
        )
    count = exactly(found.rows)
    return _Rows(
        count,
        found.sample,
        found.columns,
        (found.source,),
        found.is_counted,
        found.is_apportioned,
    )


def _kept(plan: Kept, rows: _Rows) -> _Rows:
    low, likely, high = (
        _within(count, plan) * share for count, share in zip(rows.total, plan.share, strict=True)
    )
    is_limit = plan.stop is not None and 0 < plan.stop <= rows.total.low
    return rows._replace(total=Interval(low, likely, high), is_counted=rows.is_counted or is_limit)


def _within(count: float, plan: Kept) -> float:
    """How many of some rows a slice keeps."""
    start, stop = (
        max(0.0, count + each) if each < 0 else min(each, count)
        for each in (plan.start, count if plan.stop is None else plan.stop)
    )
    return max(0.0, stop - start)


def _joined(parts: Sequence[_Rows]) -> _Rows:
    count = exactly(0)
    for each in parts:
        count = count.plus(each.total)
    rows = [row for each in parts for row in each.rows]
    mean: Row = next((each.mean for each in parts if each.mean), NOTHING)
    sources = tuple(name for each in parts for name in each.sources)
    return _Rows(
        count,
        rows,
        mean,
        sources,
        all(each.is_counted for each in parts),
        any(each.is_apportioned for each in parts),
    )


# Tokens


def _with_tokens(data: Data, training: ScriptTraining, rows: _Rows) -> Data:
    shown, names = _shown(rows)
    method = training.training.method
    if not names or method == "grpo":  # what it generates counts, and nobody knows how long that is
        return data
    wanted = _wanted(training, names)
    if not wanted:
        has = ", ".join(sorted(names)[:6])
        note = f"the trainer finds none of its columns there: it has {has}"
        return data._replace(notes=(*data.notes, note))
    sizes = [_tokens(row, wanted) for row in shown]
    mean = sum(sizes) / len(sizes)
    parts = UNSURE if training.data.is_rewritten or rows.is_apportioned else SURE
    ratios = (BYTES_A_TOKEN.likely / each for each in reversed(BYTES_A_TOKEN))
    tokens = Interval(*(mean * one * other for one, other in zip(ratios, parts, strict=True)))
    return data._replace(tokens=tokens, sizes=_thinned(sizes) if rows.rows else ())


def with_sizes(data: Data, training: ScriptTraining, sizes: Sequence[float]) -> Data:
    """What is known of a data set, with the counted tokens of some of its examples."""
    mean = sum(sizes) / max(1, len(sizes))
    parts = UNSURE if training.data.is_rewritten else SURE
    tokens = Interval(*(mean * part for part in parts))
    notes = (*data.notes, f"{len(sizes):,} tokenized")
    return data._replace(tokens=tokens, sizes=_thinned(sizes), notes=notes)


def columns_of(
    training: ScriptTraining, script: PurePosixPath, project: Project
) -> Mapping[str, float]:
    """The columns that a trainer reads, with how often each counts in a sequence.

    Nothing where the rows are not known, or have none of them; arguments as of `data_of`.
    """
    plan = training.data.plan
    try:
        names = _shown(_rows(plan, script, project))[1] if plan else set[str]()
    except _Unknown:
        return {}
    return _wanted(training, names)


def _shown(rows: _Rows) -> tuple[Sequence[Row], set[str]]:
    """The rows to look at, or the mean one, and the columns with text."""
    shown = rows.rows or ([rows.mean] if rows.mean else [])
    return shown, {name for row in shown for name in row}


def _wanted(training: ScriptTraining, names: set[str]) -> dict[str, float]:
    """The columns of these that a trainer reads; all where the script writes others of them."""
    wanted = _columns(training.training.method, names, training.data.text_field)
    if not wanted and training.data.is_rewritten:
        wanted = dict.fromkeys(names, 1.0)
    return {name: times for name, times in wanted.items() if name in names}


def _thinned(sizes: Sequence[float]) -> Sequence[float]:
    """Sizes that stand for all of them, the shortest first."""
    ordered = sorted(sizes)
    count = min(len(ordered), MAX_SIZES)
    return [ordered[(2 * at + 1) * len(ordered) // (2 * count)] for at in range(count)]


def _columns(method: Method, names: Iterable[str], text_field: str) -> dict[str, float]:
    """The columns that a trainer reads, with how often each counts in a sequence."""
    names = set(names)
    if method in ("dpo", "reward"):  # a sequence has one of the two answers
        both = {"chosen": 0.5, "rejected": 0.5}
        return {"prompt": 1.0, **both} if names.issuperset(both) else {}
    talk = next((name for name in CONVERSATIONS if name in names), None)
    if talk and method == "sft":
        return {talk: 1.0, "tools": 1.0}
    if {"prompt", "completion"} <= names:
        return {"prompt": 1.0, "completion": 1.0, "tools": 1.0}
    return {text_field: 1.0} if method == "sft" and text_field in names else {}


def _tokens(row: Row, wanted: dict[str, float]) -> float:
    """The likely tokens of a row."""
    cells = {name: row.get(name, Cell(0)) for name in wanted}
    chosen, prompt = cells.get("chosen"), cells.get("prompt")
    if chosen and chosen.messages and prompt and not prompt.messages:
        cells["prompt"] = Cell(0)  # the conversation of each answer begins with it
    return 1 + sum(
        times * (cells[name].size / BYTES_A_TOKEN.likely + cells[name].messages * MESSAGE_TOKENS)
        for name, times in wanted.items()
    )
