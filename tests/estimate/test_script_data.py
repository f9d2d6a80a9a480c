"""What a script says of the data set that it trains on."""

from __future__ import annotations

import pytest

from builders import ROOT, project
from estimate.scripts import read
from tunesmith.estimate.data import data_of
from tunesmith.estimate.script.data_plan import Joined, Kept, Plan, Written
from tunesmith.sources.data_set import Cell, Origin, StoredData

START = (
    "import argparse\nimport pandas\nfrom datasets import (\n"
    "    Dataset, concatenate_datasets, load_dataset, load_from_disk\n)\n"
    "from trl import SFTTrainer\n"
)
END = '\nSFTTrainer("Qwen/Qwen3-8B", train_dataset=data)\n'
LINES = Origin("json", files=("x.jsonl",))
NAMED = Origin("named", "me/x", split="train")


def said(code: str):
    return read(START + code + END).data


@pytest.mark.parametrize(
    ("code", "plan"),
    [
        ('data = load_dataset("json", data_files="x.jsonl", split="train")', LINES),
        ('data = load_dataset("json", data_files="x.jsonl")["train"]', LINES),
        ('data = load_dataset("json", data_files={"train": "x.jsonl", "a": "y"})["train"]', LINES),
        ('data = Dataset.from_json("x.jsonl")', LINES),
        ('data = Dataset.from_pandas(pandas.read_json("x.jsonl", lines=True))', LINES),
        ('data = load_dataset("me/x", split="train")', NAMED),
        ('data, other = load_dataset("me/x")["train"], 1', NAMED),
        (
            'data = load_dataset("me/x", "b", split="a")',
            NAMED._replace(split="a", configuration="b"),
        ),
        ('data = load_dataset("./rows", split="train")', NAMED._replace(name="./rows")),
        ('data = load_from_disk("saved")', Origin("saved", "saved")),
        ('data = load_from_disk("saved")["train"]', Origin("saved", "saved", split="train")),
        (
            'data = load_dataset("csv", data_files=["a.csv", "b.csv"], sep=";", split="train")',
            Origin("csv", files=("a.csv", "b.csv"), delimiter=";"),
        ),
        ('data = load_dataset("me/x", split="train[:1000]")', Kept(NAMED, 0, 1000)),
        ('data = load_dataset("me/x", split="train[-10:]")', Kept(NAMED, -10)),
        ('data = load_dataset("me/x", split="train[10%:30%]")', Kept(NAMED, share=(0.2,) * 3)),
        (
            'data = load_dataset("me/x", split="train+test")',
            Joined((NAMED, NAMED._replace(split="test"))),
        ),
        (
            'data = Dataset.from_list([{"text": "abc", "n": 1}, {"text": "é"}])',
            Written(({"text": Cell(3)}, {"text": Cell(2)})),
        ),
        ('data = Dataset.from_dict({"text": ["abc"], "n": [1]})', Written(({"text": Cell(3)},))),
        ('data = Dataset.from_dict({"text": ["abc"] * 3})', Written(({"text": Cell(3)},) * 3)),
        (
            'data = Dataset.from_dict({"text": ["abc" for _ in range(3)]})',
            Written(({"text": Cell(3)},) * 3),
        ),
        (
            'text = "abc"\ndata = Dataset.from_dict({"text": [text + x for text in range(2)]})',
            Written(({}, {})),
        ),
        (
            'data, test = load_dataset("me/x", split=["train[:5%]", "test"])',
            Kept(NAMED, share=(0.05,) * 3),
        ),
        (
            'data = Dataset.from_dict(load_dataset("me/x", split="train")[:100])',
            Kept(NAMED, 0, 100),
        ),
    ],
)
def test_what_loads(code: str, plan: Plan):
    assert said(code).plan == plan


def test_several_in_a_row():
    found = said(
        'a = Dataset.from_json("x.jsonl")\nb = load_dataset("me/x", split="train")\n'
        "data = concatenate_datasets([b, a])"
    )
    assert found.plan == Joined((NAMED, LINES))


@pytest.mark.parametrize(
    ("made", "plan"),
    [
        ("shuffle(seed=1)", NAMED),
        ("remove_columns(['a']).rename_column('b', 'text')", NAMED),
        ("select(range(500))", Kept(NAMED, 0, 500)),
        ("select(range(100, 500))", Kept(NAMED, 100, 500)),
        ("select(range(min(500, len(whole))))", Kept(NAMED, 0, 500)),
        ("select([1, 5, 7])", Kept(NAMED, 0, 3)),
        ("take(7)", Kept(NAMED, 0, 7)),
        ("skip(7)", Kept(NAMED, 7)),
        ("shard(num_shards=4, index=0)", Kept(NAMED, share=(0.25,) * 3)),
        ("filter(lambda row: row['good'])", Kept(NAMED, share=(0.0, 1.0, 1.0))),
        ("train_test_split(test_size=0.25)['train']", Kept(NAMED, share=(0.75,) * 3)),
        ("train_test_split(0.25)['test']", Kept(NAMED, share=(0.25,) * 3)),
        ("train_test_split(test_size=200)['train']", Kept(NAMED, 200)),
        ("train_test_split(train_size=200)['train']", Kept(NAMED, 0, 200)),
        ("train_test_split()['train']", Kept(NAMED, share=(0.75,) * 3)),
    ],
)
def test_what_is_made_of_it(made: str, plan: Plan):
    found = said(f'whole = load_dataset("me/x", split="train")\ndata = whole.{made}')
    assert found.plan == plan
    assert not found.is_rewritten


def test_methods_of_all_splits_hold_for_the_one_that_is_taken():
    found = said('data = load_dataset("me/x").map(str).filter(bool)["train"]')
    assert found.plan == Kept(NAMED, share=(0.0, 1.0, 1.0))
    assert found.is_rewritten


def test_names_functions_and_branches_are_followed():
    found = said(
        "SMALL = True\ndef load(name):\n    raw = load_dataset(name, split='train')\n"
        "    if SMALL:\n        raw = raw.select(range(10))\n"
        "    return raw.map(lambda row: row, remove_columns=raw.column_names)\ndata = load('me/x')"
    )
    assert found.plan == Kept(NAMED, 0, 10)
    assert found.is_rewritten


def test_a_default_that_may_be_overridden_is_named():
    found = said(
        'p = argparse.ArgumentParser()\np.add_argument("--data", default="me/x")\n'
        'data = load_dataset(p.parse_args().data, split="train")'
    )
    assert found.plan == NAMED
    assert found.rests_on == {"--data"}


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("data = made()", "the script leaves open which data set it trains on"),
        ("data = load_dataset(name, split='train')", "the script leaves open which"),
        ('data = load_dataset("me/x")', "the script does not say which split it trains on"),
        (
            'data = load_dataset("json", data_files="x.jsonl")["test"]',
            "there is no split 'test' in it: it has train",
        ),
        ("data = Dataset.from_generator(rows)", "its rows are made by a function of the script"),
        ("data = Dataset.from_dict(made())", "not as literals"),
        ('data = Dataset.from_dict({"text": ["a"] * 10**8})', "not as literals"),
        ('data = load_dataset("me/x", split=[name])', "the script leaves open"),
        ('data = load_dataset("me/x", split="train[a:b]")', "cannot be read"),
    ],
)
def test_what_is_not_told_has_a_reason(code: str, problem: str):
    found = said(code)
    assert found.plan is None
    assert problem in found.problem


def test_the_column_of_the_text():
    code = (
        "from trl import SFTConfig, SFTTrainer\nfrom datasets import load_dataset\n"
        "SFTTrainer('Qwen/Qwen3-8B', args=SFTConfig(dataset_text_field='body'), "
        "train_dataset=load_dataset('me/x', split='train'))\n"
    )
    assert read(code).data.text_field == "body"


@pytest.mark.parametrize(
    "made",
    [
        "select()", "select(range())", "select(range(1, 2, 3))", "select(range(5, 2))",
        "select(range(-5))", "select(5)", "select([])", "take()", "take(-3)", "take('a')",
        "take(10**30)", "skip(10**30)", "skip(-1)", "shard(num_shards=0, index=0)", "shard()",
        "train_test_split(test_size=1.5)['train']", "train_test_split(test_size=-3)['train']",
        "train_test_split(test_size='a')['train']", "train_test_split(0.1)", "filter()", "map()",
        "train_test_split(0.1)['other']", "unknown_method()", "num_rows", "data", "select(*made)",
        "train_test_split(0.1).train_test_split(0.1)", "rename_column(*a, **b)[::2]",
        "map()[5:'a']",
    ],
)  # fmt: skip
def test_odd_calls_never_fail(made: str):
    found = said(f'whole = load_dataset("me/x", split="train")\ndata = whole.{made}')
    assert (found.plan is None) is bool(found.problem)
    stored = StoredData("x", 100)
    known = data_of(
        read(f'{START}whole = load_dataset("me/x", split="train")\ndata = whole.{made}{END}'),
        ROOT / "train.py",
        project({})._replace(stored_data=lambda *_: stored),
    )
    low, _, high = known.examples or (0, 0, 0)
    assert known.problem or 0 <= low <= high <= 100


@pytest.mark.parametrize(
    "call",
    [
        "load_dataset()", "load_dataset(1)", "load_dataset('')", "load_dataset(**made)",
        "load_dataset('json', data_files={})", "load_dataset('json', data_files={})['train']",
        "load_dataset('json', data_files=[])", "load_dataset('json', data_files=5, split='train')",
        "load_dataset('json')['train']", "load_dataset('me/x', split='')",
        "load_dataset('me/x', split='train[')", "load_dataset('me/x', split='train[50%:20%]')",
        "load_dataset('me/x', split='train[-5%:]')", "load_dataset('me/x', split='+')",
        "load_dataset('me/x', split=[])", "load_dataset('me/x', split=[])[0]", "Dataset()",
        "load_dataset('me/x', split=5)", "load_dataset('me/x', 5, split='train')",
        "load_from_disk()", "load_from_disk('x')[5]", "concatenate_datasets()",
        "concatenate_datasets([])", "concatenate_datasets([1])", "Dataset.from_list()",
        "Dataset.from_list([1, None])", "Dataset.from_dict({})", "Dataset.from_dict({'a': 5})",
        "Dataset.from_dict({'a': [1], 'b': []})", "Dataset.from_pandas(5)", "Dataset.from_json([])",
        "Dataset.from_pandas(pandas.read_csv())", "{}", "{'train': 5}['train']",
    ],
)  # fmt: skip
def test_odd_loads_never_fail(call: str):
    found = said(f"data = {call}")
    assert (found.plan is None) is bool(found.problem)
