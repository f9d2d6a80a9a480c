"""What an account may do, and what machines it is offered."""

from __future__ import annotations

from tunesmith.agent.agent import Agent
from tunesmith.agent.messages import (
    DoctorParams,
    DoctorResult,
    HardwareParams,
    HardwareResult,
    OfferRow,
)
from tunesmith.agent.peer import Request
from tunesmith.jobs.engines import engine


def doctor(agent: Agent, request: Request, params: DoctorParams) -> DoctorResult:
    """Whether the account can do what a script asks for."""
    from tunesmith.jobs.doctor import diagnose

    return diagnose(params, request.account)


def hardware(agent: Agent, request: Request, params: HardwareParams) -> HardwareResult:
    """The machines of an engine, with the prices of now."""
    offers = engine(params.engine, request.account).hardware()
    return HardwareResult(
        [
            OfferRow(
                each.flavor,
                each.title,
                each.dollars,
                f"{each.gpus} x {each.gpu}" if each.gpu else "",
                each.gpu_memory or each.memory,
            )
            for each in offers
        ]
    )
