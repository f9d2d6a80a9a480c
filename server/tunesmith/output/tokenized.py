"""`--tokenize`: how long examples are by the model's own tokenizer, in a toolchain's environment.

Nothing is downloaded: the tokenizer is that in the model's folder, or in the Hub's cache here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tunesmith.errors import UserError
from tunesmith.estimate.data import Data, columns_of, with_sizes
from tunesmith.estimate.script import ScriptTraining
from tunesmith.estimate.script.data_plan import origins
from tunesmith.hub_cache import stored_tokenizer
from tunesmith.one_script import OneScript
from tunesmith.toolchains.progress import Progressing
from tunesmith.toolchains.use import run_in_toolchain

ROWS = 1000
TOOLCHAIN = "train"


def tokenized(data: Data, training: ScriptTraining, one: OneScript) -> Data:
    """What is known of a data set, with the tokens of a sample of it.

    Raises:
        UserError: there is no such sample, tokenizer or toolchain, or one of them fails.
    """
    files = list(_files(training, one))
    if not files:
        reason = data.problem or "its rows are in no file on this machine"
        raise UserError(f"the data set cannot be tokenized: {reason}", "go without --tokenize")
    columns = columns_of(training, one.script.path, one.project)
    if not columns:
        reason = "the trainer reads none of its columns"
        raise UserError(f"the data set cannot be tokenized: {reason}", "go without --tokenize")
    request = {
        "tokenizer": str(_tokenizer(training, one)),
        "files": files,
        "columns": dict(columns),
        "rows": ROWS,
    }
    progressing = Progressing(as_json=False)
    try:
        found = run_in_toolchain(TOOLCHAIN, "tokens", request, progressing)
    finally:
        progressing.end()
    return with_sizes(data, training, found["sizes"])


def _files(training: ScriptTraining, one: OneScript) -> Iterator[dict[str, Any]]:
    """The files of a data set, each with what reads it."""
    from tunesmith.data.local import loader_of

    plan = training.data.plan
    for origin in origins(plan) if plan else ():
        for name in one.project.data_of(origin, one.script.path).files:
            path = Path(name)
            yield {
                "path": str(path),
                "loader": loader_of(path, origin),
                "encoding": origin.encoding,
                "delimiter": origin.delimiter,
                "field": origin.field,
            }


def _tokenizer(training: ScriptTraining, one: OneScript) -> Path:
    """The folder of the model's tokenizer."""
    model = training.model_id
    if model is None:
        raise UserError("the script does not tell which model it is", "go without --tokenize")
    for folder in one.project.run_folders(one.script.path):
        place = Path(folder) / model
        if (place / "tokenizer_config.json").is_file() or (place / "tokenizer.json").is_file():
            return place
    found = stored_tokenizer(model)
    if found is None:
        raise UserError(
            f"the tokenizer of {model} is not on this machine",
            f"fetch it with `hf download {model} tokenizer.json tokenizer_config.json`",
        )
    return found
