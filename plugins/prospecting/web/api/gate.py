"""The gate of the API: lets a request in when its sender is known and its body is not too large, and reads the body.

It stands before everything that knows routes and models. Whoever is not known learns nothing of either, and nothing of
what they send is kept or parsed.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from typing import TYPE_CHECKING

from fastapi import HTTPException, Request, status
from fastapi.responses import JSONResponse

from prospecting.web.api.callers import EVENTS, INTERNAL, check_provider, identify

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

MAX_BYTES = 1_000_000
MAX_BYTES_OF_PROGRAMS = 8_000_000
"""Of a briefing, and of a mail provider's report."""
BODY_SECONDS = 30
"""For how long somebody may go on sending a body."""


class Gate:
    """The middleware. What goes wrong behind it, and nobody expected, is logged without a word of the request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"The API speaks HTTP, and no {scope['type']}")
        has_begun = False

        async def sending(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, await _let_in(scope, receive), sending)
        except HTTPException as error:
            await answer(error)(scope, receive, sending)
        except Exception as error:
            # Not its text: that may quote what was sent.
            state = getattr(getattr(error, "orig", None), "sqlstate", None)
            where = "".join(traceback.format_tb(error.__traceback__))
            log.error("A request to the API failed: %s %s\n%s", type(error).__name__, state or "", where)
            if has_begun:
                raise RuntimeError("The answer was cut off") from None
            told = "Something went wrong that nobody expected; the log of Airflow's API server says where"
            await answer(HTTPException(500, told))(scope, receive, sending)


async def _let_in(scope: Scope, receive: Receive) -> Receive:
    """Identify the caller and read the body. Returns what the application receives. Raises ``HTTPException``."""
    request = Request(scope)
    path = str(scope["path"]).removeprefix(str(scope.get("root_path", "")))
    if path.startswith(EVENTS):
        body = await _read(request, receive, MAX_BYTES_OF_PROGRAMS)
        caller = await check_provider(request, path, body)
    else:
        caller = await identify(request, path)
        body = await _read(request, receive, MAX_BYTES_OF_PROGRAMS if path.startswith(INTERNAL) else MAX_BYTES)
        if body and not _is_json(request.headers.get("content-type", "")):
            raise HTTPException(status.HTTP_400_BAD_REQUEST, "The body has to be JSON: Content-Type: application/json")
    request.state.caller = caller
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> Message:
        return messages.pop() if messages else await receive()

    return received


def _is_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


async def _read(request: Request, receive: Receive, limit: int) -> bytes:
    """The body. Raises 413 as soon as it is known to be larger than ``limit``, 408 when it does not come."""
    too_large = HTTPException(
        status.HTTP_413_CONTENT_TOO_LARGE, f"The body is larger than {limit:,} bytes; send less at once"
    )
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:18]) > limit:
        raise too_large
    parts, size = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise HTTPException(status.HTTP_400_BAD_REQUEST, "The body was cut off")
                part = message.get("body", b"")
                size += len(part)
                if size > limit:
                    raise too_large
                parts.append(part)
                if not message.get("more_body"):
                    return b"".join(parts)
    except TimeoutError:
        raise HTTPException(
            status.HTTP_408_REQUEST_TIMEOUT, f"The body did not come within {BODY_SECONDS} seconds"
        ) from None


def answer(error: HTTPException) -> JSONResponse:
    """An error as JSON: ``{"error": "<one sentence>"}``."""
    return JSONResponse({"error": str(error.detail)}, error.status_code, headers=error.headers)
