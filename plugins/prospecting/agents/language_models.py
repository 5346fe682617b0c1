"""The language model behind a connection: how it is opened, tried out, and what its failures mean to us.

There are OpenAI-compatible services, Anthropic's, and whatever else pydantic-ai knows: ``make_model`` of the settings
makes the model of a connection of Airflow's common.ai provider.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

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
    from pydantic_ai.exceptions import ModelAPIError
    from pydantic_ai.messages import ModelResponse
    from pydantic_ai.models import Model
    from pydantic_ai.settings import ModelSettings

_TALKATIVE = ("anthropic", "groq")
"""Clients that write whole requests into the log at the level DEBUG; people and prompts are no matter for logs."""


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

    async with open_model(settings) as model, asyncio.timeout(settings.timeout_seconds):
        await model_request(
            model,
            [ModelRequest.user_text_prompt("Answer with one word: ready")],
            model_settings=request_settings(settings, max_tokens=16),
        )


def request_settings(settings: LiveSettings, *, max_tokens: int | None = None) -> ModelSettings:
    """The settings of one request: the tokens of its answer; what ours is opened with, for another client."""
    tokens = settings.max_output_tokens if max_tokens is None else max_tokens
    if settings.make_model is None:
        return {"max_tokens": tokens}
    return {"max_tokens": tokens, "timeout": settings.timeout_seconds, "max_retries": 0}


@asynccontextmanager
async def open_model(settings: LiveSettings) -> AsyncIterator[Model]:
    """The model, with an HTTP client of its own that is closed with the block. Raises an ``AgentError``."""
    for name in _TALKATIVE:
        if (logger := logging.getLogger(name)).level < logging.INFO:
            logger.setLevel(logging.INFO)
    if settings.make_model is not None:
        async with settings.make_model() as model:
            yield _reading_carefully(model)
    elif settings.llm_api == "anthropic":
        async with _anthropic(settings) as model:
            yield model
    else:
        async with _openai_compatible(settings) as model:
            yield model


@asynccontextmanager
async def _openai_compatible(settings: LiveSettings) -> AsyncIterator[Model]:
    from openai import AsyncOpenAI
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    async with AsyncOpenAI(
        base_url=settings.llm_base_url,
        api_key=usable_key(settings.llm_api_key, settings.llm_connection_id),
        timeout=settings.timeout_seconds,
        max_retries=0,  # The task's retry policy decides, and knows Retry-After.
    ) as client:
        provider = OpenAICompatibleProvider(LLM_PROVIDER, openai_client=client)
        yield OpenAIChatModel(settings.llm_model, provider=provider)


@asynccontextmanager
async def _anthropic(settings: LiveSettings) -> AsyncIterator[Model]:
    from anthropic import AsyncAnthropic
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    # The client adds /v1 itself, while the base URLs of other services end with it.
    async with AsyncAnthropic(
        base_url=settings.llm_base_url.rstrip("/").removesuffix("/v1"),
        api_key=usable_key(settings.llm_api_key, settings.llm_connection_id),
        auth_token=None,
        timeout=settings.timeout_seconds,
        max_retries=0,
    ) as client:
        yield _reading_carefully(
            AnthropicModel(settings.llm_model, provider=AnthropicProvider(anthropic_client=client))
        )


def _reading_carefully(model: Model) -> Model:
    """The model; an answer in another form than its service promises is reported as such.

    Most clients take the form of an answer for granted, and stumble over it like over a defect of their own.
    """
    from pydantic_ai.exceptions import UnexpectedModelBehavior
    from pydantic_ai.models.wrapper import WrapperModel

    class CarefulModel(WrapperModel):
        async def request(self, *args: Any, **kwargs: Any) -> ModelResponse:
            try:
                return await super().request(*args, **kwargs)
            except (AttributeError, LookupError, TypeError, ValueError) as error:
                raise UnexpectedModelBehavior(
                    f"The answer has another form than expected: {type(error).__name__}"
                ) from None

    return CarefulModel(model)


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
        return AgentUnavailable("The language model answered something that is not an answer with text")
    return None


def _model_api_error(error: ModelAPIError, settings: LiveSettings) -> AgentError:
    from pydantic_ai import exceptions

    connection_id = settings.llm_connection_id
    if isinstance(error, exceptions.ModelHTTPError):
        # An error inside a 200 response carries no code of its own, and a prepaid balance that is used up is a plain
        # 400 with some services; the category says it then.
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
