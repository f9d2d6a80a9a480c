"""`--online`: what an estimate lacks, from the Hub."""

from __future__ import annotations

import sys
from collections.abc import Callable

from tunesmith.errors import UserError
from tunesmith.estimate.script import trainings_of
from tunesmith.hub import NoConnectionError, fetch_model, fetch_prices
from tunesmith.hub_cache import is_model_id
from tunesmith.output.one_script import OneScript
from tunesmith.output.text_format import printable


def fetch_missing(one: OneScript) -> None:
    """Fetch prices, and the configurations of models that are not known for sure.

    What cannot be had is told on standard error; the estimate goes on without it.
    """
    try:
        _fetch(fetch_prices)
        unsure = (it for it in trainings_of(one.script, one.project) if not it.is_shape_certain)
        for model_id in dict.fromkeys(it.model_id for it in unsure if it.model_id):
            if is_model_id(model_id):
                _fetch(fetch_model, model_id)
    except NoConnectionError as error:
        _tell(error)


def _fetch(fetch: Callable[..., None], *about: str) -> None:
    try:
        fetch(*about)
    except NoConnectionError:
        raise
    except UserError as error:
        _tell(error)


def _tell(error: UserError) -> None:
    advice = f"; {error.next_step}" if error.next_step else ""
    print(printable(f"tunesmith: {error.message}{advice}"), file=sys.stderr)
