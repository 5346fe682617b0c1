"""The providers that are asked about seats: from a run's params, else an Airflow variable, else the catalog."""

from __future__ import annotations

from collections.abc import Sequence

from airflow.sdk import Variable
from airflow.sdk.exceptions import AirflowFailException
from pydantic import ValidationError

from prospecting.hooks.agents import checked_provider
from prospecting.scoring.seats import CATALOG
from prospecting.services.params import explain
from prospecting.services.slot_params import SlotBackfillParams

PROVIDERS_VARIABLE = "slot_backfill_providers"


def providers_to_ask(named: Sequence[str]) -> list[str]:
    """The providers to ask, in order. Fails the task for one that there is not, and says where it is named."""
    origin = "param providers"
    try:
        if not named:
            origin = f"Airflow variable {PROVIDERS_VARIABLE}"
            variable = Variable.get(PROVIDERS_VARIABLE, default=None)
            named = SlotBackfillParams.model_validate({"providers": variable}).providers
        return [checked_provider(name) for name in named] or [CATALOG]
    except ValidationError as error:
        raise AirflowFailException(f"The {origin}: {explain(error, SlotBackfillParams)}") from None
    except ValueError as error:
        raise AirflowFailException(f"The {origin}: {error}") from None
