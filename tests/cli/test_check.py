"""`tunesmith check`: what it prints, what it fixes, how it ends."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from tunesmith.cli import main
from tunesmith.sources.document import MAX_CHARACTERS, Document
from tunesmith.sources.understand import Understanding

BAD = "hf jobs uv run --secret HF_TOKEN train.py\n"
FIXED = "hf jobs uv run --secrets HF_TOKEN train.py\n"
LATE = "hf jobs uv run greet.py --flavor l4x1\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(name: str, text: str) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def as_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, object]]:
    main(["check", "--output-format", "json", *arguments])
    return json.loads(capsys.readouterr().out)


def test_text_shows_place_caret_fix_and_summary(capsys: pytest.CaptureFixture[str]):
    put("run.sh", f"# train\n{BAD}")

    assert main(["check", "run.sh"]) == 1
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0].startswith("run.sh:2:16: error secret-singular: ")
    assert lines[1:5] == [
        "  |",
        "2 | hf jobs uv run --secret HF_TOKEN train.py",
        "  |                ^^^^^^^^",
        "  = fix: Write --secrets",
    ]
    assert lines[-1] == "1 error in 1 file. 1 can be fixed with --fix."
    assert err == ""


def test_nothing_found(capsys: pytest.CaptureFixture[str]):
    put("run.sh", FIXED)

    assert main(["check", "."]) == 0
    assert capsys.readouterr().out == "No findings in 1 file.\n"


@pytest.mark.parametrize(
    ("before", "columns"),
    [
        ("\techo; ", 10),
        ("echo '\u65e5\u672c'; ", 13),
        ("echo 'e\u0301'; ", 10),
        ("echo '\U0001f680'; ", 11),
        ("echo '\x1b[31m'; ", 14),
    ],
)
def test_the_caret_stands_below_what_is_found(
    capsys: pytest.CaptureFixture[str], before: str, columns: int
):
    put("run.sh", f"{before}{BAD}")
    main(["check", "run.sh"])

    out = capsys.readouterr().out
    assert "\x1b" not in out
    (line,) = [line for line in out.splitlines() if "^" in line]
    assert line == f"  | {' ' * (columns + len('hf jobs uv run '))}{'^' * len('--secret')}"


def test_long_lines_are_clipped_around_what_is_found(capsys: pytest.CaptureFixture[str]):
    put("run.sh", f"echo {'x' * 500}; {BAD.strip()}; echo {'y' * 500}\n")
    main(["check", "run.sh"])

    lines = capsys.readouterr().out.splitlines()
    text, carets = lines[2], lines[3]
    assert len(text) == len("1 | ") + 120
    assert text[4] == text[-1] == "\N{HORIZONTAL ELLIPSIS}"
    assert text[carets.index("^") : carets.rindex("^") + 1] == "--secret"


def test_a_finding_over_several_lines_shows_the_first(capsys: pytest.CaptureFixture[str]):
    put("run.sh", "hf jobs uv run train.py \\\n  --flavor l4x1 \\\n  --timeout 2h\n")
    main(["check", "run.sh"])

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("run.sh:2:3: warning flags-after-script")
    assert lines[2] == "2 |   --flavor l4x1 \\"
    assert set(lines[3].partition("|")[2].strip()) == {"^"}


def test_json(capsys: pytest.CaptureFixture[str]):
    put("run.sh", f"# \U0001f680\n: '\U0001f680'; {BAD}")
    (finding,) = as_json(capsys, "run.sh")

    assert finding == {
        "code": "LCH002",
        "name": "secret-singular",
        "severity": "error",
        "message": finding["message"],
        "filename": "run.sh",
        "location": {"row": 2, "column": 23},
        "end_location": {"row": 2, "column": 31},
        "cell": None,
        "fix": {
            "applicability": "safe",
            "message": "Write --secrets",
            "edits": [
                {
                    "content": "--secrets",
                    "location": {"row": 2, "column": 23},
                    "end_location": {"row": 2, "column": 31},
                    "cell": None,
                }
            ],
        },
        "alternatives": [],
        "url": finding["url"],
    }
    assert str(finding["url"]).endswith("/secret-singular.md")


def test_json_of_nothing_is_an_empty_list(capsys: pytest.CaptureFixture[str]):
    put("run.sh", "")

    assert as_json(capsys, "run.sh") == []


def notebook_text(*cells: tuple[str, str]) -> str:
    items = [{"cell_type": kind, "metadata": {}, "source": source} for kind, source in cells]
    return json.dumps({"cells": items, "nbformat": 4}, indent=1)


def test_places_in_a_notebook_are_cell_and_row(capsys: pytest.CaptureFixture[str]):
    put("a.ipynb", notebook_text(("markdown", "# Title\n\ntext"), ("code", f"x = 1\n!{BAD}")))
    main(["check", "."])
    assert capsys.readouterr().out.startswith("a.ipynb:cell 2:2:17: error secret-singular")
    (finding,) = as_json(capsys, "a.ipynb")

    assert finding["cell"] == 2
    assert finding["location"] == {"row": 2, "column": 17}


@pytest.mark.parametrize(
    ("text", "fail_on", "status"),
    [
        (BAD, "error", 1),
        (LATE, "error", 0),
        (LATE, "warning", 1),
        (LATE, None, 1),
        ("# tunesmith: ignore[zzz]\njobs\n", None, 0),
        ("# tunesmith: ignore[zzz]\njobs\n", "information", 1),
    ],
)
def test_exit_status(text: str, fail_on: str | None, status: int):
    put("run.sh", text)

    assert main(["check", "run.sh", *(["--fail-on", fail_on] if fail_on else [])]) == status


@pytest.mark.parametrize(
    ("version", "severity"), [("0.36.0", "error"), ("1.3.0", "information"), (None, "warning")]
)
def test_hf_version(capsys: pytest.CaptureFixture[str], version: str | None, severity: str):
    put("run.sh", LATE)
    put("pyproject.toml", '[tool.tunesmith]\nhf-version = "1.0"\n' if version else "")
    (finding,) = as_json(capsys, ".", *(["--hf-version", version] if version else []))

    assert finding["severity"] == severity


@pytest.mark.parametrize("name", ["secret-singular", "LCH002", "login-call,LCH002"])
def test_ignore(name: str):
    put("run.sh", BAD)

    assert main(["check", "run.sh", "--ignore", name]) == 0


# Fixes


def test_fix_writes_what_is_safe_and_reports_the_rest(capsys: pytest.CaptureFixture[str]):
    path = put("run.sh", f"{BAD}# tunesmith: ignore[login-call]\n{LATE}".replace("\n", "\r\n"))

    assert main(["check", "run.sh", "--fix"]) == 0
    text = path.read_bytes().decode()
    assert text.startswith(FIXED.strip() + "\r\n# tunesmith")
    assert text.endswith("hf jobs uv run --flavor l4x1 greet.py\r\n")
    out = capsys.readouterr().out
    assert "unused-suppression" in out
    assert out.endswith(
        "Fixed 2 findings. 1 information in 1 file. 1 can be fixed with --fix --unsafe-fixes.\n"
    )


def test_fixes_that_touch_or_uncover_each_other_are_made_in_rounds():
    path = put("run.sh", "hf jobs uv run greet.py --secret HF_TOKEN --flavor l4x1\n")

    assert main(["check", "run.sh", "--fix"]) == 0
    assert path.read_text() == "hf jobs uv run --secrets HF_TOKEN --flavor l4x1 greet.py\n"


def test_fixes_leave_a_file_that_would_outgrow_the_limit(capsys: pytest.CaptureFixture[str]):
    text = BAD + "#" * (MAX_CHARACTERS - len(BAD))
    path = put("run.sh", text)

    assert main(["check", "run.sh", "--fix"]) == 2
    assert path.read_text() == text
    assert "not fixed: it would have 524,289 characters" in capsys.readouterr().err


def test_unsafe_fixes_are_made_when_asked_for():
    path = put("run.sh", "ls jobs  # tunesmith: ignore[login-call]\n")
    main(["check", "run.sh", "--fix"])
    assert "tunesmith" in path.read_text()
    main(["check", "run.sh", "--fix", "--unsafe-fixes"])

    assert path.read_text() == "ls jobs\n"


def test_fix_in_a_notebook_changes_only_the_source(capsys: pytest.CaptureFixture[str]):
    text = notebook_text(("markdown", "a\n"), ("code", f"x = 1\n!{BAD}"))
    path = put("a.ipynb", text)

    assert main(["check", "--fix", "."]) == 0
    assert path.read_text() == text.replace("--secret ", "--secrets ")


def test_a_fix_in_one_file_counts_for_the_next(capsys: pytest.CaptureFixture[str]):
    """Nothing is launched as a job any more once the command is gone from the script's docs."""
    put("a.sh", BAD)
    put("b.sh", BAD)

    assert main(["check", ".", "--fix"]) == 0
    assert capsys.readouterr().out == "Fixed 2 findings. No findings in 2 files.\n"


def test_diff_changes_nothing(capsys: pytest.CaptureFixture[str]):
    path = put("run.sh", f"ls\n{BAD.strip()}")
    put("a.ipynb", notebook_text(("code", "x = 1"), ("code", f"!{BAD}")))

    assert main(["check", ".", "--diff"]) == 1
    out, err = capsys.readouterr()
    assert out == (
        "--- a.ipynb:cell 2\n+++ a.ipynb:cell 2\n@@ -1 +1 @@\n"
        f"-!{BAD}+!{FIXED}"
        "--- run.sh\n+++ run.sh\n@@ -1,2 +1,2 @@\n ls\n"
        f"-{BAD}\\ No newline at end of file\n+{FIXED}\\ No newline at end of file\n"
    )
    assert err.startswith("2 errors in 2 files.")
    assert path.read_text() == f"ls\n{BAD.strip()}"


def test_a_file_that_cannot_be_written(capsys: pytest.CaptureFixture[str]):
    path = put("run.sh", BAD)
    path.chmod(0o444)

    assert main(["check", "run.sh", "--fix"]) == 2
    out, err = capsys.readouterr()
    assert err == "run.sh: error: not fixed: it is read-only; make it writable first\n"
    assert "secret-singular" in out
    assert path.read_text() == BAD


# Standard input


def give_stdin(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def test_stdin(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    put("run.sh", "")
    put(
        "sub/greet.py",
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--flavor')\n",
    )
    give_stdin(monkeypatch, LATE)
    (finding,) = as_json(capsys, "-", "--stdin-filename", "run.sh")
    assert finding["filename"] == "run.sh"

    give_stdin(monkeypatch, LATE)
    assert as_json(capsys, "-", "--stdin-filename", "sub/run.sh") == []


def test_stdin_fix_goes_to_stdout(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
):
    give_stdin(monkeypatch, f"{BAD}{BAD}".replace("\n", "\r\n"))

    assert main(["check", "-", "--stdin-filename", "run.sh", "--fix"]) == 0
    out, err = capfdbinary.readouterr()
    assert out == f"{FIXED}{FIXED}".replace("\n", "\r\n").encode()
    assert err == b"Fixed 2 findings. No findings in 1 file.\n"
    assert not Path("run.sh").exists()


def test_stdin_diff(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    give_stdin(monkeypatch, BAD)

    assert main(["check", "-", "--stdin-filename", "run.sh", "--diff"]) == 1
    assert f"+{FIXED}" in capsys.readouterr().out


# What goes wrong


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["nope.py"], "nope.py: error: there is no such file or folder"),
        (["data.csv"], "data.csv: error: Tunesmith does not read files of this kind"),
        (["binary.py"], "binary.py: error: it holds NUL bytes, so it is no text file"),
        (["latin.py"], "latin.py: error: line 1 is no valid utf-8: save the file as UTF-8"),
        (["broken.py"], "broken.py: error: line 2: no valid Python 3"),
        (["ok.py", "--hf-version", "newest"], "tunesmith: --hf-version 'newest' is no version"),
        (["ok.py", "--ignore", "zzz"], "tunesmith: --ignore: no rule is called 'zzz'"),
        (["-", "ok.py"], "tunesmith: - stands for stdin and cannot be combined"),
        (["ok.py", "--stdin-filename", "x"], "tunesmith: --stdin-filename needs - as the path"),
    ],
)
def test_mistakes_are_one_clear_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str], line: str
):
    put("data.csv", "")
    put("binary.py", "\0")
    Path("latin.py").write_bytes(b"x = '\xe9'\n")
    put("broken.py", "import trl\nx = (\n")
    put("ok.py", "")

    assert main(["check", *arguments]) == 2
    err = capsys.readouterr().err
    assert err.startswith(line)
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["check", "x.py", "--fail-on", "never"],
        ["check", "x.py", "--output-format", "xml"],
        ["check", "x.py", "--hf-version"],
        ["check", "x.py", "--fixx"],
        ["chek"],
        [],
        ["rule"],
        ["server"],
    ],
)
def test_bad_options_are_one_clear_line(capsys: pytest.CaptureFixture[str], arguments: list[str]):
    with pytest.raises(SystemExit) as caught:
        main(arguments)

    assert caught.value.code == 2
    err = capsys.readouterr().err
    assert err.startswith("tunesmith")
    assert err.count("\n") == 1


def test_what_a_walk_comes_across_does_not_fail(capsys: pytest.CaptureFixture[str]):
    put("binary.py", "\0")
    Path("latin.py").write_bytes(b"x = '\xe9'\n")
    put("broken.py", "import trl\nx = (\n")
    put("run.sh", FIXED)

    assert main(["check", "."]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("No findings in ")
    assert [line.partition(":")[0] for line in err.splitlines()] == ["broken.py", "latin.py"]


def test_the_others_are_checked_when_one_is_missing(capsys: pytest.CaptureFixture[str]):
    put("run.sh", BAD)

    assert main(["check", "nope", "run.sh"]) == 2
    out, err = capsys.readouterr()
    assert "secret-singular" in out
    assert err.startswith("nope: error:")


def test_a_file_named_twice_is_checked_once(capsys: pytest.CaptureFixture[str]):
    put("run.sh", BAD)

    assert len(as_json(capsys, "run.sh", "./run.sh", ".")) == 1


def test_a_folder_that_the_project_leaves_out_is_checked_when_named(
    capsys: pytest.CaptureFixture[str],
):
    put("build/run.sh", BAD)
    put("node_modules/x/run.sh", BAD)

    assert as_json(capsys, ".") == []
    assert [f["filename"] for f in as_json(capsys, "build")] == [str(Path("build/run.sh"))]
    assert len(as_json(capsys, "node_modules/x/run.sh")) == 1


def test_one_file_and_its_folder_agree(capsys: pytest.CaptureFixture[str]):
    put("sub/run.sh", FIXED)
    put("sub/train.py", "from huggingface_hub import login\n\nlogin()\n")
    put("requirements.txt", "trl==0.12\n")

    by_file = as_json(capsys, "sub/train.py")
    by_folder = [f for f in as_json(capsys, ".") if str(f["filename"]).endswith("train.py")]
    assert by_file == by_folder
    assert [finding["name"] for finding in by_file] == ["missing-header", "login-call"]


def test_a_rule_that_raises_is_named_and_the_others_run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    from tunesmith.lint import engine

    def fail(*_: object) -> None:
        raise ZeroDivisionError("oops")

    first, *others = engine.all_rules()
    broken = first._replace(check=fail, sources=frozenset({"LaunchCommand"}), words=())
    monkeypatch.setattr(engine, "all_rules", lambda: (broken, *others))
    put("run.sh", BAD)

    assert main(["check", "run.sh"]) == 2
    out, err = capsys.readouterr()
    assert "secret-singular" in out
    assert err.startswith(f"run.sh: error: rule {first.name}: Tunesmith failed on it (ZeroDivision")
    assert err.endswith(": oops); please report it\n")


def test_a_bug_in_one_file_does_not_hide_the_others(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    from tunesmith import workspace
    from tunesmith.sources.understand import understand

    def fail(document: Document, **options: bool | None) -> Understanding:
        if document.path.name == "a.sh":
            raise ZeroDivisionError("oops")
        return understand(document, **options)

    monkeypatch.setattr(workspace, "understand", fail)
    put("a.sh", BAD)
    put("b.sh", BAD)

    assert main(["check", "."]) == 2
    out, err = capsys.readouterr()
    assert "b.sh:1:16: error secret-singular" in out
    lines = err.splitlines()
    assert lines[0].startswith("a.sh: warning: not indexed: Tunesmith failed on it (ZeroDivision")
    assert lines[1].startswith("a.sh: error: Tunesmith failed on it (ZeroDivisionError at test_che")


def test_settings_that_are_wrong_are_told(capsys: pytest.CaptureFixture[str]):
    put("pyproject.toml", "[tool.tunesmith]\nignores = []\n")
    put("run.sh", FIXED)

    assert main(["check", "run.sh"]) == 0
    err = capsys.readouterr().err
    assert err.startswith("pyproject.toml: warning: [tool.tunesmith] has no setting ignores")


def test_a_file_is_not_told_of_settings_that_do_not_concern_it(
    capsys: pytest.CaptureFixture[str],
):
    put("other/pyproject.toml", "[tool.tunesmith]\nignores = []\n")
    put("run.sh", FIXED)

    assert main(["check", "run.sh"]) == 0
    assert capsys.readouterr().err == ""
    assert main(["check", "run.sh", "."]) == 0
    assert capsys.readouterr().err.count("has no setting ignores") == 1


# Rules


def test_rule_explains(capsys: pytest.CaptureFixture[str]):
    assert main(["rule", "LCH002"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("# secret-singular\n")
    assert "## Why it costs you" in out
    assert main(["rule", "--all"]) == 0
    assert "LCH002  secret-singular" in capsys.readouterr().out
    assert main(["rule", "secret-singula"]) == 2
    assert "do you mean 'secret-singular'?" in capsys.readouterr().err
