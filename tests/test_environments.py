"""What is installed, read from files alone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from packaging.version import Version

from tunesmith.environments import environment_beside, environment_of
from tunesmith.platform import active_interpreter
from tunesmith.workspace import Workspace

CONFIG = """\
from dataclasses import dataclass
from transformers import TrainingArguments

@dataclass
class SFTConfig(TrainingArguments):
    shiny: bool = False
"""


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    """A virtual environment with a trl that no table knows."""
    root = tmp_path / ".venv"
    inside = "Lib/site-packages" if sys.platform == "win32" else "lib/python3.11/site-packages"
    packages = root / inside
    (packages / "trl" / "trainer").mkdir(parents=True)
    (root / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.11.4\n")
    (packages / "trl" / "__init__.py").write_text("raise SystemExit('imported')\n")
    (packages / "trl" / "trainer" / "sft_config.py").write_text(CONFIG)
    install(packages, "trl-99.1.dist-info")
    for name in ("Flash_Attn-2.8.3.dist-info", "odd.dist-info", "bad-version.dist-info"):
        (packages / name).mkdir()
    (packages / "trl-99.1.dist-info" / "RECORD").write_text(
        "trl/__init__.py,sha256=x,1\ntrl/trainer/sft_config.py,,\ntrl/gone.py,,\n../../bin/trl,,\n"
    )
    return root


def install(packages: Path, name: str) -> None:
    (packages / name).mkdir()


def site_packages(venv: Path) -> Path:
    return next(path for path in venv.rglob("site-packages"))


def test_releases_are_read_off_names(venv: Path):
    environment = environment_beside(venv.parent)
    assert environment
    assert environment.name == ".venv"
    assert environment.python == Version("3.11.4")
    assert environment.packages == {"trl": Version("99.1"), "flash-attn": Version("2.8.3")}


def test_sources_are_scanned_and_never_imported(venv: Path):
    environment = environment_beside(venv.parent)
    assert environment
    scan = environment.scan("trl")
    assert scan
    assert "shiny" in scan["trl.SFTConfig"].parameters
    assert environment.scan("flash-attn") is None, "it has no RECORD"
    assert environment.scan("peft") is None


def test_an_interpreter_leads_to_its_environment(venv: Path):
    inside = "Scripts/python.exe" if sys.platform == "win32" else "bin/python"
    environment = environment_of(venv / inside)
    assert environment
    assert "trl" in environment.packages
    assert environment_of(venv.parent / "nowhere" / "bin" / "python") is None


def test_a_folder_without_an_environment(tmp_path: Path):
    (tmp_path / "venv").mkdir()
    assert environment_beside(tmp_path) is None


def test_the_activated_environment(monkeypatch: pytest.MonkeyPatch, venv: Path):
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    assert active_interpreter() is None
    monkeypatch.setenv("VIRTUAL_ENV", str(venv))
    active = active_interpreter()
    assert active
    assert environment_of(active) == environment_beside(venv.parent)


def test_a_workspace_sees_what_is_installed_meanwhile(venv: Path):
    script = venv.parent / "train.py"
    script.write_text("import trl\n")
    inside = "Scripts/python.exe" if sys.platform == "win32" else "bin/python"
    workspace = Workspace(venv.parent, interpreter=venv / inside)
    workspace.scan()
    assert workspace.project.today is not None
    install(site_packages(venv), "peft-1.0.dist-info")
    workspace.refresh(script)
    environment = workspace.project.environment_for(workspace.project.root / "train.py")
    assert environment
    assert environment.packages["peft"] == Version("1.0")


def test_an_environment_beside_counts_without_a_selected_interpreter(venv: Path):
    nested = venv.parent / "scripts"
    nested.mkdir()
    project = Workspace(venv.parent).scan()
    environment = project.environment_for(project.root / "scripts" / "train.py")
    assert environment
    assert environment.packages["trl"] == Version("99.1")
