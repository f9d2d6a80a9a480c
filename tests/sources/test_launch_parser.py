"""How the words of a command are read."""

from __future__ import annotations

import pytest

from sources.launches import launch, launches, raw, words
from tunesmith.sources.launch_command import LaunchCommand


def options(command: LaunchCommand) -> list[tuple[str, str | None, bool]]:
    return [(option.name, option.value, option.after_script) for option in command.options]


def test_tells_options_before_and_after_the_script() -> None:
    command = launch("hf jobs uv run --flavor l4x1 train.py --lr 1e-4 --timeout 2h -- --flavor x")
    assert options(command) == [("--flavor", "l4x1", False), ("--timeout", "2h", True)]
    assert command.script == "train.py"
    assert [word.text for word in command.target_arguments] == ["--lr", "1e-4", "--flavor", "x"]
    assert [word.text for word in command.arguments_before_separator] == ["--lr", "1e-4"]


def test_takes_a_short_cluster_apart() -> None:
    command = launch("hf jobs uv run -deK=V -lr 1e-4 train.py")
    assert options(command) == [
        ("--detach", None, False),
        ("--env", "K=V", False),
        ("--label", "r", False),
    ]
    assert command.script == "1e-4"  # the trap: `-lr` is `--label r`


@pytest.mark.parametrize(
    ("text", "target", "unknown"),
    [
        ("hf jobs uv run --secret HF_TOKEN train.py", "train.py", ["--secret"]),
        ("hf jobs uv run --secret=HF_TOKEN train.py", "train.py", ["--secret=HF_TOKEN"]),
        (
            "hf jobs uv run --flavour a --gpu b https://x.org/t",
            "https://x.org/t",
            ["--flavour", "--gpu"],
        ),
        ("hf jobs uv run --detached train.py --x 1", "train.py", ["--detached"]),
        ("hf jobs run --secret T python:3.12 python a.py", "python:3.12", ["--secret"]),
        ("hf jobs uv run python train.py", "python", []),
        ("hf jobs uv run -- python train.py", "python", []),
        ("hf jobs uv run --with trl -- trl sft", "trl", []),
        ("hf jobs scheduled uv run '0 0 * * *' train.py", "train.py", []),
        ("hf jobs scheduled run @daily --flavor l4x1 python:3.12 true", "python:3.12", []),
        ("hf jobs uv run -", "-", []),
        ("hf jobs run uv train.py", "uv", []),
    ],
)
def test_finds_the_target(text: str, target: str, unknown: list[str]) -> None:
    command = launch(text)
    assert command.target is not None
    assert command.target.text == target
    assert [word.text for word in command.unknown_options] == unknown


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("hf jobs uv run $OPTIONS train.py --flavor l4x1", "train.py"),
        ('hf jobs uv run "$@" train.py', "train.py"),
        ("hf jobs uv run $SCRIPT --flavor l4x1 $EXTRA", "$SCRIPT"),
        ('hf jobs uv run $OPTIONS --flavor l4x1 "$FILE"', '"$FILE"'),
        ('hf jobs uv run "$X" train.py', '"$X"'),
        ("hf jobs uv run <script.py> --flavor l4x1", "<script.py>"),
        ("hf jobs uv run $1 --flavor l4x1 $2", "$1"),
    ],
)
def test_passes_over_variables_that_may_hold_options(text: str, target: str) -> None:
    command = launch(text)
    assert command.target is not None
    assert raw(command, command.target) == target


def test_knows_an_option_whose_value_is_unknown() -> None:
    command = launch('hf jobs uv run --flavor="$FLAVOR" -e "KEY=$VALUE" -eA=$B train.py')
    assert options(command) == [
        ("--flavor", None, False),
        ("--env", None, False),
        ("--env", None, False),
    ]
    assert command.argv.words[6].prefix == "KEY="


@pytest.mark.parametrize(
    ("text", "program", "hub"),
    [
        ("hf jobs uv run a.py", "hf", None),
        ("/usr/local/bin/hf jobs uv run a.py", "hf", None),
        ("huggingface-cli jobs uv run a.py", "huggingface-cli", None),
        ("uvx hf jobs uv run a.py", "hf", None),
        ('uvx --from "huggingface_hub[cli]==1.3" hf jobs uv run a.py', "hf", "1.3"),
        ("uvx --from huggingface-hub@0.36.0 hf jobs uv run a.py", "hf", "0.36.0"),
        ("uvx --from 'huggingface_hub>=1.3' hf jobs uv run a.py", "hf", None),
        ("uvx hf@1.2.4 jobs uv run a.py", "hf", "1.2.4"),
        ("uv run --with huggingface_hub==1.3.1 hf jobs uv run a.py", "hf", "1.3.1"),
        ("pipx run --spec huggingface_hub==1.0 hf jobs uv run a.py", "hf", "1.0"),
        ("python3.12 -m huggingface_hub.cli.hf jobs uv run a.py", "huggingface_hub", None),
        ("hfjobs run --secret T python:3.12 python a.py", "hfjobs", None),
        ("sudo -E env A=1 nohup time hf jobs uv run a.py", "hf", None),
        ("X=1 hf jobs uv run a.py", "hf", None),
        ("exec hf jobs uv run a.py", "hf", None),
        ("$HF jobs uv run a.py", "hf", None),
        ("retry 3 hf jobs uv run a.py", "hf", None),
    ],
)
def test_finds_the_program(text: str, program: str, hub: str | None) -> None:
    command = launch(text)
    assert (command.program, command.hub) == (program, hub)
    assert raw(command, command.argv.words[1]) == ("run" if program == "hfjobs" else "jobs")


@pytest.mark.parametrize(
    "text",
    [
        "sky launch --secret HF_TOKEN jobs uv run a.py",
        "modal run a.py",
        "gcloud run jobs run a",
        "databricks jobs run-now 5",
        "$TOOL jobs run image",
        "hf jobs ps",
        "hf jobs uv",
        "hf jobs uv run --help",
        "hf jobs uv run train.py --help",
        "hf jobs uv run [OPTIONS] SCRIPT [SCRIPT_ARGS]...",
        "hf jobs run [OPTIONS] IMAGE COMMAND...",
    ],
)
def test_other_commands_are_none(text: str) -> None:
    assert not launches(text)


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("0.36.2", [("--flavor", "l4x1", False), ("--secrets", "T", True)]),
        ("0.36.x", [("--secrets", "T", True), ("--label", "k", True)]),
        ("1.2.4", [("--secrets", "T", True)]),
        ("1.4.0", [("--secrets", "T", True), ("--label", "k", True)]),
        ("0.33.0", [("--secrets", "T", True), ("--label", "k", True)]),
        ("99.0", [("--secrets", "T", True), ("--label", "k", True)]),
    ],
)
def test_knows_the_options_of_the_pinned_release(
    release: str, expected: list[tuple[str, str, bool]]
) -> None:
    pin = f"uvx --from huggingface_hub=={release}"
    command = launch(f"{pin} hf jobs uv run --flav l4x1 train.py --secrets T --secret T -l k")
    assert options(command) == expected
    assert command.script == "train.py"


def test_hfjobs_takes_nothing_behind_the_image() -> None:
    command = launch("hfjobs run --flavor t4-small --secret A python:3.12 python a.py --flavor x")
    assert options(command) == [("--flavor", "t4-small", False), ("--secret", "A", False)]
    assert [word.text for word in command.target_arguments] == ["python", "a.py", "--flavor", "x"]


def test_the_last_option_wins() -> None:
    option = launch("hf jobs uv run --flavor a --flavor b a.py").option("--flavor")
    assert option is not None
    assert option.value == "b"


def test_a_missing_value_is_none() -> None:
    command = launch("hf jobs uv run a.py --flavor")
    assert options(command) == [("--flavor", None, True)]
    assert words(command)[-1] == "--flavor"
