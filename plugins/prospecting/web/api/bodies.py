"""Reads the bodies of requests as JSON, and only what every program reads alike.

Python's reader takes more than JSON: ``NaN``, and of a name that is given twice the last value. Stored, the one would
be null, and of the other nobody would know that there was more. Such a body is refused instead.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import HTTPException, Request, Response, status
from fastapi.routing import APIRoute


class _Unfit(ValueError):
    """The message says why a body is not taken."""


def read_json(body: bytes) -> Any:
    """The value in a body. Raises ``HTTPException`` 400, which repeats nothing of it."""
    try:
        return json.loads(
            body, object_pairs_hook=_unambiguous, parse_constant=_constant, parse_float=_finite, parse_int=_whole
        )
    except _Unfit as error:
        told = str(error)
    except RecursionError:
        told = "The body nests lists and objects too deeply"
    except UnicodeDecodeError:
        told = "The body is not UTF-8 text; send JSON in UTF-8, and not compressed"
    except ValueError:
        told = "The body is not JSON"
    raise HTTPException(status.HTTP_400_BAD_REQUEST, told)


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Unfit("The body gives a name twice in one object, so nobody knows which value counts")
    return found


def _constant(_: str) -> float:
    raise _Unfit("The body is not JSON: NaN and Infinity are none; send null, or leave the field out")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise _Unfit("A number in the body is too large; send it as text")
    return number


def _whole(digits: str) -> int:
    try:
        return int(digits)
    except ValueError:  # Python reads no more than 4,300 digits.
        raise _Unfit("A number in the body is too large; send it as text") from None


class _JsonRequest(Request):
    async def json(self) -> Any:
        return read_json(await self.body())


class JsonRoute(APIRoute):
    """A route whose body is read by ``read_json``."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, given the request that reads so."""
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            return await handle(_JsonRequest(request.scope, request.receive))

        return handler
