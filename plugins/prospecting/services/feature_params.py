"""The params of ``ml_feature_refresh``, and the arguments of the operators of features, of the same kinds of fields."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from prospecting.services.params import OptionalName, OptionalText, RowId

ChunkSize = Annotated[int, Field(ge=1, le=1_000_000)]
SnapshotMonths = Annotated[int, Field(ge=0, le=120)]
HorizonDays = Annotated[int, Field(ge=7, le=365)]
ListLength = Annotated[int, Field(ge=0, le=10_000)]
Share = Annotated[float, Field(ge=0, le=1)]
QuietDays = Annotated[int, Field(ge=0, le=3650)]
MinIcpScore = Annotated[int, Field(ge=1, le=10)]


class MlFeatureRefreshParams(BaseModel):
    """Params of ``ml_feature_refresh``. The defaults are those of every night."""

    model_config = ConfigDict(extra="forbid")

    full: bool = Field(
        default=False,
        title="All accounts",
        description="Compute all accounts again instead of those that changed since the last refresh. For instance "
        "after the database was restored from a backup.",
    )
    train: bool = Field(
        default=True,
        title="Train",
        description="Train a model and promote it if it is better. Runs that follow another DAG never train.",
    )
    chunk_size: ChunkSize = Field(
        default=20_000,
        title="Accounts per chunk",
        description="Each chunk is one transaction of one mapped task.",
        json_schema_extra={"section": "Features"},
    )
    snapshot_months: SnapshotMonths = Field(
        default=12,
        title="Months of snapshots",
        description="Features are kept as they were at the start (UTC) of this many months; models learn from them.",
        json_schema_extra={"section": "Features"},
    )
    horizon_days: HorizonDays = Field(
        default=90,
        title="Horizon",
        description="The model predicts how likely a meeting or a sale is within this many days.",
        json_schema_extra={"section": "Model"},
    )
    recommendations: ListLength = Field(
        default=50,
        title="Recommendations",
        description="How many accounts a day are recommended.",
        json_schema_extra={"section": "Recommendations"},
    )
    exploration_share: Share = Field(
        default=0.2,
        title="Share drawn at random",
        description="This share of the recommendations is drawn from the accounts that did not rank high enough, to "
        "learn how they do.",
        json_schema_extra={"section": "Recommendations"},
    )
    quiet_days: QuietDays = Field(
        default=30,
        title="Quiet days",
        description="Accounts that were contacted, met or lost within this many days are not recommended. Those that "
        "were won never are.",
        json_schema_extra={"section": "Recommendations"},
    )
    min_icp_score: MinIcpScore = Field(
        default=6,
        title="ICP score, at least",
        description="Accounts that the model did not score are recommended from this ICP score on; "
        "sponsors without one, once more is known of them.",
        json_schema_extra={"section": "Recommendations"},
    )


class StoredRefreshParams(MlFeatureRefreshParams):
    """The params of a refresh, as its row has them; the refresh of an operator has the defaults for the rest."""

    model_config = ConfigDict(extra="ignore")

    follows_another_dag: bool = False
    """Neither scheduled nor asked for: the run was started because an asset changed."""


class RefreshArguments(BaseModel):
    """Arguments of ``RefreshFeaturesOperator``."""

    model_config = ConfigDict(extra="forbid")

    refresh_id: RowId | None = None
    first_domain: OptionalName = None
    last_domain: OptionalName = None
    snapshot_months: SnapshotMonths = 12
    chunk_size: ChunkSize = 20_000
    full: bool = False

    @model_validator(mode="after")
    def _both_bounds_or_none(self) -> RefreshArguments:
        if (self.first_domain is None) != (self.last_domain is None):
            raise ValueError("first_domain and last_domain go together: give both or neither")
        return self


class TrainArguments(BaseModel):
    """Arguments of ``TrainPropensityModelOperator``."""

    model_config = ConfigDict(extra="forbid")

    refresh_id: RowId | None = None
    train: bool | None = None
    horizon_days: HorizonDays | None = None
    artifacts_path: OptionalText = Field(None, max_length=2_000)


class ScoreArguments(BaseModel):
    """Arguments of ``ScoreAccountsOperator``."""

    model_config = ConfigDict(extra="forbid")

    refresh_id: RowId | None = None
    artifacts_path: OptionalText = Field(None, max_length=2_000)


class IntentArguments(BaseModel):
    """Arguments of ``DetectIntentOperator``."""

    model_config = ConfigDict(extra="forbid")

    refresh_id: RowId | None = None


class RecommendArguments(BaseModel):
    """Arguments of ``RecommendAccountsOperator``."""

    model_config = ConfigDict(extra="forbid")

    refresh_id: RowId | None = None
    limit: ListLength | None = None
    exploration_share: Share | None = None
    quiet_days: QuietDays | None = None
    min_icp_score: MinIcpScore | None = None
    keep_existing: bool | None = None
