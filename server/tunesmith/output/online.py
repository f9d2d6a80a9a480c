"""`--online`: what an estimate lacks, from the Hub."""

from __future__ import annotations

import sys
from collections.abc import Callable

from tunesmith.errors import UserError
from tunesmith.estimate.script import trainings_of
from tunesmith.estimate.script.data_plan import origins
from tunesmith.hub import NoConnectionError, fetch_data, fetch_model, fetch_prices
from tunesmith.hub_cache import is_model_id
from tunesmith.one_script import OneScript
from tunesmith.output.text_format import printable
from tunesmith.sources.data_set import Origin


def fetch_missing(one: OneScript) -> None:
    """Fetch prices, models that are not known for sure, and the sizes of data sets.

    What cannot be had is told on standard error; the estimate goes on without it.
    """
    try:
        _fetch(fetch_prices)
        trainings = trainings_of(one.script, one.project)
        unsure = (it for it in trainings if not it.is_shape_certain)
        for model_id in dict.fromkeys(it.model_id for it in unsure if it.model_id):
            if is_model_id(model_id):
                _fetch(fetch_model, model_id)
        plans = (it.data.plan for it in trainings)
        loaded = (origin for plan in plans if plan for origin in origins(plan))
        for name in dict.fromkeys(it.name for it in loaded if _is_missing(it, one)):
            _fetch(fetch_data, name)
    except NoConnectionError as error:
        _tell(error)


def _is_missing(origin: Origin, one: OneScript) -> bool:
    """Whether the rows of a data set on the Hub are not on this machine."""
    if origin.loader != "named" or origin.files or not is_model_id(origin.name):
        return False
    known = one.project.data_of(origin, one.script.path)
    return bool(known.problem) or known.is_apportioned


def _fetch(fetch: Callable[..., None], *about: str) -> None:
    try:
        fetch(*about)
    except NoConnectionError:
        raise
    except UserError as error:
        _tell(error)


def _tell(error: UserError) -> None:
    print(printable(f"tunesmith: {error}"), file=sys.stderr)
