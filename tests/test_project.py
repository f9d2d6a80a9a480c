import pytest
from packaging.requirements import Requirement

from builders import ROOT, project, understood
from tunesmith.project import FolderFacts, Pin, Settings

LAUNCH = "hf jobs uv run --flavor l4x1 {script}\n"
SCRIPT = "import argparse\nargparse.ArgumentParser().add_argument('--name')\n"


@pytest.mark.parametrize(
    ("command", "script"),
    [
        ("run.sh", "train.py"),
        ("run.sh", "./train.py"),
        ("docs/usage.md", "../train.py"),
        ("docs/usage.md", "train.py"),
        ("scripts/run.sh", "train.py"),
    ],
)
def test_a_command_and_its_script_find_each_other(command: str, script: str):
    text = LAUNCH.format(script=script)
    made = project({command: f"```bash\n{text}```\n" if command.endswith(".md") else text,
                    "train.py": SCRIPT})  # fmt: skip
    (found,) = made.commands_launching(ROOT / "train.py")
    assert found.path == ROOT / command
    assert made.script_path(found) == ROOT / "train.py"
    script_facts = made.script(found)
    assert script_facts is not None
    assert "--name" in script_facts.options
    assert made.runs_as_job(ROOT / "train.py")


@pytest.mark.parametrize("script", ["other.py", "https://example.com/train.py", '"$SCRIPT"'])
def test_other_scripts_are_not_taken_for_it(script: str):
    made = project({"run.sh": LAUNCH.format(script=script), "train.py": SCRIPT})
    assert not made.runs_as_job(ROOT / "train.py")


def test_a_folder_that_the_command_changes_to_comes_first():
    made = project(
        {
            "run.sh": "cd inner && hf jobs uv run train.py\n",
            "train.py": "",
            "inner/train.py": SCRIPT,
        }
    )
    assert made.runs_as_job(ROOT / "inner/train.py")
    assert not made.runs_as_job(ROOT / "train.py")


def test_a_script_that_documents_its_own_launch_runs_as_a_job():
    text = '"""Run:\n    hf jobs uv run https://example.com/raw/train.py\n"""\n'
    made = project({"train.py": text})
    assert made.runs_as_job(ROOT / "train.py")


def test_counter_examples_launch_nothing():
    made = project({"run.sh": "# ❌ wrong\n" + LAUNCH.format(script="train.py"), "train.py": ""})
    assert not made.runs_as_job(ROOT / "train.py")


def test_a_change_affects_both_ends():
    made = project({"run.sh": LAUNCH.format(script="train.py"), "train.py": "", "other.py": ""})
    assert made.affected_by(ROOT / "train.py") == {ROOT / "run.sh"}
    assert made.affected_by(ROOT / "run.sh") == {ROOT / "train.py"}
    assert made.affected_by(ROOT / "other.py") == frozenset()
    assert made.with_file(ROOT / "run.sh", None).affected_by(ROOT / "train.py") == frozenset()


def test_the_nearest_folder_sets_and_pins():
    def pin(text: str) -> Pin:
        return Pin(Requirement(text), "requirements.txt")

    made = project(
        {},
        Settings(ignore=frozenset({"login-call"})),
        {
            ".": FolderFacts(Settings(hub_version="1.0"), [pin("trl==0.20"), pin("peft")]),
            "inner": FolderFacts(None, [pin("trl==1.0")]),
        },
    )
    settings = made.settings_for(ROOT / "inner/train.py")
    assert settings.hub_version == "1.0"
    assert settings.ignore == {"login-call"}, "the editor's settings hold as well"
    assert made.pins_for(ROOT / "inner/train.py", "trl") == [pin("trl==1.0")]
    assert made.pins_for(ROOT / "inner/train.py", "peft") == [pin("peft")]
    assert made.pins_for(ROOT / "train.py", "torch") == ()


def test_paths_above_the_root_end_there():
    made = project({"run.sh": LAUNCH.format(script="../../../../train.py"), "train.py": ""})
    (command,) = understood("run.sh", LAUNCH.format(script="../train.py")).commands
    assert made.script_path(command) is None


def test_calls_of_huggingface_hub_launch_scripts():
    submit = "from huggingface_hub import HfApi\nHfApi().run_uv_job('train.py')\n"
    made = project({"train.py": "import trl\n", "submit.py": submit})
    train, launcher = ROOT / "train.py", ROOT / "submit.py"
    assert [launch.path for launch in made.launches_of(train)] == [launcher]
    assert made.commands_launching(train) == ()
    assert made.runs_as_job(train)
    assert made.affected_by(train) == {launcher}
    assert made.affected_by(launcher) == {train}


def test_a_configuration_of_mlx_affects_the_commands_that_read_it():
    files = {"m/run.sh": "mlx_lm.lora -c conf/lora.yaml\n", "conf/lora.yaml": "mask_prompt: true\n"}
    made = project(files | {"other.yaml": "adapter_path: x\n", "run.sh": "mlx_lm.lora --train\n"})
    run, configuration = ROOT / "m/run.sh", ROOT / "conf/lora.yaml"
    assert made.affected_by(configuration) == {run}
    assert made.affected_by(ROOT / "other.yaml") == frozenset()
    found = made.mlx_configuration("conf/lora.yaml", run, None)
    assert found
    assert found.masks_prompt
    assert not found.trains
    assert made.mlx_configuration("lora.yaml", run, None) is None
    assert made.mlx_configuration("lora.yaml", run, "../conf") == found
