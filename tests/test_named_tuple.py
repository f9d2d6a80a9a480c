"""Our named tuple behaves as that of the standard library."""

from __future__ import annotations

import copy
import functools
import pickle
import typing

import pytest

from tunesmith import named_tuple


class Ours(named_tuple.NamedTuple):
    """A place."""

    path: str
    row: int = 1
    new: int = 0  # the name of nothing that constructors use

    @property
    def next(self) -> int:
        return self.row + 1

    def moved(self) -> Ours:
        return self._replace(row=self.next)


class Theirs(typing.NamedTuple):
    """A place."""

    path: str
    row: int = 1
    new: int = 0

    @property
    def next(self) -> int:
        return self.row + 1

    def moved(self) -> Theirs:
        return self._replace(row=self.next)


class Empty(named_tuple.NamedTuple):
    pass


BOTH = pytest.mark.parametrize("kind", [Ours, Theirs])
Kind = type[Ours] | type[Theirs]


@BOTH
def test_values_are_given_by_place_by_name_and_by_default(kind: Kind) -> None:
    assert kind("a", 2, 3) == kind(new=3, row=2, path="a") == ("a", 2, 3)
    assert kind("a") == kind(path="a") == ("a", 1, 0)


@BOTH
@pytest.mark.parametrize(
    ("values", "named"),
    [((), {}), (("a", 1, 2, 3), {}), (("a",), {"path": "b"}), (("a",), {"x": 1})],
)
def test_wrong_values_are_refused(
    kind: Kind, values: tuple[str, ...], named: dict[str, int]
) -> None:
    with pytest.raises(TypeError, match=r"__new__\(\)"):
        kind(*values, **named)  # pyright: ignore


@BOTH
def test_an_instance_is_read_and_changed_as_a_copy(kind: Kind) -> None:
    place = kind("a", 2)
    path, row, _ = place
    assert (path, row, place.path, place.row, place.next) == ("a", 2, "a", 2, 3)
    assert place.moved() == kind("a", 3)
    assert place._asdict() == {"path": "a", "row": 2, "new": 0}
    assert kind._make(["a", 2, 0]) == place
    assert repr(place) == f"{kind.__name__}(path='a', row=2, new=0)"
    with pytest.raises((TypeError, ValueError), match="column"):
        place._replace(column=1)  # pyright: ignore
    with pytest.raises(AttributeError):
        place.row = 5  # pyright: ignore
    with pytest.raises(AttributeError):
        place.column = 5  # pyright: ignore


@BOTH
def test_an_instance_survives_copies_pickles_and_patterns(kind: Kind) -> None:
    place = kind("a", 2)
    assert copy.copy(place) == copy.deepcopy(place) == pickle.loads(pickle.dumps(place)) == place
    assert type(pickle.loads(pickle.dumps(place))) is kind
    match place:
        case Ours(path, row, _) | Theirs(path, row, _):
            assert (path, row) == ("a", 2)


def test_a_class_says_as_much_of_itself() -> None:
    for name in ("_fields", "_field_defaults", "__match_args__", "__doc__", "__module__"):
        assert getattr(Ours, name) == getattr(Theirs, name)
    assert Ours.__qualname__ == "Ours"
    assert Ours.__annotations__.keys() == Theirs.__annotations__.keys()
    assert isinstance(Ours("a"), tuple)
    assert Empty() == ()


class Measured(named_tuple.NamedTuple):
    """One whose values are worked out once."""

    text: str

    @functools.cached_property
    def words(self) -> list[str]:
        return self.text.split()


def test_keeps_what_is_worked_out() -> None:
    measured = Measured("a b")
    assert measured.words is measured.words == ["a", "b"]
    assert measured._replace(text="c").words == ["c"]
    assert measured == Measured("a b")
    assert pickle.loads(pickle.dumps(measured)) == measured
