"""Launch commands in shell scripts."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sources.launches import launch, launches, line, written

PLAIN = "hf jobs uv run --flavor l4x1 train.py"


@pytest.mark.parametrize(
    "text",
    [
        f"{PLAIN}\n",
        f"if true; then\n  {PLAIN}\nfi",
        f"for i in 1 2; do {PLAIN}; done",
        f"submit() {{\n  {PLAIN}\n}}",
        f"( cd x; {PLAIN} )",
        f"{PLAIN} | tee log.txt",
        f"{PLAIN} > log.txt 2>&1 &",
        f"true && {PLAIN} || exit 1",
        f"id=$({PLAIN})",
        f'id="$({PLAIN})"',
        f"id=`{PLAIN}`",
        f"case $1 in\n  a) {PLAIN} ;;\nesac",
        f"! {PLAIN}",
        f"{PLAIN} # launch it",
        f"# {PLAIN}",
        f"# Usage:\n#   {PLAIN}\n",
        f'echo "{PLAIN}"',
        f"echo '{PLAIN}'",
        f"bash -c '{PLAIN}'",
        f"cat <<EOF\nRun:\n  {PLAIN}\nEOF\n",
        f"ssh host <<'EOF'\n{PLAIN}\nEOF\n",
        "hf jobs uv run \\\n  --flavor l4x1 \\\n  train.py\n",
        "hf jobs uv run \\\r\n  --flavor l4x1 \\\r\n  train.py\r\n",
        "\ufeff" + PLAIN,
        "hf jobs 'uv' \"run\" --flavor l4x1 tra'in'.py",
        "'hf' jobs uv run --flavor 'l4x1' \"train.py\"",
        "FLAVOR=l4x1\nhf jobs uv run --flavor $FLAVOR train.py",
        'FLAVOR="l4x1"\nhf jobs uv run --flavor "${FLAVOR}" train.py',
        "export FLAVOR=l4x1\nhf jobs uv run --flavor $FLAVOR train.py",
        'OPTIONS="--flavor l4x1"\nhf jobs uv run $OPTIONS train.py',
        'A=(--flavor l4x1)\nhf jobs uv run "${A[@]}" train.py',
        "A=(--flavor)\nA+=(l4x1)\nhf jobs uv run ${A[@]} train.py",
        f'C=({PLAIN})\n"${{C[@]}}"\n',
        'C=(hf jobs uv run)\nC+=(--flavor l4x1)\n"${C[@]}" train.py\n',
        'C=(jobs uv run --flavor l4x1)\nhf "${C[@]}" train.py\n',
        "hf jobs uv run --flavor l4x1 > out.txt train.py",
        f"echo é — 日本語 😀; {PLAIN}",
        f"\x00\n{PLAIN}",
        f"echo \ud800\n{PLAIN}",
    ],
)
def test_finds_one_command(text: str) -> None:
    assert line(launch(text)) == PLAIN


def test_words_stand_where_they_are_written() -> None:
    text = "é=1\nsudo hf jobs uv run \\\n  -e \"A=é b\" tra'in'.py a\\ b # end\n"
    command = launch(text)
    assert written(command) == ["hf", "jobs", "uv", "run", "-e", '"A=é b"', "tra'in'.py", "a\\ b"]
    assert line(command) == "hf jobs uv run -e A=é b train.py a b"
    assert all(word.is_movable for word in command.argv.words)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hf jobs uv run --flavor $FLAVOR a.py", "--flavor ? a.py"),
        ("FLAVOR=${1:-a}\nhf jobs uv run --flavor $FLAVOR a.py", "--flavor ? a.py"),
        ("hf jobs uv run --flavor ${F:-a} a.py", "--flavor a a.py"),
        ('hf jobs uv run --flavor "${F-a}" a.py', "--flavor a a.py"),
        ('F="${F:-a}"\nhf jobs uv run --flavor "$F" a.py', "--flavor a a.py"),
        ("hf jobs uv run --flavor ${F:-} a.py", "--flavor ? a.py"),
        ("hf jobs uv run --flavor ${F:-$G} a.py", "--flavor ? a.py"),
        ("hf jobs uv run --flavor ${F:+a} a.py", "--flavor ? a.py"),
        ("if x; then F=b; fi\nhf jobs uv run --flavor ${F:-a} a.py", "--flavor ? a.py"),
        ("read F\nhf jobs uv run --flavor ${F:-a} a.py", "--flavor ? a.py"),
        ("hf jobs uv run --secrets A=${A:-b} a.py", "--secrets ? a.py"),
        ("F=a\nF=b\nhf jobs uv run --flavor $F a.py", "--flavor ? a.py"),
        ("if x; then F=a; fi\nhf jobs uv run --flavor $F a.py", "--flavor ? a.py"),
        ("F=a\nread F\nhf jobs uv run --flavor $F a.py", "--flavor ? a.py"),
        ("F=a\nfor F in b c; do hf jobs uv run --flavor $F a.py; done", "--flavor ? a.py"),
        ("hf jobs uv run --flavor $F a.py\nF=a", "--flavor ? a.py"),
        ("F=a hf jobs uv run --flavor $F a.py", "--flavor ? a.py"),
        ("hf jobs uv run a.py $(date) `id` *.txt {a,b} <name> ... …", "a.py ? ? ? ? ? ? ?"),
        ('hf jobs uv run "$(dirname "$0")/a.py" $(dirname $1)', "./a.py ?"),
        (
            'D="$(cd "$(dirname "$0")" && pwd)"\nR=$(cd $D/.. && pwd)\nhf jobs uv run $D/a.py $R/b',
            "./a.py ./../b",
        ),
        ("hf jobs uv run --secrets A=<...> a.py <…>", "--secrets ? a.py ?"),
        ("hf jobs uv run a.py --x=${{ inputs.x }} {{ cookiecutter.y }}", "a.py ? ?"),
        ("hf jobs uv run a.py 'un$known' \"a\\$b\" $'c'", "a.py un$known a$b c"),
        ('hf jobs uv run a.py "saturate[hf]" trl[peft]', "a.py saturate[hf] trl[peft]"),
        ('A=(x)\nif y; then A+=(z); fi\nhf jobs uv run a.py "${A[@]}"', "a.py x ?"),
    ],
)
def test_tells_what_is_unknown(text: str, expected: str) -> None:
    assert line(launch(text)) == f"hf jobs uv run {expected}"


def test_a_comment_behind_a_backslash_ends_the_command() -> None:
    text = "hf jobs uv run a.py \\ # not continued\n  --flavor l4x1\n"
    assert line(launch(text)) == "hf jobs uv run a.py"


def test_words_of_variables_stand_in_the_assignment_and_may_not_be_moved() -> None:
    text = 'OPTIONS="--flavor l4x1"\nA=(--timeout 2h)\nhf jobs uv run $OPTIONS "${A[@]}" a.py\n'
    command = launch(text)
    assert written(command)[4:] == ["--flavor", "l4x1", "--timeout", "2h", "a.py"]
    assert [word.is_movable for word in command.argv.words[4:]] == [False] * 4 + [True]
    assert command.span.start == text.index("--flavor")
    assert command.raw(command.options[1].span) == "--timeout 2h"


def test_one_array_in_two_commands() -> None:
    text = 'C=(hf jobs uv run)\nrun "${C[@]}" a.py --x\nrun "${C[@]}" b.py\n'
    assert [line(command) for command in launches(text)] == ["hf jobs uv run a.py --x"]


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        ("cd train && hf jobs uv run a.py", "train"),
        ("cd train\nhf jobs uv run a.py", "train"),
        ("cd a/\ncd b\nhf jobs uv run a.py", "a/b"),
        ("mkdir x && cd x\nif y; then hf jobs uv run a.py; fi", "x"),
        ("(cd train)\nhf jobs uv run a.py", None),
        ("hf jobs uv run a.py\ncd train", None),
        ('cd x\ncd "$(dirname "$0")"\nhf jobs uv run a.py', None),
        ("cd $DIR\nhf jobs uv run a.py", None),
        ("cd x\ncd /abs/y\nhf jobs uv run a.py", "/abs/y"),
    ],
)
def test_follows_changes_of_folder(text: str, folder: str | None) -> None:
    assert launch(text).argv.folder_hint == folder


@pytest.mark.parametrize(
    "text",
    [
        "# use hf jobs uv run with --flavor",
        "# hf jobs uv run is the new way",
        "# replaces `hf jobs uv run`",
        "echo 'see hf jobs uv run --help'",
        'hf jobs uv run "unclosed',
        "# hf jobs uv run SCRIPT",
    ],
)
def test_sentences_are_no_commands(text: str) -> None:
    assert [command.script for command in launches(text) if command.script] == []


def test_the_grammar_is_loaded_without_what_its_package_does_not_need() -> None:
    code = (
        "import sys; from tunesmith.sources.commands.syntax import SyntaxTree\n"
        "assert SyntaxTree('bash', 'a b').root.type == 'program'\n"
        "print('importlib.resources' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
