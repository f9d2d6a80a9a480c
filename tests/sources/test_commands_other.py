"""Launch commands in YAML, PowerShell, Makefiles, justfiles and Dockerfiles."""

from __future__ import annotations

import pytest

from sources.launches import launch, launches, line, written

PLAIN = "hf jobs uv run --flavor l4x1 train.py"
LIST = '["hf", "jobs", "uv", "run", "--flavor", "l4x1", "train.py"]'


@pytest.mark.parametrize(
    "text",
    [
        f"jobs:\n  a:\n    steps:\n      - run: {PLAIN}\n",
        "- run: |\n    set -e\n    hf jobs uv run \\\n      --flavor l4x1 \\\n      train.py\n",
        "steps:\n  - run: >-\n      hf jobs uv run\n      --flavor l4x1\n      train.py\n",
        "run: hf jobs uv run\n  --flavor l4x1\n  train.py\n",
        f'run: "{PLAIN}"\n',
        f"run: '{PLAIN}'\n",
        'run: "hf jobs uv run --flavor \\"l4x1\\" \\\n   train.py"\n',
        f"script:\n  - echo x\n  - {PLAIN}\n",
        f"command: {LIST}\n",
        "cmd:\n- hf\n- jobs\n- uv\n- run\n# which\n- --flavor\n- 'l4x1'\n- \"train.py\"\n",
        f'command: ["bash", "-c", "{PLAIN}"]\n',
        f"description: |\n  Start it:\n    {PLAIN}\n",
        f"# {PLAIN}\na: 1\n",
        "run: |\r\n  hf jobs uv run \\\r\n    --flavor l4x1 train.py\r\n",
        "run: |\n  FLAVOR=l4x1\n  hf jobs uv run --flavor $FLAVOR train.py\n",
    ],
)
def test_yaml(text: str) -> None:
    assert line(launch(text, "ci.yml")) == PLAIN


def test_yaml_words_stand_where_they_are_written() -> None:
    text = (
        "é: 1\nrun: |\n  hf jobs uv run \\\n    --flavor ${{ inputs.f }} 'train.py' --x=${{ y }}\n"
    )
    command = launch(text, "ci.yml")
    assert written(command)[4:] == ["--flavor", "${{ inputs.f }}", "'train.py'", "--x=${{ y }}"]
    assert line(command) == "hf jobs uv run --flavor ? train.py ?"


def test_yaml_lists_keep_their_quotes() -> None:
    command = launch(f"command: {LIST}\n", "ci.yml")
    assert written(command)[0] == '"hf"'
    assert written(command)[-1] == '"train.py"'


def test_yaml_working_directory() -> None:
    text = f"steps:\n  - name: x\n    working-directory: jobs/train\n    run: cd a && {PLAIN}\n"
    assert launch(text, "ci.yml").argv.folder_hint == "jobs/train/a"


def test_yaml_sentences_are_no_commands() -> None:
    assert not launches("description: Use hf jobs uv run train.py to start\n", "ci.yml")


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        "hf jobs uv run `\n  --flavor l4x1 `\n  train.py\n",
        "hf jobs uv run --flavor 'l4x1' \"train.py\"\n",
        f"& {PLAIN}",
        '& "hf" jobs uv run --flavor l4x1 train.py',
        f"if ($x) {{ {PLAIN} | Out-Null }}",
        f"$id = {PLAIN}",
        f"# {PLAIN}",
        f'Write-Host "{PLAIN}"',
        '$a = @("jobs", "uv", "run", "--flavor", "l4x1", "train.py")\n& hf @a\n',
        '$a = @("jobs", "uv", "run", "--flavor", "l4x1")\n$a += @("train.py")\nhf @A\n',
        '$c = @(\n "hf", "jobs", "uv", "run",\n "--flavor", "l4x1", "train.py"\n)\n& $c[0] $c\n',
    ],
)
def test_powershell(text: str) -> None:
    assert line(launch(text, "run.ps1")) == PLAIN


def test_powershell_unknown_words() -> None:
    text = 'hf jobs uv run --flavor $F "$S/x.py" -- --lr=1e-4 --name $x\n'
    command = launch(text, "run.ps1")
    assert line(command) == "hf jobs uv run --flavor ? ? -- --lr=1e-4 --name ?"
    assert written(command)[6:] == ['"$S/x.py"', "--", "--lr=1e-4", "--name", "$x"]


def test_powershell_conditional_additions_are_unknown() -> None:
    text = '$c = @("hf", "jobs", "uv", "run", "a.py")\nif ($d) { $c += "-d" }\n$c += @("--x")\n'
    assert line(launch(text, "run.ps1")) == "hf jobs uv run a.py ? --x"


@pytest.mark.parametrize(
    "text",
    [
        f"job:\n\t{PLAIN}\n",
        f"job: a b\n\t@-{PLAIN}\n",
        "job:\n\thf jobs uv run \\\n\t  --flavor l4x1 \\\n\t  train.py\n",
        f"job:\n\tcd x && {PLAIN}\n",
        f"job: ; {PLAIN}\n",
        f"# {PLAIN}\n",
        f"LAUNCH := {PLAIN}\n",
        f'help:\n\t@echo "{PLAIN}"\n',
    ],
)
def test_makefile(text: str) -> None:
    assert line(launch(text, "Makefile")) == PLAIN


@pytest.mark.parametrize("name", ["justfile", "Justfile", ".justfile", "jobs.just"])
@pytest.mark.parametrize(
    "text",
    [
        f"job:\n    {PLAIN}\n",
        f"[private]\njob a='b' *c: other\n\techo {{{{a}}}}\n\n\t@-{PLAIN}\n",
        "job:\n  hf jobs uv run \\\n    --flavor l4x1 \\\n    train.py\n",
        f"job:\n    #!/usr/bin/env bash\n    set -e\n    if x; then\n        {PLAIN}\n    fi\n",
        f"job:\n    #!/usr/bin/env python3\n    if x:\n        os.system('{PLAIN}')\n",
        f"# {PLAIN}\njob:\n    echo\n",
        f"job:\r\n    {PLAIN}\r\n",
        f"set shell := ['bash', '-c']\n\njob:\n    {PLAIN}",
    ],
)
def test_justfile(text: str, name: str) -> None:
    assert line(launch(text, name)) == PLAIN


def test_justfile_variables_are_unknown() -> None:
    text = "job *a:\n    hf jobs uv run {{ a }} -e A={{B}} '{{c}}' {{d}}/train.py\n"
    command = launch(text, "justfile")
    assert line(command) == "hf jobs uv run ? -e ? ? ?"
    assert written(command)[4:8] == ["{{ a }}", "-e", "A={{B}}", "'{{c}}'"]


def test_every_line_of_a_recipe_has_a_shell_of_its_own() -> None:
    (command,) = launches(f"job:\n    cd jobs\n    {PLAIN}\n", "justfile")
    assert command.argv.folder_hint is None


def test_makefile_variables_are_unknown() -> None:
    command = launch("job:\n\thf jobs uv run $(FLAGS) -e A=$$B --x=$(X) train.py $@\n", "Makefile")
    assert line(command) == "hf jobs uv run ? -e ? ? train.py ?"
    assert command.script == "train.py"
    assert written(command)[4:8] == ["$(FLAGS)", "-e", "A=$$B", "--x=$(X)"]


@pytest.mark.parametrize(
    "text",
    [
        f"FROM x\nRUN {PLAIN}\n",
        "FROM x\nRUN set -e && \\\n  # no\n  hf jobs uv run \\\n  --flavor l4x1 \\\n  train.py\n",
        f"FROM x\nCMD {LIST}\n",
        f"FROM x\nENTRYPOINT {LIST}\n",
        f"FROM x\nCMD {PLAIN}\n",
        f"FROM x\nRUN <<EOF\n{PLAIN}\nEOF\n",
        f"# {PLAIN}\nFROM x\n",
        f"FROM x\nRUN --mount=type=secret,id=a {PLAIN}\n",
    ],
)
def test_dockerfile(text: str) -> None:
    assert line(launch(text, "Dockerfile")) == PLAIN
