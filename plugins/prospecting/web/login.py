"""Who asks, and what they may: Airflow's own login, whichever auth manager is configured.

Nothing here guesses. When Airflow's security cannot be imported or asked, the application is not built, or the request
fails: nobody is let in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.core_api.security import get_user
from airflow.configuration import conf
from fastapi import Depends, HTTPException, Request, status

_USERS = UUID("6f3c1c61-5a0f-5b27-9d2e-0f6f0d8a3b11")
"""Namespace of the ids under which Airflow's users act in the application database."""


class Person:
    """A logged-in user of Airflow.

    id: the UUID under which they act in the application database; the same for the same user id of Airflow, always.
    name: their name in Airflow.
    """

    def __init__(self, user: BaseUser) -> None:
        self._user = user
        self.id = uuid5(_USERS, str(user.get_id()))
        self.name = user.get_name()

    def may_read(self, dag_id: str | None = None) -> bool:
        """True when they may see DAGs: this one and its runs, or any."""
        entity = DagAccessEntity.RUN if dag_id else None
        return get_auth_manager().is_authorized_dag(
            method="GET", access_entity=entity, details=DagDetails(id=dag_id) if dag_id else None, user=self._user
        )

    def may_read_logs(self, dag_id: str) -> bool:
        """True when they may see what the tasks of this DAG log."""
        return self._may("GET", dag_id, DagAccessEntity.TASK_LOGS)

    def may_read_questions(self, dag_id: str) -> bool:
        """True when they may see what the tasks of this DAG ask people."""
        return self._may("GET", dag_id, DagAccessEntity.HITL_DETAIL)

    def may_answer(self, dag_id: str) -> bool:
        """True when they may answer what the tasks of this DAG ask people."""
        return self._may("PUT", dag_id, DagAccessEntity.HITL_DETAIL)

    def may_write(self, dag_id: str | None = None) -> bool:
        """True when they may change DAGs (this one, or any): a user of Airflow, and no mere viewer."""
        details = DagDetails(id=dag_id) if dag_id else None
        return get_auth_manager().is_authorized_dag(method="PUT", details=details, user=self._user)

    def may_trigger(self, dag_id: str) -> bool:
        """True when they may start runs of this DAG."""
        return self._may("POST", dag_id, DagAccessEntity.RUN)

    def _may(self, method: Literal["GET", "POST", "PUT"], dag_id: str, entity: DagAccessEntity) -> bool:
        return get_auth_manager().is_authorized_dag(
            method=method, access_entity=entity, details=DagDetails(id=dag_id), user=self._user
        )


def logged_in(request: Request, user: Annotated[BaseUser, Depends(get_user)]) -> Person:
    """The dependency of the whole application: somebody who is logged in and may read. 401 or 403 otherwise."""
    person = Person(user)
    if not person.may_read():
        raise HTTPException(status.HTTP_403_FORBIDDEN, "Your role in Airflow may not see DAGs, nor their results")
    request.state.person = person
    return person


Reader = Annotated[Person, Depends(logged_in)]


def refuse_other_origins(request: Request) -> None:
    """403 unless the browser says that a page of this server sent the request.

    Airflow's cookie comes along with requests that other sites make; there is no token against that. Browsers name
    the origin of every POST, and a page cannot change what they say.
    """
    try:
        origin = urlsplit(request.headers.get("origin", ""))
    except ValueError:  # no browser sends such a one
        origin = urlsplit("")
    own = {request.headers.get("host", ""), urlsplit(conf.get("api", "base_url", fallback="") or "").netloc}
    if origin.scheme not in ("http", "https") or origin.netloc not in own - {""}:
        raise HTTPException(
            status.HTTP_403_FORBIDDEN,
            "The request does not come from a page of this server (header Origin). Behind a proxy, set [api] base_url "
            "to the address that people open",
        )


def _writer(request: Request, person: Reader) -> Person:
    if not person.may_write():
        raise HTTPException(status.HTTP_403_FORBIDDEN, "Your role in Airflow may look, and change nothing")
    refuse_other_origins(request)
    return person


Writer = Annotated[Person, Depends(_writer)]
"""Somebody who may change something, by a request from our own pages. For every route that is not a GET."""


def reads_dag(parameter: str = "dag_id") -> Callable[[Request, Person], Person]:
    """A dependency: somebody who may see the DAG that the path names. 403 otherwise."""

    def check(request: Request, person: Reader) -> Person:
        if not person.may_read(request.path_params[parameter]):
            raise HTTPException(status.HTTP_403_FORBIDDEN, "Your role in Airflow may not see runs of this DAG")
        return person

    return check
