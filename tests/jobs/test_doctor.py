"""Doctor's checks: the real client of the Hub against one that answers as it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from answering_hub import Answer, AnsweringHub, answering, as_json
from doctor_hub import (
    DISABLED,
    FORBIDDEN,
    GATED,
    NOT_FOUND,
    NOT_SEEN,
    REFUSED,
    TOKEN,
    add_data,
    add_model,
    allow_writes,
    as_user,
    data_path,
    fine_grained,
    organization,
    whoami,
)
from tunesmith.agent.messages import DoctorLine
from tunesmith.errors import UserError
from tunesmith.jobs import hub_facts
from tunesmith.jobs.account import Account
from tunesmith.jobs.doctor import examine
from tunesmith.one_script import read_script

SCRIPT = """\
# /// script
# dependencies = ["trl==1.16.0", "transformers==5.23.0", "datasets"]
# ///
from datasets import load_dataset
from trl import SFTConfig, SFTTrainer

data = load_dataset("me/chats", split="train")
config = SFTConfig(output_dir="out", push_to_hub=True, hub_model_id="me/tuned")
trainer = SFTTrainer(model="maker/base", args=config, train_dataset=data)
trainer.train()
"""


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AnsweringHub]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "token"))
    with answering() as made:
        monkeypatch.setattr(hub_facts, "viewer", lambda _: made.url)
        add_model(made, "maker/base")
        add_data(made, "me/chats", ["messages"])
        allow_writes(made, "models/me/tuned")
        as_user(made)
        yield made


@pytest.fixture
def look(hub: AnsweringHub, tmp_path: Path) -> Callable[..., Sequence[DoctorLine]]:
    def look(
        script: str | None = SCRIPT,
        namespace: str | None = None,
        token: str | None = TOKEN,
        available: Sequence[str] = (),
    ) -> Sequence[DoctorLine]:
        path = tmp_path / "train.py"
        path.write_text(script or "")
        one = read_script(str(path)) if script else None
        return examine(one, Account(hub.url, token), namespace, available).lines

    return look


def the(lines: Sequence[DoctorLine], name: str) -> DoctorLine:
    """The line so called, of which there is one."""
    (found,) = [each for each in lines if each.name == name]
    assert bool(found.next_step) or found.state != "missing", "what is missing has a next step"
    return found


def test_a_script_that_can_run(look: Callable[..., Sequence[DoctorLine]]):
    lines = look()
    assert [each.name for each in lines] == [
        "login", "token", "plan", "payment", "Jobs", "model", "licence", "data set", "columns",
        "output",
    ]  # fmt: skip
    assert {each.state for each in lines} == {"ok"}
    assert the(lines, "login").message == "signed in as me"
    assert the(lines, "token").message == "write token 'laptop'"
    assert the(lines, "output").message == "me/tuned exists, and you can write to it"


def test_the_account_alone(look: Callable[..., Sequence[DoctorLine]]):
    lines = look(script=None)
    assert [each.name for each in lines] == ["login", "token", "plan", "payment", "Jobs"]


# Login


def test_nobody_is_signed_in(hub: AnsweringHub, look: Callable[..., Sequence[DoctorLine]]):
    hub.answers["/api/models/nobody/sees?expand=gated&expand=private"] = NOT_SEEN
    lines = look(SCRIPT.replace("maker/base", "nobody/sees"), token=None)
    login = the(lines, "login")
    assert (login.state, login.message) == (
        "missing",
        "you are not signed in to the Hub, and the script pushes to the Hub",
    )
    assert "hf auth login" in login.next_step
    assert [each.name for each in lines if each.state == "missing"] == ["login"]
    assert the(lines, "data set").state == "ok", "checks that need no login still run"
    assert the(lines, "columns").state == "ok"
    assert the(lines, "Jobs").message == "Jobs can be reached; to start one takes a login"
    assert "cannot be seen without a login" in the(lines, "model").message
    assert the(lines, "output").state == "unknown"
    assert {token for _, token in hub.asked} == {None}


def test_a_token_that_is_expired(hub: AnsweringHub, look: Callable[..., Sequence[DoctorLine]]):
    """The real Hub refuses such a token at each page, also at public ones."""
    hub.to_tokens = REFUSED
    lines = look()
    assert the(lines, "login").state == "missing"
    assert "the token cannot be used: " in the(lines, "login").message
    assert "Invalid credentials" in the(lines, "login").message
    assert the(lines, "model").state == "ok"
    assert the(lines, "data set").state == "ok"
    assert the(lines, "output").state == "unknown"


def test_a_token_that_no_request_can_carry(look: Callable[..., Sequence[DoctorLine]]):
    lines = look(token=f"{TOKEN}\u20ac\n")
    assert the(lines, "login").state == "missing"
    assert TOKEN not in repr(lines)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ([], "unknown"),
        ({"name": 5}, "unknown"),
        ("me", "unknown"),
        (None, "unknown"),
    ],
)
def test_an_identity_of_another_shape(
    hub: AnsweringHub, look: Callable[..., Sequence[DoctorLine]], content: Any, expected: str
):
    hub.answers["/api/whoami-v2"] = as_json(content)
    assert the(look(script=None), "login").state == expected


# Token, organization, plan, payment


JOBS, WRITE, READ = "job.write", "repo.write", "repo.content.read"


@pytest.mark.parametrize(
    ("content", "state", "words"),
    [
        (whoami("read"), "missing", "read token 'laptop' may neither start jobs nor push"),
        (whoami("write", about={"expiration": "2027-01-02T00:00:00Z"}), "ok", "until 2027-01-02"),
        (
            whoami("fineGrained", about=fine_grained(("me", [JOBS, WRITE, "user.billing.read"]))),
            "ok",
            "fine-grained token 'laptop': job.write, repo.write on me",
        ),
        (
            whoami("fineGrained", about=fine_grained(("me", [WRITE]), ("lab", [JOBS]))),
            "missing",
            "may not start jobs of me: repo.write on me; job.write on lab",
        ),
        (whoami("fineGrained", about=fine_grained()), "missing", "it has no permissions"),
        (whoami("fineGrained", about={"fineGrained": {"scoped": "all"}}), "unknown", "not tell"),
        (whoami("fineGrained", about={"fineGrained": {"scoped": [1]}}), "unknown", "not tell"),
        (whoami("fineGrained", about={"fineGrained": None}), "unknown", "not tell"),
        (whoami("new"), "unknown", "new token 'laptop'"),
        (whoami(None), "unknown", "token of no known role"),
        (whoami(auth={"type": "oauth", "expiresAt": "2027-01-02"}), "unknown", "browser"),
        (whoami(auth="?"), "unknown", "not tell"),
    ],
)
def test_a_token_and_its_role(
    hub: AnsweringHub,
    look: Callable[..., Sequence[DoctorLine]],
    content: Any,
    state: str,
    words: str,
):
    as_user(hub, content)
    found = the(look(script=None), "token")
    assert found.state == state
    assert words in found.message


@pytest.mark.parametrize(
    ("content", "state", "words"),
    [
        (whoami(orgs=[organization()]), "ok", "your role in lab is write"),
        (whoami(orgs=[organization(name="Lab")]), "ok", "your role in lab is write"),
        (whoami(orgs=[organization(roleInOrg="read")]), "missing", "neither starts jobs"),
        (whoami(orgs=[organization(roleInOrg=None)]), "unknown", "does not tell your role"),
        (whoami(orgs=[organization(roleInOrg=["write"])]), "unknown", "does not tell your role"),
        (whoami(orgs=[organization(securityRestrictions=["sso"])]), "missing", "sso"),
        (whoami(), "missing", "me is no member of lab"),
        (whoami(orgs=None), "missing", "me is no member of lab"),
        (whoami("fineGrained"), "unknown", "as far as this token sees"),
    ],
)
def test_the_role_in_an_organization(
    hub: AnsweringHub,
    look: Callable[..., Sequence[DoctorLine]],
    content: Any,
    state: str,
    words: str,
):
    as_user(hub, content)
    found = the(look(script=None, namespace="lab"), "organization")
    assert found.state == state
    assert words in found.message


def test_the_organization_of_the_output(
    hub: AnsweringHub, look: Callable[..., Sequence[DoctorLine]]
):
    as_user(hub, whoami(orgs=[organization(roleInOrg="read")]))
    hub.answers["/api/models/lab/tuned/auth-check/write"] = NOT_FOUND
    lines = look(SCRIPT.replace("me/tuned", "lab/tuned"))
    assert the(lines, "organization").state == "missing"
    assert "your role in lab is read" in the(lines, "output").message
    assert "me: PRO" in the(lines, "plan").message, "the job is the user's own all the same"


@pytest.mark.parametrize(
    ("fields", "plan", "payment"),
    [
        ({}, ("ok", "me: PRO"), ("ok", "me has a payment method")),
        ({"isPro": False}, ("ok", "me: free"), ("ok", "")),
        ({"isPro": None}, ("unknown", "not tell your plan"), ("ok", "")),
        ({"canPay": False}, ("ok", ""), ("missing", "me has no payment method")),
        ({"canPay": "yes"}, ("ok", ""), ("unknown", "does not tell whether me can pay")),
    ],
)
def test_plan_and_payment(
    hub: AnsweringHub,
    look: Callable[..., Sequence[DoctorLine]],
    fields: dict[str, Any],
    plan: tuple[str, str],
    payment: tuple[str, str],
):
    as_user(hub, whoami(**fields))
    lines = look(script=None)
    for name, (state, words) in (("plan", plan), ("payment", payment)):
        assert the(lines, name).state == state
        assert words in the(lines, name).message
    if payment[0] == "missing":
        assert f"{hub.url}/settings/billing" in the(lines, "payment").next_step


@pytest.mark.parametrize(
    ("fields", "state", "words"),
    [
        ({"plan": "team"}, "ok", "lab has the plan team"),
        ({"isEnterprise": True}, "ok", "enterprise"),
        ({"isEnterprise": "plus"}, "ok", "enterprise plus"),
        ({"isEnterprise": False}, "unknown", "does not tell the plan of lab"),
    ],
)
def test_the_plan_of_an_organization(
    hub: AnsweringHub,
    look: Callable[..., Sequence[DoctorLine]],
    fields: dict[str, Any],
    state: str,
    words: str,
):
    as_user(hub, whoami(canPay=True, orgs=[organization(canPay=False, **fields)]))
    lines = look(script=None, namespace="lab")
    assert the(lines, "plan").state == state
    assert words in the(lines, "plan").message
    assert the(lines, "payment").state == "missing", "the organization pays for its jobs"
    assert "/organizations/lab/settings/billing" in the(lines, "payment").next_step


# Jobs, secrets


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        (as_json([]), "ok", "the jobs of me can be reached"),
        (FORBIDDEN, "missing", "you may not see the jobs of me"),
        (Answer(402, b"", {"X-Error-Message": "Add credits"}), "missing", "Add credits"),
        (Answer(404), "missing", "the Hub knows no jobs of me"),
        (Answer(429), "unknown", "status 429"),
        (Answer(503), "unknown", "status 503"),
        (Answer(200, b"<html>"), "unknown", "no JSON"),
    ],
)
def test_whether_jobs_can_be_reached(
    hub: AnsweringHub,
    look: Callable[..., Sequence[DoctorLine]],
    answer: Answer,
    state: str,
    words: str,
):
    hub.answers["/api/jobs/me?stage=RUNNING"] = answer
    found = the(look(script=None), "Jobs")
    assert found.state == state
    assert words in found.message


def test_secrets_have_a_value_here(look: Callable[..., Sequence[DoctorLine]]):
    header = '# [tool.hf-jobs]\n# secrets = ["HF_TOKEN", "WANDB_API_KEY"]\n# ///\nfrom'
    script = SCRIPT.replace("# ///\nfrom", header)
    found = the(look(script), "secrets")
    assert found.state == "missing"
    assert found.message == "WANDB_API_KEY has no value here, and the script asks for it"
    found = the(look(script, available=["WANDB_API_KEY"]), "secrets")
    assert (found.state, found.message) == ("ok", "set here: HF_TOKEN, WANDB_API_KEY")
    found = the(look(script, token=None), "secrets")
    words = "HF_TOKEN, WANDB_API_KEY have no values here, and the script asks for them"
    assert (found.state, found.message) == ("missing", words)
    leaked = look(script.replace("WANDB_API_KEY", TOKEN), available=["HF_TOKEN"])
    assert "is no name of a variable" in repr(leaked)
    assert TOKEN not in repr(leaked), "a secret in place of its name is not repeated"


@pytest.mark.parametrize("namespace", ["a/b", "../me", "?", " "])
def test_a_namespace_that_is_none(look: Callable[..., Sequence[DoctorLine]], namespace: str):
    with pytest.raises(UserError, match="is none; give the name of a user"):
        look(script=None, namespace=namespace)


def test_the_namespace_of_the_header(hub: AnsweringHub, look: Callable[..., Sequence[DoctorLine]]):
    as_user(hub, whoami(orgs=[organization()]))
    script = SCRIPT.replace("# ///\nfrom", '# [tool.hf-jobs]\n# namespace = "lab"\n# ///\nfrom')
    lines = look(script)
    assert the(lines, "Jobs").message == "the jobs of lab can be reached"
    assert the(look(script, namespace="me"), "Jobs").message == "the jobs of me can be reached"


# Models


def test_a_model_that_does_not_exist(hub: AnsweringHub, look: Callable[..., Sequence[DoctorLine]]):
    base = "/api/models/maker/base?expand=gated&expand=private"
    hub.answers[base] = NOT_FOUND
    assert the(look(), "model").state == "missing"
    assert "maker/base does not exist" in the(look(), "model").message
    hub.answers[base] = DISABLED
    assert "disabled" in the(look(), "model").message
    as_user(hub, whoami("fineGrained"))
    hub.answers[base] = NOT_FOUND
    found = the(look(), "model")
    assert (found.state, "this token may not see it" in found.message) == ("unknown", True)


def test_a_model_that_was_renamed(hub: AnsweringHub, look: Callable[..., Sequence[DoctorLine]]):
    query = "?expand=gated&expand=private"
    hub.answers[f"/api/models/gpt2{query}"] = Answer(
        307, b"", {"Location": f"/api/models/openai-community/gpt2{query}"}
    )
    hub.answers["/api/models/gpt2/auth-check"] = Answer(
        307, b"", {"Location": "/api/models/openai-community/gpt2/auth-check"}
    )
    add_model(hub, "openai-community/gpt2")
    lines = look(SCRIPT.replace("maker/base", "gpt2"))
    assert the(lines, "model").state == "ok"
    assert the(lines, "model").next_step == "write openai-community/gpt2 in the script"
    assert the(lines, "licence").state == "ok"


@pytest.mark.parametrize(
    ("user", "answer", "state", "words"),
    [
        (whoami(), Answer(), "ok", "maker/base is gated, and open to you"),
        (whoami(), GATED, "missing", "maker/base is gated, and me has no access to it"),
        (
            whoami("fineGrained", about=fine_grained(canReadGatedRepos=False)),
            GATED,
            "missing",
            "the token may not read gated repositories",
        ),
        (whoami(), Answer(500), "unknown", "status 500"),
        (whoami(), Answer(404), "unknown", "status 404"),
    ],
)
def test_a_gated_model(
    hub: AnsweringHub,
    look: Callable[..., Sequence[DoctorLine]],
    user: Any,
    answer: Answer,
    state: str,
    words: str,
):
    as_user(hub, user)
    add_model(hub, "maker/base", gated="manual")
    hub.answers["/api/models/maker/base/auth-check"] = answer
    found = the(look(), "licence")
    assert found.state == state
    assert words in found.message
    if answer is GATED:
        assert f"{hub.url}/maker/base" in found.next_step


def test_a_gated_model_without_a_login(
    hub: AnsweringHub, look: Callable[..., Sequence[DoctorLine]]
):
    add_model(hub, "maker/base", gated="auto")
    hub.answers["/api/models/maker/base/auth-check"] = GATED
    found = the(look(token=None), "licence")
    assert found.state == "unknown"
    assert "takes a login" in found.message


def test_adapters_are_looked_at_and_results_are_not(
    hub: AnsweringHub, look: Callable[..., Sequence[DoctorLine]]
):
    add_model(hub, "me/adapter", private=True)
    script = SCRIPT.replace(
        "trainer = ",
        "from peft import PeftModel\n"
        "from transformers import AutoModelForCausalLM\n"
        'base = AutoModelForCausalLM.from_pretrained("maker/base")\n'
        'model = PeftModel.from_pretrained(base, "me/adapter", is_trainable=True)\n'
        "trainer = ",
    ).replace('model="maker/base"', "model=model")
    script += 'merged = PeftModel.from_pretrained(base, "me/result")\n'
    lines = [each for each in look(script) if each.name in ("model", "licence")]
    assert [(each.state, each.message) for each in lines] == [
        ("ok", "maker/base exists"),
        ("ok", "maker/base is open to you"),
        ("ok", "me/adapter exists"),
        ("ok", "me/adapter is private, and open to you"),
    ]


def test_a_model_in_a_folder_and_one_that_is_not_told(look: Callable[..., Sequence[DoctorLine]]):
    found = the(look(SCRIPT.replace("maker/base", "./base")), "model")
    assert (found.state, found.message.partition(",")[0]) == (
        "unknown",
        "./base is a folder of this machine",
    )
    found = the(look(SCRIPT.replace('"maker/base"', "sys.argv[1]")), "model")
    assert (found.state, "does not tell which model" in found.message) == ("unknown", True)


# Data sets and columns


def test_a_data_set_that_is_gated_or_gone(
    hub: AnsweringHub, look: Callable[..., Sequence[DoctorLine]]
):
    hub.answers["/api/datasets/me/chats/auth-check"] = GATED
    found = the(look(), "data set")
    assert (found.state, f"{hub.url}/datasets/me/chats" in found.next_step) == ("missing", True)
    hub.answers[data_path("me/chats")] = NOT_FOUND
    lines = look()
    assert "me/chats does not exist on the Hub" in the(lines, "data set").message
    assert the(lines, "columns").state == "unknown"


DPO = SCRIPT.replace("SFT", "DPO")


@pytest.mark.parametrize(
    ("trainer", "columns", "state", "words"),
    [
        ("SFT", ["messages", "id"], "ok", "me/chats has messages, as SFTTrainer reads"),
        ("SFT", ["text"], "ok", "me/chats has text"),
        ("SFT", ["prompt", "completion"], "ok", "me/chats has prompt, completion"),
        ("SFT", ["conversations"], "ok", "conversations"),
        ("SFT", ["input_ids"], "ok", "input_ids"),
        (
            "SFT",
            ["instruction", "output"],
            "missing",
            "reads messages, or prompt with completion, or text; me/chats has instruction, output",
        ),
        ("SFT", ["prompt"], "missing", "me/chats has prompt"),
        ("DPO", ["prompt", "chosen", "rejected"], "ok", "prompt, chosen, rejected"),
        ("DPO", ["chosen", "rejected"], "ok", "chosen, rejected"),
        ("DPO", ["prompt", "chosen"], "missing", "DPOTrainer reads prompt with chosen"),
        ("KTO", ["prompt", "completion", "label"], "ok", "label"),
        ("KTO", ["prompt", "completion"], "missing", "KTOTrainer reads"),
        ("GRPO", ["prompt", "answer"], "ok", "prompt"),
        ("GRPO", ["question"], "missing", "GRPOTrainer reads prompt"),
        ("Reward", ["chosen", "rejected"], "ok", "chosen"),
        ("Reward", ["chosen", "score"], "missing", "RewardTrainer reads"),
    ],
)
def test_the_columns_that_a_trainer_reads(
    hub: AnsweringHub,
    look: Callable[..., Sequence[DoctorLine]],
    trainer: str,
    columns: list[str],
    state: str,
    words: str,
):
    add_data(hub, "me/chats", columns)
    found = the(look(SCRIPT.replace("SFT", trainer)), "columns")
    assert found.state == state
    assert words in found.message


def test_the_column_that_the_configuration_names(
    hub: AnsweringHub, look: Callable[..., Sequence[DoctorLine]]
):
    add_data(hub, "me/chats", ["body"])
    assert the(look(), "columns").state == "missing"
    script = SCRIPT.replace("SFTConfig(", 'SFTConfig(dataset_text_field="body", ')
    assert the(look(script), "columns").state == "ok"


@pytest.mark.parametrize(
    "change", ["data = data.map(shape)", 'data = data.rename_column("body", "text")']
)
def test_columns_that_the_script_changes(
    hub: AnsweringHub, look: Callable[..., Sequence[DoctorLine]], change: str
):
    add_data(hub, "me/chats", ["body"])
    found = the(look(SCRIPT.replace("config = ", f"{change}\nconfig = ", 1)), "columns")
    assert found.state == "unknown"
    assert "makes other columns" in found.message


def test_columns_of_the_viewer(hub: AnsweringHub, look: Callable[..., Sequence[DoctorLine]]):
    add_data(hub, "me/chats", [])
    viewed = "/info?dataset=me%2Fchats"
    features = {"prompt": {"dtype": "string"}, "n": {"dtype": "int64"}}
    split = {"name": "train", "num_bytes": 1, "num_examples": 1}
    hub.answers[viewed] = as_json(
        {"dataset_info": {"default": {"features": features, "splits": {"train": split}}}}
    )
    found = the(look(), "columns")
    assert (found.state, "me/chats has n, prompt" in found.message) == ("missing", True)
    assert (viewed, None) in hub.asked, "another host gets no token"
    for answer in (Answer(404), Answer(500), as_json({"dataset_info": []}), as_json(7)):
        hub.answers[viewed] = answer
        assert the(look(), "columns").state == "unknown"


def test_columns_of_files_beside_the_script(
    tmp_path: Path, hub: AnsweringHub, look: Callable[..., Sequence[DoctorLine]]
):
    (tmp_path / "rows.jsonl").write_text('{"question": "a", "answer": "b"}\n')
    load = 'load_dataset("json", data_files="rows.jsonl", split="train")'
    script = SCRIPT.replace('load_dataset("me/chats", split="train")', load)
    lines = look(script)
    assert "data set" not in [each.name for each in lines]
    assert the(lines, "columns").message.endswith("rows.jsonl has answer, question")
    assert the(lines, "columns").state == "unknown", "there may be input_ids, which have no text"
    assert the(look(script.replace("SFT", "GRPO")), "columns").state == "missing"
    (tmp_path / "rows.jsonl").write_text('{"text": "a", "prompt": "b", "completion": "c"}\n')
    assert the(look(script), "columns").state == "ok"
    assert the(look(script.replace("SFT", "KTO")), "columns").state == "ok"
    gone = look(script.replace("rows.jsonl", "gone.jsonl"))
    assert the(gone, "columns").state == "unknown"
    assert not any("gone.jsonl" in path for path, _ in hub.asked)


def test_a_data_set_that_is_not_told(look: Callable[..., Sequence[DoctorLine]]):
    script = SCRIPT.replace('load_dataset("me/chats", split="train")', "rows()")
    found = the(look(script), "data set")
    assert (found.state, "leaves open which data set" in found.message) == ("unknown", True)


# Outputs


@pytest.mark.parametrize(
    ("user", "state", "words"),
    [
        (whoami(), "ok", "me/tuned does not exist yet: it can be made"),
        (whoami("read"), "missing", "the token may make nothing in me"),
        (
            whoami("fineGrained", about=fine_grained(("me", [READ]))),
            "missing",
            "the token may make nothing in me",
        ),
        (
            whoami("fineGrained", about=fine_grained(("me", [WRITE]))),
            "ok",
            "it can be made",
        ),
        (
            whoami("fineGrained", about=fine_grained(("me", ["repo.contribute"]))),
            "ok",
            "it can be made",
        ),
        (whoami("fineGrained"), "unknown", "does not tell whether you may make it"),
        (whoami(auth={"type": "oauth"}), "unknown", "does not tell whether you may make it"),
    ],
)
def test_an_output_that_does_not_exist(
    hub: AnsweringHub,
    look: Callable[..., Sequence[DoctorLine]],
    user: Any,
    state: str,
    words: str,
):
    as_user(hub, user)
    hub.answers["/api/models/me/tuned/auth-check/write"] = NOT_FOUND
    found = the(look(), "output")
    assert found.state == state
    assert words in found.message


@pytest.mark.parametrize(
    ("user", "state", "words"),
    [
        (whoami(orgs=[organization()]), "ok", "it can be made"),
        (whoami(orgs=[organization(roleInOrg="contributor")]), "ok", "it can be made"),
        (whoami(orgs=[organization(roleInOrg="read")]), "missing", "your role in lab is read"),
        (whoami(orgs=[organization(roleInOrg=None)]), "unknown", "whether you may make it"),
        (whoami(), "missing", "lab is neither you nor an organization of yours"),
        (whoami("fineGrained"), "unknown", "lab is neither you nor an organization of yours"),
    ],
)
def test_an_output_of_an_organization(
    hub: AnsweringHub,
    look: Callable[..., Sequence[DoctorLine]],
    user: Any,
    state: str,
    words: str,
):
    as_user(hub, user)
    hub.answers["/api/models/lab/tuned/auth-check/write"] = NOT_FOUND
    found = the(look(SCRIPT.replace("me/tuned", "lab/tuned")), "output")
    assert found.state == state
    assert words in found.message


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        (FORBIDDEN, "missing", "you may not write to it"),
        (GATED, "missing", "you may not write to it"),
        (Answer(500), "unknown", "status 500"),
        (Answer(404), "unknown", "status 404"),
        (Answer(429), "unknown", "status 429"),
    ],
)
def test_an_output_that_cannot_be_written_to(
    hub: AnsweringHub,
    look: Callable[..., Sequence[DoctorLine]],
    answer: Answer,
    state: str,
    words: str,
):
    hub.answers["/api/models/me/tuned/auth-check/write"] = answer
    found = the(look(), "output")
    assert found.state == state
    assert words in found.message


def test_each_place_that_a_script_pushes_to(
    hub: AnsweringHub, look: Callable[..., Sequence[DoctorLine]]
):
    for path in ("models/me/out", "models/me/merged", "datasets/me/rows", "spaces/me/board"):
        allow_writes(hub, path)
    script = SCRIPT.replace('hub_model_id="me/tuned"', 'trackio_space_id="board"') + (
        'trainer.push_to_hub("done/now")\n'
        'trainer.model.push_to_hub("me/merged")\n'
        'data.push_to_hub(repo_id="me/rows")\n'
    )
    found = [each.message for each in look(script) if each.name == "output"]
    told = " exists, and you can write to it"
    assert [each.removesuffix(told) for each in found] == [
        "me/out", "me/merged", "the data set me/rows", "the Space me/board",
    ]  # fmt: skip
