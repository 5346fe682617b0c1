"""Models: what they learn from, which versions there are, and how the one in use scores every account."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, RowMapping

from prospecting.persistence.database import lock_keys, read_in_portions, to_json
from prospecting.persistence.statements import statement
from prospecting.scoring.model_card import model_card
from prospecting.scoring.propensity import Model, library_versions
from prospecting.scoring.propensity_features import COLUMNS, Examples, feature_matrix
from prospecting.scoring.propensity_reasons import reasons
from prospecting.scoring.propensity_training import INCUMBENT, Training

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MIN_RUNS = 50
MIN_INTERACTIONS = 100

_ROWS_AT_ONCE = 10_000


# --------------------------------------------------------------------------------------------- what there is to learn
@dataclass(frozen=True, slots=True)
class History:
    """How many research runs there were, and how many interactions."""

    runs: int
    interactions: int


def count_history(connection: Connection) -> History:
    """How much there is to learn from."""
    return History(**connection.execute(statement("ml_models/count_history")).mappings().one())


def missing_history(history: History) -> str | None:
    """Returns what is missing before a model can be trained, in words; ``None`` when there is enough."""
    counted = (
        (history.runs, MIN_RUNS, "research runs"),
        (history.interactions, MIN_INTERACTIONS, "user interactions"),
    )
    missing = [f"{found} of {least} {what}" for found, least, what in counted if found < least]
    return f"Too little to learn from: {', '.join(missing)}" if missing else None


def query_training_examples(
    connection: Connection, *, horizon_days: int, until: date, most_rows: int = 500_000
) -> Examples:
    """Every snapshot whose horizon ended by ``until``, with its outcome: a meeting or a deal within the horizon.

    Accounts won before a snapshot are left out of it. When there are more than about ``most_rows``, a sample of
    accounts is taken, always the same one. Read by a server-side cursor into compact arrays, by domain and day.
    """
    import numpy as np

    known = {"horizon_days": horizon_days, "until": until}
    rows: int = connection.execute(statement("ml_models/count_examples"), known).scalar_one()
    per_ten_thousand = min(10_000, max(1, 10_000 * most_rows // rows)) if rows else 10_000
    features, labels, accounts, moments = [feature_matrix([], [])], [], [], []
    number, domain = -1, None
    for chunk in read_in_portions(
        connection,
        "ml_models/training_examples",
        known | {"per_ten_thousand": per_ten_thousand},
        ("account_domain", "as_of", "has_outcome", *COLUMNS),
        portion_size=_ROWS_AT_ONCE,
    ):
        as_of = [row[1] for row in chunk]
        features.append(feature_matrix([row[3:] for row in chunk], as_of))
        labels.append(np.array([row[2] for row in chunk], dtype=np.bool_))
        moments.append(np.array(as_of, dtype="datetime64[D]"))
        numbers = np.empty(len(chunk), dtype=np.int32)
        for position, row in enumerate(chunk):
            number += row[0] != domain
            domain, numbers[position] = row[0], number
        accounts.append(numbers)
    return Examples(
        features=np.concatenate(features),
        labels=np.concatenate([np.empty(0, dtype=np.bool_), *labels]),
        accounts=np.concatenate([np.empty(0, dtype=np.int32), *accounts]),
        as_of=np.concatenate([np.empty(0, dtype="datetime64[D]"), *moments]),
        account_share=per_ten_thousand / 10_000,
    )


# ----------------------------------------------------------------------------------------------------------- versions
@dataclass(frozen=True, slots=True)
class Registered:
    """A version of a model; ``is_new``: this call stored it."""

    id: int
    version: int
    status: str
    is_new: bool


def find_model(connection: Connection, *, name: str, fingerprint: str) -> RowMapping | None:
    """The version that was trained on this data with these settings; ``None`` when there is none."""
    values = {"name": name, "fingerprint": fingerprint}
    return connection.execute(statement("ml_models/find_model"), values).mappings().first()


def is_settled(known: RowMapping, *, has_rival: bool) -> bool:
    """True when training ``known`` once more, on the same data, would decide the same.

    ``has_rival``: a usable model is in use. A version that lost to a model no longer in use may be the best there is
    by now; so may one that a later training retired. One that somebody took out of use stays out.
    """
    if has_rival:
        return True
    if known["status"] == "rejected":
        return INCUMBENT not in known["metrics"]["improvements"]
    return bool(known["status"] == "retired" and known["is_newest"])


def find_promoted(connection: Connection, name: str) -> RowMapping | None:
    """The version in use; ``None`` when there is none."""
    return connection.execute(statement("ml_models/find_promoted_model"), {"name": name}).mappings().first()


def find_newest(connection: Connection) -> RowMapping | None:
    """The version that was trained last, of any model, in use or not; ``None`` when there is none."""
    return connection.execute(statement("ml_models/find_newest_model")).mappings().first()


def query_models(connection: Connection) -> Sequence[RowMapping]:
    """All versions, the newest first, without their cards."""
    return connection.execute(statement("ml_models/list_models")).mappings().all()


def find_version(connection: Connection, model_id: int) -> RowMapping | None:
    """One version with all that was measured, and the task try that trained it; ``None`` when there is none."""
    return connection.execute(statement("ml_models/find_version"), {"model_id": model_id}).mappings().first()


def query_last_refreshes(connection: Connection) -> Sequence[RowMapping]:
    """The latest feature refreshes, with the reasons for which they trained or recommended nothing."""
    return connection.execute(statement("ml_models/last_refreshes")).mappings().all()


def retire_model(connection: Connection, model_id: int) -> bool:
    """Take a version out of use: the formula ranks accounts until another one is better.

    Returns False when it was not in use.
    """
    found = find_version(connection, model_id)
    if found is None:
        return False
    lock_keys(connection, "model", [found["name"]])
    values = {"name": found["name"], "model_id": model_id}
    return connection.execute(statement("ml_models/retire_model"), values).rowcount > 0


def register_model(
    connection: Connection,
    *,
    name: str,
    training: Training,
    incumbent_id: int | None = None,
    artifact_path: str | None = None,
    artifact_sha256: str | None = None,
    artifact_bytes: int | None = None,
) -> Registered:
    """Store a training as the next version of ``name``: promoted when it is better, which retires the one before.

    One that is not better retires the model it was compared with, ``incumbent_id``, when that has fallen behind.
    A training that is stored already (the same fingerprint) is returned as it is; when its model is in use and this
    artifact is a different one, this one is used from now on. When no usable model was in use and the stored version is
    not settled, it is judged again, by this training. Raises ``ValueError`` for a better model without an artifact.
    """
    if training.is_better and not (artifact_path and artifact_sha256):
        raise ValueError("A model that is promoted needs its artifact: store it first, then give its path and SHA-256")
    lock_keys(connection, "model", [name])
    known = find_model(connection, name=name, fingerprint=training.fingerprint)
    artifact = {
        "artifact_path": artifact_path,
        "artifact_sha256": artifact_sha256,
        "artifact_bytes": artifact_bytes,
    }
    judgement = {
        "metrics": to_json(training.as_dict()),
        "verdict": training.verdict,
        "model_card": model_card(training, name=name),
        **artifact,
    }
    if known is not None:
        in_use = find_promoted(connection, name)
        has_rival = INCUMBENT in training.metrics or (in_use is not None and in_use["id"] != incumbent_id)
        if known["status"] == "promoted" and training.is_better:
            connection.execute(statement("ml_models/move_artifact"), {"model_id": known["id"], **artifact})
        elif known["status"] != "promoted" and not is_settled(known, has_rival=has_rival):
            if training.is_better:
                connection.execute(statement("ml_models/retire_model"), {"name": name, "model_id": None})
            values = {"model_id": known["id"], "is_better": training.is_better, **judgement}
            judged = connection.execute(statement("ml_models/judge_again"), values).mappings()
            return Registered(**judged.one(), is_new=False)
        return Registered(known["id"], known["version"], known["status"], is_new=False)
    if training.is_better:
        connection.execute(statement("ml_models/retire_model"), {"name": name, "model_id": None})
    elif training.incumbent_is_behind and incumbent_id is not None:
        connection.execute(statement("ml_models/retire_model"), {"name": name, "model_id": incumbent_id})
    period = training.trained_on
    stored = connection.execute(
        statement("ml_models/register_model"),
        {
            "name": name,
            "status": "promoted" if training.is_better else "rejected",
            "fingerprint": training.fingerprint,
            "feature_names": list(training.model.feature_names),
            "parameters": to_json(asdict(training.settings)),
            "library_versions": to_json(library_versions()),
            "training_rows": period.rows,
            "positive_rows": period.positive_rows,
            "trained_until": period.last + timedelta(days=training.settings.horizon_days),
            **judgement,
        },
    ).mappings()
    return Registered(**stored.one(), is_new=True)


# ------------------------------------------------------------------------------------------------------------- scores
@dataclass(frozen=True, slots=True)
class AccountFeatures:
    """Accounts as they are now: one domain per row of ``features`` (n, features)."""

    domains: list[str]
    features: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class AccountScore:
    """How a model scores an account; ``reasons`` in words, empty where none were asked for."""

    account_domain: str
    probability: float
    reasons: list[str]


@dataclass(frozen=True, slots=True)
class ScoreCounts:
    """How many accounts have a score now, how many scores changed, and how many were removed."""

    scored: int
    written: int
    removed: int


def query_account_features(connection: Connection, *, as_of: datetime) -> Iterator[AccountFeatures]:
    """All accounts that can be scored, in chunks, by domain. Days are counted back from ``as_of`` (aware)."""
    columns = ("account_domain", *COLUMNS)
    for chunk in read_in_portions(connection, "ml_models/scorable_accounts", {}, columns, portion_size=_ROWS_AT_ONCE):
        yield AccountFeatures(
            [row[0] for row in chunk], feature_matrix([row[1:] for row in chunk], [as_of] * len(chunk))
        )


def score_accounts(
    connection: Connection, model: Model, *, model_id: int, as_of: datetime, most_explained: int = 2_000
) -> ScoreCounts:
    """Score every account by a model and store the scores; only the ``most_explained`` most likely ones get reasons.

    Writes what changed, and removes scores by other models and of accounts that are not scored any more.
    """
    import numpy as np

    chunks = list(query_account_features(connection, as_of=as_of))
    domains = [domain for chunk in chunks for domain in chunk.domains]
    probabilities = np.concatenate([np.empty(0), *(model.probabilities(chunk.features) for chunk in chunks)])
    likely = np.argsort(-probabilities, kind="stable")[:most_explained]
    explained: dict[int, list[str]] = {}
    if len(likely):
        features = np.concatenate([chunk.features for chunk in chunks])[likely]
        explained = dict(zip(likely.tolist(), reasons(model, features), strict=True))
    scores = [
        AccountScore(domain, probability, explained.get(position, []))
        for position, (domain, probability) in enumerate(zip(domains, probabilities.tolist(), strict=True))
    ]
    written = save_scores(connection, model_id, scores)
    return ScoreCounts(len(scores), written, forget_other_scores(connection, model_id))


def save_scores(connection: Connection, model_id: int, scores: Sequence[AccountScore]) -> int:
    """Store scores of accounts that exist, replacing earlier ones. Returns how many changed."""
    written = 0
    for first in range(0, len(scores), _ROWS_AT_ONCE):
        rows = [
            {
                "account_domain": score.account_domain,
                "probability": round(score.probability, 5),
                "reasons": score.reasons,
            }
            for score in scores[first : first + _ROWS_AT_ONCE]
        ]
        values = {"model_id": model_id, "scores": to_json(rows)}
        written += connection.execute(statement("ml_models/save_scores"), values).rowcount
    return written


def forget_other_scores(connection: Connection, model_id: int | None) -> int:
    """Remove scores by other models (all, without a model), and of accounts that are won or have no features.

    Returns how many were removed.
    """
    return connection.execute(statement("ml_models/forget_scores"), {"model_id": model_id}).rowcount
