"""The params of ``account_refresh``, and the arguments of its operator, of the same kinds of fields."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from prospecting.services.params import LARGEST_ID, RowId
from prospecting.services.slot_params import CompanyIds, OptionalCompanyIds

ChunkSize = Annotated[int, Field(ge=1, le=1_000_000)]
StaleDays = Annotated[int, Field(ge=1, le=3650)]
KeepDays = Annotated[int | None, Field(ge=1, le=36_500)]
AccountId = Annotated[int, Field(ge=0, le=LARGEST_ID)]


class AccountRefreshParams(BaseModel):
    """Params of ``account_refresh``. The defaults are those of every night."""

    model_config = ConfigDict(extra="forbid")

    company_ids: CompanyIds = Field(
        default_factory=list,
        title="Companies",
        description="Score and record only these companies, one per line: 04.04.01.NN.NNNNN.NNN or the plain number. "
        "Empty: all, and contacts without a company. Everything else is done for all of them in any case.",
    )
    confirm_job_changes: bool = Field(
        default=True,
        title="Confirm job changes",
        description="Confirm job changes that are clear. Otherwise contacts stay where they are until one decides.",
    )
    repair: bool = Field(
        default=False,
        title="Repair counters",
        description="Set counters right that differ from what is counted, instead of failing because of them.",
    )
    stale_after_days: StaleDays = Field(
        default=30,
        title="Stale after days",
        description="An account is stale that is being talked to, and nobody has been in touch with for so long.",
        json_schema_extra={"section": "Limits"},
    )
    keep_contents_days: KeepDays = Field(
        default=None,
        title="Keep contents for days",
        description="Clear subjects, contents, answers, transcripts and links to recordings of touchpoints that are "
        "older; that they were, and when, stays. Empty: keep everything.",
        json_schema_extra={"section": "Limits"},
    )
    chunk_size: ChunkSize = Field(
        default=50_000,
        title="Accounts per chunk",
        description="Each chunk is one mapped task.",
        json_schema_extra={"section": "Limits"},
    )


class StoredAccountParams(AccountRefreshParams):
    """The params of a refresh, as its row has them; the refresh of an operator has the defaults for the rest."""

    model_config = ConfigDict(extra="ignore")

    def chosen(self) -> list[int] | None:
        """The companies that are meant; ``None`` for all."""
        return self.company_ids or None


class RefreshAccountsArguments(BaseModel):
    """Arguments of ``RefreshAccountsOperator``. Unlike in the form, an empty list of companies means none."""

    model_config = ConfigDict(extra="forbid")

    refresh_id: RowId | None = None
    first_id: AccountId | None = None
    last_id: AccountId | None = None
    company_ids: OptionalCompanyIds = None
    keep_contents_days: KeepDays = None
    chunk_size: ChunkSize = 50_000

    @model_validator(mode="after")
    def _fit_together(self) -> RefreshAccountsArguments:
        if (self.first_id is None) != (self.last_id is None):
            raise ValueError("first_id and last_id go together: give both or neither")
        if self.refresh_id is None:
            if self.first_id is not None:
                raise ValueError("first_id and last_id are a part of an open refresh: give its refresh_id")
        elif self.company_ids is not None or self.keep_contents_days is not None:
            raise ValueError(
                "refresh_id: the refresh knows its companies and how long contents are kept; leave them out"
            )
        return self
