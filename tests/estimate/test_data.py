"""What is known of a data set: its rows, and their length in tokens."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from builders import ROOT, project
from estimate.scripts import read
from tunesmith.estimate.data import BYTES_A_TOKEN, Data, data_of, exactly, words_of
from tunesmith.reason import Reason, advised
from tunesmith.sources.data_set import Cell, Origin, Row, StoredData

RECORD = Path(__file__).parent / "bytes_a_token.json"
SCRIPT = """\
from datasets import load_dataset
from trl import {kind}Config, {kind}Trainer

data = load_dataset("json", data_files="x.jsonl", split="train"){more}
{kind}Trainer("Qwen/Qwen3-8B", args={kind}Config({arguments}), train_dataset=data{other})
"""


def known(
    stored: StoredData, kind: str = "SFT", more: str = "", arguments: str = "", other: str = ""
) -> Data:
    """What is known of a script's data set."""

    def stored_data(
        origin: Origin, folders: Sequence[PurePosixPath], root: PurePosixPath
    ) -> StoredData:
        assert origin.files == ("x.jsonl",)
        assert (list(folders), root) == ([ROOT], ROOT)
        return stored

    training = read(SCRIPT.format(kind=kind, more=more, arguments=arguments, other=other))
    return data_of(training, ROOT / "train.py", project({})._replace(stored_data=stored_data))


def rows(*found: Row, count: int = 100) -> StoredData:
    return StoredData("x.jsonl", count, sample=found)


TALK = {"messages": Cell(400, 2), "id": Cell(36)}


def test_the_bytes_of_a_token():
    """Real tokenizers, in scripts/record_tokens.py."""
    record: dict[str, dict[str, float]] = json.loads(RECORD.read_text("utf-8"))
    ratios = [ratio for each in record.values() for ratio in each.values()]
    inside = [ratio for ratio in ratios if BYTES_A_TOKEN.low <= ratio <= BYTES_A_TOKEN.high]
    assert len(inside) / len(ratios) > 5 / 6
    usual = [ratio for what in ("English: docstrings of Python", "Python", "TypeScript")
             for ratio in record[what].values()]  # fmt: skip
    assert sum(usual) / len(usual) == pytest.approx(BYTES_A_TOKEN.likely, rel=0.05)


@pytest.mark.parametrize(
    ("kind", "row", "options", "tokens"),
    [
        ("SFT", TALK, {}, 111),  # 400 / 4, two messages of 5, an end
        ("SFT", {"prompt": Cell(40), "completion": Cell(80), "id": Cell(9)}, {}, 31),
        ("SFT", {"prompt": Cell(40, 1), "completion": Cell(80, 1)}, {}, 41),
        ("SFT", {"text": Cell(400), "id": Cell(36)}, {}, 101),
        ("SFT", {"body": Cell(400)}, {"arguments": "dataset_text_field='body'"}, 101),
        ("DPO", {"prompt": Cell(40), "chosen": Cell(80), "rejected": Cell(160)}, {}, 41),
        ("DPO", {"prompt": Cell(40), "chosen": Cell(80, 2), "rejected": Cell(160, 2)}, {}, 41),
        ("Reward", {"chosen": Cell(80), "rejected": Cell(160)}, {}, 31),
        ("KTO", {"prompt": Cell(40), "completion": Cell(80)}, {}, 31),
        ("SFT", {"question": Cell(40), "answer": Cell(80)}, {"more": ".map(str)"}, 31),
        ("SFT", {"question": Cell(40)}, {"other": ", formatting_func=str"}, 11),
    ],
)
def test_the_columns_that_a_trainer_reads(
    kind: str, row: Row, options: dict[str, Any], tokens: float
):
    found = known(rows(row), kind, **options)
    assert found.tokens
    assert found.tokens.likely == tokens
    assert found.notes == ()


def test_columns_that_no_trainer_reads_are_named():
    found = known(rows({"question": Cell(40), "answer": Cell(80)}))
    assert (found.examples, found.tokens) == (exactly(100), None)
    note = "the trainer finds none of its columns there: it has answer, question"
    assert found.notes == (note,)
    assert words_of(found) == f"100 examples, x.jsonl; {note}"


def test_what_is_written_anew_is_less_certain():
    sure, unsure = known(rows(TALK)), known(rows(TALK), more=".map(str)")
    assert sure.tokens
    assert unsure.tokens
    assert unsure.tokens.likely == sure.tokens.likely
    assert unsure.tokens.low < sure.tokens.low
    assert unsure.tokens.high > sure.tokens.high


@pytest.mark.parametrize(
    ("more", "examples"),
    [
        (".select(range(30))", exactly(30)),
        (".select(range(300))", exactly(100)),
        (".skip(40).take(30)", exactly(30)),
        (".skip(140)", exactly(0)),
        (".train_test_split(0.25)['train']", exactly(75)),
        (".filter(len)", (0, 100, 100)),
        (".filter(len).select(range(30))", (0, 30, 30)),
    ],
)
def test_which_rows_are_given(more: str, examples: tuple[float, float, float]):
    assert known(rows(TALK), more=more).examples == examples


def test_notes():
    counted = StoredData("x.jsonl", 1000.4, False, [TALK])
    assert known(counted).notes == ("counted in part",)
    assert known(counted, more=".select(range(30))").notes == ()
    assert known(rows(TALK), more=".filter(len)").notes == ("at most: the script leaves some out",)
    found = known(StoredData(problem=Reason("there is no x.jsonl", "give --examples N")))
    assert words_of(found) == "unknown: there is no x.jsonl"
    assert advised(words_of(found)) == "unknown: there is no x.jsonl; give --examples N"


def test_of_means_no_sizes_are_known():
    found = known(StoredData("x.parquet", 50, columns={"messages": Cell(400, 2)}))
    assert found.tokens
    assert (found.tokens.likely, list(found.sizes)) == (111, [])


def test_many_rows_are_thinned():
    many = [{"text": Cell(4 * size)} for size in range(1000)]
    sizes = known(rows(*many)).sizes
    assert len(sizes) == 100
    assert sizes == sorted(sizes)
    assert sum(sizes) / 100 == pytest.approx(500, rel=0.02)
