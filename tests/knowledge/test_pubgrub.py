"""The solver alone, on small made-up packages."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from itertools import product

import pytest

from tunesmith.knowledge.pubgrub import (
    ROOT,
    Dependency,
    NoSolutionError,
    TooManyStepsError,
    solve,
)

Needs = Mapping[str, set[int]]
"""Name of a package -> the candidates that will do."""


class Made:
    """Packages with candidates 1, 2, …, of which the highest is preferred."""

    def __init__(
        self,
        wanted: Needs,
        packages: Mapping[str, Sequence[Needs]],
        broken: Sequence[tuple[str, int]] = (),
    ) -> None:
        self._wanted, self._packages, self._broken = wanted, packages, broken

    def preferred(self, name: str, admitted: int) -> int | None:
        there = (2 << self._count(name)) - 2
        return (admitted & there).bit_length() - 1 if admitted & there else None

    def obstacle(self, name: str, candidate: int) -> str | None:
        return "broken" if (name, candidate) in self._broken else None

    def dependencies(self, name: str, candidate: int) -> Sequence[Dependency]:
        needs = self._wanted if name == ROOT else self._packages[name][candidate - 1]
        return [
            Dependency(
                other, sum(1 << one for one in will_do), len(will_do) == 1, why=(name, other)
            )
            for other, will_do in needs.items()
        ]

    def project(self, name: str) -> str:
        return name

    def _count(self, name: str) -> int:
        return 1 if name == ROOT else len(self._packages[name])


def solved(made: Made) -> dict[str, int]:
    found = solve(made, 10_000)
    del found[ROOT]
    return found


def test_the_preferred_candidates_are_chosen_where_they_fit() -> None:
    made = Made({"a": {1, 2}}, {"a": [{}, {"b": {1, 2, 3}}], "b": [{}, {}, {}]})
    assert solved(made) == {"a": 2, "b": 3}


def test_what_is_not_needed_is_left_out() -> None:
    assert solved(Made({"a": {1}}, {"a": [{}], "b": [{}]})) == {"a": 1}


def test_a_later_package_gives_way_to_an_earlier_one() -> None:
    packages = {"a": [{}, {}], "b": [{"a": {1}}, {"a": {2}}, {"a": {1}}]}
    assert solved(Made({"a": {1, 2}, "b": {1, 2, 3}}, packages)) == {"a": 2, "b": 2}


def test_a_pinned_package_goes_first() -> None:
    packages = {"a": [{"b": {1}}, {"b": {2}}], "b": [{}, {}]}
    assert solved(Made({"a": {1, 2}, "b": {1}}, packages)) == {"a": 1, "b": 1}


def test_a_choice_that_cannot_end_well_is_taken_back() -> None:
    packages = {"a": [{}, {"b": {2}}], "b": [{}, {"c": {2}}], "c": [{}, {"d": {1}}], "d": [{}, {}]}
    assert solved(Made({"a": {1, 2}, "d": {2}}, packages)) == {"a": 1, "d": 2}


def test_what_cannot_be_used_is_passed_over() -> None:
    assert solved(Made({"a": {1, 2}}, {"a": [{}, {}]}, [("a", 2)])) == {"a": 1}


def test_the_facts_behind_a_clash_are_told_once_each() -> None:
    packages = {"a": [{"c": {1}}], "b": [{"c": {2}}], "c": [{}, {}], "d": [{}]}
    with pytest.raises(NoSolutionError) as caught:
        solve(Made({"d": {1}, "a": {1}, "b": {1}}, packages), 100)
    told = [fact.why for fact in caught.value.cause.facts() if fact.why]
    assert sorted(told) == [("", "a"), ("", "b"), ("a", "c"), ("b", "c")]


def test_a_requirement_that_nothing_meets_is_a_fact() -> None:
    with pytest.raises(NoSolutionError) as caught:
        solve(Made({"a": set()}, {"a": [{}]}), 100)
    assert [fact.why for fact in caught.value.cause.facts() if fact.why] == [("", "a")]


def test_candidates_that_need_the_same_share_a_fact() -> None:
    packages = {"a": [{"b": {1}}] * 20, "b": [{}, {}]}
    with pytest.raises(NoSolutionError) as caught:
        solve(Made({"a": set(range(1, 21)), "b": {2}}, packages), 1000)
    facts = [fact for fact in caught.value.cause.facts() if fact.why == ("a", "b")]
    assert [fact.terms["a"] for fact in facts] == [(2 << 20) - 2]


def test_a_search_ends_after_so_many_steps() -> None:
    with pytest.raises(TooManyStepsError):
        solve(Made({"a": {1}}, {"a": [{"b": {1}}], "b": [{}]}), 2)


@pytest.mark.parametrize("seed", range(300))
def test_an_answer_fits_and_there_is_one_whenever_anything_fits(seed: int) -> None:
    draw = random.Random(seed)
    names = "abcdef"[: draw.randint(2, 6)]
    counts = {name: draw.randint(1, 4) for name in names}

    def needs(but: str, most: int) -> dict[str, set[int]]:
        others = [name for name in names if name != but]
        chosen = draw.sample(others, min(len(others), draw.randint(0, most)))
        return {
            name: set(draw.sample(range(1, counts[name] + 1), draw.randint(1, counts[name])))
            for name in chosen
        }

    packages = {name: [needs(name, 2) for _ in range(counts[name])] for name in names}
    wanted = {names[0]: set(range(1, counts[names[0]] + 1)), **needs("", 3)}
    try:
        found = solved(Made(wanted, packages))
    except NoSolutionError:
        assert not any(fits(choice, wanted, packages) for choice in choices(counts))
    else:
        assert fits(found, wanted, packages)


def choices(counts: Mapping[str, int]) -> list[dict[str, int]]:
    every = product(*(range(count + 1) for count in counts.values()))
    return [dict(zip(counts, chosen, strict=True)) for chosen in every]


def fits(chosen: Mapping[str, int], wanted: Needs, packages: Mapping[str, Sequence[Needs]]) -> bool:
    active = [wanted, *(packages[name][one - 1] for name, one in chosen.items() if one)]
    return all(
        chosen.get(other, 0) in will_do for needs in active for other, will_do in needs.items()
    )
