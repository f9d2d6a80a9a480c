"""What the files of a folder tell people to install, where no installer reads them by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tunesmith.knowledge.versions import library
from tunesmith.lint.engine import check
from tunesmith.mentioned_pins import mentioned_in, mentioned_requirements, poetry_requirements
from tunesmith.workspace import Workspace


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("setup.py", '_deps = ["trl>=0.9.6,<0.10", "torch", \'peft[all]==0.8\']',
         ["trl>=0.9.6,<0.10", "peft[all]==0.8"]),
        ("setup.py", '_deps = ["trl @ git+https://github.com/huggingface/trl.git@69ad852e"]',
         ["trl @ git+https://github.com/huggingface/trl.git@69ad852e"]),
        ("setup.py", 'setup(\n    name="trl",\n    version="0.9"\n)', ["trl @ file:."]),
        ("setup.cfg", "install_requires =\n    trl==0.9.6\n    torch\n", ["trl==0.9.6"]),
        ("environment.yml", "dependencies:\n  - transformers=4.36.2\n  - pip:\n    - trl==0.7\n",
         ["transformers==4.36.2", "trl==0.7"]),
        ("Pipfile", '[packages]\ntrl = "==0.9.6"\npeft = {version = "<0.9"}\ntorch = "*"\n',
         ["trl==0.9.6", "peft<0.9"]),
        ("Dockerfile", "RUN pip install -q \\\n  trl==0.9.6 torch && pip install peft==1.0\n",
         ["trl==0.9.6", "peft==1.0"]),
        ("README.md", "Use trl==0.5 or so.\n```\npip install 'trl<0.10' peft\n- peft==0.8\n```\n",
         ["peft==0.8", "trl<0.10"]),
        ("run.sh", "uv pip install git+https://github.com/huggingface/trl.git@abc12\ntrl sft\n",
         ["git+https://github.com/huggingface/trl.git@abc12"]),
        ("start.ipynb", '"source": ["!pip install \\"trl==0.8.6\\" peft\\n"]', ["trl==0.8.6"]),
        ("train.py", "# pip install trl==0.9.6", []),
        ("config.yaml", "- trl==0.9.6", []),
    ],
)  # fmt: skip
def test_requirements_with_a_version(name: str, text: str, expected: list[str]):
    assert list(mentioned_requirements(name, text)) == expected


def test_other_markdown_explains_the_scripts_beside():
    assert list(mentioned_in(["notes.md", "README.md"])) == ["README.md"]
    assert list(mentioned_in(["notes.md", "setup.py"])) == ["setup.py"]
    assert list(mentioned_in(["train.py", "notes.md"])) == ["notes.md"]


def test_poetry_writes_versions_its_own_way():
    table = {
        "dependencies": {"trl": "^0.8.6", "peft": "~1.2.3", "torch": "*", "datasets": "2.18.0"},
        "group": {
            "dev": {"dependencies": {"transformers": {"version": "^4.36", "optional": True}}}
        },
    }
    assert list(poetry_requirements(table)) == [
        "trl>=0.8.6,<0.9",
        "peft>=1.2.3,<1.3",
        "torch",
        "datasets==2.18.0",
        "transformers>=4.36,<5",
    ]


SCRIPT = "import trl\nimport transformers\n"


def trl_in_force(folder: Path, *, text: str = SCRIPT) -> str:
    script = folder / "train.py"
    script.write_text(text)
    workspace = Workspace(folder)
    workspace.scan()
    parsed = workspace.understanding(script).script
    assert parsed
    found = library("trl", parsed, workspace.project)
    return str(found.version) if found.version else "unknown"


def test_a_readme_tells_the_release_where_nothing_stronger_does(tmp_path: Path):
    (tmp_path / "README.md").write_text("pip install trl==0.9.6\n")
    (tmp_path / "requirements.txt").write_text("trl>=0.7\n")
    assert trl_in_force(tmp_path) == "0.9.6"


def test_requirements_count_more_than_a_readme(tmp_path: Path):
    (tmp_path / "README.md").write_text("pip install trl==0.9.6\n")
    (tmp_path / "requirements.txt").write_text("trl==0.12.0\n")
    assert trl_in_force(tmp_path) == "0.12.0"


def test_a_notebook_tells_the_release_of_the_scripts_beside(tmp_path: Path):
    start = '{"cells": [], "metadata": {"run": "!pip install trl==0.9.6"}, "nbformat": 4}'
    (tmp_path / "start.ipynb").write_text(start)
    assert trl_in_force(tmp_path) == "0.9.6"


def test_the_repository_of_a_library_runs_its_own_sources(tmp_path: Path):
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "trl"\n')
    assert trl_in_force(tmp_path) == "unknown"
    (tmp_path / "pyproject.toml").unlink()
    (tmp_path / "setup.cfg").write_text("[metadata]\nname = trl\n")
    assert trl_in_force(tmp_path) == "unknown"


def test_files_that_tell_different_releases_tell_none(tmp_path: Path):
    (tmp_path / "README.md").write_text("pip install trl==0.9.6\n")
    (tmp_path / "Dockerfile").write_text("RUN pip install trl==0.12.0\n")
    assert trl_in_force(tmp_path) == "unknown"


def test_what_is_installed_counts_more_than_a_readme(tmp_path: Path):
    (tmp_path / "README.md").write_text("pip install trl==0.9.6\n")
    site = tmp_path / ".venv" / "lib" / "python3.11" / "site-packages"
    (site / "trl-0.20.0.dist-info").mkdir(parents=True)
    (tmp_path / ".venv" / "pyvenv.cfg").write_text("version = 3.11.7\n")
    assert trl_in_force(tmp_path) == "0.20.0"


def test_a_script_demands_its_release_by_itself(tmp_path: Path):
    demand = "from transformers.utils.versions import require_version\nimport trl\n"
    demand += 'require_version("trl>=0.8.6,<=0.9.6", "To fix: pip install trl==0.9.6")\n'
    assert trl_in_force(tmp_path, text=demand) == "0.9.6"
    (tmp_path / "requirements.txt").write_text("trl>=0.18\n")
    assert trl_in_force(tmp_path, text=demand) == "0.9.6"


@pytest.mark.parametrize(
    ("file", "found"), [("README.md", []), ("requirements.txt", ["unknown-argument"])]
)
def test_what_a_readme_says_is_outdated_where_a_script_uses_more(
    tmp_path: Path, file: str, found: list[str]
):
    (tmp_path / file).write_text(
        "trl==0.9.6\n" if file != "README.md" else "pip install trl==0.9.6\n"
    )
    path = tmp_path / "train.py"
    path.write_text("from trl import SFTTrainer\n\nSFTTrainer('m', processing_class=None)\n")
    workspace = Workspace(tmp_path)
    workspace.scan()
    findings = check(workspace.understanding(path), workspace.project)
    assert [finding.name for finding in findings] == found


def test_a_release_that_the_tables_lack_leaves_the_others_together(tmp_path: Path):
    (tmp_path / "requirements.txt").write_text("torch==2.1.2\ntransformers==4.43.4\ntrl\n")
    assert trl_in_force(tmp_path) == "0.12.2"


def test_the_repository_of_hf_writes_its_own_commands(tmp_path: Path):
    script = tmp_path / "run.sh"
    script.write_text("hf jobs uv run train.py --flavor a10g-small --timeout 1h\n")
    assert "flags-after-script" in findings(tmp_path, script)
    (tmp_path / "setup.cfg").write_text("[metadata]\nname = other\n")
    assert "flags-after-script" in findings(tmp_path, script)
    (tmp_path / "setup.py").write_text('setup(\n    name="huggingface_hub",\n)\n')
    assert "flags-after-script" not in findings(tmp_path, script)


def findings(folder: Path, path: Path) -> set[str]:
    workspace = Workspace(folder)
    workspace.scan()
    return {each.name for each in check(workspace.understanding(path), workspace.project)}


_PACKAGES = "PACKAGES = [\n    'trl==0.29.1',\n    'peft',\n]\n"


@pytest.mark.parametrize(
    "code",
    [
        _PACKAGES + "subprocess.run([sys.executable, '-m', 'pip', 'install', *PACKAGES])\n",
        "image = modal.Image.debian_slim().pip_install(\n    'torch',\n    'trl==0.29.1',\n)\n",
        "os.system('pip install -q trl==0.29.1 peft')\n",
        '"""Trains.\n\npip install "trl==0.29.1" peft\n"""\n',
    ],
)
def test_a_script_gets_the_release_that_it_installs(tmp_path: Path, code: str):
    (tmp_path / "README.md").write_text("pip install trl==0.9.6\n")
    assert trl_in_force(tmp_path, text=code + SCRIPT) == "0.29.1"


def test_requirements_beside_a_script_come_before_what_it_tells(tmp_path: Path):
    (tmp_path / "requirements.txt").write_text("trl==0.9.6\n")
    assert trl_in_force(tmp_path, text='"""pip install trl==0.29.1"""\n' + SCRIPT) == "0.9.6"


def test_what_a_script_only_lists_is_no_installation(tmp_path: Path):
    (tmp_path / "README.md").write_text("pip install trl==0.9.6\n")
    assert trl_in_force(tmp_path, text=_PACKAGES + "print(PACKAGES)\n" + SCRIPT) == "0.9.6"
