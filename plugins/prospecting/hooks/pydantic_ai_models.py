"""Language models behind connections of Airflow's common.ai provider: whatever pydantic-ai knows, with its forms.

The types are ``pydanticai`` and those that begin with it: Azure, Bedrock, Vertex, and what other providers add.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prospecting.agents.errors import Misconfigured

if TYPE_CHECKING:
    from pydantic_ai.models import Model

_PREFIX = "pydanticai"
_SERVICES = {
    "anthropic": "anthropic",
    "azure": "azure",
    "azure-responses": "azure",
    "bedrock": "aws",
    "deepseek": "deepseek",
    "google": "google",
    "google-cloud": "google",
    "groq": "groq",
    "mistral": "mistral",
    "openai": "openai",
    "openai-chat": "openai",
    "openai-responses": "openai",
    "openrouter": "openrouter",
}
"""The name that genai-prices has for the service, by the prefix of a model's name."""
_OF_TYPES = {"pydanticai_azure": "azure", "pydanticai_bedrock": "bedrock", "pydanticai_vertex": "google-cloud"}


def is_pydantic_ai(connection: Any) -> bool:
    """True for a connection of common.ai."""
    return (connection.conn_type or "").replace("-", "_").startswith(_PREFIX)


def priced_as(conn_type: str, model: str) -> tuple[str | None, str]:
    """The service and the model to look up the price of; a name such as ``openai:gpt-5`` says both."""
    prefix, _, rest = model.partition(":")
    if rest and prefix in _SERVICES:
        return _SERVICES[prefix], rest
    return _SERVICES.get(_OF_TYPES.get((conn_type or "").replace("-", "_"), "")), model


def make_model(connection: Any) -> Model:
    """The model of a connection, with its own credentials. Raises ``Misconfigured``, which names the connection."""
    named = f"the connection {connection.conn_id}"
    if connection.extra_dejson.get("fallback_conn_ids"):
        raise Misconfigured(
            f"Take fallback_conn_ids out of {named}: nobody could tell what an answer cost. List a connection "
            "prospecting_llm_<suffix> for each model instead, and ask the providers live and live:<suffix> in order"
        )
    try:
        model: Model = connection.get_hook().get_conn()
    except ImportError as error:
        raise Misconfigured(
            f"The model of {named} needs a package that is not installed on this worker: {error}"
        ) from None
    except Exception as error:
        # A plain ValueError says what is missing; the text of any other exception may repeat a secret.
        why = str(error) if type(error) is ValueError else type(error).__name__
        raise Misconfigured(f"No model can be made of {named}: {why}") from None
    return model
