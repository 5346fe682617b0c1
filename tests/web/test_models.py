"""Versions of a model: what they were found to be worth, and taking one out of use."""

from __future__ import annotations

import re

import httpx
import pytest
from sqlalchemy import Engine, text

from prospecting.persistence.ml_models import register_model
from prospecting.scoring.propensity_training import CONSTANT, FORMULA, MODEL
from tests.db.test_ml_models import ARTIFACT, NAME, a_training
from tests.web.test_overview import words

pytestmark = [pytest.mark.airflow, pytest.mark.slow]


def test_a_version_is_shown_with_its_verdict_and_taken_out_of_use(
    viewer: httpx.Client, user: httpx.Client, engine: Engine
) -> None:
    assert "No model has been trained yet" in words(viewer.get("/models"))
    training = a_training()
    with engine.begin() as connection:
        model = register_model(connection, name=NAME, training=training, **ARTIFACT)
    assert training.verdict in words(viewer.get("/models"))
    page = viewer.get(f"/models/{model.id}")
    said = words(page)
    by_loss = sorted(training.importance, key=lambda name: (-training.importance[name], name))
    assert re.findall(r"<tr><td>([a-z0-9 ]+)</td><td class=\"n\">[+-]", page.text) == [
        name.replace("_", " ") for name in by_loss[:12]
    ]
    assert re.findall(rf"<td>({'|'.join(training.metrics)})</td>", page.text) == [MODEL, FORMULA, CONSTANT]
    for name, metrics in training.metrics.items():
        assert f"{name} {metrics.log_loss:.4f}" in said
    assert "Calibration: predicted and observed" in said
    assert f"{training.metrics['this model'].lift_top_decile:.2f} ×" in said
    assert "Take out of use" not in said
    assert "Take out of use" in words(user.get(f"/models/{model.id}"))
    assert viewer.get(f"/models/{model.id + 1}").status_code == 404

    assert user.post(f"/models/{model.id}/retire").status_code == 303
    assert "retired" in words(viewer.get(f"/models/{model.id}"))
    again = user.post(f"/models/{model.id}/retire")
    assert again.status_code == 409
    assert "not in use" in again.text
    with engine.begin() as connection:
        assert connection.execute(text("select status from ml_models")).scalars().all() == ["retired"]
