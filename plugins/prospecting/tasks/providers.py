"""The providers that are asked about seats: from a run's params, else an Airflow variable, else the catalog."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from airflow.sdk import Variable
from airflow.sdk.exceptions import AirflowFailException
from pydantic import ValidationError

from prospecting.agents.errors import AgentError
from prospecting.hooks.agents import AgentsHook, checked_provider
from prospecting.scoring.seats import CATALOG
from prospecting.services.params import explain
from prospecting.services.slot_params import SlotBackfillParams

log = logging.getLogger(__name__)

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


def check_connections(providers: Sequence[str]) -> None:
    """Check that the providers could be asked, for a run that is going to. Fails the task, naming the connection."""
    for provider in providers:
        try:
            AgentsHook(provider=provider).check_connections()
        except (AgentError, ValueError) as error:
            raise AirflowFailException(f"The provider {provider} cannot be asked, and nobody was: {error}") from None


def configured_providers(providers: Sequence[str]) -> list[str]:
    """Those of the providers that could be asked, for a run that only has to know who they are; else the catalog.

    A provider that is named before it has its connections is no reason to open seats again.
    """
    configured = []
    for provider in providers:
        try:
            AgentsHook(provider=provider).check_connections()
        except (AgentError, ValueError) as error:
            log.warning("The provider %s counts as not configured: %s", provider, error)
        else:
            configured.append(provider)
    return configured or [CATALOG]
