"""The application: every page and every address of the API, behind a login.

``create_app`` is called in the API server alone, when the first request arrives (``prospecting/plugin.py``). All routes
of the pages depend on ``logged_in``, which belongs to the application, so that none can be added without it.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from fastapi import Depends, FastAPI, HTTPException, Request, Response, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from prospecting.version import version
from prospecting.web.api.app import create_api
from prospecting.web.filters import refuse_null_characters
from prospecting.web.login import logged_in
from prospecting.web.pages import (
    api_reference,
    approvals,
    briefings,
    companies,
    ledger,
    models,
    overview,
    people,
    recommended,
    review,
    runs,
    signals,
)
from prospecting.web.rendering import STATIC, page

log = logging.getLogger(__name__)

PAGES = (
    overview,
    runs,
    signals,
    companies,
    people,
    recommended,
    briefings,
    approvals,
    review,
    models,
    ledger,
    api_reference,
)
"""Modules of pages, each with a ``router``."""

_HEADERS = {
    # Everything comes from this server: no script, style, font or picture from elsewhere. Charts carry their styles.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'self'; "
    "base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def create_app() -> FastAPI:
    """The application of the pages."""
    app = FastAPI(
        title="Prospecting",
        version=version(),
        dependencies=[Depends(logged_in), Depends(refuse_null_characters)],
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.middleware("http")(_guarded)
    app.add_exception_handler(StarletteHTTPException, _explain)
    app.add_exception_handler(RequestValidationError, _explain)
    app.add_exception_handler(Exception, _explain_failure)
    for module in PAGES:
        app.include_router(module.router)
    app.add_api_route("/static/{name}", _static, methods=["GET"])
    app.state.api = create_api()
    app.mount("/api", app.state.api)
    # The last one: whoever is not logged in learns from no address whether it exists.
    app.add_api_route("/{path:path}", _nowhere, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    return app


async def _guarded(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    return _with_headers(await call_next(request))


def _with_headers(answer: Response) -> Response:
    for name, value in _HEADERS.items():
        answer.headers.setdefault(name, value)
    # Pages show people: no proxy keeps them, and nobody finds them in the browser after logging out.
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer


def _static(name: str) -> FileResponse:
    """A script or style of the pages."""
    if name not in {path.name for path in STATIC.iterdir()}:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such file")
    return FileResponse(STATIC / name, headers={"Cache-Control": "private, max-age=3600"})


def _nowhere(path: str) -> None:
    raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such page")


def _explain_failure(request: Request, error: Exception) -> Response:
    """An error that nobody expected: the log says what it was, and the page that it does."""
    del error  # raised again, and logged, when this has been answered
    told = "Something went wrong here. The log of Airflow's API server says what; nothing was changed."
    # Answered outside of the middleware that sets the headers of all other answers.
    return _with_headers(_explain(request, StarletteHTTPException(status.HTTP_500_INTERNAL_SERVER_ERROR, told)))


def _explain(request: Request, error: Exception) -> Response:
    """An error as a page for people, and as JSON for programs. Parameters are named without their values."""
    if isinstance(error, RequestValidationError):
        code = int(status.HTTP_400_BAD_REQUEST)
        wrong = (f"{'.'.join(str(part) for part in each['loc'][1:])}: {each['msg']}" for each in error.errors())
        what = "address" if request.method in ("GET", "HEAD") else "form"
        told = f"The {what} is not one of our pages: {'; '.join(wrong)}"
        headers = None
    else:
        assert isinstance(error, StarletteHTTPException)
        code, told, headers = error.status_code, str(error.detail), error.headers
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"detail": told}, code, headers=headers)
    answer = page(request, "error.html", status_code=code, title=HTTPStatus(code).phrase, told=told, code=code)
    answer.headers.update(headers or {})
    return answer
