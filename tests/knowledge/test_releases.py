from __future__ import annotations

import datetime
import gzip
import io
import tarfile
import zipfile
from dataclasses import replace

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tables import releases as made
from tables import signatures
from tables.index import File, ZipWheel, archive_requirements, files_of
from tunesmith.knowledge import releases
from tunesmith.knowledge.scan.types import Parameter, Signature


def utc(*when: int) -> datetime.datetime:
    return datetime.datetime(*when, tzinfo=datetime.timezone.utc)  # type: ignore[misc,arg-type]


def test_a_release_that_everybody_can_look_up():
    found = releases.release("trl", Version("0.20.0"))
    assert found is not None
    assert found.uploaded == utc(2025, 7, 29, 4, 10, 4)
    assert found.requires_python == ">=3.9"
    assert {"accelerate>=1.4.0", "datasets>=3.0.0", "transformers>=4.53.2"} <= set(found.requires)
    assert 'peft>=0.8.0; extra == "peft"' in found.requires
    assert not found.yanked
    assert found.wheels is None


def test_releases_are_ascending_and_their_requirements_read():
    for package in ("trl", "transformers", "torch", "unsloth", "huggingface-hub"):
        found = releases.all_releases(package)
        versions = [each.version for each in found]
        assert versions == sorted(set(versions))
        assert [
            each.version for each in found if not each.yanked and not each.version.is_prerelease
        ] == list(releases.releases(package))
        for text in {text for each in found for text in each.requires}:
            assert releases.is_tracked(Requirement(text).name)


def test_pre_releases_are_listed_and_not_final():
    versions = [each.version for each in releases.all_releases("transformers")]
    assert Version("5.0.0rc0") in versions
    assert Version("5.0.0rc0") not in releases.releases("transformers")
    assert Version("4.57.6") in versions


def test_torch_has_wheels_only_for_some_pythons():
    found = releases.release("torch", Version("2.5.1"))
    assert found is not None
    assert found.wheels is not None
    assert [tag.split("-")[0] for tag in found.wheels] == [
        "cp310",
        "cp311",
        "cp312",
        "cp313",
        "cp39",
    ]


@pytest.mark.parametrize("package", ["no-such-package", "../tables", "TRL", ""])
def test_a_package_that_is_not_tracked(package: str):
    assert not releases.is_tracked(package)
    assert releases.releases(package) == ()
    assert releases.all_releases(package) == ()
    assert releases.release(package, Version("1")) is None


ROWS = {
    "1.0": made.Row("2024-01-01T00:00:00", requires={"torch": ">=2", "peft": ""}),
    "1.0.1": made.Row("2025-06-01T00:00:00", is_yanked=True, requires={"torch": ">=2", "peft": ""}),
    "1.1": made.Row("2024-02-01T00:00:00", requires_python=">=3.9", requires={"torch": ">=2.1"}),
    "2.0rc1": made.Row("2024-03-01T00:00:00", requires_python=">=3.9", wheels=["cp310-cp310-x"]),
}


def test_a_table_loses_nothing():
    table = made.compress(ROWS, "2026-11-22", "1.0")
    assert made.expand(table) == ROWS
    assert made.compress(made.expand(table), "2026-11-22", "1.0") == table
    assert table["requires"] == {
        "torch": [["1.0", ">=2"], ["1.1", ">=2.1"], ["2.0rc1", None]],
        "peft": [["1.0", ""], ["1.1", None]],
    }


def test_the_reader_reads_what_is_written():
    found = releases.Releases(made.compress(ROWS, "2026-11-22", "1.0"))
    assert found[0] == releases.Release(
        Version("1.0"), utc(2024, 1, 1), None, ("torch>=2", "peft"), False, None
    )
    assert found[1].yanked
    assert found[1].requires == found[0].requires
    assert found[2].requires == ("torch>=2.1",)
    assert found[3] == releases.Release(
        Version("2.0rc1"), utc(2024, 3, 1), ">=3.9", (), False, ["cp310-cp310-x"]
    )


def file(name: str, **facts: object) -> File:
    row = {"filename": name, "url": "", "upload-time": "2024-05-06T07:08:09.123Z", **facts}
    (found,) = files_of("made", [row])
    return found


def test_files_by_release():
    files = [
        file("made-2.0-py3-none-any.whl", **{"upload-time": "2024-01-02T00:00:00Z"}),
        file("made-2.0.tar.gz", **{"upload-time": "2024-01-01T00:00:00Z"}),
        file("made-1.9.post1.tar.gz", **{"upload-time": "2025-01-01T00:00:00Z"}),
        file("made-10.0rc1.tar.gz", **{"upload-time": "2023-01-01T00:00:00Z"}),
    ]
    assert list(made.listed(files, "1.0")) == ["1.9.post1", "2.0", "10.0rc1"]
    assert list(made.listed(files, "2.0")) == ["2.0", "10.0rc1"]
    assert list(made.listed(files, "2024-01-01")) == ["1.9.post1", "2.0"]
    row = made.row_of(made.listed(files, "1.0")["2.0"], {})
    assert row == made.Row("2024-01-01T00:00:00")


def test_names_that_are_no_releases_are_left_out():
    names = ["made-1.0.win32.exe", "made-1.0-py2.7.egg", "made-1.0-1-2-3.whl", "made-latest.zip"]
    assert list(files_of("made", [{"filename": name} for name in names])) == []


def test_a_release_is_yanked_with_all_itsfiles_of():
    good, bad = file("made-1.0.tar.gz"), file("made-1.0-py3-none-any.whl", yanked="broken")
    assert not made.row_of([good, bad], {}).is_yanked
    assert made.row_of([replace(good, is_yanked=True), bad], {}).is_yanked
    assert made.preferred([good, bad]) == good


@pytest.mark.parametrize(
    ("names", "wheels"),
    [
        (["made-1.0-py3-none-any.whl"], None),
        (["made-1.0-py2.py3-none-any.whl"], None),
        (["made-1.0.tar.gz", "made-1.0-cp310-cp310-win_amd64.whl"], None),
        (["made-1.0-cp310-cp310-win_amd64.whl", "made-1.0-cp310-cp310-linux_x86_64.whl"], []),
        (
            [
                "made-1.0-cp38-abi3-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl",
                "made-1.0-cp310-cp310-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
                "made-1.0-cp310-cp310-manylinux2014_aarch64.whl",
                "made-1.0-cp310-cp310-musllinux_1_2_x86_64.whl",
            ],
            ["cp310-cp310-manylinux2014_x86_64", "cp38-abi3-manylinux_2_24_x86_64"],
        ),
    ],
)
def test_wheels_for_linux(names: list[str], wheels: list[str] | None):
    assert made.linux_wheels(map(file, names)) == wheels


def test_requirements_of_tracked_packages():
    assert made.tracked_requires(
        [
            "Torch (>=2.0)",
            "huggingface_hub[hf_xet,cli] <1.0,>=0.23 ; extra == 'hub'",
            "requests-of-nobody",
            "torch !=2.1",
            "peft >= oops",
            'numpy ; python_version<"3.9"',
        ]
    ) == {
        "torch": ">=2.0,!=2.1",
        'huggingface-hub[cli,hf_xet]; extra == "hub"': "<1.0,>=0.23",
        'numpy; python_version < "3.9"': "",
    }


def archive(**files: str) -> io.BytesIO:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(f"made-1.0/{name.replace('__', '.').replace('_S_', '/')}")
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return io.BytesIO(gzip.compress(packed.getvalue()))


def test_what_a_source_archive_requires():
    info = "Metadata-Version: 2.1\nName: made\nVersion: 1.0\n"
    text = "torch\n\n[:sys_platform == 'linux']\ntriton\n\n[gpu:python_version<'3.9']\nnumpy>1\n"
    requires = {"PKG-INFO": info + "Requires-Dist: torch\n", "made__egg-info_S_requires__txt": text}
    assert archive_requirements(archive(**requires)) == ["torch"]
    assert archive_requirements(archive(**{**requires, "PKG-INFO": info})) == [
        "torch",
        "triton; (sys_platform == 'linux')",
        "numpy>1; (python_version<'3.9') and extra == \"gpu\"",
    ]
    assert archive_requirements(archive(**{"PKG-INFO": info})) == []


def test_files_of_a_wheel():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        packed.writestr("made/a.py", "a = 1\n")
        packed.writestr("made/b.py", b"\xff\xfe")
    wheel = ZipWheel(zipfile.ZipFile(content))
    assert wheel.files() == ["made/a.py", "made/b.py"]
    assert [wheel.read(f"made/{name}.py") for name in "abc"] == ["a = 1\n", None, None]


def scans() -> dict[str, dict[str, Signature]]:
    old = Parameter("1", deprecated="use b", replaced_by="b", doc="Old.")
    return {
        "1.0": {"made.A": Signature("made.a", {"a": Parameter("1", doc="First.")}, ["other.B"])},
        "1.1": {
            "made.A": Signature("made.a", {"a": old, "b": Parameter()}, ["other.B"]),
            "made.f": Signature("made.f", {}, positional=[], takes_any=True),
        },
        "2.0": {
            "made.A": Signature(
                "made.c", {"c": Parameter("''", ["'x'", "'y'"]), "b": Parameter("None")}
            )
        },
    }


def test_a_table_of_signatures_loses_nothing_but_old_wordings():
    table = signatures.compress(scans(), "2026-11-22")
    expected = scans()
    first = expected["1.0"]["made.A"]
    worded = {"a": first.parameters["a"]._replace(doc="Old.")}
    expected["1.0"]["made.A"] = first._replace(parameters=worded)
    assert signatures.expand(table) == expected
    assert signatures.compress(signatures.expand(table), "2026-11-22") == table
    assert table["objects"]["made.A"] == {
        "module": [["1.0", "made.a"], ["2.0", "made.c"]],
        "bases": [["1.0", ["other.B"]], ["2.0", None]],
        "parameters": {
            "c": {"default": [["2.0", "''"]], "choices": [["2.0", ["'x'", "'y'"]]]},
            "b": {"default": [["1.1", ""], ["2.0", "None"]]},
            "a": {
                "default": [["1.0", "1"], ["2.0", None]],
                "deprecated": [["1.1", "use b"], ["2.0", None]],
                "replaced_by": [["1.1", "b"], ["2.0", None]],
                "doc": "Old.",
            },
        },
    }
