"""What would be run, before it is paid for."""

from tunesmith.jobs.plan.make import Planned, make_plan
from tunesmith.jobs.plan.start import Chosen

__all__ = ["Chosen", "Planned", "make_plan"]
