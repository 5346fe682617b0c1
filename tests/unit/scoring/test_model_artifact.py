"""A model as a file: the same model when it is read, and never a program."""

from __future__ import annotations

import hashlib
import json
import pickle
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prospecting.scoring.model_artifact import ArtifactError, dump_model, load_model
from prospecting.scoring.propensity import HYPERPARAMETERS, Model, fit_model
from prospecting.scoring.propensity_features import FEATURE_NAMES, Examples
from prospecting.scoring.propensity_reasons import reasons
from tests.generated_history import generate_history

# Fitting takes a second.
pytestmark = pytest.mark.slow


@cache
def examples() -> Examples:
    return generate_history(accounts=200, months=12, seed=1).examples()


@cache
def fitted() -> Model:
    return fit_model(examples(), horizon_days=90, seed=0, hyperparameters=HYPERPARAMETERS)


def load(data: bytes) -> Model:
    """Read it with its own checksum, as whoever can write the table of models would have it."""
    return load_model(data, sha256=hashlib.sha256(data).hexdigest())


def changed(change: Callable[[dict[str, Any]], Any]) -> bytes:
    """The artifact after ``change`` was made to its content."""
    content = json.loads(dump_model(fitted()))
    change(content)
    return json.dumps(content).encode()


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_an_artifact_is_the_same_model() -> None:
    again = load(dump_model(fitted()))
    features = examples().features
    assert np.array_equal(again.probabilities(features), fitted().probabilities(features))
    assert (again.horizon_days, again.feature_names) == (90, FEATURE_NAMES)
    assert np.array_equal(again.used, fitted().used)
    assert reasons(again, features[:50]) == reasons(fitted(), features[:50])
    assert dump_model(again) == dump_model(fitted())


def test_a_model_from_another_library_version_is_used_as_it_was_tested(monkeypatch: pytest.MonkeyPatch) -> None:
    data = dump_model(fitted())
    monkeypatch.setitem(sys.modules, "sklearn", None)
    assert load(data).probabilities(examples().features[:10]).shape == (10,)


# ------------------------------------------------------------------------------------------- what must not be used
def test_a_file_that_was_changed_is_refused() -> None:
    data = dump_model(fitted())
    registered = hashlib.sha256(data).hexdigest()
    for other in (data[:-1], data.replace(b'"horizon_days":90', b'"horizon_days":30'), b""):
        assert other != data
        with pytest.raises(ArtifactError, match=r"not the one that was registered.*restore the file, or train again"):
            load_model(other, sha256=registered)


def test_a_pickle_with_the_registered_checksum_is_not_run(tmp_path: Path) -> None:
    """Whoever can write file and table alike gets no code into a worker."""
    sprung = tmp_path / "sprung"
    trap = pickle.dumps(Trap(sprung), protocol=5)
    header = {"format": 1, "libraries": {}, "feature_names": list(FEATURE_NAMES), "horizon_days": 90}
    former = json.dumps(header).encode() + b"\n" + trap
    for data in (former, trap, pickle.dumps(Trap(sprung), protocol=0)):
        with pytest.raises(ArtifactError, match="holds numbers only: train again"):
            load(data)
    assert not sprung.exists()
    pickle.loads(trap)
    assert sprung.exists(), "the trap works"


def below_itself(content: dict[str, Any]) -> None:
    tree = content["trees"]["trees"][0]
    for _ in range(300):
        tree = {**tree, "below": tree}
    content["trees"]["trees"][0] = tree


def set_first_split(name: str, value: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda content: content["trees"]["trees"][0].update({name: value})


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.update(format=1),
        lambda content: content.update(program="print()"),
        lambda content: content.update(horizon_days=0),
        lambda content: content.pop("trees"),
        lambda content: content["used"].pop(),
        lambda content: content["typical"].append(1.0),
        lambda content: content["trees"].update(slope="1"),
        lambda content: content["trees"].update(baseline=float("nan")),
        set_first_split("feature", -1),
        set_first_split("feature", len(FEATURE_NAMES)),
        set_first_split("feature", 1.5),
        set_first_split("threshold", float("inf")),
        set_first_split("unknown_below", "yes"),
        set_first_split("below", None),
        set_first_split("above", [1]),
        below_itself,
    ],
)
def test_what_is_no_model_is_told(change: Callable[[dict[str, Any]], Any]) -> None:
    with pytest.raises(ArtifactError, match="not in the format of this version, which holds numbers only: train again"):
        load(changed(change))


@pytest.mark.parametrize("data", [b"", b"nothing", b"[]", b"\xff\n{}", b"{}", b"{" * 1_000_000])
def test_what_is_no_json_is_told(data: bytes) -> None:
    with pytest.raises(ArtifactError, match="train again") as refusal:
        load(data)
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__


def test_other_features_are_told() -> None:
    with pytest.raises(ArtifactError, match="other features than accounts have now: train again"):
        load(changed(lambda content: content.update(feature_names=["icp_score"], used=[True], typical=[1.0])))
