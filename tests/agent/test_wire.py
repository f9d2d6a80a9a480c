"""Messages as JSON and back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent.made import CANARY
from tunesmith.agent import messages
from tunesmith.agent.wire import WireError, from_wire, to_wire

JOB = messages.Job(
    "1", "hf", "RUNNING", "n", "/s.py", None, "", None, None, None, 1.0, None, None, None
)


@pytest.mark.parametrize(
    "message",
    [
        messages.PlanParams(script="/a.py", engine="local", arguments=["--x", "1"], smoke=True),
        messages.SubmitParams("k", ["rule:3"], True, {"HF_TOKEN": "v", "camelCase_name": "w"}),
        messages.JobList([JOB, JOB], ["a problem"]),
        messages.Lines("1", [messages.Line(0, 1.5, "日\n")], gap=True),
        messages.HelloParams(1, "0.1", None, "http://127.0.0.1", True),
        messages.CancelParams("x"),
        messages.CancelParams(3),
    ],
)
def test_there_and_back(message: Any):
    again = from_wire(type(message), json.loads(json.dumps(to_wire(message))))
    assert to_wire(again) == to_wire(message)


def test_names_are_in_camel_case_but_for_those_of_users():
    wire = to_wire(messages.SubmitParams(secrets={"HF_TOKEN": "v"}))
    assert wire == {"key": "", "overridden": [], "consent": False, "secrets": {"HF_TOKEN": "v"}}
    assert "remoteId" in to_wire(JOB)


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (messages.JobParams, 3, "params is 3, expected an object"),
        (messages.JobParams, {"id": 3}, "params.id is 3, expected a string"),
        (messages.JobParams, {"name": "x"}, "params.name is given, expected one of id"),
        (messages.JobsParams, {"limit": True}, "params.limit is True, expected a whole number"),
        (messages.JobsParams, {"limit": 1.5}, "params.limit is 1.5, expected a whole number"),
        (messages.JobsParams, {"all": 1}, "params.all is 1, expected true or false"),
        (
            messages.PlanParams,
            {"engine": "slurm"},
            "params.engine is 'slurm', expected one of hf, local",
        ),
        (messages.PlanParams, {"arguments": "-x"}, "params.arguments is '-x', expected a list"),
        (
            messages.PlanParams,
            {"arguments": ["a", None]},
            "params.arguments[1] is None, expected a string",
        ),
        (messages.Job, {"id": "1"}, "params is incomplete, expected it to have engine, stage"),
    ],
)
def test_what_is_wrong_is_named(kind: type, value: object, message: str):
    with pytest.raises(WireError) as caught:
        from_wire(kind, value)
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (messages.HelloParams, {"token": [CANARY]}),
        (messages.SubmitParams, {"secrets": CANARY}),
        (messages.SubmitParams, {"secrets": [CANARY]}),
        (messages.SubmitParams, {"secrets": {"A": {CANARY: CANARY}}}),
    ],
)
def test_no_secret_is_shown(kind: type, value: object):
    with pytest.raises(WireError) as caught:
        from_wire(kind, value)
    assert CANARY not in str(caught.value)
    assert "a secret (" in str(caught.value)


def test_secrets_have_no_representation():
    assert CANARY not in repr(messages.HelloParams(token=CANARY))
    assert CANARY not in repr(messages.SubmitParams(secrets={"A": CANARY}))


def test_an_answer_of_a_newer_agent_may_have_more():
    wire = {**to_wire(JOB), "colour": "red"}
    assert from_wire(messages.Job, wire, is_answer=True) == JOB
    with pytest.raises(WireError, match="colour"):
        from_wire(messages.Job, wire)


def test_a_long_value_is_cut():
    with pytest.raises(WireError) as caught:
        from_wire(messages.JobsParams, {"limit": "x" * 10_000})
    assert len(str(caught.value)) < 200
