"""What would be run, before it is paid for."""

from tunesmith.jobs.plan.make import make_plan

__all__ = ["make_plan"]
