import random
from itertools import chain, pairwise

import pytest
from packaging.version import Version

from tunesmith.knowledge.changes import decode, encode, value_at

RELEASES = ["0.9.2", "0.10.0", "1.0.0", "1.0.1", "2.0.0"]
CHANGES = [("0.10.0", "None"), ("1.0.1", None), ("2.0.0", "1024")]


def test_only_changes_are_written():
    values = {"0.10.0": "None", "1.0.0": "None", "2.0.0": "1024"}
    assert encode(values, RELEASES) == CHANGES
    assert dict(decode(CHANGES, RELEASES)) == values
    assert encode({}, RELEASES) == []


@pytest.mark.parametrize(
    ("release", "value"),
    [
        ("0.9.2", None),
        ("0.10.0", "None"),
        ("0.10.1", "None"),
        ("1.0.0", "None"),
        ("1.0.1rc1", "None"),
        ("1.0.1", None),
        ("1.9", None),
        ("2.0.0", "1024"),
        ("3.0", "1024"),
    ],
)
def test_the_value_in_one_release(release: str, value: str | None):
    assert value_at(CHANGES, Version(release)) == value


def test_a_table_read_from_json_is_the_same():
    assert dict(decode([list(change) for change in CHANGES], RELEASES)) == dict(
        decode(CHANGES, RELEASES)
    )


def test_no_value_is_lost():
    choice = random.Random(3)
    for _ in range(200):
        releases = [f"{major}.{minor}" for major in range(3) for minor in range(4)]
        options = [None, "a", ["b"], False, "", 0]
        given = {release: choice.choice(options) for release in releases}
        values = {release: value for release, value in given.items() if value is not None}
        changes = encode(values, releases)
        assert dict(decode(changes, releases)) == values
        assert all(value_at(changes, Version(each)) == given[each] for each in releases)
        repeated = [one == other for (_, one), (_, other) in pairwise(changes)]
        assert not any(repeated)


def test_a_late_patch_of_an_old_line_stands_beside_its_line():
    releases = ["4.57.6", "4.57.7", "5.0.0"]
    changes = encode({"4.57.7": "1", "5.0.0": "1"}, releases)
    assert changes == [("4.57.7", "1")]
    assert list(chain.from_iterable(changes)) == ["4.57.7", "1"]
