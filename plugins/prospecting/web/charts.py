"""Charts as SVG in the page, in its colours, which follow light and dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup
from pygal import Config, StackedBar
from pygal.style import Style

_STYLE = Style(
    background="transparent",
    plot_background="transparent",
    foreground="var(--ink)",
    foreground_strong="var(--ink)",
    foreground_subtle="var(--quiet)",
    opacity="1",
    opacity_hover="0.8",
    transition="0s",
    font_family="inherit",
    label_font_size=12,
    major_label_font_size=12,
    legend_font_size=13,
    colors=tuple(f"var(--chart-{number})" for number in range(1, 7)),
)


def bars(labels: Sequence[str], series: Mapping[str, Sequence[float]], *, height: int = 220) -> Markup | None:
    """Stacked bars, one for each label; ``None`` when all values are 0. A page says the same in a table, for those who
    cannot see it."""
    if not any(any(values) for values in series.values()):
        return None
    chart = StackedBar(
        Config(js=[]),  # pygal's own script would come from elsewhere
        width=1000,
        height=height,
        style=_STYLE,
        x_labels_major_every=max(1, len(labels) // 8),
        show_minor_x_labels=False,
        legend_at_bottom=True,
        legend_box_size=10,
        margin=4,
        truncate_label=-1,
        min_scale=2,
        max_scale=5,
        show_y_guides=True,
        value_formatter=lambda value: f"{value:,.0f}",
        order_min=0,
    )
    chart.x_labels = labels
    for name, values in series.items():
        chart.add(name, [float(value) for value in values])
    return Markup(chart.render(is_unicode=True, disable_xml_declaration=True))
