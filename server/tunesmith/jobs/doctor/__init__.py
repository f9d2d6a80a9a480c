"""Whether an account can do what a script asks for, before a job is paid for."""

from tunesmith.jobs.doctor.diagnose import Limits, diagnose, examine

__all__ = ["Limits", "diagnose", "examine"]
