"""Live agents: a language model that searches the web, behind any OpenAI-compatible API.

The model's last text is passed on raw; ``prospecting.parsing`` reads it. What users typed and what pages
say reaches the model as JSON data in separate messages, never as part of the instructions, and the only thing
the model can do is search: a page that tells it to do something else has nothing to do it with.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from prospecting.agents.errors import (
    AgentError,
    AgentUnavailable,
    AuthenticationFailed,
    QuotaExceeded,
    RateLimited,
    RequestRefused,
)
from prospecting.agents.metering import Prices, SpentBeforeFailure
from prospecting.agents.provider_errors import error_for_status, retry_after_seconds, unanswered, unreachable
from prospecting.agents.rate_limits import RateLimiter
from prospecting.agents.searches import Answer, Search
from prospecting.agents.web_search import CONNECTION_ID as SEARCH_CONNECTION_ID
from prospecting.agents.web_search import WebSearch, usable_key
from prospecting.persistence.database import to_json
from prospecting.resources import resource_folder

if TYPE_CHECKING:  # Half a second of imports that only a real call needs.
    from openai import AsyncOpenAI
    from pydantic_ai import AgentRunResult
    from pydantic_ai.exceptions import ModelAPIError
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.usage import RunUsage

PROMPTS_FOLDER = resource_folder("prompts")
LLM_PROVIDER = "llm"
SEARCH_PROVIDER = "web_search"
LLM_CONNECTION_ID = "prospecting_llm"


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """Where the model and the search are, what they cost, and how far one answer may go. Keys never show in a repr.

    ``timeout_seconds`` bounds a whole answer, searches included. ``max_input_tokens`` and ``max_output_tokens`` bound
    all rounds of an answer together and are what ``reserve_usd`` reserves for. The providers name the rate-limit
    buckets of the two services, ``llm_provider`` also the answers in the ledger; the connections are what errors tell
    a person to fix.
    """

    llm_api_key: str = field(repr=False)
    llm_model: str
    search_api_key: str = field(repr=False)
    llm_base_url: str = "https://api.openai.com/v1"
    search_base_url: str = "https://api.tavily.com"
    prices: Prices = field(default_factory=Prices)
    timeout_seconds: float = 180.0
    search_timeout_seconds: float = 30.0
    max_searches: int = 5
    max_input_tokens: int = 100_000
    max_output_tokens: int = 8_000
    ttl_seconds: int = 7 * 24 * 3600
    llm_provider: str = LLM_PROVIDER
    search_provider: str = SEARCH_PROVIDER
    llm_connection_id: str = LLM_CONNECTION_ID
    search_connection_id: str = SEARCH_CONNECTION_ID


def check_settings(settings: LiveSettings) -> None:
    """Check that there are keys and a model. Raises ``AuthenticationFailed`` that names the connection to mend."""
    _check_model(settings)
    usable_key(settings.search_api_key, settings.search_connection_id)


def _check_model(settings: LiveSettings) -> None:
    usable_key(settings.llm_api_key, settings.llm_connection_id)
    if not settings.llm_model:
        raise AuthenticationFailed(f'No model: set {{"model": "..."}} in the extra of {settings.llm_connection_id}')


@dataclass(slots=True)
class _Meter:
    """The usage of one answer so far."""

    prices: Prices
    usage: RunUsage
    searches: int = 0

    @property
    def cost_usd(self) -> Decimal | None:
        """US dollars; ``None`` when the price of tokens is not known."""
        if not self.prices.are_known:
            return None
        return self.prices.cost(self.usage.input_tokens, self.usage.output_tokens, self.searches)

    def spent(self) -> SpentBeforeFailure | None:
        if not self.usage.input_tokens and not self.usage.output_tokens and not self.searches:
            return None
        return SpentBeforeFailure(
            input_tokens=self.usage.input_tokens, output_tokens=self.usage.output_tokens, cost_usd=self.cost_usd
        )


class LiveAgents:
    """``Agents`` for all searches. Keys are checked when a question is asked: stored answers need none."""

    def __init__(self, settings: LiveSettings, rate_limiter: RateLimiter | None = None) -> None:
        """``rate_limiter`` makes every web search wait for its turn; the ledger waits for the model's."""
        self.provider = settings.llm_provider
        self.ttl_seconds = settings.ttl_seconds
        self._settings = settings
        self._rate_limiter = rate_limiter

    def reserve_usd(self, search: Search) -> Decimal:
        """The most an answer can cost within the limits of the settings, in US dollars, as far as prices are known."""
        settings = self._settings
        return settings.prices.cost(settings.max_input_tokens, settings.max_output_tokens, settings.max_searches)

    def answer(self, search: Search) -> Answer:
        """Let the model search and answer.

        Raises an ``AgentError``, caused by ``SpentBeforeFailure`` if it cost something.
        """
        from pydantic_ai.usage import RunUsage

        settings = self._settings
        check_settings(settings)
        meter = _Meter(settings.prices, RunUsage())
        try:
            result = asyncio.run(self._converse(search, meter))
        except Exception as error:
            agent_error = _agent_error(error, settings)
            if agent_error is None:
                raise
            # Not chained to the provider's exception: its text repeats prompts and answers, and logs print chains.
            raise agent_error from meter.spent()
        return Answer(
            content=result.output.encode("utf-8", "surrogatepass"),
            input_tokens=meter.usage.input_tokens,
            output_tokens=meter.usage.output_tokens,
            cost_usd=meter.cost_usd,
        )

    async def _converse(self, search: Search, meter: _Meter) -> AgentRunResult[str]:
        from pydantic_ai import Agent
        from pydantic_ai.exceptions import ContentFilterError
        from pydantic_ai.usage import UsageLimits

        settings = self._settings
        async with asyncio.timeout(settings.timeout_seconds), _client(settings) as client:
            agent = Agent(
                _model(settings, client),
                instructions=instructions(search.agent),
                model_settings={"max_tokens": settings.max_output_tokens},
            )

            @agent.tool_plain(sequential=True)
            def search_web(query: str) -> str:
                """Search the web. Returns a JSON list of pages with title, url and content."""
                return self._search_web(query, meter)

            result = await agent.run(
                question(search),
                usage=meter.usage,
                usage_limits=UsageLimits(
                    # One round per search, one for the answer, one to ask again when the answer was empty.
                    request_limit=settings.max_searches + 2,
                    input_tokens_limit=settings.max_input_tokens,
                ),
            )
            if result.response.finish_reason == "content_filter":
                raise ContentFilterError("filtered")
            return result

    def _search_web(self, query: str, meter: _Meter) -> str:
        """One search by the model. It is told when a search is refused; a broken service ends the answer."""
        settings = self._settings
        if meter.searches >= settings.max_searches:
            return "No searches are left. Answer with what you have found so far."
        meter.searches += 1
        if self._rate_limiter is not None:
            self._rate_limiter.wait(settings.search_provider)
        web_search = WebSearch(
            settings.search_api_key,
            base_url=settings.search_base_url,
            timeout_seconds=min(settings.search_timeout_seconds, settings.timeout_seconds),
            connection_id=settings.search_connection_id,
        )
        try:
            return to_json(web_search.find(query))
        except RequestRefused:
            return "The search engine refused this query. Try a shorter, plainer one."


def ask_one_word(settings: LiveSettings) -> None:
    """Ask the model for a word, as it is asked for everything else: a few tokens show that all of it works.

    Raises an ``AgentError``. Whatever the model says is fine, even nothing.
    """
    _check_model(settings)
    try:
        asyncio.run(_one_word(settings))
    except Exception as error:
        agent_error = _agent_error(error, settings)
        if agent_error is None:
            raise
        raise agent_error from None


async def _one_word(settings: LiveSettings) -> None:
    from pydantic_ai.direct import model_request
    from pydantic_ai.messages import ModelRequest

    async with asyncio.timeout(settings.timeout_seconds), _client(settings) as client:
        await model_request(
            _model(settings, client),
            [ModelRequest.user_text_prompt("Answer with one word: ready")],
            model_settings={"max_tokens": 16},
        )


def _client(settings: LiveSettings) -> AsyncOpenAI:
    from openai import AsyncOpenAI

    return AsyncOpenAI(
        base_url=settings.llm_base_url,
        api_key=usable_key(settings.llm_api_key, settings.llm_connection_id),
        timeout=settings.timeout_seconds,
        max_retries=0,  # The task's retry policy decides, and knows Retry-After.
    )


def _model(settings: LiveSettings, client: AsyncOpenAI) -> OpenAIChatModel:
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    provider = OpenAICompatibleProvider(LLM_PROVIDER, openai_client=client)
    return OpenAIChatModel(settings.llm_model, provider=provider)


@cache
def instructions(agent: str) -> str:
    """The instructions of an agent, ``include/prompts/<agent>.md``: fixed text, the same for every question."""
    return (PROMPTS_FOLDER / f"{agent}.md").read_text(encoding="utf-8")


def question(search: Search) -> str:
    """The question as JSON: ``{"today": "YYYY-MM-DD", "request": {...}}``. Whatever users typed stays a JSON string."""
    return to_json({"today": datetime.now(UTC).date().isoformat(), "request": search.to_request()})


def _agent_error(error: Exception, settings: LiveSettings) -> AgentError | None:
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
    if isinstance(error, exceptions.UsageLimitExceeded | exceptions.OutputTokenLimitExceeded):
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
