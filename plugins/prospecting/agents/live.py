"""Live agents: a language model that searches the web, behind whichever service a connection names.

The model's last text is passed on raw; ``prospecting.parsing`` reads it. What users typed and what pages
say reaches the model as JSON data in separate messages, never as part of the instructions, and the only thing
the model can do is search: a page that tells it to do something else has nothing to do it with.
"""

from __future__ import annotations

import asyncio
import hashlib
from datetime import date
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from prospecting.agents.circuits import Circuits
from prospecting.agents.language_models import agent_error, open_model, request_settings
from prospecting.agents.live_settings import LiveSettings, check_settings
from prospecting.agents.page_reading import PageReader
from prospecting.agents.rate_limits import RateLimiter
from prospecting.agents.searches import Answer, Search, SponsorSearch
from prospecting.agents.sponsor_pages import sponsors_on_site
from prospecting.agents.steps import Steps
from prospecting.agents.web_tools import Meter, WebTools, page_fetcher
from prospecting.parsing.cut_off import without_torn_line
from prospecting.persistence.database import to_json
from prospecting.resources import resource_folder

if TYPE_CHECKING:  # Half a second of imports that only a real call needs.
    from pydantic_ai import AgentRunResult
    from sqlalchemy import Engine

PROMPTS_FOLDER = resource_folder("prompts")


class LiveAgents:
    """``Agents`` for all searches. Keys are checked when a question is asked: stored answers need none."""

    def __init__(
        self,
        settings: LiveSettings,
        rate_limiter: RateLimiter | None = None,
        circuits: Circuits | None = None,
        *,
        engine: Engine | None = None,
    ) -> None:
        """``rate_limiter`` makes every web search wait for its turn, ``circuits`` leaves out searches that are down.
        The ledger looks after those of the model. ``engine`` is where pages that were read are kept, and where the
        turns of their sites are.
        """
        self.provider = settings.llm_provider
        self.ttl_seconds = settings.ttl_seconds
        self._settings = settings
        self._rate_limiter = rate_limiter
        self._circuits = circuits
        self._reader = PageReader(page_fetcher(settings), engine)

    def reserve_usd(self, search: Search) -> Decimal:
        """The most an answer can cost within the limits of the settings, in US dollars, as far as prices are known."""
        settings = self._settings
        tokens = settings.prices.cost(settings.max_input_tokens, settings.max_output_tokens, 0)
        return tokens + settings.max_searches * settings.most_usd_per_search

    def version(self, search: Search) -> str:
        """The model, and a hash of the agent's instructions and of the tools it has: ``gpt-5/0f3c…``."""
        tools = sorted(name for name in vars(WebTools) if not name.startswith("_"))
        read = "\n".join([instructions(search.agent), *tools])
        return f"{self._settings.llm_model}/{hashlib.sha256(read.encode()).hexdigest()[:16]}"

    def answer(self, search: Search, steps: Steps | None = None) -> Answer:
        """Let the model search and answer; a conversation that was broken off goes on where it stopped.

        Raises an ``AgentError``, caused by ``SpentBeforeFailure`` if it cost something.
        """
        from pydantic_ai.usage import RunUsage

        settings = self._settings
        check_settings(settings)
        steps = steps or Steps()
        if settings.read_sponsor_pages and settings.max_pages and isinstance(search, SponsorSearch):
            listed = sponsors_on_site(search, self._reader, steps)
            if listed is not None:
                return Answer(listed)
        tools = WebTools(
            settings,
            Meter(RunUsage()),
            steps,
            self._rate_limiter,
            self._circuits,
            reader=self._reader,
            asked=search.to_request(),
        )
        try:
            result = asyncio.run(self._converse(search, tools, steps))
        except Exception as error:
            known = agent_error(error, settings)
            if known is None:
                raise
            # Not chained to the provider's exception: its text repeats prompts and answers, and logs print chains.
            raise known from steps.spent_before_failure
        truncated = result.response.finish_reason == "length"
        text = without_torn_line(result.output) if truncated else result.output
        spent = steps.spent
        return Answer(
            content=text.encode("utf-8", "surrogatepass"),
            input_tokens=spent.input_tokens,
            output_tokens=spent.output_tokens,
            cost_usd=spent.cost_usd,
            truncated=truncated,
        )

    async def _converse(self, search: Search, tools: WebTools, steps: Steps) -> AgentRunResult[str]:
        from pydantic_ai import Agent
        from pydantic_ai.exceptions import ContentFilterError
        from pydantic_ai.usage import UsageLimits

        from prospecting.agents.model_rounds import RecordedModel

        settings = self._settings
        async with open_model(settings) as model, asyncio.timeout(settings.timeout_seconds):
            agent = Agent(
                RecordedModel(model, steps, settings),
                instructions=instructions(search.agent),
                model_settings=request_settings(settings),
            )

            @agent.tool_plain(sequential=True)
            def search_web(query: str) -> str:
                """Search the web. Returns a JSON list of pages with title, url and content."""
                return tools.search_web(query)

            if settings.max_pages:

                @agent.tool_plain(sequential=True)
                def read_page(url: str) -> str:
                    """Read a page whose address is in the question, in a search result or on a page read before.

                    Returns JSON with url, title and text; in the text, links are [words](address).
                    """
                    return tools.read_page(url)

            result = await agent.run(
                question(search, steps.today),
                usage=tools.meter.usage,
                usage_limits=UsageLimits(
                    # One round per search and page, one for the answer, one to ask again when the answer was empty.
                    request_limit=settings.max_searches + settings.max_pages + 2,
                    input_tokens_limit=settings.max_input_tokens,
                ),
            )
            if result.response.finish_reason == "content_filter":
                raise ContentFilterError("filtered")
            return result


@cache
def instructions(agent: str) -> str:
    """The instructions of an agent, ``include/prompts/<agent>.md``: fixed text, the same for every question."""
    return (PROMPTS_FOLDER / f"{agent}.md").read_text(encoding="utf-8")


def question(search: Search, today: date) -> str:
    """The question as JSON: ``{"today": "YYYY-MM-DD", "request": {...}}``. Whatever users typed stays a JSON string."""
    return to_json({"today": today.isoformat(), "request": search.to_request()})
