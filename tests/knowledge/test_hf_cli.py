"""The table of hf's command line, release by release."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from packaging.version import Version

from tunesmith.knowledge import hf_cli
from tunesmith.knowledge.releases import releases
from tunesmith.knowledge.tables import table

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    path = ROOT / "scripts/generate_hf_cli.py"
    spec = importlib.util.spec_from_file_location("generate_hf_cli", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def uv_run(release: str | None) -> hf_cli.Grammar:
    hub = Version(release) if release else None
    found = hf_cli.grammar("hf", ("jobs", "uv", "run"), hub)
    assert found
    return found


def test_knows_every_release_with_jobs() -> None:
    published = {str(v) for v in releases("huggingface-hub") if v >= Version("0.34")}
    assert published <= set(table("hf_cli")["releases"])


def test_nothing_is_lost_between_releases(generator: ModuleType) -> None:
    text = (ROOT / "server/tunesmith/knowledge/data/hf_cli.json").read_text("utf-8")
    packaged = json.loads(text)
    descriptions = generator.expand(packaged)
    assert list(descriptions) == packaged["releases"]
    written = generator.written({"date": packaged["date"], **generator.compress(descriptions)})
    assert written + "\n" == text


def test_compresses_what_comes_and_goes(generator: ModuleType) -> None:
    def release(**options: Any) -> dict[str, Any]:
        return {"parser": "click", "commands": {"jobs run": {"unknown": "rest", **options}}}

    descriptions = {
        "1.10.0": release(),
        "1.9.0": release(arguments=[["image", "1"]]),
        "2.0.0": release(arguments=[["image", "1"]], options={"--x": {"takes_value": False}}),
    }
    compressed = generator.compress(descriptions)
    assert compressed["releases"] == ["1.9.0", "1.10.0", "2.0.0"]
    command = compressed["commands"]["jobs run"]
    assert command["unknown"] == [["1.9.0", "rest"]]
    assert [change[0] for change in command["arguments"]] == ["1.9.0", "1.10.0", "2.0.0"]
    assert command["options"]["--x"]["takes_value"] == [["2.0.0", False]]
    assert generator.expand(compressed) == descriptions


@pytest.mark.parametrize(
    ("release", "parser", "unknown"),
    [
        ("0.34.0", "argparse", "rest"),
        ("0.36.2", "argparse", "rest"),
        ("1.0.0", "click", "refused"),
        ("1.2.4", "click", "refused"),
        ("1.3.0", "click", "argument"),
        ("2.4.0", "click", "argument"),
        ("99", "click", "argument"),
    ],
)
def test_how_a_release_reads_words(release: str, parser: str, unknown: str) -> None:
    found = uv_run(release)
    assert (found.parser, found.unknown) == (parser, unknown)
    assert [argument.name for argument in found.arguments] == ["script", "script_args"]


@pytest.mark.parametrize(
    ("option", "first"),
    [
        ("-l", "1.4.0"),
        ("-h", "1.5.0"),
        ("-v", "1.8.0"),
        ("--expose", "1.19.0"),
        ("--ssh", "1.20.0"),
        ("--name", "1.24.0"),
        ("--dry-run", "1.32.0"),
        ("--attempts", "2.1.1"),
    ],
)
def test_when_options_came(option: str, first: str) -> None:
    known = [Version(r) for r in table("hf_cli")["releases"] if Version(r) >= Version("1.0")]
    having = [release for release in known if option in uv_run(str(release)).options]
    assert having == [release for release in known if release >= Version(first)]


def test_options_that_went() -> None:
    assert "--repo" in uv_run("1.2.4").options
    assert "--repo" not in uv_run("1.3.0").options
    assert uv_run("1.16.4").options["--flavor"].choices
    assert not uv_run("1.17.0").options["--flavor"].choices


def test_the_ways_to_write_an_option() -> None:
    env = uv_run(None).options["--env"]
    assert env is uv_run(None).options["-e"]
    assert (env.takes_value, env.repeatable) == (True, True)
    assert uv_run(None).options["--expose"].type == "integer"
    scheduled = hf_cli.options("hf", ("jobs", "scheduled", "run"))
    assert scheduled["--no-suspend"].negates == "--suspend"
    assert not scheduled["--no-suspend"].takes_value


def test_abbreviations_are_for_argparse() -> None:
    assert [spec.name for spec in uv_run("0.36.2").abbreviated("--flav")] == ["--flavor"]
    assert len(uv_run("0.36.2").abbreviated("--secret")) == 2
    assert not uv_run("0.36.2").abbreviated("--secrets")
    assert not uv_run("1.0.0").abbreviated("--flav")


def test_commands_without_a_release_that_has_them() -> None:
    assert hf_cli.grammar("hf", ("jobs", "scheduled", "run"), Version("0.34.6")) is None
    assert hf_cli.grammar("hf", ("jobs", "run"), Version("0.33")) is None
    assert hf_cli.grammar("hf", ("jobs", "fly")) is None
    assert not hf_cli.options("hf", ("jobs", "fly"))
    assert not hf_cli.is_known(Version("0.33"))
    assert not hf_cli.is_known(Version("99"))
    assert hf_cli.is_known(Version("0.34.0"))
    assert hf_cli.is_known(hf_cli.newest())


@pytest.mark.parametrize(
    ("written", "likely"),
    [
        ("--secret", "--secrets"),
        ("--flavour", "--flavor"),
        ("--gpu", "--flavor"),
        ("--hardware", "--flavor"),
        ("--time", "--timeout"),
        ("--dependencies", "--with"),
        ("--detached", "--detach"),
        ("--learning-rate", None),
        ("--torch-backend", None),
        ("--lr", None),
    ],
)
def test_the_likely_option(written: str, likely: str | None) -> None:
    assert uv_run(None).likely(written) == likely


def test_hfjobs_has_a_grammar_of_its_own() -> None:
    found = hf_cli.grammar("hfjobs", ("run",), Version("2.4"))
    assert found
    assert "--secret" in found.options
    assert found.arguments[0].name == "image"


def test_the_programs_of_a_release() -> None:
    assert "huggingface-cli" in hf_cli.executables(Version("0.36.2"))
    assert "huggingface-cli" not in hf_cli.executables(Version("1.2.4"))
    assert "huggingface-cli" in hf_cli.executables(Version("1.33.0"))
    assert "huggingface-cli" not in hf_cli.executables()
    assert "hf" in hf_cli.executables()


def test_knows_the_commands_with_their_other_names() -> None:
    assert {"jobs ps", "jobs ls", "jobs list", "jobs run"} <= hf_cli.known_commands()
    assert "login" in hf_cli.known_commands("huggingface-cli", Version("0.36.2"))
    assert not hf_cli.known_commands("huggingface-cli")


def test_lists_the_hardware_of_a_release() -> None:
    assert "h100" in hf_cli.flavors(Version("1.3.7"))
    assert "h100" not in hf_cli.flavors(Version("1.4.0"))
    assert "rtx-pro-6000" in hf_cli.flavors()
