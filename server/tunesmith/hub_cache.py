"""Files on this machine that tell of models, data and prices, put there by the Hub's client or us.

- The cache of `huggingface_hub`, which holds the `config.json` of what the user downloaded:
  https://huggingface.co/docs/huggingface_hub/guides/manage-cache
- What `--online` fetched from the Hub (`hub.py`), each answer with its day.

Nothing here opens a socket; a file that is missing, cut or no answer counts as none.
"""

from __future__ import annotations

import datetime
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from tunesmith.named_tuple import NamedTuple
from tunesmith.platform import user_cache_folder
from tunesmith.project import Prices, StoredModel
from tunesmith.sources.model_configuration import MAX_BYTES, read_model_configuration
from tunesmith.text import regex

_ID = regex(r"(?!.*(?:--|\.\.))\w[\w.-]{0,95}(?:/\w[\w.-]{0,95})?")
"""The id of a model on the Hub, which is part of the names of files here."""


def is_model_id(text: str) -> bool:
    """Whether a text can be the id of a model, or of a data set, on the Hub."""
    return _ID.fullmatch(text) is not None


def endpoint() -> str:
    """The Hub that the user works with, as its own client finds it."""
    return os.environ.get("HF_ENDPOINT", "").strip().rstrip("/") or "https://huggingface.co"


def hub_home() -> Path:
    """The folder of the Hub's client, with its token and its cache."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("HF_HOME") or Path(base) / "huggingface").expanduser()


def hub_cache() -> Path:
    """The cache of the Hub's client."""
    home = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    return Path(home).expanduser() if home else hub_home() / "hub"


def stored_model(model_id: str) -> StoredModel | None:
    """What this machine has of a model on the Hub: downloaded by its client, else fetched by us."""
    if not is_model_id(model_id):
        return None
    for path in _downloads(model_id):
        fields = read_model_configuration(_read(path))
        if fields:
            return StoredModel(fields, "the cache of the Hub's client")
    answer = read_answer(model_answer(model_id))
    fields = read_model_configuration(json.dumps(answer.content)) if answer else None
    return StoredModel(fields, f"the Hub, fetched on {answer.date}") if answer and fields else None


def stored_tokenizer(model_id: str) -> Path | None:
    """The folder with the tokenizer of a model that the Hub's client downloaded."""
    if not is_model_id(model_id):
        return None
    for folder in _snapshots(model_id):
        with suppress(OSError):
            if any((folder / name).is_file() for name in _TOKENIZERS):
                return folder
    return None


_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json")


def stored_prices() -> Prices | None:
    """The prices of jobs that were fetched last."""
    answer = read_answer(PRICES)
    usd = read_prices(answer.content) if answer else None
    return Prices(answer.date, usd) if answer and usd else None


def read_prices(content: object) -> Mapping[str, float] | None:
    """Dollars an hour by flavor, out of `GET /api/jobs/hardware`; None where it is no such answer.

    The Hub gives the price of a minute, as dollars and as millionths of them.
    """
    if not isinstance(content, list):
        return None
    found: dict[str, float] = {}
    for row in cast("list[object]", content):
        each = cast("dict[str, Any]", row) if isinstance(row, dict) else {}
        name, price, unit = (each.get(key) for key in ("name", "unitCostUSD", "unitLabel"))
        minutes = _MINUTES.get(unit) if isinstance(unit, str) else None
        if isinstance(name, str) and isinstance(price, (int, float)) and minutes and price > 0:
            found[name] = round(price * minutes, 4)
    return found or None


_MINUTES = {"minute": 60, "hour": 1}
"""How many of a unit of time make an hour."""


class Answer(NamedTuple):
    """Something that the Hub answered.

    Attributes:
        date: the day.
        content: the JSON.
    """

    date: datetime.date
    content: Any


PRICES = "jobs-hardware"


def model_answer(model_id: str) -> str:
    """The name of the answer that is a model's configuration."""
    return "models--" + model_id.replace("/", "--")


def data_answer(dataset_id: str) -> str:
    """The name of the answer that describes a data set."""
    return "datasets--" + dataset_id.replace("/", "--")


def read_answer(name: str) -> Answer | None:
    """What the user's Hub answered last; None where nothing usable is kept."""
    if not _answers().is_dir():
        return None
    with suppress(ValueError, KeyError, TypeError, RecursionError):
        kept = json.loads(_read(_place(name)))
        if kept["endpoint"] == endpoint():
            return Answer(datetime.date.fromisoformat(kept["date"]), kept["content"])
    return None


def keep_answer(name: str, content: Any, date: datetime.date) -> None:
    """Keep an answer in place of an older one, whole or not at all.

    Raises:
        OSError: the folder cannot be written to.
    """
    import tempfile

    place = _place(name)
    place.parent.mkdir(parents=True, exist_ok=True)
    kept = {"endpoint": endpoint(), "date": date.isoformat(), "content": content}
    descriptor, scratch = tempfile.mkstemp(dir=place.parent, suffix=".part")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(kept, file)
        Path(scratch).replace(place)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


def _place(name: str) -> Path:
    import hashlib  # loads OpenSSL, which most checks have no use for

    host = hashlib.sha256(endpoint().encode()).hexdigest()[:12]
    return _answers() / host / f"{name}.json"


def _answers() -> Path:
    return user_cache_folder() / "hub"


def _downloads(model_id: str) -> Iterator[Path]:
    """Its `config.json` files in the cache of the Hub's client, that of `main` first."""
    yield from (folder / "config.json" for folder in _snapshots(model_id))


def _snapshots(model_id: str) -> Iterator[Path]:
    """The folders with what the Hub's client downloaded of a model, that of `main` first."""
    folder = hub_cache() / ("models--" + model_id.replace("/", "--"))
    main = _read(folder / "refs" / "main").strip()
    if re.fullmatch(r"[0-9a-f]{40}", main):
        yield folder / "snapshots" / main
    with suppress(OSError):
        yield from sorted(folder.glob("snapshots/*"))


def _read(path: Path) -> str:
    """A file's text; empty where it is missing, no file, or too large."""
    try:
        if not path.is_file() or path.stat().st_size > MAX_BYTES:
            return ""
        return path.read_text("utf-8", "replace")
    except (OSError, ValueError):
        return ""
