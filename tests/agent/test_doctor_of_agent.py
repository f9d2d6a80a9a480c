"""The agent looks at an account on behalf of who asks."""

from __future__ import annotations

from agent.made import CANARY, User, refusal
from answering_hub import answering
from doctor_hub import add_data, add_model, allow_writes, as_user
from tunesmith.agent import messages
from tunesmith.agent.client import connect_or_start

SCRIPT = """\
# /// script
# dependencies = ["trl==1.16.0", "transformers==5.23.0", "datasets"]
# [tool.hf-jobs]
# secrets = ["WANDB_API_KEY"]
# ///
from datasets import load_dataset
from trl import SFTConfig, SFTTrainer

data = load_dataset("me/chats", split="train")
config = SFTConfig(output_dir="out", push_to_hub=True, hub_model_id="me/tuned")
trainer = SFTTrainer(model="maker/base", args=config, train_dataset=data)
trainer.train()
"""


def test_a_script_and_the_variables_of_who_asks(user: User):
    path = user.folder / "train.py"
    path.write_text(SCRIPT)
    with answering() as hub:
        add_model(hub, "maker/base")
        add_data(hub, "me/chats", ["messages"])
        allow_writes(hub, "models/me/tuned")
        as_user(hub)
        user.account["HF_ENDPOINT"] = hub.url
        with connect_or_start(user.account) as client:  # the real agent: nothing is run

            def ask(*about: object) -> messages.DoctorResult:
                params = messages.DoctorParams(*about)
                return client.ask(messages.DOCTOR, params, messages.DoctorResult)

            found = ask(str(path), None, ["WANDB_API_KEY"])
            assert {each.state for each in found.lines} == {"ok"}
            found = ask(str(path))
            lacking = [each.name for each in found.lines if each.state == "missing"]
            assert lacking == ["secrets"]
            said = refusal(lambda: ask(str(user.folder / "gone.py")))
            assert "gone.py: No such file or directory; give a Python script" in str(said)
        assert {token for _, token in hub.asked} == {f"Bearer {CANARY}"}
