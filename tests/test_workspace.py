"""From a folder to its project: what is read, what is left out, what is set and required."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tunesmith import walk
from tunesmith import workspace as workspace_module
from tunesmith.files import read_document
from tunesmith.lint.engine import check
from tunesmith.platform import project_path
from tunesmith.project import Project, Settings
from tunesmith.sources.document import Document
from tunesmith.walk import find_root
from tunesmith.workspace import Workspace

COMMAND = "hf jobs uv run {} --timeout 2h --flavor l4x1\n"


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def scan(folder: Path, settings: Settings | None = None, **options: object) -> Workspace:
    workspace = Workspace(folder, settings, **options)
    workspace.scan()
    return workspace


def pins(project: Project, path: Path, package: str) -> list[tuple[str, str]]:
    found = project.pins_for(project_path(path), package)
    return [(str(pin.requirement.specifier), pin.origin) for pin in found]


def found(workspace: Workspace) -> set[str]:
    return {path.relative_to(workspace.root).as_posix() for path in workspace.files}


# Which files


def test_environments_caches_and_builds_are_left_out(tmp_path: Path):
    for folder in (".git", "node_modules/x", "build", ".cache", "lib/site-packages", "__pycache__"):
        put(tmp_path, f"{folder}/a.py", "")
    put(tmp_path, "my-env/pyvenv.cfg", "")
    put(tmp_path, "my-env/a.py", "")
    (tmp_path / "conda" / "conda-meta").mkdir(parents=True)
    put(tmp_path, "conda/a.py", "")
    for name in (".github/workflows/ci.yml", "src/a.py", "Makefile", "b.ipynb", "data.csv"):
        put(tmp_path, name, "")

    assert found(scan(tmp_path)) == {".github/workflows/ci.yml", "src/a.py", "Makefile", "b.ipynb"}


def test_excluded_paths_are_left_out_by_every_source_of_settings(tmp_path: Path):
    for name in (
        "a.py",
        "vendor/b.py",
        "src/vendor/c.py",
        "src/gen/d.py",
        "src/y/gen/e.py",
        "old.py",
        "x/e.py",
    ):
        put(tmp_path, name, "")
    put(tmp_path, "pyproject.toml", '[tool.tunesmith]\nexclude = ["vendor/**", "old.*"]\n')
    put(tmp_path, "src/pyproject.toml", '[tool.tunesmith]\nexclude = ["gen"]\n')

    assert found(scan(tmp_path, Settings(exclude=["x/"]))) == {"a.py", "src/vendor/c.py"}
    put(tmp_path, "pyproject.toml", '[tool.tunesmith]\nexclude = ["vendor"]\n')
    assert "src/vendor/c.py" not in found(scan(tmp_path))


def test_links_to_folders_are_not_followed(tmp_path: Path):
    put(tmp_path, "a.py", "")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "link.py").symlink_to("a.py")
    (tmp_path / "broken.py").symlink_to("nowhere")

    assert found(scan(tmp_path)) == {"a.py", "link.py"}


def test_limits_leave_the_rest_out_with_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for number in range(5):
        put(tmp_path, f"{number}.sh", COMMAND.format("train.py"))
    put(tmp_path, "deep/deeper/a.sh", "")
    monkeypatch.setattr(workspace_module, "MAX_FILES", 3)
    workspace = scan(tmp_path)
    assert len(workspace.project.files) == 3
    assert [note.message for note in workspace.notes] == [
        "6 files; commands are looked for in the first 3"
    ]

    monkeypatch.setattr(walk, "MAX_ENTRIES", 5)
    workspace = scan(tmp_path)
    assert "deep/deeper/a.sh" not in found(workspace)
    assert "what lies deeper is not read" in workspace.notes[0].message


def test_a_scan_stops_when_told(tmp_path: Path):
    put(tmp_path, "run.sh", COMMAND.format("train.py"))
    workspace = Workspace(tmp_path)
    workspace.scan(should_stop=lambda: True)

    assert workspace.project.files == {}


# The root


def test_the_root_is_the_repository_then_the_project(tmp_path: Path):
    path = put(tmp_path, "repo/project/src/train.py", "")
    put(tmp_path, "repo/project/pyproject.toml", "")
    assert find_root(path) == tmp_path / "repo" / "project"
    put(tmp_path, "repo/.git", "gitdir: elsewhere")
    assert find_root(path) == tmp_path / "repo"
    assert find_root(tmp_path / "repo") == tmp_path / "repo"


def test_without_marks_the_root_is_the_working_directory_or_the_files_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = put(tmp_path, "a/b/train.py", "")
    monkeypatch.chdir(tmp_path / "a")
    assert find_root(path) == tmp_path / "a"
    monkeypatch.setenv("HOME", str(tmp_path / "a"))
    assert find_root(path) == tmp_path / "a" / "b"
    monkeypatch.chdir("/")
    assert find_root(path) == tmp_path / "a" / "b"


# Which command launches which script


def test_commands_find_scripts_that_mention_nothing_of_ours(tmp_path: Path):
    put(tmp_path, "jobs/run.sh", COMMAND.format("../src/plain.py"))
    put(tmp_path, "README.md", "```bash\n" + COMMAND.format("src/plain.py") + "```\n")
    script = put(tmp_path, "src/plain.py", "import sys\nif '--fast' in sys.argv: pass\n")
    project = scan(tmp_path).project

    launching = project.commands_launching(project_path(script))
    assert {command.path.name for command in launching} == {"run.sh", "README.md"}
    facts = project.files[project_path(script)].script
    assert facts
    assert facts.options == {"--fast"}


def test_calls_find_scripts_that_mention_nothing_of_ours(tmp_path: Path):
    submit = "from huggingface_hub import HfApi\n\nHfApi().run_uv_job('src/plain.py')\n"
    put(tmp_path, "submit.py", submit)
    script = put(tmp_path, "src/plain.py", "import sys\nif '--fast' in sys.argv: pass\n")
    project = scan(tmp_path).project

    facts = project.files[project_path(script)].script
    assert facts
    assert facts.options == {"--fast"}


def test_commands_find_configurations_of_mlx(tmp_path: Path):
    put(tmp_path, "lora.yaml", "model: m\ntrain: true\nadapter_path: adapters\n")
    run = put(tmp_path, "scripts/run.sh", "mlx_lm.lora -c lora.yaml\n")

    workspace = scan(tmp_path)

    findings = check(workspace.understanding(run), workspace.project)
    assert [finding.name for finding in findings] == ["mlx-prompt-not-masked"]


def test_a_file_in_utf_16_is_read(tmp_path: Path):
    (tmp_path / "run.ps1").write_text(COMMAND.format("train.py"), "utf-16")
    put(tmp_path, "train.py", "")
    project = scan(tmp_path).project

    assert project.runs_as_job(project_path(tmp_path / "train.py"))


def test_a_header_says_that_a_script_runs_as_a_job(tmp_path: Path):
    script = put(tmp_path, "train.py", "# /// script\n# [tool.hf-jobs]\n# flavor = 'x'\n# ///\n")

    assert scan(tmp_path).project.runs_as_job(project_path(script))


def test_an_editor_goes_before_the_file_until_it_closes(tmp_path: Path):
    script = put(tmp_path, "train.py", "")
    run = put(tmp_path, "run.sh", "")
    workspace = scan(tmp_path)
    in_editor = Document(project_path(run), read_document(run).kind, COMMAND.format("train.py"))

    workspace.update(run, in_editor)
    assert workspace.project.runs_as_job(project_path(script))
    assert workspace.project.files[project_path(script)].script
    workspace.update(run, None)
    assert not workspace.project.runs_as_job(project_path(script))


def test_refresh_follows_the_disk(tmp_path: Path):
    script = put(tmp_path, "train.py", "")
    workspace = scan(tmp_path)
    run = put(tmp_path, "run.sh", COMMAND.format("train.py"))
    workspace.refresh(run)
    assert workspace.project.runs_as_job(project_path(script))
    run.unlink()
    workspace.refresh(run)
    assert not workspace.project.runs_as_job(project_path(script))

    required = put(tmp_path, "requirements.txt", "trl==0.12.0\n")
    workspace.refresh(required)
    assert pins(workspace.project, script, "trl") == [("==0.12.0", "requirements.txt")]
    required.unlink()
    workspace.refresh(required)
    assert pins(workspace.project, script, "trl") == []


def test_a_file_is_covered_if_a_scan_reads_it(tmp_path: Path):
    (tmp_path / "pyproject.toml").write_text('[tool.tunesmith]\nexclude = ["vendor"]\n')
    (tmp_path / "envs" / "mine").mkdir(parents=True)
    (tmp_path / "envs" / "mine" / "pyvenv.cfg").touch()
    workspace = Workspace(tmp_path)
    workspace.scan()
    assert workspace.covers(tmp_path / "new" / "train.py")
    for name in (
        ".venv/a.py",
        "a/__pycache__/b.py",
        "vendor/a.py",
        "envs/mine/lib/a.py",
        "../a.py",
    ):
        assert not workspace.covers(Path(os.path.abspath(tmp_path / name))), name  # noqa: PTH100


def test_one_file_and_its_folder_agree(tmp_path: Path):
    """What `check train.py` and `check .` say of train.py is the same."""
    put(tmp_path, "pyproject.toml", '[project]\nname = "x"\ndependencies = ["trl<0.10"]\n')
    put(tmp_path, "sub/run.sh", COMMAND.format("train.py"))
    script = put(
        tmp_path,
        "sub/train.py",
        "from huggingface_hub import login\nfrom trl import SFTTrainer\n\n"
        "login()\nSFTTrainer('m', model_init_kwargs={})\n",
    )
    alone = scan(find_root(script))
    whole = scan(tmp_path)

    assert find_root(script) == tmp_path
    by_file = check(alone.understanding(script), alone.project)
    by_folder = check(whole.understanding(script), whole.project)
    assert by_file == by_folder
    assert {finding.name for finding in by_file} == {"login-call", "missing-header"}


# Settings


def test_settings_of_the_nearest_folder_hold(tmp_path: Path):
    put(tmp_path, "pyproject.toml", '[tool.tunesmith]\nignore = ["login-call"]\n')
    put(tmp_path, "new/pyproject.toml", '[tool.tunesmith]\nhf-version = "1.3.0"\n')
    project = scan(tmp_path, Settings(hub_version="0.30.0")).project

    above = project.settings_for(project_path(tmp_path / "a.py"))
    assert above == Settings(frozenset({"login-call"}), "0.30.0")
    assert project.settings_for(project_path(tmp_path / "new" / "a.py")).hub_version == "1.3.0"


def test_a_version_on_the_command_line_goes_before_every_file(tmp_path: Path):
    put(tmp_path, "pyproject.toml", '[tool.tunesmith]\nhf-version = "1.3.0"\n')
    project = scan(tmp_path, hub_version="0.36.0").project

    assert project.settings_for(project_path(tmp_path / "a.py")).hub_version == "0.36.0"


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("ignor = []", "no setting ignor: do you mean ignore?"),
        ("zzz = 1", "known are ignore, hf-version, exclude"),
        ("ignore = 'login-call'", "ignore = 'login-call'; expected rules such as"),
        ("ignore = [1]", "ignore = [1]; expected"),
        ("ignore = ['login-cal']", "do you mean 'login-call'?"),
        ("hf-version = 1.3", "hf-version = 1.3; expected a version such as"),
        ("hf-version = 'newest'", "hf-version = 'newest'; expected"),
        ("exclude = {}", "exclude = {}; expected patterns"),
        ("ignore = ", "no valid TOML"),
    ],
)
def test_wrong_settings_are_told_and_left_out(tmp_path: Path, toml: str, words: str):
    path = put(tmp_path, "pyproject.toml", f"[tool.tunesmith]\n{toml}\n")
    workspace = scan(tmp_path)

    (note,) = workspace.notes
    assert note.path == path
    assert words in note.message
    settings = workspace.project.settings_for(project_path(tmp_path / "a.py"))
    assert settings.hub_version is None
    assert settings.exclude == ()


@pytest.mark.parametrize("toml", ["tool = 1", "[tool]\ntunesmith = 1", "", "[tool.ruff]\na = 1"])
def test_a_pyproject_without_settings_says_nothing(tmp_path: Path, toml: str):
    put(tmp_path, "pyproject.toml", toml)
    workspace = scan(tmp_path)

    assert workspace.notes == []
    assert workspace.project.folders == {}


# Pins

REQUIREMENTS = """\
# what we need
trl==0.12.0 \\
    --hash=sha256:abc \\
    --hash=sha256:def
Flash_Attn>=2  # fast
-r base.txt
-c constraints.txt
--extra-index-url https://example.org/simple
-e .
git+https://github.com/huggingface/peft
https://example.org/x.whl
bitsandbytes @ https://example.org/b.whl
datasets == 3.0 ; python_version > "3.8"
./local
-r requirements.txt
-r missing.txt
"""


def test_requirements_files(tmp_path: Path):
    script = tmp_path / "train.py"
    put(tmp_path, "requirements.txt", REQUIREMENTS)
    put(tmp_path, "base.txt", "accelerate==1.0\n-r requirements.txt\n")
    put(tmp_path, "constraints.txt", "\ufeffpeft<0.14\n")
    project = scan(tmp_path).project

    assert pins(project, script, "trl") == [("==0.12.0", "requirements.txt")]
    assert pins(project, script, "flash-attn") == [(">=2", "requirements.txt")]
    assert pins(project, script, "accelerate") == [("==1.0", "base.txt")]
    constraint, from_git = project.pins_for(project_path(script), "peft")
    assert from_git.requirement.url == "git+https://github.com/huggingface/peft"
    assert (str(constraint.requirement.specifier), constraint.origin) == (
        "<0.14",
        "constraints.txt",
    )
    assert pins(project, script, "datasets") == [("==3.0", "requirements.txt")]
    (by_url,) = project.pins_for(project_path(script), "bitsandbytes")
    assert by_url.requirement.url == "https://example.org/b.whl"


def test_the_nearest_folder_decides(tmp_path: Path):
    put(tmp_path, "requirements.txt", "trl==0.12.0\npeft==0.13\n")
    put(tmp_path, "new/requirements-dev.txt", "trl>=1\n")
    project = scan(tmp_path).project
    script = tmp_path / "new" / "train.py"

    assert pins(project, script, "trl") == [(">=1", "requirements-dev.txt")]
    assert pins(project, script, "peft") == [("==0.13", "requirements.txt")]


def test_pyproject_and_lock(tmp_path: Path):
    put(
        tmp_path,
        "pyproject.toml",
        '[project]\ndependencies = ["trl>=0.12", "oops >> 1"]\n'
        '[project.optional-dependencies]\ntrain = ["peft<1"]\n'
        '[dependency-groups]\ndev = ["datasets", {include-group = "x"}]\n',
    )
    lock = '[[package]]\r\nname = "trl"\r\nversion = "0.13.0"\r\n\r\n[[package]]\nname = "x"\n'
    (tmp_path / "uv.lock").write_bytes(lock.encode())
    workspace = scan(tmp_path)
    script = tmp_path / "train.py"

    assert pins(workspace.project, script, "trl") == [
        (">=0.12", "pyproject.toml"),
        ("==0.13.0", "uv.lock"),
    ]
    assert pins(workspace.project, script, "peft") == [("<1", "pyproject.toml")]
    assert pins(workspace.project, script, "datasets") == [("", "pyproject.toml")]
    assert workspace.notes == []


@pytest.mark.parametrize("data", [b"\xff\xfe\0", b"[" * 100_000, b"\0" * 1000, b"a = 1\n" * 10**5])
def test_odd_files_do_no_harm(tmp_path: Path, data: bytes):
    for name in ("pyproject.toml", "uv.lock", "requirements.txt", "a.py", "b.ipynb", "c.md"):
        (tmp_path / name).write_bytes(data + b"jobs")
    os.mkfifo(tmp_path / "d.py")

    scan(tmp_path)


# Models


def test_the_configuration_of_a_model_in_a_folder(tmp_path: Path):
    script = put(tmp_path, "src/train.py", "")
    config = put(tmp_path, "models/mine/config.json", '{"model_type": "llama", "hidden_size": 8}')
    put(tmp_path, "web/config.json", '{"port": 80}')
    put(tmp_path, "cut/config.json", '{"model_type": "llama", "hid')
    put(tmp_path, "deep/config.json", '{"model_type": ' + "[" * 200_000)
    workspace = scan(tmp_path)
    path = project_path(script)

    assert workspace.project.model_in("./models/mine", path) == {
        "model_type": "llama",
        "hidden_size": 8,
    }
    assert workspace.project.model_in("../models/mine", path)
    for other in ("web", "cut", "deep", "models", "", "https://models/mine"):
        assert workspace.project.model_in(other, path) is None
    config.unlink()
    workspace.refresh(config)
    assert workspace.project.model_in("models/mine", path) is None
