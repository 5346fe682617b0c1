"""The params of ``ml_feature_refresh``: one Pydantic model for the trigger form and the tasks."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class MlFeatureRefreshParams(BaseModel):
    """Params of ``ml_feature_refresh``. The defaults are those of every night."""

    model_config = ConfigDict(extra="forbid")

    full: bool = Field(
        False,
        title="All accounts",
        description="Compute all accounts again instead of those that changed since the last refresh. For instance after "
        "the database was restored from a backup.",
    )
    train: bool = Field(
        True,
        title="Train",
        description="Train a model and promote it if it is better. Runs that follow another DAG never train.",
    )
    chunk_size: int = Field(
        20_000,
        title="Accounts per chunk",
        description="Each chunk is one transaction of one mapped task.",
        ge=1,
        le=1_000_000,
        json_schema_extra={"section": "Features"},
    )
    snapshot_months: int = Field(
        12,
        title="Months of snapshots",
        description="Features are kept as they were at the start (UTC) of this many months; models learn from them.",
        ge=0,
        le=120,
        json_schema_extra={"section": "Features"},
    )
    horizon_days: int = Field(
        90,
        title="Horizon",
        description="The model says how likely a meeting or a sale within this many days is.",
        ge=7,
        le=365,
        json_schema_extra={"section": "Model"},
    )
    recommendations: int = Field(
        50,
        title="Recommendations",
        description="How many accounts a day are recommended.",
        ge=0,
        le=10_000,
        json_schema_extra={"section": "Recommendations"},
    )
    exploration_share: float = Field(
        0.2,
        title="Share drawn by chance",
        description="This share of the recommendations is drawn from the accounts that did not rank high enough, to learn "
        "how they do.",
        ge=0,
        le=1,
        json_schema_extra={"section": "Recommendations"},
    )
    quiet_days: int = Field(
        30,
        title="Quiet days",
        description="Accounts that were contacted, met or lost within this many days are not recommended. Those that were won "
        "never are.",
        ge=0,
        le=3650,
        json_schema_extra={"section": "Recommendations"},
    )
    min_icp_score: int = Field(
        6,
        title="ICP score, at least",
        description="Of accounts the model did not score, only those with this ICP score are recommended.",
        ge=1,
        le=10,
        json_schema_extra={"section": "Recommendations"},
    )
