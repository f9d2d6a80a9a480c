"""Calls that a `try` makes in two ways: which keywords are what it tries."""

from __future__ import annotations

import pytest

from builders import project, understood
from tunesmith.lint.engine import check

_LOAD = """
from transformers import AutoModelForCausalLM

try:
    model = AutoModelForCausalLM.from_pretrained("m", {first})
except {error}:
    model = AutoModelForCausalLM.from_pretrained("m", {second})
"""
_FLASH = 'attn_implementation="flash_attention_2"'


@pytest.mark.parametrize(
    ("first", "second", "error", "lines"),
    [
        (f"{_FLASH}, load_in_4bit=True", "load_in_4bit=True", "ImportError", [5, 7]),
        (f"{_FLASH}, load_in_4bit=True", "dtype='auto'", "ImportError", []),
        ("dtype='auto'", "load_in_4bit=True", "ImportError", []),
        ("load_in_4bit=True", "load_in_4bit=False", "TypeError", []),
    ],
)
def test_a_keyword_of_both_ways_is_not_what_is_tried(
    first: str, second: str, error: str, lines: list[int]
):
    text = _LOAD.format(first=first, second=second, error=error)
    found = check(understood("train.py", text), project({"train.py": text}))
    removed = [each for each in found if each.name == "removed-argument"]
    assert [text.count("\n", 0, each.span.start) + 1 for each in removed] == lines
