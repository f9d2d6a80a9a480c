"""What is searched for by words first is found wherever the expression alone finds it."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import tunesmith.lint
import tunesmith.sources
from tunesmith.text import regex_with_words

KIND = type(regex_with_words("a", ("a",)))


def expressions():
    for package in (tunesmith.lint, tunesmith.sources):
        for about in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(about.name)
            for name, value in vars(module).items():
                if isinstance(value, KIND):
                    yield pytest.param(value, id=f"{about.name.rpartition('.')[2]}.{name}")


@pytest.fixture(scope="module")
def paragraphs() -> list[str]:
    """Small pieces of code of every sort: the examples of all rules."""
    rules = Path(tunesmith.lint.__path__[0]) / "rules"
    texts = [file.read_text("utf-8") for file in sorted(rules.glob("*/*.py"))]
    return [part for text in texts for part in re.split(r"\n\s*\n", text)]


@pytest.mark.parametrize("searched", list(expressions()))
def test_a_text_without_the_words_has_no_match(searched, paragraphs: list[str]):
    alone = searched._regex
    for text in (*paragraphs, *(text.upper() for text in paragraphs)):
        assert bool(searched.search(text)) == bool(alone.search(text)), text


def test_words_of_any_case_are_found_where_the_case_is_ignored():
    text = "PreTraining"
    assert regex_with_words(r"\bpretraining", ("pretraining",), re.IGNORECASE).search(text)
    assert not regex_with_words(r"\bpretraining", ("pretraining",)).search(text)
