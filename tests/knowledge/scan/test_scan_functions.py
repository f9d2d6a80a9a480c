"""What a function takes, above all through `**kwargs`."""

from __future__ import annotations

import pytest

from knowledge.scan.made_library import defaults, scan_files
from tunesmith.knowledge.scan.types import Signature


def load(arguments: str, body: str = "pass", before: str = "") -> Signature:
    """The signature of a `load_dataset` with a body."""
    lines = "".join(f"\n    {line}" for line in body.strip("\n").split("\n"))
    text = f"{before}\ndef load_dataset({arguments}):{lines}\n"
    files = {"datasets/__init__.py": "from .load import load_dataset", "datasets/load.py": text}
    return scan_files("datasets", files)["datasets.load_dataset"]


def test_arguments_with_their_defaults() -> None:
    signature = load("path, name=None, /, split='train', *, token, num_proc=-1")
    assert defaults(signature) == {
        "path": None,
        "name": "None",
        "split": "'train'",
        "token": None,
        "num_proc": "-1",
    }
    assert signature.positional == ["path", "name", "split"]
    assert signature.module == "datasets.load"
    assert not signature.takes_any


def test_a_default_is_one_line() -> None:
    assert defaults(load("a={\n'x': 1,\n'y': (2,\n3)}")) == {"a": "{'x': 1, 'y': (2, 3)}"}


def test_a_constant_of_the_module_is_read_if_it_is_a_literal() -> None:
    before = "SPLIT = 'train'\nHOST = get_host()"
    assert defaults(load("split=SPLIT, host=HOST", before=before)) == {
        "split": "'train'",
        "host": "HOST",
    }


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("kwargs.pop('a', 1)", {"a": "1"}),
        ("x = kwargs.get('a')", {"a": "None"}),
        ("kwargs.setdefault('a', 'x')", {"a": "'x'"}),
        ("x = kwargs['a']", {"a": "None"}),
        ("if 'a' in kwargs: kwargs.pop('a', 2)", {"a": "2"}),
        ("for key in ['a', 'b']: kwargs.pop(key, None)", {"a": "None", "b": "None"}),
        ("names = ('a', 'b')\nx = {k: kwargs.pop(k) for k in names}", {"a": "None", "b": "None"}),
        ("kwargs.pop('a', get())", {"a": "None"}),
        ("kwargs['a'] = 1", {}),
        ("kwargs.pop('_commit_hash', None)", {}),
        ("kwargs.pop(key)", {}),
        ("other.pop('a', 1)", {}),
    ],
)
def test_names_that_the_body_takes_out_of_kwargs(body: str, names: dict[str, str]) -> None:
    signature = load("path, **kwargs", body)
    assert defaults(signature) == {"path": None, **names}
    assert signature.takes_any


@pytest.mark.parametrize(
    "check", ["if kwargs:", "if len(kwargs):", "if len(kwargs) > 0:", "if bool(kwargs):"]
)
def test_kwargs_that_are_refused_are_not_taken(check: str) -> None:
    body = f"kwargs.pop('a', 1)\n{check}\n    raise TypeError(kwargs)"
    signature = load("path, **kwargs", body)
    assert list(signature.parameters) == ["path", "a"]
    assert not signature.takes_any


@pytest.mark.parametrize(
    "body",
    [
        "if kwargs:\n    logger.info(kwargs)",
        "if path:\n    raise ValueError(path)",
        "if not kwargs:\n    raise ValueError(path)",
    ],
)
def test_kwargs_that_are_only_told_of_are_taken(body: str) -> None:
    assert load("path, **kwargs", body).takes_any


def test_overloads_are_not_the_function() -> None:
    before = "@overload\ndef load_dataset(path: str, split: None = None): ..."
    assert list(load("path, streaming=False", before=before).parameters) == ["path", "streaming"]


def test_the_first_of_alternatives_is_the_function() -> None:
    text = """
        try:
            from datasets.loading import load_dataset
        except ImportError:
            def load_dataset(*args, **kwargs): raise RuntimeError
    """
    real = "def load_dataset(path): pass"
    scanned = scan_files("datasets", {"datasets/__init__.py": text, "datasets/loading.py": real})
    assert set(scanned) == {"datasets.load_dataset"}


def test_documentation_of_arguments() -> None:
    body = '''
"""Load a dataset.

Args:
    path (`str`):
        Path or name, e.g. `"squad"`, of a [dataset](https://x.org/a). Depending on it, more.
    name: The *configuration*
        in two lines.
    split (`str`, *optional*): One of:
        - "train"
    **streaming** (`bool`) -- Whether to stream.
"""
'''
    docs = {
        n: p.doc for n, p in load("path, name, split, streaming, token", body).parameters.items()
    }
    assert docs == {
        "path": 'Path or name, e.g. "squad", of a dataset.',
        "name": "The configuration in two lines.",
        "split": None,
        "streaming": "Whether to stream.",
        "token": None,
    }


def test_a_long_sentence_is_cut_at_a_word() -> None:
    body = f'"""Load.\n\nArgs:\n    path: {"word " * 100}\n"""'
    doc = load("path", body).parameters["path"].doc
    assert doc
    assert doc.endswith("word …")
    assert len(doc) <= 202
