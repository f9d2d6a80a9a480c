from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from builders import ROOT, project, understood
from tunesmith.knowledge import tables, versions
from tunesmith.knowledge.releases import releases
from tunesmith.knowledge.scan.types import Scan, Signature
from tunesmith.project import Environment, FolderFacts, Pin, Project, Settings
from tunesmith.sources.document import CellKind, notebook
from tunesmith.sources.requirements import read_requirement
from tunesmith.sources.understand import understand

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


@pytest.mark.parametrize(
    ("install", "version"),
    [
        ('run([sys.executable, "-m", "pip", "install", "-r", "requirements.txt"])\n', None),
        ("", str(NEWEST)),
    ],
)
def test_nobody_can_tell_what_a_script_installs_over_its_header(install: str, version: str | None):
    found = trl_in_force(header("huggingface-hub") + install)
    assert (str(found.version) if found.version else None) == version


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


# The layers of a script with a header

TRL_0_20 = header("trl==0.20.0")


def in_force(
    files: Mapping[str, str],
    package: str = "trl",
    folders: Mapping[str, FolderFacts] | None = None,
    environment: Environment | None = None,
) -> versions.InForce:
    """What train.py among these files gets."""
    made = project(files, folders=folders)
    made = Project(made.root, made.files, made.folders, environment=environment)
    script = understood("train.py", files["train.py"]).script
    assert script is not None
    return versions.library(package, script, made)


def pins(origin: str, *requirements: str) -> list[Pin]:
    read = (read_requirement(text) for text in requirements)
    return [Pin(requirement, origin) for requirement in read if requirement]


def locked(*requirements: str) -> Mapping[str, FolderFacts]:
    return {".": FolderFacts(locks={"train.py": pins("train.py.lock", *requirements)})}


def test_the_lock_of_a_script_decides_where_the_header_admits_it():
    script = {"train.py": header("trl") + "import trl\n"}
    found = in_force(script, folders=locked("trl==0.21.0"))
    assert str(found) == "trl 0.21.0, locked in train.py.lock"
    newer = {"train.py": header("trl>=0.22") + "import trl\n"}
    assert in_force(newer, folders=locked("trl==0.21.0")).version == NEWEST


def test_a_job_gets_the_script_without_its_lock():
    script = {"train.py": header("trl"), "run.sh": "hf jobs uv run train.py\n"}
    assert in_force(script, folders=locked("trl==0.21.0")).version == NEWEST


@pytest.mark.parametrize(
    ("launch", "version"),
    [
        ("hf jobs uv run --with trl==0.19.0 train.py", "0.19.0"),
        ("hf jobs uv run --with=trl==0.19.0,peft train.py", "0.19.0"),
        ("hf jobs uv run --with peft train.py", "0.20.0"),
        ("hf jobs uv run --with trl train.py", "0.20.0"),
        ('hf jobs uv run --with "$TRL" train.py', None),
        ("hf jobs uv run -e PYTHONPATH=/usr/lib train.py", None),
        ("hf jobs uv run -e UV_PRERELEASE=allow train.py", None),
        ("hf jobs uv run -e HF_HOME=/tmp train.py", "0.20.0"),
        ("hf jobs run pytorch/pytorch python train.py", None),
        ("hf jobs run img bash -c 'pip install trl && python train.py'", None),
    ],
)
def test_with_lies_over_the_header(launch: str, version: str | None):
    found = in_force({"train.py": TRL_0_20, "run.sh": f"{launch}\n"})
    assert (str(found.version) if found.version else None) == version


def test_ways_to_launch_that_disagree_are_unknown():
    agree = "hf jobs uv run --with trl==0.19.0 train.py\n"
    both = {"train.py": TRL_0_20, "run.sh": agree, "other.sh": agree}
    assert in_force(both).version == Version("0.19.0")
    found = in_force({**both, "other.sh": "hf jobs uv run train.py\n"})
    assert found.version is None
    assert "0.19.0 or 0.20.0" in found.reason


CALL = "from huggingface_hub import run_uv_job\nrun_uv_job('train.py'{})\n"


@pytest.mark.parametrize(
    ("arguments", "version"),
    [
        (", dependencies=['trl==0.19.0']", "0.19.0"),
        ("", "0.20.0"),
        (", dependencies=None", "0.20.0"),
        (", dependencies=load()", None),
        (", dependencies=['trl==0.19.0', *more]", None),
        (", env={'PYTHONPATH': '/x'}", None),
    ],
)
def test_calls_of_huggingface_hub_launch_too(arguments: str, version: str | None):
    found = in_force({"train.py": TRL_0_20, "submit.py": CALL.format(arguments)})
    assert (str(found.version) if found.version else None) == version


def test_what_with_brings_is_preferred_as_the_header_has_it():
    script = header("trl==0.20.0", "transformers==4.55.0")
    files = {"train.py": script, "run.sh": "hf jobs uv run --with trl==0.21.0 train.py\n"}
    assert in_force(files, "transformers").version == Version("4.55.0")
    files["run.sh"] = "hf jobs uv run --with trl==1.0.0 train.py\n"
    found = in_force(files, "transformers")
    assert found.version is not None
    assert found.version >= Version("4.56.2"), "trl 1.0 needs it"


UV = """\
# /// script
# requires-python = ">=3.10"
# dependencies = [{dependencies}]
# [tool.uv]
# {settings}
# ///
import trl
"""


@pytest.mark.parametrize(
    ("dependencies", "settings", "version"),
    [
        ('"trl"', 'exclude-newer = "2025-01-01"', "0.13.0"),
        ('"trl"', 'exclude-newer = "2024-06-08T12:00:00Z"', "0.9.4"),
        ('"trl"', 'exclude-newer-package = { trl = "2025-01-01" }', "0.13.0"),
        ('"trl"', 'constraint-dependencies = ["trl<0.13"]', "0.12.2"),
        ('"trl==1.0.0"', 'override-dependencies = ["trl==0.20.0"]', "0.20.0"),
        ('"trl>=0.19,<0.21"', 'resolution = "lowest"', "0.19.0"),
        ('"trl"', 'sources.trl = { git = "https://example.com/trl" }', None),
        ('"trl"', 'sources.trl = [{ index = "other" }]', None),
        ('"trl"', 'extra-index-url = ["https://user:secret@example.com/simple"]', None),
        ('"trl==0.20.0"', 'extra-index-url = ["https://example.com/simple"]', "0.20.0"),
        ('"trl==0.20.0"', 'index = [{ url = "https://pytorch.example/whl" }]', "0.20.0"),
        ('"trl<0.13"', 'index = [{ url = "https://x.test/s", explicit = true }]', "0.12.2"),
    ],
)
def test_settings_of_uv(dependencies: str, settings: str, version: str | None):
    found = in_force({"train.py": UV.format(dependencies=dependencies, settings=settings)})
    assert (str(found.version) if found.version else None) == version
    assert "secret" not in found.reason
    assert not found.is_assumed


def test_the_index_of_pytorch_holds_the_family_of_torch_alone():
    settings = 'index = [{ url = "https://pytorch.example/whl/cu128" }]'
    files = {"train.py": UV.format(dependencies='"torch", "trl<0.13"', settings=settings)}
    assert in_force(files, "torch").version is None
    assert in_force(files).version == Version("0.12.2")


def test_a_project_around_sets_dates_for_scripts_that_run_here():
    around = {".": FolderFacts(uv={"exclude-newer": "2025-01-01"})}
    files = {"train.py": header("trl")}
    assert in_force(files, folders=around).version == Version("0.13.0")
    job = {**files, "run.sh": "hf jobs uv run train.py\n"}
    assert in_force(job, folders=around).version == NEWEST


def test_durations_count_back_from_today():
    text = UV.format(dependencies='"trl"', settings='exclude-newer = "30 days"')
    script = understood("train.py", text).script
    assert script is not None
    made = Project(ROOT, today=date(2025, 1, 25))
    assert versions.library("trl", script, made).version == Version("0.13.0")


def test_markers_and_extras():
    only_mac = header("trl==0.20.0; sys_platform == 'darwin'", "trl<0.13; sys_platform == 'linux'")
    assert trl_in_force(only_mac).version == Version("0.12.2")
    files = {"train.py": header("trl[peft]==0.20.0") + "import peft\n"}
    found = in_force(files, "peft")
    assert found.version is not None
    assert "trl 0.20.0" in found.reason


def test_requirements_that_clash():
    text = header("trl==1.0.0", "transformers==4.40.0")
    script = understood("train.py", text).script
    assert script is not None
    found = versions.library("trl", script, project({}))
    assert found.version is None
    assert "cannot be installed together" in found.reason
    (clash,) = versions.clashes(script, project({}))
    assert any("transformers" in str(cause) for cause in clash)


def test_a_header_that_cannot_be_read_says_nothing():
    assert trl_in_force("# /// script\n# dependencies = [\n# ///\n").version is None


# Scripts without a header


def test_what_is_installed_counts_where_the_files_admit_it():
    venv = Environment(".venv", Version("3.11"), {"trl": Version("0.19.0")})
    script = {"train.py": "import trl\n"}
    assert str(in_force(script, environment=venv)) == "trl 0.19.0, installed in .venv"
    beside = {".": FolderFacts(pins=pins("requirements.txt", "trl>=0.18"))}
    assert in_force(script, folders=beside, environment=venv).version == Version("0.19.0")
    newer = {".": FolderFacts(pins=pins("requirements.txt", "trl==0.20.0"))}
    assert in_force(script, folders=newer, environment=venv).version == Version("0.20.0")
    nested = {".": FolderFacts(environment=venv)}
    assert in_force(script, folders=nested).version == Version("0.19.0")


def test_what_is_installed_here_does_not_count_for_jobs_and_headers():
    venv = Environment(".venv", Version("3.11"), {"trl": Version("0.19.0")})
    job = {"train.py": "import trl\n", "run.sh": "hf jobs uv run --with trl train.py\n"}
    assert in_force(job, environment=venv).version == NEWEST
    assert in_force({"train.py": header("trl")}, environment=venv).version == NEWEST


def test_an_installed_release_that_the_tables_lack_is_known_once_it_is_scanned():
    newer = {"trl": Version("99.0")}
    scanned: Scan = {"trl.SFTConfig": Signature("trl.trainer.sft_config")}
    script = {"train.py": "import trl\n"}
    unread = in_force(script, environment=Environment(".venv", None, newer))
    assert unread.version is None
    assert "99.0" in unread.reason
    read = in_force(script, environment=Environment(".venv", None, newer, lambda _: scanned))
    assert (read.version, read.scan) == (Version("99.0"), scanned)


def test_files_that_contradict_each_other_decide_one_by_one():
    beside = pins("requirements.txt", "trl==1.0.0", "transformers==4.40.0")
    folders = {".": FolderFacts(pins=beside)}
    found = in_force({"train.py": "import trl\n"}, folders=folders)
    assert found.version == Version("1.0.0")


def cells(
    *sources: str, environment: Environment | None = None, package: str = "trl"
) -> versions.InForce:
    document = notebook(ROOT / "train.ipynb", [(CellKind.CODE, source) for source in sources])
    understanding = understand(document, relevant=True)
    assert understanding.script is not None
    made = Project(ROOT, environment=environment)
    return versions.library(package, understanding.script, made)


def test_pip_leaves_what_is_installed_unless_it_is_told_to_upgrade():
    venv = Environment(".venv", None, {"trl": Version("0.19.0")})
    assert cells("!pip install trl", environment=venv).version == Version("0.19.0")
    assert cells("!pip install 'trl>=0.20,<0.21'", environment=venv).version == Version("0.20.0")
    assert cells("!pip install -U trl", environment=venv).version == NEWEST


@pytest.mark.parametrize(
    ("sources", "version"),
    [
        (["!pip install -q trl==0.20.0", "import trl"], "0.20.0"),
        (["!pip -q install trl==0.20.0"], "0.20.0"),
        (["!pip --disable-pip-version-check -q install trl==0.20.0"], "0.20.0"),
        (["%pip install 'trl<0.13'"], "0.12.2"),
        (["!uv pip install --system \\\n  'trl==0.20.0'"], "0.20.0"),
        (["!{sys.executable} -m pip install trl==0.20.0"], "0.20.0"),
        (["%%bash\npip install -U pip\npip install trl==0.20.0"], "0.20.0"),
        (["%%capture\n!pip install trl==0.20.0"], "0.20.0"),
        (["!pip install trl==0.20.0", "!pip install trl==0.19.0"], "0.19.0"),
        (["!pip install trl==0.20.0", "!pip install trl"], "0.20.0"),
        (["!pip install trl==0.20.0", "!pip install -U trl"], str(NEWEST)),
        (["!pip install trl==0.20.0", "!pip install 'trl>=0.19' peft"], "0.20.0"),
        (["!pip install --no-deps trl==0.20.0 transformers==4.40.0"], "0.20.0"),
        (["!pip install --no-deps trl==0.20.0 {xformers}"], "0.20.0"),
        (["!pip install peft {xformers}"], None),
        (["!pip install -r missing.txt"], None),
        (["!pip install git+https://example.com/trl.git"], None),
        (["!pip install -U trl -i https://example.com/simple"], None),
        (["# !pip install trl==0.20.0"], str(NEWEST)),
        (["!pip show trl==0.20.0"], str(NEWEST)),
        (["x = 1"], str(NEWEST)),
    ],
)
def test_pip_cells(sources: list[str], version: str | None):
    found = cells(*sources, "import trl")
    assert (str(found.version) if found.version else None) == version


@pytest.mark.parametrize(
    ("line", "version"),
    [
        (r"get_ipython().system('pip install -q \'trl==0.20.0\' peft')", "0.20.0"),
        ('get_ipython().run_line_magic("pip", "install trl==0.20.0")', "0.20.0"),
        (r"get_ipython().run_cell_magic('bash', '', 'cd x\npip install trl==0.20.0')", "0.20.0"),
        (r"get_ipython().run_cell_magic('capture', '', 'a\n!pip install trl==0.20.0')", "0.20.0"),
        ("# get_ipython().run_cell_magic('time', '', '!pip install trl==0.20.0')", "0.20.0"),
        (
            "get_ipython().run_cell_magic('time', '', 'x = \"pip install trl==0.20.0\"')",
            str(NEWEST),
        ),
        ("print('pip install trl==0.20.0', get_ipython())", str(NEWEST)),
    ],
)
def test_a_script_that_was_a_notebook_says_what_its_cells_installed(line: str, version: str):
    assert str(in_force({"train.py": f"{line}\nimport trl\n"}).version) == version


@pytest.mark.parametrize(
    ("named", "version"), [("unsloth", None), ("unsloth==2025.8.8", "2025.8.8")]
)
def test_what_is_installed_without_its_dependencies_is_not_bound_by_them(
    named: str, version: str | None
):
    """`pip install transformers==5.15.0` behind it takes no older unsloth."""
    sources = (f"!pip install --no-deps {named}", "!pip install transformers==5.15.0", "import trl")
    found = cells(*sources, package="unsloth")
    assert (str(found.version) if found.version else None) == version


def test_requirements_files_of_pip_cells():
    document = notebook(ROOT / "train.ipynb", [(CellKind.CODE, "!pip install -r requirements.txt")])
    understanding = understand(document, relevant=True)
    assert understanding.script is not None
    folders = {ROOT: FolderFacts(pins=pins("requirements.txt", "trl==0.20.0"))}
    found = versions.library("trl", understanding.script, Project(ROOT, folders=folders))
    assert found.version == Version("0.20.0")


# The Python


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({"train.py": header("trl"), "run.sh": "hf jobs uv run train.py\n"}, "3.12"),
        ({"train.py": header("trl"), "run.sh": "hf jobs uv run -p 3.11 train.py\n"}, "3.11"),
        ({"train.py": header("trl"), "run.sh": "hf jobs uv run -p python3.13 train.py\n"}, "3.13"),
        ({"train.py": header("trl"), "run.sh": "hf jobs uv run --image x/y train.py\n"}, None),
        (
            {
                "train.py": header("trl"),
                "run.sh": "hf jobs uv run --image g/uv:python3.10-x train.py\n",
            },
            "3.10",
        ),
        ({"train.py": '# /// script\n# requires-python = ">=3.13"\n# ///\n'}, "3.13"),
        (
            {
                "train.py": '# /// script\n# requires-python = "<3.12"\n# ///\n',
                "run.sh": "hf jobs uv run train.py\n",
            },
            "3.11",
        ),
        ({"train.py": '# /// script\n# [tool.hf-jobs]\n# python = "3.10"\n# ///\n'}, "3.10"),
        ({"train.py": "import trl\n"}, None),
    ],
)
def test_the_python(files: Mapping[str, str], version: str | None):
    script = understood("train.py", files["train.py"]).script
    assert script is not None
    found = versions.python(script, project(files))
    assert (str(found.version) if found.version else None) == version


def test_the_python_of_the_selected_interpreter():
    venv = Environment(".venv", Version("3.9.1"), {})
    script = understood("train.py", "import trl\n").script
    assert script is not None
    made = Project(ROOT, environment=venv)
    assert versions.python(script, made).version == Version("3.9.1")
    trl = versions.library("trl", script, made)
    assert trl.version is not None
    assert trl.version < Version("1.0"), "later ones need Python 3.10"


# Staleness


def test_what_is_assumed_to_be_the_newest():
    assert trl_in_force("").is_assumed
    assert trl_in_force(header("trl>=0.12")).is_assumed
    assert not trl_in_force(header(f"trl=={NEWEST}")).is_assumed
    assert not trl_in_force(header("trl<0.13")).is_assumed
    assert not trl_in_force(header("trl @ git+https://example.com/trl")).is_assumed


def test_tables_are_stale_after_a_month():
    day = tables.date()
    assert versions.stale_since(Project(ROOT)) is None
    assert versions.stale_since(Project(ROOT, today=day + timedelta(days=30))) is None
    assert versions.stale_since(Project(ROOT, today=day + timedelta(days=31))) == day
