"""Charts as SVG, drawn by pygal on the server, with the same figures as a table for whoever cannot see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

import pygal
from markupsafe import Markup
from pygal.style import Style

_FONT = "inherit"
# Colours are those of the page, light or dark.
_STYLE = Style(
    background="transparent",
    plot_background="transparent",
    foreground="var(--ink)",
    foreground_strong="var(--ink)",
    foreground_subtle="var(--line)",
    guide_stroke_color="var(--line)",
    major_guide_stroke_color="var(--line)",
    opacity="1",
    opacity_hover=".8",
    font_family=_FONT,
    label_font_family=_FONT,
    major_label_font_family=_FONT,
    no_data_font_family=_FONT,
    label_font_size=11,
    major_label_font_size=11,
    no_data_font_size=18,
    colors=tuple(f"var(--chart-{number})" for number in range(1, 7)),
)
KINDS = {"bars": pygal.StackedBar, "lines": pygal.Line}


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing, and what it shows: ``rows`` of a label and a text per series."""

    title: str
    svg: Markup
    series: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]


def draw(
    kind: str,
    title: str,
    labels: Sequence[str],
    series: Mapping[str, Sequence[float | None]],
    *,
    formatter: Callable[[float], str] = "{:,.0f}".format,
    largest: float | None = None,
) -> Chart | None:
    """Draw ``bars`` (stacked) or ``lines``; None when there is nothing to see. ``largest`` is where the axis ends."""
    if not any(value for values in series.values() for value in values):
        return None
    config = pygal.Config(
        style=_STYLE,
        js=[],
        explicit_size=False,
        width=720,
        height=260,
        margin=8,
        show_legend=False,  # the page has one, which wraps and grows with its text
        show_minor_x_labels=False,
        x_labels_major_count=min(12, len(labels)),
        show_y_guides=True,
        truncate_label=-1,
        dots_size=2.5,
        include_x_axis=True,
        value_formatter=formatter,
        no_data_text="",
        **({"range": (0, largest)} if largest else {}),
    )
    chart = KINDS[kind](config)
    chart.x_labels = list(labels)
    for name, values in series.items():
        chart.add(name, list(values))
    return Chart(
        title=title,
        svg=_as_html(chart.render_tree(), title),
        series=tuple(series),
        rows=[
            (label, ["" if (value := values[number]) is None else formatter(value) for values in series.values()])
            for number, label in enumerate(labels)
        ],
    )


def _as_html(tree: ElementTree.Element, title: str) -> Markup:
    """The drawing without its script, which the page would refuse, and with its values where a pointer finds them."""
    for parent in list(tree.iter()):
        for child in list(parent):
            if _name(child) in ("script", "title", None):
                parent.remove(child)
        descriptions = {child.get("class"): child for child in parent if _name(child) == "desc"}
        if (value := descriptions.get("value")) is not None:
            label = descriptions.get("x_label")
            shown = ElementTree.Element("title")
            shown.text = ": ".join(part.text for part in (label, value) if part is not None and part.text)
            parent.insert(0, shown)
        for description in descriptions.values():
            parent.remove(description)
    tree.set("role", "img")
    tree.set("aria-label", title)
    return Markup(ElementTree.tostring(tree, encoding="unicode"))  # escaped by ElementTree


def _name(element: ElementTree.Element) -> str | None:
    """The element's name; None for a comment."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else None
