# pyright: basic, reportMissingImports=false
"""Worker: how many tokens the rows of a data set are, by the model's own tokenizer."""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

from tunesmith.data.pieces import UnreadableDataError
from tunesmith.data.text_files import FIELDS
from tunesmith.sources.data_set import Origin
from tunesmith.workers.events import Progress, Report, WorkerError

STEPS = 20
"""How often it is told how far it is."""
MESSAGE_TOKENS = 5
"""Of a message, where the tokenizer has no chat template that takes the conversation."""
_NAMES = {"human": "user", "gpt": "assistant"}
"""Speakers in conversations of the ShareGPT kind."""


def run(request: Mapping[str, Any], report: Report) -> Mapping[str, Any]:
    """Take rows through a tokenizer; nothing is downloaded.

    Args:
        request: `tokenizer`: its folder; `files`: `path` and `loader` of each, with `encoding`,
            `delimiter` and `field`; `columns`: name -> how often it counts in a sequence; `rows`:
            how many at most, from all over the files.
        report: hears of the rows.

    Returns:
        `sizes`: the tokens of each row; `versions` of the libraries.

    Raises:
        WorkerError: the tokenizer or a file cannot be read.
    """
    os.environ["HF_HUB_OFFLINE"] = "1"
    report(Progress("import", 0, 1, "transformers"))
    tokenizer = _tokenizer(Path(request["tokenizer"]))
    files, columns, wanted = request["files"], request["columns"], request["rows"]
    each = -(-wanted // len(files))
    try:
        rows = list(islice(chain.from_iterable(_rows(it, each, columns) for it in files), wanted))
    except UnreadableDataError as error:
        raise WorkerError(str(error), "correct the file") from None
    except Exception as error:  # pyarrow's own
        raise WorkerError(
            f"the rows cannot be read: {type(error).__name__}: {error}", "go without --tokenize"
        ) from None
    sizes: list[float] = []
    for at, row in enumerate(rows):
        if at % max(1, len(rows) // STEPS) == 0:
            report(Progress("tokenize", at, len(rows), "rows"))
        sizes.append(_tokens(tokenizer, row, columns))
    versions = {name: importlib.metadata.version(name) for name in ("transformers", "tokenizers")}
    return {"sizes": sizes, "versions": versions}


def _tokenizer(folder: Path) -> Any:
    try:
        from transformers import AutoTokenizer, PreTrainedTokenizerFast
    except Exception as error:
        raise WorkerError(
            f"transformers cannot be imported: {type(error).__name__}: {error}",
            "`tunesmith toolchain doctor train` says what to do",
        ) from None
    try:
        return AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    except Exception as error:
        if (folder / "tokenizer.json").is_file():  # without a file that says of which class it is
            return PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
        raise WorkerError(
            f"the tokenizer in {folder} cannot be loaded: {type(error).__name__}: {error}",
            "go without --tokenize",
        ) from None


def _rows(
    file: Mapping[str, str], count: int, columns: Mapping[str, float]
) -> Iterable[Mapping[str, Any]]:
    path, loader = Path(file["path"]), file["loader"]
    if loader == "parquet":
        return islice(_of_parquet(path, columns), count)
    if loader == "arrow":
        return islice(_of_arrow(path), count)
    told = {name: file.get(name, "") for name in ("encoding", "delimiter", "field")}
    origin = Origin("json")._replace(**told)
    rows = FIELDS[loader](path, origin, 4 * 1024 * 1024).rows  # type: ignore[index]
    return rows[:: max(1, -(-len(rows) // count))]


def _of_parquet(path: Path, columns: Mapping[str, float]) -> Iterator[Mapping[str, Any]]:
    """Rows of each group, the first ones of them."""
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path) as file:
        names = [name for name in file.schema_arrow.names if name in columns]
        for batch in file.iter_batches(batch_size=100, columns=names):
            yield from batch.to_pylist()


def _of_arrow(path: Path) -> Iterator[Mapping[str, Any]]:
    import pyarrow

    with pyarrow.memory_map(str(path)) as source:
        if source.read(6) == b"ARROW1":
            reader = pyarrow.ipc.open_file(source)
            batches = (reader.get_batch(at) for at in range(reader.num_record_batches))
        else:
            source.seek(0)
            batches = iter(pyarrow.ipc.open_stream(source))
        for batch in batches:
            for start in range(0, batch.num_rows, 100):
                yield from batch.slice(start, 100).to_pylist()


def _tokens(tokenizer: Any, row: Mapping[str, Any], columns: Mapping[str, float]) -> float:
    """The tokens of a row, with one for its end."""
    is_talk = isinstance(row.get("chosen"), list)
    skipped = {"prompt"} if is_talk and isinstance(row.get("prompt"), str) else set()
    return 1 + sum(
        times * _of_value(tokenizer, row.get(name))
        for name, times in columns.items()
        if name not in skipped
    )


def _of_value(tokenizer: Any, value: Any) -> int:
    if isinstance(value, str):
        return len(tokenizer.encode(value, add_special_tokens=False))
    if not isinstance(value, list):
        return 0
    messages = [_message(each) for each in value if isinstance(each, dict)]
    if not messages:
        return sum(_of_value(tokenizer, each) for each in value)
    return _templated(tokenizer, messages)


def _message(fields: Mapping[str, Any]) -> dict[str, str]:
    """A message as chat templates take it."""
    role = str(fields.get("role") or fields.get("from") or "user")
    content = fields.get("content", fields.get("value"))
    return {"role": _NAMES.get(role, role), "content": content if isinstance(content, str) else ""}


def _templated(tokenizer: Any, messages: Sequence[dict[str, str]]) -> int:
    if getattr(tokenizer, "chat_template", None):
        try:
            text = tokenizer.apply_chat_template(list(messages), tokenize=False)
            return len(tokenizer.encode(text, add_special_tokens=False))
        except Exception:  # noqa: S110 - some templates refuse some conversations
            pass
    texts = (_of_value(tokenizer, each["content"]) for each in messages)
    return sum(each + MESSAGE_TOKENS for each in texts)
