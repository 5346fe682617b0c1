"""The language model behind a connection: how it is opened, tried out, and what its failures mean to us."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from prospecting.agents.errors import (
    AgentError,
    AgentUnavailable,
    AuthenticationFailed,
    QuotaExceeded,
    RateLimited,
    RequestRefused,
)
from prospecting.agents.live_settings import LLM_PROVIDER, LiveSettings, check_model
from prospecting.agents.provider_errors import error_for_status, retry_after_seconds, unanswered, unreachable
from prospecting.agents.web_search import usable_key

if TYPE_CHECKING:  # Half a second of imports that only a real call needs.
    from openai import AsyncOpenAI
    from pydantic_ai.exceptions import ModelAPIError
    from pydantic_ai.models.openai import OpenAIChatModel


def ask_one_word(settings: LiveSettings) -> None:
    """Ask the model for a word, as it is asked for everything else: a few tokens show that all of it works.

    Raises an ``AgentError``. Whatever the model says is fine, even nothing.
    """
    check_model(settings)
    try:
        asyncio.run(_one_word(settings))
    except Exception as error:
        known = agent_error(error, settings)
        if known is None:
            raise
        raise known from None


async def _one_word(settings: LiveSettings) -> None:
    from pydantic_ai.direct import model_request
    from pydantic_ai.messages import ModelRequest

    async with asyncio.timeout(settings.timeout_seconds), open_client(settings) as client:
        await model_request(
            model(settings, client),
            [ModelRequest.user_text_prompt("Answer with one word: ready")],
            model_settings={"max_tokens": 16},
        )


def open_client(settings: LiveSettings) -> AsyncOpenAI:
    from openai import AsyncOpenAI

    return AsyncOpenAI(
        base_url=settings.llm_base_url,
        api_key=usable_key(settings.llm_api_key, settings.llm_connection_id),
        timeout=settings.timeout_seconds,
        max_retries=0,  # The task's retry policy decides, and knows Retry-After.
    )


def model(settings: LiveSettings, client: AsyncOpenAI) -> OpenAIChatModel:
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    provider = OpenAICompatibleProvider(LLM_PROVIDER, openai_client=client)
    return OpenAIChatModel(settings.llm_model, provider=provider)


def agent_error(error: Exception, settings: LiveSettings) -> AgentError | None:
    """The kind of an outside failure; ``None`` for a defect of our own, which must look like one."""
    from pydantic_ai import exceptions

    if isinstance(error, AgentError):
        return error
    if isinstance(error, TimeoutError | exceptions.ModelTimeoutError | exceptions.ModelRequestTimeout):
        return unanswered("language model", settings.llm_base_url, settings.llm_connection_id, settings.timeout_seconds)
    if isinstance(error, exceptions.ModelAPIError):
        return _model_api_error(error, settings)
    if isinstance(error, exceptions.ContentFilterError):
        return RequestRefused("The language model declined to answer this question")
    if isinstance(error, exceptions.OutputTokenLimitExceeded):
        return RequestRefused(
            f"The language model was cut off after {settings.max_output_tokens} tokens, before it had an answer: raise "
            f"max_output_tokens in the connection {settings.llm_connection_id}"
        )
    if isinstance(error, exceptions.UsageLimitExceeded):
        return RequestRefused("The language model reached no answer within the limits on searches and tokens")
    if isinstance(error, exceptions.UnexpectedModelBehavior):
        return AgentUnavailable("The language model answered something that is not a chat completion with text")
    return None


def _model_api_error(error: ModelAPIError, settings: LiveSettings) -> AgentError:
    from pydantic_ai import exceptions

    connection_id = settings.llm_connection_id
    if isinstance(error, exceptions.ModelHTTPError):
        # An error inside a 200 response carries no code of its own; the category says it then.
        quota = isinstance(error, exceptions.ModelQuotaExceededError)
        return error_for_status(
            error.status_code,
            service="language model",
            connection_id=connection_id,
            code="insufficient_quota" if quota else error.provider_error_code,
            retry_after=retry_after_seconds(error.headers) or error.retry_after,
        )
    if isinstance(error, exceptions.ModelQuotaExceededError):
        return QuotaExceeded(f"The plan of the language model is used up: top it up, or change {connection_id}")
    if isinstance(error, exceptions.ModelRateLimitError):
        return RateLimited(
            f"The language model (connection {connection_id}) asks for fewer calls", retry_after=error.retry_after
        )
    if isinstance(error, exceptions.ModelAuthenticationError):
        return AuthenticationFailed(f"The language model refused the key: check the connection {connection_id}")
    if isinstance(error, exceptions.ModelRequestRejectedError):
        return RequestRefused("The language model refused the request")
    return unreachable("language model", settings.llm_base_url, connection_id, "or it broke off its answer")
