"""The metrics: what is documented is what there is, and all of it is sent from somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from prospecting.hooks import metrics

ROOT = Path(__file__).resolve().parents[3]
_ROW = re.compile(r"^\| `(?P<name>prospecting\.[a-z_.]+)` \| (\w+) \| ([\w ]+) \| ([\w, ]*) ?\| \S", re.MULTILINE)


def test_the_documentation_lists_all_metrics() -> None:
    text = (ROOT / "docs" / "observability.md").read_text(encoding="utf-8")
    documented = [(name, kind, unit, tags.strip()) for name, kind, unit, tags in _ROW.findall(text)]
    assert documented == [
        (metric.full_name, str(metric.kind), metric.unit, ", ".join(metric.tags)) for metric in metrics.METRICS
    ]


def test_every_metric_is_sent_from_somewhere() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "plugins" / "prospecting").rglob("*.py")]
    names = {name for name, value in vars(metrics).items() if isinstance(value, metrics.Metric)}
    used = {
        name
        for source in sources
        for name in re.findall(r"\bmetrics\.([A-Z_]+)|\b([A-Z_]+)\.record\(", source)
        for name in name
    }
    assert names - used == set()


def test_a_metric_takes_its_own_tags_only() -> None:
    with pytest.raises(TypeError, match="dag_id"):
        metrics.EVENTS_NEW.record(1, keyword="ruby")
