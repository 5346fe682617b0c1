"""Approvals: questions that wait for the decision of a person, and who decided what before."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, HTTPException, Request, status
from fastapi.responses import HTMLResponse, RedirectResponse

from prospecting.persistence.approvals import ASKING, query_decided, query_undecided
from prospecting.web import filters
from prospecting.web.airflow_api import answer_question
from prospecting.web.airflow_runs import find_questions
from prospecting.web.database import Database
from prospecting.web.listing import ROWS, after, listed
from prospecting.web.login import Reader, Writer
from prospecting.web.rendering import page, root_of, run_path

router = APIRouter(prefix="/approvals")

_REFUSALS = {
    status.HTTP_403_FORBIDDEN: "Your role in Airflow may not answer questions of this DAG",
    status.HTTP_404_NOT_FOUND: "Airflow has no such question any more; open the page anew",
    status.HTTP_409_CONFLICT: "It is answered already; open the page anew",
    status.HTTP_400_BAD_REQUEST: "This is none of the answers that the question allows",
}


@router.get("")
def show(request: Request, person: Reader, connection: Database) -> HTMLResponse:
    """Questions that wait, plans about which nobody is asked, and decisions."""
    dag_ids = [dag_id for dag_id in ASKING if person.may_read_questions(dag_id)]
    questions = find_questions(dag_ids)
    asked = "\n".join(question.body for question in questions)
    key = after(request.query_params.get("after"), [datetime, UUID])
    decided = query_decided(connection, dag_ids, after=(key[0], key[1]) if key else None, limit=ROWS + 1)
    answered = filters.choice(request, "answered", ("yes",))
    return page(
        request,
        "approvals.html",
        questions=questions,
        # The texts of questions name what they are about.
        unasked=[row for row in query_undecided(connection, dag_ids) if str(row["id"]) not in asked],
        decided=listed(decided, ["decided_at", "id"]),
        answered=answered is not None,
        run_path=run_path,
    )


@router.post("")
async def answer(
    request: Request,
    person: Writer,
    dag_id: Annotated[str, Form()],
    run_id: Annotated[str, Form()],
    task_id: Annotated[str, Form()],
    option: Annotated[str, Form()],
    map_index: Annotated[int, Form()] = -1,
) -> RedirectResponse:
    """Answer a question, as the user in Airflow, who has to have the right to."""
    if dag_id not in ASKING:
        raise HTTPException(status.HTTP_400_BAD_REQUEST, "This DAG is none in which a person decides")
    said = await answer_question(
        request, dag_id=dag_id, run_id=run_id, task_id=task_id, map_index=map_index, options=[option]
    )
    if said.status_code != status.HTTP_200_OK:
        why = _REFUSALS.get(said.status_code, "Airflow did not take the answer; the log of its API server says why")
        raise HTTPException(said.status_code if said.status_code in _REFUSALS else status.HTTP_502_BAD_GATEWAY, why)
    return RedirectResponse(f"{root_of(request)}/approvals?answered=yes", status.HTTP_303_SEE_OTHER)
