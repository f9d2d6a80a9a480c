"""Counting tokens with real tokenizers and the real readers of Parquet and Arrow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tunesmith.workers.events import WorkerError

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(300)]

PLACE = Path(__file__).parents[1] / "data" / "data_sets"
TEMPLATE = (
    "{% for m in messages %}{% if m.role not in ('user', 'assistant') %}"
    "{{ raise_exception('no') }}{% endif %}<m>{{ m.content }}</m>{% endfor %}"
)


@pytest.fixture
def tokenizer(tmp_path: Path) -> Path:
    """A tokenizer with a token for each byte, and two for the ends of a message."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    alphabet = {letter: at for at, letter in enumerate(pre_tokenizers.ByteLevel.alphabet())}
    made = Tokenizer(models.BPE(vocab=alphabet, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([AddedToken("<m>", special=True), AddedToken("</m>", special=True)])
    folder = tmp_path / "tokenizer"
    folder.mkdir()
    made.save(str(folder / "tokenizer.json"))
    return folder


def with_template(folder: Path) -> Path:
    fields = {"tokenizer_class": "PreTrainedTokenizerFast", "chat_template": TEMPLATE}
    (folder / "tokenizer_config.json").write_text(json.dumps(fields))
    return folder


def sizes(tokenizer: Path, columns: dict[str, float], *files: dict[str, Any], rows: int = 1000):
    from tunesmith.workers.tokens import run

    request = {"tokenizer": str(tokenizer), "files": files, "columns": columns, "rows": rows}
    heard: list[Any] = []
    found = run(request, heard.append)
    assert heard[-1].stage == "tokenize"
    assert set(found["versions"]) == {"transformers", "tokenizers"}
    return found["sizes"]


def file(name: str, loader: str) -> dict[str, Any]:
    return {"path": str(PLACE / name), "loader": loader}


PARQUET = file("rows.parquet", "parquet")
ARROW = [file("one/data-00000-of-00001.arrow", "arrow"), file("file.arrow", "arrow")]


def talk(row: int, more: int) -> int:
    """Tokens of a conversation of scripts/record_data_sets.py, and of its end."""
    return 10 + row % 7 + 2 * (row % 50) + 2 * more + 1


@pytest.mark.parametrize("source", [PARQUET, *ARROW], ids=lambda it: Path(it["path"]).name)
def test_conversations_and_texts_of_each_format(tokenizer: Path, source: dict[str, Any]) -> None:
    texts = sizes(tokenizer, {"text": 1.0}, source)
    assert texts == [row + 1 for row in range(120)]
    assert sizes(tokenizer, {"messages": 1.0}, source) == [talk(row, 5) for row in range(120)]
    with_template(tokenizer)
    assert sizes(tokenizer, {"messages": 1.0}, source) == [talk(row, 2) for row in range(120)]
    assert len(sizes(tokenizer, {"text": 1.0}, source, source, rows=60)) == 60


def test_lines_of_json(tokenizer: Path, tmp_path: Path) -> None:
    with_template(tokenizer)
    strange = [{"from": "narrator", "value": "abc"}]
    answers = {"prompt": "abcd", "chosen": "ab", "rejected": "abcdef"}
    talks = {
        "prompt": "abcd",
        "chosen": [{"role": "user", "content": "abcd"}, {"role": "assistant", "content": "ab"}],
        "rejected": [{"role": "user", "content": "abcd"}],
    }
    rows = [{"conversations": strange}, {"text": "ö"}, answers, talks, {"tags": ["ab", "c"]}, {}]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = {"path": str(path), "loader": "json"}
    found = sizes(tokenizer, {"conversations": 1, "text": 1, "tags": 1}, source)
    assert found == [1 + 3 + 5, 1 + 2, 1, 1, 1 + 3, 1], "no template takes a narrator"
    found = sizes(tokenizer, {"prompt": 1, "chosen": 0.5, "rejected": 0.5}, source)
    assert found[2:4] == [1 + 4 + 1 + 3, 1 + (4 + 2 + 4) / 2 + (4 + 2) / 2]


def test_what_cannot_be_read(tokenizer: Path, tmp_path: Path) -> None:
    bad = tmp_path / "rows.jsonl"
    bad.write_text("no JSON\n")
    with pytest.raises(WorkerError, match="is no JSON object"):
        sizes(tokenizer, {"text": 1}, {"path": str(bad), "loader": "json"})
    with pytest.raises(WorkerError, match="the rows cannot be read"):
        sizes(tokenizer, {"text": 1}, {"path": str(bad), "loader": "parquet"})
    (tokenizer / "tokenizer.json").unlink()
    with pytest.raises(WorkerError, match=r"the tokenizer in .* cannot be loaded"):
        sizes(tokenizer, {"text": 1}, PARQUET)
