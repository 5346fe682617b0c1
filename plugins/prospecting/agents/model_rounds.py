"""Rounds of a language model as steps of an answer: a round that was paid is replayed instead of asked for again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any, cast

from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelResponse, TextPart, ThinkingPart
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings

from prospecting.agents.language_models import agent_error
from prospecting.agents.live_settings import LiveSettings
from prospecting.agents.steps import StepOutcome, Steps

_EMPTY = "empty"
# Of a message: what is different each time, and what the model does not get to see.
_PASSING = {"timestamp", "metadata"}


class RecordedModel(WrapperModel):
    """A model that is asked only for what ``steps`` has no record of.

    Raises an ``AgentError`` for a failure outside, which repeats nothing of the provider's text.
    """

    def __init__(self, wrapped: Model, steps: Steps, settings: LiveSettings) -> None:
        super().__init__(wrapped)
        self._steps = steps
        self._live_settings = settings

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """One round. The response is the same, replayed or not: as it is stored."""

        async def ask(idempotency_key: str | None) -> StepOutcome:
            settings = cast("ModelSettings", dict(model_settings or {}))
            if idempotency_key is not None:
                settings["extra_headers"] = {
                    **settings.get("extra_headers", {}),
                    "Idempotency-Key": idempotency_key,
                }
            try:
                response = await self.wrapped.request(messages, settings, model_request_parameters)
            except Exception as error:
                known = agent_error(error, self._live_settings)
                if known is None:
                    raise
                raise known from None
            return self._outcome(response)

        asked = {
            "model": self.wrapped.model_name,
            "messages": len(messages),
            "sha256": fingerprint(self.wrapped.model_name, messages, model_settings, model_request_parameters),
        }
        return from_bytes(await self._steps.run_model(asked, ask))

    def _outcome(self, response: ModelResponse) -> StepOutcome:
        prices, usage = self._live_settings.prices, response.usage
        return StepOutcome(
            as_bytes(response),
            prices.cost(usage.input_tokens, usage.output_tokens, 0) if prices.are_known else None,
            usage.input_tokens,
            usage.output_tokens,
            _EMPTY if _says_nothing(response) else None,
        )


def as_bytes(response: ModelResponse) -> bytes:
    """A response as a step keeps it: JSON."""
    # Not in one go: pydantic refuses half a character, which models do write.
    return json.dumps(_as_json([response])[0], ensure_ascii=False).encode("utf-8", "surrogatepass")


def from_bytes(content: bytes) -> ModelResponse:
    """The response that ``as_bytes`` made this of."""
    (response,) = ModelMessagesTypeAdapter.validate_python([json.loads(content.decode("utf-8", "surrogatepass"))])
    assert isinstance(response, ModelResponse)
    return response


def fingerprint(
    model_name: str,
    messages: Sequence[ModelMessage],
    model_settings: ModelSettings | None,
    parameters: ModelRequestParameters,
) -> str:
    """SHA-256 over all that a request says: model, instructions, messages, settings, tools. No times, no ids."""
    tools = [*parameters.function_tools, *parameters.output_tools]
    said = [
        model_name,
        [_said(message) for message in _as_json(messages)],
        {name: value for name, value in (model_settings or {}).items() if name != "extra_headers"},
        [[tool.name, tool.description, tool.parameters_json_schema] for tool in tools],
        [str(parameters.output_mode), repr(parameters.output_object), parameters.allow_text_output],
        [repr(tool) for tool in parameters.native_tools],
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=repr).encode()).hexdigest()


def _said(message: dict[str, Any]) -> list[Any]:
    parts = [{name: value for name, value in part.items() if name not in _PASSING} for part in message["parts"]]
    return [message["kind"], message.get("instructions"), parts]


def _says_nothing(response: ModelResponse) -> bool:
    """True for an answer without text or call, for no reason given: the model is asked again."""
    return response.finish_reason not in ("length", "content_filter") and all(
        isinstance(part, ThinkingPart) or (isinstance(part, TextPart) and not part.content) for part in response.parts
    )


def _as_json(messages: Sequence[ModelMessage]) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", ModelMessagesTypeAdapter.dump_python(list(messages), mode="json"))
