"""How many rows files have, and which of a folder's are a split's, beside `load_dataset`."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from tunesmith.data.store import stored_data
from tunesmith.platform import project_path
from tunesmith.sources.data_set import Origin

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(300)]

LINE = '{"text": "a"}\n'
CONTENTS: dict[str, str | bytes] = {
    "blank.jsonl": f"{LINE}\n{LINE}{LINE.strip()}",
    "broken.jsonl": f"{LINE}no JSON\n",
    "latin.jsonl": b'{"text": "\xe9"}\n',
    "list.json": '[{"text": "a"},\n {"text": "b"}]',
    "field.json": '{"version": 1, "data": [{"text": "a"}, {"text": "b"}, {"text": "c"}]}',
    "quoted.csv": 'text,n\n"a\nb",1\n\nc,2\n',
    "tabs.tsv": "text\tn\na\t1\nb\t2\n",
    "lines.txt": "one\n\ntwo\nthree",
    "packed.jsonl.gz": gzip.compress(LINE.encode() * 7),
    "empty.jsonl": "",
}
FILES = [
    Origin("json", files=("blank.jsonl",)),
    Origin("json", files=("broken.jsonl",)),
    Origin("json", files=("latin.jsonl",)),
    Origin("json", files=("latin.jsonl",), encoding="latin-1"),
    Origin("json", files=("list.json",)),
    Origin("json", files=("field.json",), field="data"),
    Origin("json", files=("packed.jsonl.gz",)),
    Origin("json", files=("*.jsonl.gz",)),
    Origin("json", files=("empty.jsonl",)),
    Origin("json", files=("missing.jsonl",)),
    Origin("csv", files=("quoted.csv",)),
    Origin("csv", files=("tabs.tsv",), delimiter="\t"),
    Origin("text", files=("lines.txt",)),
]
FOLDERS = [
    {"train.jsonl": 3, "test.jsonl": 2},
    {"some.jsonl": 4},
    {"data/train-00000-of-00002.jsonl": 3, "data/train-00001-of-00002.jsonl": 4},
    {"training_set.jsonl": 5, "dev.jsonl": 2},
    {"my_train_data.jsonl": 3, "README.md": 1},
    {"retrained.jsonl": 2},
    {"train/a.jsonl": 2, "eval/b.jsonl": 3},
]


def real(*arguments: Any, **keywords: Any) -> int | None:
    """How many rows `load_dataset` gives; None where it raises, or a row does when it is read."""
    import datasets

    datasets.disable_progress_bars()
    try:
        return len(list(datasets.load_dataset(*arguments, **keywords)))
    except Exception:
        return None


def ours(origin: Origin, folder: Path) -> float | None:
    return stored_data(origin, [project_path(folder)], project_path(folder)).rows


@pytest.mark.parametrize("origin", FILES, ids=lambda it: f"{it.files[0]}-{it.encoding}")
def test_files(origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, content in CONTENTS.items():
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(data)
    monkeypatch.chdir(tmp_path)
    told = {"encoding": origin.encoding, "sep": origin.delimiter, "field": origin.field}
    keywords = {name: value for name, value in told.items() if value}
    found = real(
        origin.loader,
        data_files=list(origin.files),
        split="train",
        cache_dir=str(tmp_path / "cache"),
        **keywords,
    )
    assert ours(origin, tmp_path) == found


@pytest.mark.parametrize("files", FOLDERS, ids=lambda it: next(iter(it)))
def test_folders(files: dict[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, rows in files.items():
        path = tmp_path / "rows" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(LINE * rows)
    monkeypatch.chdir(tmp_path)
    for split in ("train", "validation", "test"):
        found = real("./rows", split=split, cache_dir=str(tmp_path / "cache"))
        assert ours(Origin("named", "./rows", split=split), tmp_path) == found
