"""Models as files: plain JSON, of which nothing is ever executed."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, PositiveInt, ValidationError

from prospecting.scoring.propensity import Model
from prospecting.scoring.propensity_features import FEATURE_NAMES
from prospecting.scoring.propensity_trees import CalibratedTrees

_FORMAT: Literal[2] = 2  # the first one was a pickle
_PER_FEATURE = Field(min_length=len(FEATURE_NAMES), max_length=len(FEATURE_NAMES))


class ArtifactError(Exception):
    """A stored model that must not be used; the message names the remedy."""


class _Header(BaseModel):
    """The part that tells if this version of the product can use the rest."""

    format: int
    feature_names: tuple[str, ...]


class _Artifact(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    format: Literal[2]
    feature_names: tuple[str, ...]
    horizon_days: PositiveInt
    used: Annotated[tuple[bool, ...], _PER_FEATURE]
    typical: Annotated[tuple[FiniteFloat | None, ...], _PER_FEATURE]
    trees: CalibratedTrees


def dump_model(model: Model) -> bytes:
    """The model as an artifact, the same bytes for the same model."""
    import numpy as np

    return (
        _Artifact(
            format=_FORMAT,
            feature_names=model.feature_names,
            horizon_days=model.horizon_days,
            used=tuple(model.used.tolist()),
            typical=tuple(None if np.isnan(value) else value for value in model.typical.tolist()),
            trees=model.trees,
        )
        .model_dump_json()
        .encode()
    )


def load_model(data: bytes, *, sha256: str) -> Model:
    """The model in an artifact. Raises ``ArtifactError`` when it is not the registered one, or cannot be used here."""
    import numpy as np

    if hashlib.sha256(data).hexdigest() != sha256:
        raise ArtifactError(
            "The model artifact is not the one that was registered (its SHA-256 differs): restore the file, or train "
            "again"
        )
    try:
        header = _Header.model_validate_json(data)
        if header.format == _FORMAT and header.feature_names != FEATURE_NAMES:
            raise ArtifactError("The model artifact was made for other features than accounts have now: train again")
        found = _Artifact.model_validate_json(data)
    except ValidationError:
        # Not its text, which quotes the file.
        raise ArtifactError(
            "The model artifact is not in the format of this version, which holds numbers only: train again"
        ) from None
    return Model(
        trees=found.trees,
        used=np.array(found.used, dtype=np.bool_),
        typical=np.array([np.nan if value is None else value for value in found.typical], dtype=np.float32),
        horizon_days=found.horizon_days,
    )
