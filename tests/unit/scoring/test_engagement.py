"""How much interactions say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.scoring.engagement import INTERACTION_TYPES, WEIGHTS, engagement_score, engagement_strength

TYPES = st.sampled_from(INTERACTION_TYPES)
COUNTS = st.dictionaries(TYPES, st.integers(0, 1000))


@pytest.mark.parametrize(
    ("types", "score"),
    [
        ([], 0.0),
        (["viewed"], 0.1),
        (["viewed", "opened_research"], 0.2),
        (["deal_won"], 1.0),
        (["deal_won", "viewed"], 0.55),
        (["deal_won", "viewed", "deal_lost"], 1.3 / 3),
        (["contacted", "meeting_booked"], 0.8),
    ],
)
def test_the_score_is_the_mean_weight(types: list[str], score: float) -> None:
    assert engagement_score(types) == pytest.approx(score)
    assert engagement_score(iter(types)) == pytest.approx(score)


@pytest.mark.parametrize(
    ("counts", "strength"),
    [
        ({}, 0.0),
        ({"viewed": 0}, 0.0),
        ({"viewed": 1}, 0.1),
        ({"viewed": 2}, 0.19),
        ({"contacted": 1, "viewed": 1}, 0.73),
        ({"deal_won": 1, "viewed": 5}, 1.0),
        ({"deal_won": 0}, 0.0),
    ],
)
def test_the_strength_is_the_chance_that_one_of_them_means_something(counts: dict[str, int], strength: float) -> None:
    assert engagement_strength(counts) == pytest.approx(strength)


@given(st.lists(TYPES))
def test_a_score_is_within_its_weights(types: list[str]) -> None:
    score = engagement_score(types)
    if types:
        weights = [WEIGHTS[interaction_type] for interaction_type in types]
        assert min(weights) - 1e-12 <= score <= max(weights) + 1e-12
        assert score <= 1
    else:
        assert score == 0


@given(COUNTS, TYPES)
def test_another_interaction_never_weakens(counts: dict[str, int], another: str) -> None:
    more = {**counts, another: counts.get(another, 0) + 1}
    assert 0 <= engagement_strength(counts) <= engagement_strength(more) + 1e-12 <= 1 + 1e-12


@pytest.mark.parametrize("unknown", ["", "Viewed", "clicked", "jane@acme.com"])
def test_an_unknown_type_is_refused_with_the_known_ones(unknown: str) -> None:
    for refused in (lambda: engagement_score(["viewed", unknown]), lambda: engagement_strength({unknown: 1})):
        with pytest.raises(ValueError, match=", ".join(INTERACTION_TYPES)) as error:
            refused()
        assert not unknown or unknown not in str(error.value).replace("viewed", "")


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(ValueError, match="0 and more"):
        engagement_strength({"viewed": -1})
