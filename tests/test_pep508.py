"""Our requirements mean what they mean to packaging: held against it on all rows of the tables."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from itertools import product

import pytest
from packaging import markers, requirements, specifiers, tags
from packaging.utils import canonicalize_name as full_name
from packaging.version import Version

from tunesmith.knowledge.releases import all_releases
from tunesmith.knowledge.tables import table
from tunesmith.knowledge.wheels import is_installable
from tunesmith.pep508 import (
    InvalidRequirement,
    InvalidSpecifier,
    Marker,
    Requirement,
    SpecifierSet,
    canonicalize_name,
)

ODD = """
trl
 trl >= 0.24 , < 2
trl[vllm]==1.0
trl[vllm, Peft]~=1.2
Flash_Attn.x [a.b] !=2.*
trl (>=1,<2)
trl==1.0+cu118
trl===weird-thing
trl>1.0.post1
trl<2.0rc1
trl>=v1.2
trl>=1!2.0
trl>=1.0-1
trl>=1,
trl @ https://example.org/trl.whl
trl[x] @ git+https://example.org/trl.git ; python_version<"3.9"
trl; python_version < "3.12" and (sys_platform=='linux' or extra == "A_b")
trl; extra == "Flash_Attn" or python_full_version>='3.11.4'
trl; 'linux' in sys_platform
trl; "3.9" <= python_version
trl; python_version in "3.9 3.10"
trl; python_version ~= "3.10"
trl; python_version == "3.1*"
trl; python_version == "3.*"
trl; sys_platform < "linux"
trl; platform_release >= "20"
trl; os.name == "posix"
trl; extra == ""
""".strip("\n").splitlines()
BAD = [
    "", "?", "trl>=", "trl>=1.*", "trl~=1", "trl>=1 <2", "trl;", "trl; python", "trl[", "trl[a b]",
    "trl>=1.0+cu1", "trl @", "-trl", "trl 1.0", "trl=1", "trl>==1", "trl; python_version=3", "é>=1",
    "trl>=1;2", "trl>=١", "trl>=1\n,<2",
]  # fmt: skip
"""Some of which packaging takes; what matters is that both say the same."""

ENVIRONMENTS = [
    {
        "implementation_name": "cpython",
        "implementation_version": f"{python}.3",
        "os_name": "nt" if system == "Windows" else "posix",
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": system,
        "platform_version": "",
        "python_full_version": f"{python}.3",
        "python_version": python,
        "sys_platform": {"Linux": "linux", "Darwin": "darwin", "Windows": "win32"}[system],
        "extra": extra,
    }
    for python in ("3.8", "3.9", "3.12", "3.14")
    for system, machine in (("Linux", "x86_64"), ("Darwin", "arm64"), ("Windows", "AMD64"))
    for extra in ("", "a-b", "vllm", "Flash_attn")
]


@cache
def rows() -> list[str]:
    """Every requirement that a table of releases writes, each once."""
    found = (
        releases[place].requires
        for releases in map(all_releases, packages())
        for place in range(0, len(releases), 3)
    )
    return sorted({row for requires in found for row in requires})


def packages() -> list[str]:
    return list(table("tables")["packages"])


def versions_around(text: str) -> Iterator[Version]:
    """The version that a specifier names, and others of all kinds near it."""
    base = Version(Version(text.removesuffix(".*")).base_version)
    for suffix in ("", ".0", ".1", ".dev1", "a1", "b2", "rc1", ".post1", "+cu118", ".0.0.1"):
        yield Version(f"{base}{suffix}")
    *first, last = base.release
    for release in ((*first, last + 1), (*first, max(last - 1, 0)), (base.release[0] + 1,)):
        for suffix in ("", "rc1", ".post2", ".dev3"):
            yield Version(f"{base.epoch}!{'.'.join(map(str, release))}{suffix}")


@pytest.mark.parametrize("text", [*ODD, *BAD])
def test_odd_texts_are_read_as_packaging_reads_them(text: str) -> None:
    try:
        full = requirements.Requirement(text)
    except requirements.InvalidRequirement:
        with pytest.raises(InvalidRequirement):
            Requirement(text)
        return
    assert_same(Requirement(text), full)


def test_requirements_of_tables_are_read_as_packaging_reads_them() -> None:
    assert len(rows()) > 2000
    for row in rows():
        assert_same(Requirement(row), requirements.Requirement(row))


def assert_same(ours: Requirement, full: requirements.Requirement) -> None:
    assert str(ours) == str(full)
    assert (ours.name, ours.extras, ours.url) == (full.name, full.extras, full.url)
    assert canonicalize_name(ours.name) == full_name(full.name)
    assert str(ours.specifier) == str(full.specifier)
    assert str(ours.marker) == str(full.marker)
    written = {(one.operator, one.version) for one in full.specifier}
    assert {(one.operator, one.version) for one in ours.specifier} == written
    again = Requirement(str(full))
    assert again == ours
    assert hash(again) == hash(ours)


def test_specifiers_admit_what_packaging_admits() -> None:
    texts = {str(requirements.Requirement(row).specifier) for row in [*rows(), *ODD]}
    single = {str(one) for text in texts for one in specifiers.SpecifierSet(text)}
    single |= {
        f"{operator}{bound}"
        for operator, bound in product(
            ("<", ">", "<=", ">=", "==", "!="),
            ("2", "2.0.0", "2rc1", "2.post1", "2.dev1", "0.dev0"),
        )
    }
    for text in sorted(single - {"===weird-thing"}):
        ours, full = SpecifierSet(text), specifiers.SpecifierSet(text)
        (one,), (full_one,) = ours, full
        for version in versions_around(one.version):
            said = f"{text} of {version}"
            assert ours.contains(version) == full.contains(version), said
            for pre in (None, True):
                assert one.contains(version, pre) == full_one.contains(version, pre), said
                assert ours.contains(version, pre) == full.contains(version, pre), said
    for text in sorted(texts)[::7]:
        ours, full = SpecifierSet(text), specifiers.SpecifierSet(text)
        around = {v for one in full if one.operator != "===" for v in versions_around(one.version)}
        final = sorted(one for one in around if not one.is_prerelease)
        assert list(ours.filter(final)) == list(full.filter(final)), text


def test_sets_of_specifiers_are_compared_and_joined() -> None:
    assert (
        SpecifierSet(">=1,<2")
        == SpecifierSet("<2, >=1")
        == SpecifierSet(">=1") & SpecifierSet("<2")
    )
    assert hash(SpecifierSet(">=1,<2")) == hash(SpecifierSet("<2,>=1"))
    assert SpecifierSet(">=1") != SpecifierSet(">=2")
    assert (len(SpecifierSet()), len(SpecifierSet(">=1,<2"))) == (0, 2)
    assert Version("1.5") in SpecifierSet(">=1,<2")
    with pytest.raises(InvalidSpecifier, match="wrong"):
        SpecifierSet("wrong")


def test_markers_hold_where_those_of_packaging_hold() -> None:
    texts = {str(requirements.Requirement(row).marker) for row in [*rows(), *ODD]} - {"None"}
    assert len(texts) > 200
    for text in sorted(texts):
        ours, full = Marker(text), markers.Marker(text)
        for environment in ENVIRONMENTS:
            assert ours.evaluate(environment) == full.evaluate(environment), (text, environment)
    assert Marker('python_version > "3"').evaluate({})  # this machine fills the gaps


def test_wheels_are_taken_as_packaging_takes_them() -> None:
    changes = [change for name in packages() for change in table(f"releases/{name}")["wheels"]]
    wheels = {wheel for _, found in changes for wheel in found or ()}
    wheels |= {
        "py3-none-any",
        "py2.py3-none-linux_x86_64",
        "cp39-abi3-manylinux1_x86_64.linux_x86_64",
        "cp39-none-any",
        "cp312-none-win_amd64",
        "pp310-pypy310_pp73-any",
        "cp310-abi3-any",
    }
    assert len(wheels) > 50
    for python in ("3.8", "3.9", "3.12", "3.14"):
        version = Version(python)
        release = version.release
        own = f"cp{version.major}{version.minor}"
        linux = ["linux_x86_64"]
        taken = {
            *tags.cpython_tags(release, [own], linux),
            *tags.compatible_tags(release, own, linux),
        }
        for wheel in wheels:
            interpreter, abi, platforms = wheel.split("-")
            is_linux = "linux" in platforms and "x86_64" in platforms
            of_linux = f"{interpreter}-{abi}-{'linux_x86_64' if is_linux else platforms}"
            is_taken = not taken.isdisjoint(tags.parse_tag(of_linux))
            assert is_installable(wheel, version) == is_taken, (wheel, python)


def test_what_headers_usually_hold_needs_no_more_of_packaging_than_versions() -> None:
    code = (
        "import sys; from tunesmith.knowledge.resolution import *\n"
        "wanted = tuple(map(Requirement, ('trl>=0.24', 'peft', 'datasets<5')))\n"
        "assert resolve(Request(wanted, Version('3.12'))).versions\n"
        "print(*(name for name in sys.modules if name.startswith('packaging.')))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["packaging.version"]
