"""Reading Parquet and Arrow files, what `datasets` keeps of a data set, what the Hub says of it.

The files of tests/data/data_sets are those of the real libraries (scripts/record_data_sets.py).
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from answering_hub import AnsweringHub, answering, as_json
from tunesmith import hub, hub_cache
from tunesmith.data.hub_data import read_descriptions
from tunesmith.data.store import stored_data
from tunesmith.errors import UserError
from tunesmith.platform import project_path
from tunesmith.reason import advised
from tunesmith.sources.data_set import Cell, Origin, Row, StoredData

PLACE = Path(__file__).parent / "data" / "data_sets"
COUNT = 120
TALK = Origin("named", "Me/TalkSet", split="train")


def expected(row: int) -> Row:
    """The cells of a row that scripts/record_data_sets.py writes."""
    cells = {"messages": Cell(10 + row % 7 + 2 * (row % 50), 2), "text": Cell(row)}
    tags = Cell(len("".join(["a", "bc"][: row % 3])))
    return {name: cell for name, cell in {**cells, "tags": tags}.items() if cell != Cell(0)}


def mean(name: str, rows: int = COUNT) -> Cell:
    cells = [expected(row).get(name, Cell(0)) for row in range(rows)]
    return Cell(
        sum(each.size for each in cells) / rows, sum(each.messages for each in cells) / rows
    )


def read(origin: Origin, folder: Path = PLACE) -> StoredData:
    return stored_data(origin, [project_path(folder)], project_path(folder))


@pytest.mark.parametrize("name", ["rows.parquet", "plain.parquet"])
def test_the_footer_of_a_parquet_file(name: str):
    found = read(Origin("parquet", files=(name,)))
    assert (found.source, found.rows, found.is_counted) == (name, COUNT, True)
    for column in ("messages", "text", "tags"):
        assert found.columns[column].messages == mean(column).messages
        assert found.columns[column].size == pytest.approx(mean(column).size, rel=0.02)
    assert set(found.columns) == {"messages", "text", "tags"}


def test_pictures_are_no_text():
    found = read(Origin("parquet", files=("pictures.parquet",)))
    assert found.rows == 3
    assert set(found.columns) == {"text", "image"}
    assert found.columns["image"].size <= 5, "its path, which is kept once"


@pytest.mark.parametrize(
    ("origin", "rows"),
    [
        (Origin("saved", "one"), COUNT),
        (Origin("saved", "splits", split="train"), 100),
        (Origin("arrow", files=("file.arrow",)), COUNT),
        (Origin("arrow", files=("one/*.arrow",)), COUNT),
    ],
)
def test_the_rows_of_arrow_files(origin: Origin, rows: int):
    found = read(origin)
    assert (found.rows, found.is_counted) == (rows, True)
    known = [expected(row) for row in range(rows)]
    assert all(row in known for row in found.sample)
    if origin.loader == "saved":
        assert list(found.sample) == known


def test_splits_that_were_saved():
    assert read(Origin("saved", "splits", split="test")).rows == 20
    assert "does not say which split" in read(Origin("saved", "splits")).problem
    assert "no data set that was saved in x" in read(Origin("saved", "splits", split="x")).problem
    assert "no data set that was saved" in read(Origin("saved", "splits", split="../one")).problem
    assert "there is no folder other" in read(Origin("saved", "other")).problem


def test_words_that_are_kept_once():
    found = read(Origin("arrow", files=("encoded.arrow",)))
    assert (found.rows, list(found.sample)) == (3, [{"more": Cell(1)}] * 3)


def test_batches_that_are_packed():
    found = read(Origin("arrow", files=("packed.arrow",)))
    assert "its batches are packed, which is not read" in found.problem


@pytest.mark.parametrize(
    ("name", "loader"),
    [
        ("rows.parquet", "parquet"),
        ("file.arrow", "arrow"),
        ("one/data-00000-of-00001.arrow", "arrow"),
    ],
)
def test_damaged_files_have_a_reason(name: str, loader: str, tmp_path: Path):
    data, chosen = (PLACE / name).read_bytes(), random.Random(7)
    for _ in range(150):
        changed = bytearray(data)
        for _ in range(chosen.randint(1, 20)):
            changed[chosen.randrange(len(data))] = chosen.randrange(256)
        kept = len(data) if chosen.random() < 0.5 else chosen.randrange(1, len(data))
        (tmp_path / "rows").write_bytes(changed[:kept])
        found = read(Origin(loader, files=("rows",)), tmp_path)  # pyright: ignore[reportArgumentType]
        assert found.problem or found.rows is not None
    (tmp_path / "rows").write_bytes(b"PAR1" + b"\xff" * 40 + b"PAR1")
    assert "whole Parquet" in read(Origin("parquet", files=("rows",)), tmp_path).problem
    (tmp_path / "rows").write_bytes(b"text\n")
    assert "damaged Arrow" in read(Origin("arrow", files=("rows",)), tmp_path).problem


# What lies on this machine


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("HF_DATASETS_CACHE", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_what_datasets_prepared(home: Path, monkeypatch: pytest.MonkeyPatch):
    assert "is not on this machine; --online asks the Hub" in advised(read(TALK).problem)
    shutil.copytree(PLACE / "cache", home / "hf" / "datasets")
    found = read(TALK)
    assert (found.source, found.rows) == ("the cache of datasets", COUNT)
    assert found.sample[7] == {"messages": Cell(24, 2), "text": Cell(7)}
    assert "has no split 'test': it has train" in read(TALK._replace(split="test")).problem
    assert read(TALK._replace(configuration="other")).rows is None
    (home / "hf" / "datasets").rename(home / "own")
    assert read(TALK).rows is None
    monkeypatch.setenv("HF_DATASETS_CACHE", str(home / "own"))
    assert read(TALK).rows == COUNT


def test_without_its_rows_the_description_tells(home: Path):
    shutil.copytree(PLACE / "cache", home / "hf" / "datasets")
    (path,) = (home / "hf").rglob("*.arrow")
    path.unlink()
    found = read(TALK)
    assert (found.rows, found.is_apportioned) == (COUNT, True)
    assert found.columns["text"].size == pytest.approx(18417 / COUNT / 2)
    (path,) = (home / "hf").rglob("dataset_info.json")
    for broken in ("", "[]", '{"splits": 3}', "{" * 9999, '{"splits": {"train": {}}}'):
        path.write_text(broken)
        assert read(TALK).rows is None


def test_files_that_the_hubs_client_downloaded(home: Path):
    folder = home / "hf" / "hub" / "datasets--me--x"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text("a" * 40)
    data = folder / "snapshots" / ("a" * 40) / "data"
    data.mkdir(parents=True)
    origin = Origin("named", "me/x", split="train")
    for index in range(2):
        shutil.copy(PLACE / "rows.parquet", data / f"train-0000{index}-of-00003.parquet")
    assert "is not on this machine" in read(origin).problem, "one of three is missing"
    shutil.copy(PLACE / "rows.parquet", data / "train-00002-of-00003.parquet")
    found = read(origin)
    assert (found.rows, found.source) == (3 * COUNT, "the cache of the Hub's client")
    assert "there is no split 'test'" in read(origin._replace(split="test")).problem
    one = "data/train-00000-of-00003.parquet"
    assert read(origin._replace(files=("data/other.parquet",))).rows is None
    address = f"hf://datasets/me/x@main/{one}"
    (data / "more.jsonl").write_text('{"text": "a"}\n')
    assert read(origin._replace(files=("data/more.jsonl",))).rows == 1
    assert read(Origin("parquet", files=(address,))).rows is None, "only one of three"


# What the Hub says


INFO = {
    "default": {
        "features": {
            "messages": {
                "_type": "List",
                "feature": {"role": {"dtype": "string"}, "content": {"dtype": "string"}},
            },
            "id": {"dtype": "string", "_type": "Value"},
            "n": {"dtype": "int64", "_type": "Value"},
        },
        "splits": {"train": {"name": "train", "num_bytes": 900_000, "num_examples": 1000}},
    }
}
"""As https://huggingface.co/docs/dataset-viewer/info shows it."""
CARD = [
    {
        "config_name": "small",
        "features": [{"name": "text", "dtype": "string"}, {"name": "n", "dtype": "int64"}],
        "splits": [{"name": "train", "num_bytes": 5000.5, "num_examples": 50}],
        "download_size": 1,
        "dataset_size": 5000,
    },
    {
        "config_name": "large",
        "features": [{"name": "text", "dtype": "string"}],
        "splits": [{"name": "train", "num_bytes": 1, "num_examples": 7}],
    },
]
"""As `push_to_hub` writes it into a card."""
X = Origin("named", "me/x", split="train")
ASKED, VIEWED = "/api/datasets/me/x?expand=cardData", "/info?dataset=me%2Fx"


@pytest.fixture
def asked(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AnsweringHub]:
    monkeypatch.setenv("HF_TOKEN", "hf_notARealToken0123")
    with answering() as made:
        monkeypatch.setenv("HF_ENDPOINT", made.url)
        monkeypatch.setattr(hub, "viewer", lambda: made.url)
        yield made


def test_the_card_of_a_data_set(asked: AnsweringHub):
    asked.answers[ASKED] = as_json({"id": "me/x", "cardData": {"dataset_info": CARD}})
    hub.fetch_data("me/x")
    assert asked.asked == [(ASKED, "Bearer hf_notARealToken0123")]
    found = read(X._replace(configuration="small"))
    assert (found.rows, found.is_apportioned) == (50, True)
    assert found.source.startswith("the Hub, asked on 20")
    assert found.columns == {"text": Cell(100)}
    assert read(X._replace(configuration="large")).rows == 7
    assert read(X).rows is None, "which of two is not said"


def test_all_columns_are_described_also_those_without_text():
    assert read_descriptions(CARD)["small"].columns == ["text", "n"]
    assert read_descriptions(INFO)["default"].columns == ["messages", "id", "n"]


def test_the_viewer_is_asked_without_the_token(asked: AnsweringHub):
    asked.answers[ASKED] = as_json({"id": "me/x", "cardData": {}})
    asked.answers[VIEWED] = as_json({"dataset_info": INFO, "partial": False})
    hub.fetch_data("me/x")
    assert asked.asked == [(ASKED, "Bearer hf_notARealToken0123"), (VIEWED, None)]
    found = read(X)
    assert found.rows == 1000
    assert found.columns == {"messages": Cell(800), "id": Cell(100)}
    assert "has no split 'test': it has train" in read(X._replace(split="test")).problem


def test_what_the_hub_does_not_know(asked: AnsweringHub, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(UserError, match=r"the description of me/x is not on .* \(404\)"):
        hub.fetch_data("me/x")
    for nothing in ([], {"cardData": None}, {"cardData": {"dataset_info": "?"}}):
        asked.answers[ASKED] = as_json(nothing)
        asked.answers[VIEWED] = as_json({"error": "not ready"})
        with pytest.raises(UserError, match="does not say how many rows me/x has"):
            hub.fetch_data("me/x")
    monkeypatch.setattr(hub, "viewer", lambda: "http://127.0.0.1:9")
    with pytest.raises(UserError, match="cannot be fetched") as caught:
        hub.fetch_data("me/x")
    assert not isinstance(caught.value, hub.NoConnectionError), "a mirror has no viewer"
    with pytest.raises(UserError, match="is no id of a data set"):
        hub.fetch_data("me/../x")
    assert hub_cache.read_answer(hub_cache.data_answer("me/x")) is None


def test_the_address_of_the_viewer(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    assert hub.viewer() == "https://datasets-server.huggingface.co"
    assert hub.viewer("http://mine") == "http://datasets-server.mine"


def test_the_data_set_of_a_script_is_asked_for(
    asked: AnsweringHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    from tunesmith.cli import main

    asked.answers[ASKED] = as_json({"cardData": {"dataset_info": INFO["default"]}})
    script = tmp_path / "train.py"
    (tmp_path / "pyproject.toml").touch()
    script.write_text(
        '# /// script\n# dependencies = ["trl==1.16.0", "transformers==5.23.0"]\n# ///\n'
        "from datasets import load_dataset\nfrom trl import SFTTrainer\n"
        'SFTTrainer("Qwen/Qwen3-8B", train_dataset=load_dataset("me/x", split="train[:10%]"))\n'
    )
    command = ["estimate", str(script), "--json", "--flavor", "a10g-large"]
    assert main(command) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["no_hours"].startswith("me/x is not on this machine; --online asks the Hub")
    assert main([*command, "--online"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["data"]["examples"] == {"low": 100, "likely": 100, "high": 100}
    tokens = found["data"]["tokens"]
    assert tokens["likely"] == 201
    assert tokens["low"] < 201 / 2 < 2 * 201 < tokens["high"]
    assert found["hours"]
