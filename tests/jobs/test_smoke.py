"""The copy of a script that a smoke run runs."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path

import pytest

from tunesmith.errors import UserError
from tunesmith.jobs.smoke import smoke_copy

ROOT = Path(__file__).parents[2]


def changed(text: str) -> str:
    """What is left of a script in its copy, without imports and the functions that were put in."""
    body = ast.parse(smoke_copy(text).text).body
    lines = [ast.unparse(node) for node in body if not is_put_in(node)]
    return "\n".join(line for line in lines if not line.startswith(("import ", "from ", "atexit.")))


def is_put_in(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign):
        target: ast.AST = node.targets[0]
    else:
        target = node.target if isinstance(node, ast.AugAssign) else node
    name = getattr(target, "id", None) or getattr(target, "name", "")
    return name.lower().startswith("smoke")


ADAPTER = (
    "line 4: the adapter that `PeftModel.from_pretrained` loads does not fit a tiny model, unless "
    "this script has saved it before"
)
TRAINER = "from trl import SFTTrainer\nt = SFTTrainer(model=m)\n"
TRAINED = "t = smoke_trainer(SFTTrainer)(model=m)"


@pytest.mark.parametrize(
    ("text", "copy"),
    [
        ("", ""),
        (
            "from trl import SFTConfig as C\nc = C('out', **more)",
            "c = smoke_config(C)('out', **more)",
        ),
        (
            "from transformers import TrainingArguments\na = TrainingArguments('o')",
            "a = smoke_config(TrainingArguments)('o')",
        ),
        ("from trl import ModelConfig\nModelConfig()", "ModelConfig()"),
        (
            "import transformers as tf\nm = tf.AutoModelForCausalLM.from_pretrained(args.model)",
            "m = smoke_from_pretrained(tf.AutoModelForCausalLM.from_pretrained)(args.model)",
        ),
        (
            "from transformers import AutoModelForCausalLM as A\nm = A.from_config(config)",
            "m = smoke_from_config(A.from_config)(config)",
        ),
        (
            "from transformers import AutoTokenizer\nAutoTokenizer.from_pretrained('m')",
            "AutoTokenizer.from_pretrained('m')",
        ),
        (
            "from datasets import load_dataset\nd = load_dataset('d', split='train[:5%]').map(f)",
            "d = smoke_load_dataset('d', split='train[:5%]').map(f)",
        ),
        ("import wandb\nwandb.init(project='p')", "smoke_nothing(project='p')"),
        (
            "import trackio\nwith trackio.init() as run:\n    run.log({})",
            "with smoke_nothing() as run:\n    run.log({})",
        ),
        ("t.push_to_hub()", "smoke_nothing()"),
        ("make().merge().push_to_hub('r', token=x)", "smoke_nothing('r', token=x)"),
        (
            "from huggingface_hub import HfApi\nHfApi().upload_folder(folder_path='o')",
            "smoke_nothing(folder_path='o')",
        ),
        (
            "from huggingface_hub import create_repo\ncreate_repo('r')",
            "smoke_nothing('r')",
        ),
        (
            "from huggingface_hub import login\nlogin(token=os.environ['HF_TOKEN'])",
            "smoke_nothing(token=os.environ['HF_TOKEN'])",
        ),
        ("site.login('me')", "site.login('me')"),
        ("disk.upload_file('x')", "disk.upload_file('x')"),
        ("t.save_model('out')", "t.save_model(smoke_path('out'))"),
        ("t.save_model()", "t.save_model()"),
        (
            "m.save_pretrained(save_directory=a)",
            "m.save_pretrained(save_directory=smoke_path(a))",
        ),
        ("t.train(resume_from_checkpoint=last or True)", "t.train(resume_from_checkpoint=None)"),
        ("trainer.train(last)", "trainer.train(None)"),
        ("model.train(True)", "model.train(True)"),
        ("m.to('cuda:0')", "m.to(smoke_device())"),
        ("m.cuda().eval()", "m.to(smoke_device()).eval()"),
        ("import torch\nd = torch.device('cuda')", "d = torch.device(smoke_device())"),
        (
            "from huggingface_hub import snapshot_download\np = snapshot_download('r')",
            "p = smoke_download('r')",
        ),
    ],
)
def test_what_is_changed(text: str, copy: str):
    expected = f"{TRAINED}\n{copy}".strip()
    assert changed(TRAINER + text) == expected


@pytest.mark.parametrize(
    ("text", "copy"),
    [
        ("from trl import DPOTrainer\nDPOTrainer('m')", "smoke_trainer(DPOTrainer)('m')"),
        ("import trl\ntrl.GRPOTrainer(model=m)", "smoke_trainer(trl.GRPOTrainer)(model=m)"),
        (
            "from trl.experimental.kto import KTOTrainer\nKTOTrainer(m)",
            "smoke_trainer(KTOTrainer)(m)",
        ),
        ("from trl import RewardTrainer as R\nR(m)", "smoke_trainer(R)(m)"),
        ("from transformers import Trainer\nTrainer(m)", "smoke_trainer(Trainer)(m)"),
        (
            "from trl import SFTTrainer\nclass Mine(SFTTrainer):\n    pass\nMine(m)",
            "smoke_trainer(Mine)(m)",
        ),
        (
            """from trl import SFTTrainer as T
class Mine(T):
    def __init__(self, *a):
        super().__init__(*a)
Mine(m)""",
            "smoke_trainer(Mine)(m)",
        ),
        (
            "def main():\n    from trl import SFTTrainer\n    SFTTrainer(m)\nmain()",
            "smoke_trainer(SFTTrainer)(m)",
        ),
    ],
)
def test_every_trainer_is_made_small(text: str, copy: str):
    made = smoke_copy(text).text
    assert copy in made
    assert made.count("smoke_trainer(") == 1
    assert "smoke_trainer(super" not in made


@pytest.mark.parametrize(
    ("text", "start"),
    [
        (TRAINER, "\n# A try-out by Tunesmith"),
        (
            f"# /// script\n# dependencies = []\n# ///\n{TRAINER}",
            "# /// script\n# dependencies = []\n# ///\n\n# A try-out",
        ),
        (
            f'#!/bin/python\n"""Trains."""\nfrom __future__ import annotations\n{TRAINER}',
            '#!/bin/python\n"""Trains."""\nfrom __future__ import annotations\n\n# A try-out',
        ),
        (f"'''a\nb'''  # c\n{TRAINER}", "'''a\nb'''  # c\n\n# A try-out"),
    ],
)
def test_where_the_functions_stand(text: str, start: str):
    made = smoke_copy(text).text
    assert made.startswith(start)
    compile(made, "copy.py", "exec")


def test_the_copy_looks_for_files_beside_the_script(tmp_path: Path):
    (tmp_path / "data.jsonl").touch()
    path = tmp_path / "it's mine.py"
    text = f"{TRAINER}from pathlib import Path\nfound = Path(__file__).with_name('data.jsonl')\n"
    copy = smoke_copy(text, path).text
    place = next(line for line in copy.splitlines() if line.startswith("__file__"))
    known = {"__file__": "elsewhere"}
    exec(place, known)  # what follows needs TRL
    assert Path(known["__file__"]).with_name("data.jsonl").exists()
    assert "__file__" not in smoke_copy(TRAINER, path).text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("print(1)", "train.py makes no trainer of TRL or Transformers"),
        ("print(", "train.py cannot be read: "),
        ("from trl import SFTTrainer", "makes no trainer"),
    ],
)
def test_a_script_that_cannot_be_made_small_is_refused(text: str, message: str):
    with pytest.raises(UserError) as caught:
        smoke_copy(text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("", []),
        (
            "from peft import PeftModel\nPeftModel.from_pretrained(m, 'a')",
            [ADAPTER],
        ),
        (
            "import torch\ntorch.cuda.get_device_name()",
            ["line 4: `torch.cuda.get_device_name` needs an NVIDIA GPU"],
        ),
        (
            "import torch\nif torch.cuda.is_available():\n    torch.cuda.get_device_name()",
            [],
        ),
        (
            "model_class.from_pretrained('m')",
            ["line 3: what `model_class.from_pretrained` loads cannot be told, and stays as it is"],
        ),
        ("import vllm", ["vllm is used as it is: it needs a GPU that it supports"]),
        (
            "import helpers",
            ["helpers.py is used as it is: what it loads, saves or pushes stays real"],
        ),
    ],
)
def test_what_cannot_be_changed_is_said(text: str, notes: Sequence[str]):
    assert list(smoke_copy(TRAINER + text, beside=["helpers", "other"]).notes) == notes


@pytest.mark.parametrize(
    "path",
    sorted(
        {
            *(ROOT / "templates").glob("*/script.py"),
            *(ROOT / "tests/data/qlora_job/scripts").glob("*.py"),
            *(ROOT / "tests/robustness/data").glob("train_*.py"),
        }
    ),
    ids=str,
)
def test_scripts_of_the_repository(path: Path):
    copy = smoke_copy(path.read_text("utf-8"), path)
    compile(copy.text, str(path), "exec")
    assert "smoke_trainer(" in copy.text
    assert ".push_to_hub(" not in copy.text
