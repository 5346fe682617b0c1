"""Operators of promotions: plan a list of people who may become contacts, and carry out one that a person approved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from prospecting.hooks import metrics
from prospecting.operators.lineage import Tables
from prospecting.operators.links import PromotionLink
from prospecting.operators.prospecting import ProspectingOperator
from prospecting.operators.retry import refusals_fail_at_once
from prospecting.services.promotion_params import PromoteArguments, ScopeFields

if TYPE_CHECKING:
    from airflow.sdk import Context

    from prospecting.services.promotions import WholePromotion


class PlanPromotionOperator(ProspectingOperator):
    """Lists people who may become contacts: those at companies that signals found, and holders of seats.

    Nobody becomes a contact by this. The list waits in contact_promotions and contact_promotion_items for the decision
    of a person; each person on it has a verdict: new, known, suppressed, erased, doubtful or no_channel. All tries of
    the task share one list.

    Returns ``promotion_id``, how many people are ``proposed``, at how many ``companies``, and how many ``left_out``.

    :param signal_ids: Companies that executions of these signals found. Empty, like the executions: of all executions.
    :param execution_ids: Companies that these executions found.
    :param best_tier: Only companies whose best tier at the events of these executions is this one or a better one, for
        instance gold.
    :param company_ids: Only these companies: 04.04.01.NN.NNNNN.NNN or the plain number.
    :param seniorities: Only people of these seniorities: c-level, vp, director, manager, individual_contributor.
    :param functions: Only people whose title fits one of these target functions, for instance VP Sales.
    :param include_seats: Also the holders of seats at these companies, whatever seniorities and functions say; at all
        companies when neither signals, executions nor a tier are chosen.
    :param max_per_company: The most people per company; those who are contacts already count.
    :param require_channel: Only people with an e-mail address or a LinkedIn profile of their own.
    :param confirmed_only: Only people who were seen in their role within 18 months.

    .. code-block:: python

        PlanPromotionOperator(task_id="plan_promotion", best_tier="gold", functions=["VP Sales", "CEO"])
    """

    template_fields = (
        *ProspectingOperator.template_fields,
        "signal_ids",
        "execution_ids",
        "best_tier",
        "company_ids",
        "seniorities",
        "functions",
        "include_seats",
        "max_per_company",
        "require_channel",
        "confirmed_only",
    )
    operator_extra_links = (PromotionLink(),)
    tables: ClassVar = Tables(
        reads=("companies", "company_person_roles", "company_slot", "contacts", "persons", "signal_execution_entities"),
        writes=("contact_promotions", "contact_promotion_items"),
    )

    def __init__(
        self,
        *,
        signal_ids: Sequence[str] | str | None = None,
        execution_ids: Sequence[str] | str | None = None,
        best_tier: str | None = None,
        company_ids: Sequence[int | str] | str | None = None,
        seniorities: Sequence[str] | str | None = None,
        functions: Sequence[str] | str | None = None,
        include_seats: bool | str = True,
        max_per_company: int | str = 5,
        require_channel: bool | str = True,
        confirmed_only: bool | str = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.signal_ids = signal_ids
        self.execution_ids = execution_ids
        self.best_tier = best_tier
        self.company_ids = company_ids
        self.seniorities = seniorities
        self.functions = functions
        self.include_seats = include_seats
        self.max_per_company = max_per_company
        self.require_channel = require_channel
        self.confirmed_only = confirmed_only

    def execute(self, context: Context) -> dict[str, Any]:
        from prospecting.services.promotions import plan_alone

        arguments = self.read_arguments(ScopeFields)
        with refusals_fail_at_once():
            promotion, preview = plan_alone(self.runtime(context), arguments)
        companies = sum(count.companies for count in preview.counts if count.status == "proposed")
        return {
            "promotion_id": str(promotion.id),
            "proposed": preview.people("proposed"),
            "companies": companies,
            "left_out": preview.people("left_out"),
        }


class PromoteContactsOperator(ProspectingOperator):
    """Makes contacts of the people on a list that a person has approved.

    Everybody is checked again: who left the company, asked for no mail, asked to be forgotten, may be somebody else or
    is a contact already is refused, with the reason on the list. Nobody is made a contact twice, and without an
    approval the task fails. Carrying out the same list again makes nobody else a contact.

    Returns ``promotion_id``, and how many people were ``promoted`` and ``refused``.

    :param promotion_id: Id of the promotion, from PlanPromotionOperator or the DAG account_promotion.
    :param approved_by: Who has approved it, if that is not recorded yet, for instance the user who answered an
        ApprovalOperator. Empty: the approval must have been recorded.
    :param first_position: Only people from this place on the list on; goes together with last_position. Closing the
        promotion is left to whoever divided the list, as the DAG account_promotion does.
    :param last_position: The last place, included.
    :param chunk_size: How many people a transaction promotes.

    .. code-block:: python

        PromoteContactsOperator(
            task_id="promote_contacts",
            promotion_id="{{ ti.xcom_pull('plan_promotion')['promotion_id'] }}",
            approved_by="{{ ti.xcom_pull('approve')['responded_by_user']['name'] }}",
        )
    """

    template_fields = (
        *ProspectingOperator.template_fields,
        "promotion_id",
        "approved_by",
        "first_position",
        "last_position",
        "chunk_size",
    )
    operator_extra_links = (PromotionLink(),)
    counted: ClassVar = {"promoted": metrics.CONTACTS_PROMOTED, "refused": metrics.CONTACTS_REFUSED}
    tables: ClassVar = Tables(
        reads=("companies", "company_person_roles", "persons", "suppressed_addresses"),
        writes=("contacts", "companies", "contact_promotions", "contact_promotion_items"),
        rows={"contacts": "promoted"},
    )

    def __init__(
        self,
        *,
        promotion_id: str,
        approved_by: str | None = None,
        first_position: int | str | None = None,
        last_position: int | str | None = None,
        chunk_size: int | str = 500,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.promotion_id = promotion_id
        self.approved_by = approved_by
        self.first_position = first_position
        self.last_position = last_position
        self.chunk_size = chunk_size
        self._promotion: WholePromotion | None = None

    def execute(self, context: Context) -> dict[str, Any]:
        from prospecting.services.promotions import WholePromotion, promote_chunk, resume_promotion

        arguments = self.read_arguments(PromoteArguments)
        runtime, promotion_id = self.runtime(context), arguments.promotion_id
        with refusals_fail_at_once():
            if arguments.first_position is not None and arguments.last_position is not None:
                resume_promotion(runtime, promotion_id, approved_by=arguments.approved_by)
                done = promote_chunk(runtime, promotion_id, arguments.first_position, arguments.last_position)
            else:
                self._promotion = WholePromotion(
                    runtime, promotion_id, approved_by=arguments.approved_by, chunk_size=arguments.chunk_size
                )
                done = self._promotion.run()
        self.log.info("%s: %s", self.map_label or f"Promotion {promotion_id}", done.as_dict())
        return {"promotion_id": str(promotion_id), **done.as_dict()}

    def on_kill(self) -> None:
        """Begin no other chunk; what is done is done, and another try does the rest."""
        if self._promotion is not None:
            self._promotion.stop()
