"""Briefings: from past deep research, and from anybody's answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from prospecting.hooks import metrics
from prospecting.operators.lineage import Tables
from prospecting.operators.links import BriefingWritesLink, RejectedRecordsLink
from prospecting.operators.prospecting import ProspectingOperator
from prospecting.operators.retry import refusals_fail_at_once
from prospecting.services.briefing_params import BriefingBackfillParams, SaveBriefingArguments

if TYPE_CHECKING:
    from airflow.sdk import Context


OF_BRIEFINGS = (
    "company_intel_briefings",
    "company_intel_briefings_history",
    "person_intel_briefings",
    "person_intel_briefings_history",
    "icp_job_titles",
    "icp_job_titles_history",
    "extracted_icp_job_title_details",
    "briefing_writes",
)
"""The tables that briefings of all kinds are in."""


class BackfillBriefingsOperator(ProspectingOperator):
    """Saves the results of past deep research as briefings, as the research pipeline itself does: one row for each
    company, or person, and client, the newest research. Goes through submissions page by page; a page is a transaction,
    and what was saved counts as unchanged when the task starts over. What became of each result is in
    ``briefing_writes``.

    Returns ``{"processed", "upserted", "unchanged", "skipped", "runs_without_results"}``; ``skipped`` counts by reason.

    :param kind: ``company``, ``person``, or ``icp_job_titles``.
    :param org_id: The org whose briefings are saved: its id or its slug.
    :param submission_ids: Only results of these submissions of the org. Empty: of all that have such results.
    :param dry_run: Write nothing; count what a backfill would do.
    :param force: Replace newer research, too; what is replaced stays in the history.
    :param page_size: Results in one transaction.

    .. code-block:: python

        BackfillBriefingsOperator.partial(
            task_id="backfill_briefings", org_id="{{ params.org_id }}", map_index_template="{{ task.kind }}"
        ).expand(kind=["company", "person", "icp_job_titles"])
    """

    template_fields: Sequence[str] = (
        *ProspectingOperator.template_fields,
        "kind",
        "org_id",
        "submission_ids",
        "dry_run",
        "force",
        "page_size",
    )
    operator_extra_links = (BriefingWritesLink(),)
    tables: ClassVar = Tables(reads=("submissions", "pipeline_runs", "step_results"), writes=OF_BRIEFINGS)

    def __init__(
        self,
        *,
        kind: str,
        org_id: str | UUID,
        submission_ids: Sequence[str | UUID] | str | None = None,
        dry_run: bool | str = False,
        force: bool | str = False,
        page_size: int | str = 500,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.kind = kind
        self.org_id = org_id
        self.submission_ids = submission_ids
        self.dry_run = dry_run  # type: ignore[method-assign, assignment]  # BaseOperator's, which nobody calls
        self.force = force
        self.page_size = page_size

    def execute(self, context: Context) -> dict[str, Any]:
        """Save all pages of all submissions. Fails at once for an unknown org or submission."""
        from prospecting.services import briefings

        arguments = self.read_arguments(BriefingBackfillParams)
        self._is_dry_run = arguments.dry_run
        runtime = self.runtime(context)
        with refusals_fail_at_once():
            org_id = briefings.check_scope(runtime, arguments.org_id, arguments.submission_ids)
            job = briefings.Backfill(
                arguments.kind.value, org_id, arguments.dry_run, arguments.force, arguments.page_size
            )
            submission_ids = briefings.find_submissions(runtime, job.kind, job.org_id, arguments.submission_ids)
            return briefings.backfill(runtime, job, submission_ids)


class SaveBriefingOperator(ProspectingOperator):
    """Saves an agent's answer about one company or person as a briefing, in the same table and by the same rules as
    the research pipeline: the newest research stands, older research goes to the history, and what an answer leaves out
    stays as it is. The answer may be a JSON object, text with one in it, a whole response of the research provider, or
    the output of a research step, which says itself whom it is about. What cannot be stored goes to
    ``rejected_records``. Saving the same answer twice changes nothing.

    Returns ``{"briefing_ids", "new", "rejected"}``.

    :param answer: The id of a call in the ledger, or what AskAgentOperator returned; a path in object storage
        (``s3://aws_default@bucket/answer.json``); or the answer itself: text, or what another task returned (a dict).
        Airflow shows and stores rendered arguments: prefer an id or a path, which hold no personal data. Map texts
        with ``expand``; Airflow renders what ``expand_kwargs`` brings as a template.
    :param kind: ``company``, ``person``, or ``icp_job_titles``.
    :param org_id: The org whose briefing it is: its id or its slug.
    :param company_domain: The company's own domain, in any spelling. Kinds company and icp_job_titles need it, unless
        the answer is the output of a step.
    :param company_name: The company's name.
    :param company_description: What the company does; kind icp_job_titles.
    :param person_full_name: Whom the briefing is about. Kind person needs it, unless the answer is the output of a
        step.
    :param person_linkedin_url: The person's LinkedIn profile, in any spelling.
    :param person_current_company_name: The company the person works for.
    :param person_current_job_title: The person's job title.
    :param client_company_name: From whose point of view the research was done; each client has a briefing of its own.
    :param client_company_description: What the client does.
    :param customer_company_name: A customer of the client that the person is compared with; kind person.
    :param researched_at: When the research was done, with a time zone. Empty: when the ledger got the answer, else the
        time of the DAG run, so that an old run that is cleared does not replace newer research.
    :param source_system: Who did the research, for example our_agent; noted as the processor unless the answer names
        one, and with rejected records.

    .. code-block:: python

        SaveBriefingOperator(
            task_id="save_briefing",
            answer=our_agent.output,
            kind="company",
            org_id="{{ params.org_id }}",
            company_domain="{{ params.company_domain }}",
            client_company_name="Globex",
            source_system="our_agent",
        )
    """

    template_fields: Sequence[str] = (
        *ProspectingOperator.template_fields,
        "answer",
        "kind",
        "org_id",
        "company_domain",
        "company_name",
        "company_description",
        "person_full_name",
        "person_linkedin_url",
        "person_current_company_name",
        "person_current_job_title",
        "client_company_name",
        "client_company_description",
        "customer_company_name",
        "researched_at",
        "source_system",
    )
    operator_extra_links = (RejectedRecordsLink(),)
    counted: ClassVar = {"rejected": metrics.RECORDS_REJECTED}
    tables: ClassVar = Tables(reads=("orgs",), writes=(*OF_BRIEFINGS, "rejected_records"))

    def __init__(
        self,
        *,
        answer: Any,
        kind: str,
        org_id: str | UUID,
        company_domain: str | None = None,
        company_name: str | None = None,
        company_description: str | None = None,
        person_full_name: str | None = None,
        person_linkedin_url: str | None = None,
        person_current_company_name: str | None = None,
        person_current_job_title: str | None = None,
        client_company_name: str | None = None,
        client_company_description: str | None = None,
        customer_company_name: str | None = None,
        researched_at: datetime | str | None = None,
        source_system: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.answer = answer
        self.kind = kind
        self.org_id = org_id
        self.company_domain = company_domain
        self.company_name = company_name
        self.company_description = company_description
        self.person_full_name = person_full_name
        self.person_linkedin_url = person_linkedin_url
        self.person_current_company_name = person_current_company_name
        self.person_current_job_title = person_current_job_title
        self.client_company_name = client_company_name
        self.client_company_description = client_company_description
        self.customer_company_name = customer_company_name
        self.researched_at = researched_at
        self.source_system = source_system

    def execute(self, context: Context) -> dict[str, Any]:
        """Read the answer and save it, or the reason why it cannot be saved."""
        from prospecting.hooks.answers import call_id_of, describe_answer, fetch_answer, time_of_answer
        from prospecting.services.briefing_answers import save_answer

        arguments = self.read_arguments(SaveBriefingArguments)
        runtime = self.runtime(context)
        run: Any = context["dag_run"]
        with refusals_fail_at_once():
            saved = save_answer(
                runtime,
                fetch_answer(self.answer, runtime),
                kind=arguments.kind.value,
                org_id=arguments.org_id,
                known=arguments.known(),
                researched_at=arguments.researched_at or time_of_answer(self.answer, runtime) or run.run_after,
                source_system=arguments.source_system,
                place=describe_answer(self.answer),
                call_id=call_id_of(self.answer),
            )
        return {"briefing_ids": saved.ids, "new": saved.new, "rejected": saved.rejected}
