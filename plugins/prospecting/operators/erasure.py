"""The operator that erases a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from prospecting.operators.lineage import Tables
from prospecting.operators.links import ErasureLink
from prospecting.operators.prospecting import ProspectingOperator
from prospecting.operators.retry import refusals_fail_at_once
from prospecting.persistence.erasure_columns import EMPTIED, HASHED, OWN, SEARCHED
from prospecting.services.erasure_params import ErasePersonArguments, SubjectFields

if TYPE_CHECKING:
    from airflow.sdk import Context


class ErasePersonOperator(ProspectingOperator):
    """Erases a person for good, within an erasure that was planned and that somebody approves.

    Plan it with the DAG person_erasure (dry_run), which counts what would be erased and gives the erasure its id. The
    person is deleted, taken out of everything else that is stored, and kept from coming in again. What is given has to
    lead to the person the erasure is about.

    Returns ``erasure_id``, ``status``, and how many ``rows`` were erased in how many ``tables``. Erasing again changes
    nothing.

    :param erasure_id: Id of the planned erasure; see the table erasures.
    :param approved_by: Who has looked at the plan and approves of it.
    :param person: Id of the person: 04.04.02.NN.NNNNN.NNN or the plain number. It names nobody, so it is the best way.
    :param contact: Id of the contact who is meant.
    :param email: A personal address. It stays in Airflow's own database, among the rendered fields of the task.
    :param linkedin_url: A profile. It stays in Airflow's own database as an e-mail does.

    .. code-block:: python

        ErasePersonOperator(
            task_id="erase_person", erasure_id="{{ params.erasure_id }}", approved_by="ann", person=4711
        )
    """

    template_fields = (
        *ProspectingOperator.template_fields,
        "erasure_id",
        "approved_by",
        "person",
        "contact",
        "email",
        "linkedin_url",
    )
    operator_extra_links = (ErasureLink(),)
    tables: ClassVar = Tables(
        writes=tuple(sorted({"erasures", "erased_identities", *SEARCHED, *EMPTIED, *OWN, *HASHED}))
    )

    def __init__(
        self,
        *,
        erasure_id: str,
        approved_by: str,
        person: int | str | None = None,
        contact: str | None = None,
        email: str | None = None,
        linkedin_url: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.erasure_id = erasure_id
        self.approved_by = approved_by
        self.person = person
        self.contact = contact
        self.email = email
        self.linkedin_url = linkedin_url

    def execute(self, context: Context) -> dict[str, Any]:
        from prospecting.services import erasure

        arguments = self.read_arguments(ErasePersonArguments)
        subject = SubjectFields(**arguments.model_dump(include=set(SubjectFields.model_fields))).subject()
        runtime = self.runtime(context)
        with refusals_fail_at_once():
            erasure.approve(runtime, arguments.erasure_id, arguments.approved_by)
            erased = erasure.erase_person(runtime, subject, arguments.erasure_id)
        self.log.info("Erasure %s: %d rows", erased.id, sum(erased.erased.values()))
        return {
            "erasure_id": str(erased.id),
            "status": erased.status,
            "rows": sum(erased.erased.values()),
            "tables": len(erased.erased),
        }
