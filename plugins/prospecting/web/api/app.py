"""The application of the API: its routes behind the gate, its errors as sentences, its description as OpenAPI."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException as StarletteHTTPException

from prospecting.version import version
from prospecting.web.api import accounts, briefings, events, prospects, signals
from prospecting.web.api.callers import BURST, EVENTS, INTERNAL, PER_SECOND
from prospecting.web.api.gate import Gate, answer
from prospecting.web.api.models import REFUSALS

ROUTERS = (
    briefings.queries,
    prospects.router,
    accounts.router,
    signals.router,
    briefings.internal,
    events.router,
)

_DESCRIPTION = f"""\
Briefings, research, accounts and signals of the prospecting bundle.

Callers send `Authorization: Bearer <token>`: a token that `make token` printed, or one of Airflow. A browser that is
logged in to Airflow may send its cookie instead. An org's token sees the briefings of its org; an administrator's, like
a user of Airflow, sees everything that the pages show. A token may make {BURST} requests at once, and {PER_SECOND} a
second.

Errors are `{{"error": "<one sentence>"}}`.
"""
_SECURITY: dict[str, dict[str, Any]] = {
    "token": {"type": "http", "scheme": "bearer", "description": "A token of this API, or of Airflow"},
    "internalKey": {
        "type": "http",
        "scheme": "bearer",
        "description": "The internal key: password of the Airflow connection prospecting_internal_api",
    },
    "internalOrg": {
        "type": "apiKey",
        "in": "header",
        "name": "x-internal-org-id",
        "description": "The id of the org whose rows are saved",
    },
    "providerSignature": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Prospecting-Signature",
        "description": "t=<Unix seconds>,v1=<HMAC-SHA256 of <time>.<body>, hex>; SendGrid and Postmark have their own",
    },
}


_WORDS = {
    404: "There is no such address; /openapi.json lists those that there are",
    405: "This address knows no such method; /openapi.json says which one it does",
}
_PLAIN = {"uuid_parsing": "Input should be a UUID", "uuid_type": "Input should be a UUID"}
"""Problems of values in other words than pydantic's, which quote a character of the value."""


class Api(FastAPI):
    """FastAPI that describes how callers are known: the gate decides that, and no dependency of a route."""

    def openapi(self) -> dict[str, Any]:
        """The description of all routes."""
        if self.openapi_schema is None:
            described = super().openapi()
            described["components"]["securitySchemes"] = _SECURITY
            for path, operations in described["paths"].items():
                for operation in operations.values():
                    operation["security"] = _security_of(path)
        found = self.openapi_schema
        assert found is not None
        return found


def _security_of(path: str) -> list[dict[str, list[str]]]:
    if path.startswith(INTERNAL):
        return [{"internalKey": [], "internalOrg": []}]
    return [{"providerSignature": []}] if path.startswith(EVENTS) else [{"token": []}]


def create_api() -> FastAPI:
    """The application, to be mounted below the pages. Nothing of it is reached but through the gate."""
    api = Api(
        title="Prospecting",
        version=version(),
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        # An answer in words, and not the way to an address that is another one.
        redirect_slashes=False,
        responses=REFUSALS,
    )
    api.add_middleware(Gate)
    api.add_exception_handler(StarletteHTTPException, _explain)
    api.add_exception_handler(RequestValidationError, _explain)
    for router in ROUTERS:
        api.include_router(router)
    return api


def _explain(request: Request, error: Exception) -> Response:
    if isinstance(error, RequestValidationError):
        return answer(_invalid(request, error))
    assert isinstance(error, StarletteHTTPException)
    told = str(error.detail)
    if told == HTTPStatus(error.status_code).phrase:  # of the router, which knows no words
        told = _WORDS.get(error.status_code, told)
    return answer(HTTPException(error.status_code, told, headers=error.headers))


def _invalid(request: Request, error: RequestValidationError) -> HTTPException:
    """The problems of a body or an argument, by the names of fields and without their values."""
    problems = error.errors()
    told = "; ".join(
        f"{'.'.join(map(str, one['loc'][1:])) or one['loc'][0]}: {_PLAIN.get(one['type'], one['msg'])}"
        for one in problems[:5]
    )
    if len(problems) > 5:
        told += f"; and {len(problems) - 5} more"
    # The service that these routes come from answers 400 to whatever is wrong with a body.
    is_prospect = prospects.PREFIX in request.url.path
    return HTTPException(400 if is_prospect else 422, told)
