"""Models: what each version was found to be worth, and taking the one in use out of use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response, status
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy import Connection

from prospecting.persistence.ml_models import find_version, query_last_refreshes, query_models, retire_model
from prospecting.scoring.propensity_training import CONSTANT, FORMULA, INCUMBENT, MODEL
from prospecting.web.charts import Chart, draw
from prospecting.web.database import Database, reading, writing
from prospecting.web.listing import Column, csv_answer
from prospecting.web.login import Writer
from prospecting.web.rendering import page, root_of, run_path

router = APIRouter()

COLUMNS = (
    Column("name", "Model"),
    Column("version", "Version"),
    Column("status", "Status"),
    Column("verdict", "Verdict"),
    *(Column(name, f"Log loss, {name}") for name in (MODEL, FORMULA, CONSTANT)),
    Column("training_rows", "Rows"),
    Column("positive_rows", "With an outcome"),
    Column("trained_until", "Trained until"),
    Column("created_at", "Trained at"),
    Column("promoted_at", "In use since"),
    Column("retired_at", "Out of use since"),
)


@router.get("/models")
def list_models(request: Request, connection: Database) -> HTMLResponse:
    """All versions, the newest first, with their log losses beside those of simpler models."""
    found = query_models(connection)
    losses = [_losses(row["metrics"]) for row in found]
    return page(
        request,
        "models.html",
        models=list(zip(found, losses, strict=True)),
        compared=(MODEL, FORMULA, CONSTANT),
        refreshes=query_last_refreshes(connection),
        run_path=run_path,
    )


@router.get("/models.csv")
def download() -> Response:
    """All versions, as the page lists them."""

    def portions(connection: Connection) -> Iterator[Sequence[Mapping[str, Any]]]:
        yield [{**row, **_losses(row["metrics"])} for row in query_models(connection)]

    return csv_answer("models", COLUMNS, reading, portions)


@router.get("/models/{model_id}")
def show_model(request: Request, connection: Database, model_id: int) -> HTMLResponse:
    """One version: verdict, quality, calibration, lift, what matters, its card."""
    model = find_version(connection, model_id)
    if model is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such version of a model")
    metrics = (model["metrics"] or {}).get("metrics") or {}
    bins = metrics.get(MODEL, {}).get("bins") or []
    return page(
        request,
        "model.html",
        model=model,
        metrics={name: metrics[name] for name in (MODEL, INCUMBENT, FORMULA, CONSTANT) if name in metrics},
        leads=(model["metrics"] or {}).get("improvements") or {},
        importance=_largest_first((model["metrics"] or {}).get("importance") or {}),
        charts=[chart for chart in (calibration(bins), lift(bins)) if chart],
        run_path=run_path,
    )


@router.post("/models/{model_id}/retire")
def retire(request: Request, person: Writer, model_id: int) -> RedirectResponse:
    """Take the version out of use."""
    with writing() as connection:
        if not retire_model(connection, model_id):
            raise HTTPException(status.HTTP_409_CONFLICT, "This version is not in use (any more); nothing was changed")
    return RedirectResponse(f"{root_of(request)}/models/{model_id}", status.HTTP_303_SEE_OTHER)


def _losses(measured: Mapping[str, Any] | None) -> dict[str, float | None]:
    metrics = (measured or {}).get("metrics") or {}
    return {name: metrics.get(name, {}).get("log_loss") for name in (MODEL, FORMULA, CONSTANT)}


def _largest_first(importance: Mapping[str, float]) -> dict[str, float]:
    """The features in order of importance, which stored JSON does not keep."""
    return dict(sorted(importance.items(), key=lambda item: (-item[1], item[0])))


def calibration(bins: Sequence[Mapping[str, float]]) -> Chart | None:
    """Predicted beside observed shares, by tenth of predicted probability."""
    return draw(
        "lines",
        "Calibration: predicted and observed share with an outcome, by tenth of predicted probability",
        [f"{number}" for number in range(1, len(bins) + 1)],
        {name: [100 * part[name] for part in bins] for name in ("predicted", "observed")},
        formatter="{:.1f} %".format,
    )


def lift(bins: Sequence[Mapping[str, float]]) -> Chart | None:
    """How many times more outcomes the best tenths have than all accounts, cumulated."""
    ordered = sorted(bins, key=lambda part: part["predicted"], reverse=True)
    rows = [part["rows"] for part in ordered]
    outcomes = [part["rows"] * part["observed"] for part in ordered]
    if not sum(outcomes):
        return None
    overall = sum(outcomes) / sum(rows)
    lifts = [sum(outcomes[:best]) / sum(rows[:best]) / overall for best in range(1, len(ordered) + 1)]
    return draw(
        "lines",
        "Lift: outcomes among the best tenths, compared with all",
        [f"best {10 * best} %" for best in range(1, len(ordered) + 1)],
        {"this model": lifts, "by chance": [1.0] * len(lifts)},
        formatter="{:.2f} ×".format,
    )
