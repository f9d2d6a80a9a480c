"""Which values a library takes for a parameter, and when nothing is said of them."""

from __future__ import annotations

import textwrap

import pytest

from tunesmith.knowledge.scan.choices import choices_of
from tunesmith.knowledge.scan.modules import Found, Library

ENUMS = """
class ExplicitEnum(str, Enum):
    @classmethod
    def _missing_(cls, value):
        raise ValueError(value)

class Strategy(ExplicitEnum):
    NO = "no"
    STEPS = "steps"

class Lenient(Enum):
    A = "a"

    @classmethod
    def _missing_(cls, value):
        return cls.A

class Counted(Enum):
    ONE = auto()
"""


def read(name: str, **modules: str) -> dict[str, list[str]]:
    """The choices of a class or function in the module `main`."""
    files = {f"lib/{key}.py": textwrap.dedent(text) for key, text in modules.items()}
    library = Library(files.get, list(files))
    found = library.find("lib.main", name)
    assert isinstance(found, Found)
    return {key: list(values) for key, values in choices_of(found, library).items()}


def of_field(declaration: str, checks: str = "pass") -> list[str] | None:
    """The choices of the field `x` of a configuration with checks in `__post_init__`."""
    body = textwrap.indent(textwrap.dedent(checks).strip(), "        ")
    source = f"""\
from .enums import Strategy, Lenient, Counted
KNOWN = ("a", "b")
class C:
    {declaration}
    def __post_init__(self):
{body}
"""
    return read("C", main=source, enums=ENUMS).get("x")


@pytest.mark.parametrize(
    ("declaration", "expected"),
    [
        ('x: Literal["a", "b"] = "a"', ["'a'", "'b'"]),
        ('x: Optional[Literal["a"]] = None', ["'a'", "None"]),
        ("x: \"Literal['a'] | None\" = None", ["'a'", "None"]),
        ('x: Union[bool, Literal["a"]] = True', ["True", "False", "'a'"]),
        ('x: str = field(default="a", metadata={"choices": ["a", "b"]})', ["'a'", "'b'"]),
        ('x: str | None = field(default=None, metadata={"choices": ["a"]})', ["None", "'a'"]),
        ('x: str = field(default="z", metadata={"choices": KNOWN})', ["'a'", "'b'", "'z'"]),
        ('x: Strategy = "no"', ["'no'", "'steps'"]),
        ("x: Optional[Strategy] = None", ["None", "'no'", "'steps'"]),
    ],
)
def test_what_a_declaration_lists(declaration: str, expected: object) -> None:
    assert of_field(declaration) == expected


@pytest.mark.parametrize(
    "declaration",
    [
        'x: str = "a"',
        "x: bool = True",
        "x: Optional[bool] = None",
        'x: str | Literal["a"] = "a"',
        'x: list[str] = field(metadata={"choices": ["a"]})',
        'x: str = field(metadata={"choices": levels.keys()})',
        'x: Strategy | str = "no"',
        'x: Lenient = "a"',
        "x: Counted = None",
    ],
)
def test_a_declaration_that_leaves_more_open_lists_nothing(declaration: str) -> None:
    assert of_field(declaration) is None


@pytest.mark.parametrize(
    ("checks", "expected"),
    [
        ('if self.x not in ["a", "b"]:\n    raise ValueError', ["'a'", "'b'"]),
        ('if not self.x in {"a"}:\n    raise ValueError', ["'a'"]),
        ("if self.x not in KNOWN:\n    raise ValueError", ["'a'", "'b'"]),
        ('known = ["a"] + ["c"]\nif self.x not in known:\n    raise ValueError', ["'a'", "'c'"]),
        ('if self.x is not None and self.x not in ("a",):\n    raise ValueError', ["'a'", "None"]),
        (
            'if self.x is not None:\n    if self.x not in ("a",):\n        raise ValueError',
            ["'a'", "None"],
        ),
        ('assert self.x in ["a", "b"]', ["'a'", "'b'"]),
        ("self.x = Strategy(self.x)", ["'no'", "'steps'"]),
        ("if self.x is not None:\n    self.x = Strategy(self.x)", ["'no'", "'steps'", "None"]),
        ("if self.x not in list(Strategy):\n    raise ValueError", ["'no'", "'steps'"]),
        (
            "if self.x not in Strategy.__members__.values():\n    raise ValueError",
            ["'no'", "'steps'"],
        ),
        (
            (
                'if self.x == "a":\n    pass\nelif self.x in ["b", "c"]:\n    pass\n'
                "else:\n    raise ValueError"
            ),
            ["'a'", "'b'", "'c'"],
        ),
        (
            (
                'if self.x == "a":\n    pass\nelif self.x == "gone":\n    raise ValueError\n'
                "else:\n    raise ValueError"
            ),
            ["'a'"],
        ),
        (
            (
                'if self.x == Strategy.NO:\n    pass\nelif self.x == "b" and self.y:\n    pass\n'
                "else:\n    raise ValueError"
            ),
            ["'no'", "'b'"],
        ),
        (
            (
                "if self.x is None:\n    self.x = default(self.y)\n"
                'if self.x not in ["a"]:\n    raise ValueError'
            ),
            ["'a'", "None"],
        ),
        (
            (
                'if self.x == "old":\n    warnings.warn("renamed")\n    self.x = "a"\n'
                'if self.x not in ["a"]:\n    raise ValueError'
            ),
            ["'a'", "'old'"],
        ),
    ],
)
def test_what_the_checks_of_a_class_take(checks: str, expected: object) -> None:
    assert of_field("x: str", checks) == expected


@pytest.mark.parametrize(
    "checks",
    [
        'if self.fast and self.x not in ["a"]:\n    raise ValueError',
        'if self.fast:\n    if self.x not in ["a"]:\n        raise ValueError',
        'if self.x not in ["a"] or self.fast:\n    raise ValueError',
        'if self.x not in ["a"]:\n    warnings.warn("odd")',
        'if self.x in ["a"]:\n    raise ValueError',
        'try:\n    assert self.x in ["a"]\nexcept AssertionError:\n    pass',
        'if not callable(self.x) and self.x not in ["a"]:\n    raise ValueError',
        'if isinstance(self.x, list):\n    pass\nelif self.x not in ["a"]:\n    raise ValueError',
        'if not self.x.startswith("flash") and self.x not in ["a"]:\n    raise ValueError',
        'self.x = self.x.lower()\nif self.x not in ["a"]:\n    raise ValueError',
        'self.x = {True: "a"}.get(self.x, self.x)\nassert self.x in ["a"]',
        "if self.x not in known():\n    raise ValueError",
        'if self.x == "a":\n    pass\nelif self.y == "b":\n    pass\nelse:\n    raise ValueError',
        'if self.x == "a":\n    pass\nelif self.x == "b":\n    pass\nelse:\n    pass',
        "self.x = Lenient(self.x)",
        "self.x = [Strategy(each) for each in self.x.split()]",
    ],
)
def test_a_check_with_an_escape_says_nothing(checks: str) -> None:
    assert of_field("x: str", checks) is None


@pytest.mark.parametrize("kind", ["list[str] | str", "Any", "Callable | str", "dict"])
def test_checks_say_nothing_of_other_types(kind: str) -> None:
    assert of_field(f"x: {kind}", 'if self.x not in ["a"]:\n    raise ValueError') is None


def test_a_value_that_is_only_warned_of_is_in() -> None:
    declaration = 'x: str = field(default="bfd", metadata={"choices": ["bfd", "wrapped"]})'
    checks = 'if self.x == "ffd":\n    warnings.warn("renamed")\n    self.x = "bfd"'
    assert of_field(declaration, checks) == ["'bfd'", "'wrapped'", "'ffd'"]


def test_setters_that_run_later_change_nothing() -> None:
    source = """
        from .enums import Strategy
        class C:
            x: Strategy | str = "no"
            def __post_init__(self):
                self.x = Strategy(self.x)
            def set_x(self, name):
                self.x = Strategy(name)
    """
    assert read("C", main=source, enums=ENUMS) == {"x": ["'no'", "'steps'"]}


def test_arguments_of_init_and_of_functions() -> None:
    source = """
        class Quantization:
            def __init__(self, bits: int, axis=None, **kwargs):
                self.bits = bits
                self.mode = kwargs.pop("mode", None)
                if axis not in [0, 1, None]:
                    raise ValueError
                self.check()
            def check(self):
                if self.bits not in [4, 8]:
                    raise ValueError
        def show(dashboard: Literal["registry"] | None = None, level=1):
            if level not in (1, 2):
                raise ValueError
    """
    assert read("Quantization", main=source) == {"bits": ["4", "8"], "axis": ["0", "1", "None"]}
    assert read("show", main=source) == {"dashboard": ["'registry'", "None"], "level": ["1", "2"]}


TRAINER = """
from .config import Config, Strategy
class Trainer:
    def __init__(self, model, args: Optional[Config] = None, kind: Literal["p", "q"] = "p"):
        self.x = args.x
        self.z = [args.z]
        self.kind = kind
        if args.y not in ("m", "n"):
            raise ValueError
    def loss(self):
        if self.x == "a":
            return 1
        elif self.x == "b":
            return 2
        else:
            raise ValueError(self.x)
    def other(self):
        if self.z == "a":
            pass
        else:
            raise ValueError
"""


def of_trainer(fields: str, checks: str = "pass") -> dict[str, list[str]]:
    config = (
        f"class Base:\n    {fields}\nclass Config(Base):\n    def __post_init__(self): {checks}"
    )
    return read("Trainer", main=TRAINER, config=config)


def test_a_trainer_checks_its_configuration() -> None:
    assert of_trainer('x: str = "a"; y: str | None = None') == {
        "kind": ["'p'", "'q'"],
        "args.x": ["'a'", "'b'"],
        "args.y": ["None", "'m'", "'n'"],
    }


def test_a_configuration_knows_more_than_its_trainer() -> None:
    told = of_trainer('x: str = "a"; y: Literal["m"] = "m"', "self.flag = 1 if self.x else 2")
    assert "args.y" not in told
    aliased = of_trainer('x: str = "a"', 'self.x = {"c": "a"}.get(self.x, self.x)')
    assert "args.x" not in aliased
    assert of_trainer('x: str = "a"', 'assert self.x != "c" or self.x == "c"')["args.x"]


def test_fields_of_other_types_and_unknown_configurations_are_left_out() -> None:
    assert of_trainer("x: list[str] = None; y: str | bool = True") == {
        "kind": ["'p'", "'q'"],
        "args.y": ["True", "False", "'m'", "'n'"],
    }
    assert read("Trainer", main=TRAINER) == {"kind": ["'p'", "'q'"]}
