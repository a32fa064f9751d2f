"""The numbers of a figure as a small HTML table, for readers who cannot see it, and for everybody who wants to know exactly.

They are read off the drawn figure itself, so that table and picture cannot differ. Long lines and wide heat maps are given at
a few places. A drawing without numbers has no table.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure

MOST = 9  # columns of numbers
DOT = "."  # the label of a step that needs none


def table(figure: Figure) -> str:
    """`<details>` with a table for each panel of a figure; "" where nothing in it is a number."""
    parts = [_of_panel(axes) for axes in figure.axes]
    parts += [_of_heatmaps(figure)]
    found = "".join(part for part in parts if part)
    return f"<details><summary>The numbers of this figure</summary>{found}</details>" if found else ""


def _of_panel(axes: Axes) -> str:
    """A row for each named line, at places that all lines share; a line with a range gives it, too."""
    rows: dict[str, dict[float, str]] = {}
    for container in axes.containers:
        if isinstance(container, ErrorbarContainer):
            rows[str(container.get_label())] = _with_range(container, axes.get_xticks())
    for line in axes.get_lines():
        name = str(line.get_label())
        if name not in rows and name and not name.startswith("_"):
            x, y = np.asarray(line.get_xdata(), dtype=float), np.asarray(line.get_ydata(), dtype=float)
            rows[name] = {float(at): _number(value) for at, value in zip(x, y, strict=True)}
    places = _few(sorted({place for row in rows.values() for place in row}))
    if not places:
        return ""
    head = [axes.get_xlabel().partition("  (")[0], *(f"{place:g}" for place in places)]
    body = [[name, *(row.get(place, "–") for place in places)] for name, row in rows.items()]
    return _html(_plain(axes.get_title() or axes.get_ylabel()), head, body)


def _with_range(container: ErrorbarContainer, ticks: Sequence[float]) -> dict[float, str]:
    """Median and range at the tick next to each point."""
    points, _, bars = container.lines
    found = {}
    for x, y, ends in zip(points.get_xdata(), points.get_ydata(), bars[0].get_segments(), strict=True):
        place = min((float(tick) for tick in ticks), key=lambda tick: abs(tick - float(x)))
        found[place] = f"{_number(y)} ({_number(ends[0][1])} to {_number(ends[1][1])})"
    return found


def _of_heatmaps(figure: Figure) -> str:
    """A row for each strip and unit; the columns are time steps."""
    panels = [axes for axes in figure.axes if axes.get_images()]
    if not panels:
        return ""
    grids = {axes.get_ylabel(): np.asarray(axes.get_images()[0].get_array(), dtype=float) for axes in panels}
    bottom = panels[-1]
    steps = {int(place): label.get_text() for place, label in zip(bottom.get_xticks(), bottom.get_xticklabels(), strict=True)}
    length = next(iter(grids.values())).shape[1]
    named = [step for step, text in steps.items() if text not in ("", DOT)]
    shown = {0, *named, length - 1} if 0 < len(named) <= MOST - 2 else range(length)
    places = [int(place) for place in _few(sorted(shown))]
    head = ["step", *(f"{t + 1} {steps.get(t, '')}".strip() for t in places)]
    body = [
        [name if len(grid) == 1 else f"{name}, row {unit + 1}", *(_number(row[t]) for t in places)]
        for name, grid in grids.items()
        for unit, row in enumerate(grid)
    ]
    return _html("", head, body)


def _few(places: list[float]) -> list[float]:
    """At most MOST of them, the first and the last among them."""
    if len(places) <= MOST:
        return places
    return [places[round(k)] for k in np.linspace(0, len(places) - 1, MOST)]


def _number(value: float) -> str:
    """Three figures; "–" where nothing was drawn."""
    if not np.isfinite(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _plain(text: str) -> str:
    """A label without the dollars and backslashes of its mathematics."""
    return text.replace("$", "").replace("\\partial ", "∂").replace("\\partial", "∂").replace("\\mathrm", "")


def _html(caption: str, head: list[str], body: list[list[str]]) -> str:
    first = "".join(f'<th scope="col">{html.escape(_plain(cell))}</th>' for cell in head)
    rows = "".join(
        f'<tr><th scope="row">{html.escape(name)}</th>' + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"
        for name, *cells in body
    )
    title = f"<caption>{html.escape(caption)}</caption>" if caption else ""
    return f"<table>{title}<thead><tr>{first}</tr></thead><tbody>{rows}</tbody></table>"
