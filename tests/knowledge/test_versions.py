import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from builders import ROOT, project, understood
from tunesmith.knowledge import versions
from tunesmith.knowledge.releases import releases
from tunesmith.project import FolderFacts, Pin, Project, Settings

NEWEST = max(releases("trl"))


def header(*dependencies: str) -> str:
    listed = ", ".join(f'"{dependency}"' for dependency in dependencies)
    return f"# /// script\n# dependencies = [{listed}]\n# ///\n"


def trl_in_force(text: str, made: Project | None = None) -> versions.InForce:
    script = understood("train.py", text + "import trl\n").script
    assert script is not None
    return versions.library("trl", script, made or project({}))


@pytest.mark.parametrize(
    ("dependency", "version"),
    [
        ("trl", str(NEWEST)),
        ("trl>=0.12.0", str(NEWEST)),
        ("trl[vllm]==0.20.0", "0.20.0"),
        ("trl<0.13", "0.12.2"),
        ("TRL~=0.16.0", "0.16.1"),
        ("trl>=0.9,<0.10", "0.9.6"),
    ],
)
def test_the_newest_release_that_the_header_admits(dependency: str, version: str):
    in_force = trl_in_force(header(dependency))
    assert in_force.version == Version(version)
    assert "header" in in_force.reason


@pytest.mark.parametrize(
    "dependency", ["trl @ git+https://example.com/trl", "trl>=99", "trl==0.20.0+local"]
)
def test_what_the_table_cannot_tell_is_unknown(dependency: str):
    in_force = trl_in_force(header(dependency))
    assert in_force.version is None
    assert not in_force.at_least("0.1")
    assert not in_force.below("99")


def test_files_beside_a_script_count_only_without_a_header():
    pin = Pin(Requirement("trl==0.20.0"), "requirements.txt")
    made = project({}, folders={".": FolderFacts(None, [pin])})
    beside = trl_in_force("", made)
    assert beside.version == Version("0.20.0")
    assert "requirements.txt" in beside.reason
    assert trl_in_force(header("trl"), made).version == NEWEST
    assert trl_in_force(header("peft"), made).version == NEWEST, "a header is all that is installed"


def test_nothing_said_means_the_newest_release():
    assert trl_in_force("").version == NEWEST


@pytest.mark.parametrize(
    ("text", "setting", "version"),
    [
        ("hf jobs uv run train.py\n", None, None),
        ("hf jobs uv run train.py\n", "0.36.0", "0.36.0"),
        ("uvx --from huggingface_hub==1.2.0 hf jobs uv run train.py\n", "0.36.0", "1.2.0"),
    ],
)
def test_the_release_that_runs_a_command(text: str, setting: str | None, version: str | None):
    (command,) = understood("run.sh", text).commands
    in_force = versions.hub_of(command, project({}, Settings(hub_version=setting)))
    assert str(in_force.version or "") == (version or "")


def test_releases_are_final_and_ascending():
    for package in ("trl", "transformers", "peft", "huggingface-hub"):
        known = releases(package)
        assert list(known) == sorted(known)
        assert not any(release.is_prerelease for release in known)
    assert releases("no-such-package") == ()
    assert ROOT.is_absolute()
