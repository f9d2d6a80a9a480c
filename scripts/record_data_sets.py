"""Writes the data sets of tests/data/data_sets with the real libraries, a few KB of each format.

It needs an environment of its own with `datasets`:

    python scripts/record_data_sets.py

What `save_to_disk`, `to_parquet` and the cache of `datasets` hold is what tests read.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq

PLACE = Path(__file__).parents[1] / "tests" / "data" / "data_sets"
ROWS = [
    {
        "messages": [
            {"role": "user", "content": "q" * (10 + row % 7)},
            {"role": "assistant", "content": "é" * (row % 50)},
        ],
        "text": "t" * row,
        "number": row,
        "nothing": None,
        "tags": ["a", "bc"][: row % 3],
        "label": f"label {row % 2}",
    }
    for row in range(120)
]


def main() -> None:
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir(parents=True)
    features = datasets.Features({
        **datasets.Dataset.from_list(ROWS).features,
        "label": datasets.ClassLabel(names=["label 0", "label 1"]),
    })  # fmt: skip
    whole = datasets.Dataset.from_list(ROWS).cast_column("label", features["label"])
    whole.to_parquet(PLACE / "rows.parquet")
    table = whole.data.table
    pq.write_table(table, PLACE / "plain.parquet", use_dictionary=False, row_group_size=50)
    picture = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    pictures = pa.array([{"bytes": b"." * 999, "path": "a.png"}] * 3, picture)
    pq.write_table(pa.table({"text": ["a"] * 3, "image": pictures}), PLACE / "pictures.parquet")
    whole.save_to_disk(PLACE / "one")
    parts = {"train": whole.select(range(100)), "test": whole.select(range(100, 120))}
    datasets.DatasetDict(parts).save_to_disk(PLACE / "splits", num_shards={"train": 2, "test": 1})
    with pa.ipc.new_file(PLACE / "file.arrow", table.schema) as writer:
        writer.write_table(table, max_chunksize=30)
    with pa.ipc.new_file(
        PLACE / "packed.arrow", table.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")
    ) as writer:
        writer.write_table(table)
    encoded = pa.table({"text": pa.array(["a", "b", "a"]).dictionary_encode(), "more": ["x"] * 3})
    with pa.ipc.new_stream(PLACE / "encoded.arrow", encoded.schema) as writer:
        writer.write_table(encoded)
    _prepare()


def _prepare() -> None:
    """As `load_dataset("Me/TalkSet")` leaves it in the cache of `datasets`."""
    with tempfile.TemporaryDirectory() as scratch:
        datasets.Dataset.from_list(ROWS).select_columns(["messages", "text"]).to_json(
            Path(scratch) / "train.jsonl"
        )
        builder = datasets.load_dataset_builder(
            "json", data_files=str(Path(scratch) / "train.jsonl"), cache_dir=scratch
        )
        builder.dataset_name = "talk_set"
        builder.repo_id = "Me/TalkSet"
        folder = PLACE / "cache" / "Me___talk_set" / "default" / "0.0.0" / "0123abcd"
        builder.download_and_prepare(str(folder))
    for lock in PLACE.rglob("*.lock"):
        lock.unlink()


if __name__ == "__main__":
    main()
