"""Drawings of the cells and of the shapes a sequence task can have, in the colours of `seqlab.plots`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle

MEMORY, GATE, CANDIDATE, FRAME, STATE = "#0072B2", "#FBE3B0", "#CFE8DD", "#F4F4F4", "#D6E6F2"
LINE, OWN = "#333333", "#D55E00"

Point = tuple[float, float]


def _canvas(title: str, width: float, height: float) -> tuple[Figure, Axes]:
    """An empty page of `width` × `height` units, half an inch each."""
    figure, axes = plt.subplots(figsize=(width / 2, height / 2), layout="constrained")
    figure.suptitle(title)
    axes.set(xlim=(0, width), ylim=(0, height), aspect="equal")
    axes.axis("off")
    return figure, axes


def _path(axes: Axes, *points: Point, colour: str = LINE, width: float = 1.2, head: bool = True) -> None:
    """A line through `points`, with an arrow head at its end."""
    axes.plot(*zip(*points, strict=True), color=colour, linewidth=width, zorder=2, solid_capstyle="butt")
    if head:
        style = {"arrowstyle": "-|>,head_width=0.22,head_length=0.4", "color": colour, "linewidth": width}
        axes.annotate("", points[-1], points[-2], arrowprops=style | {"shrinkA": 0, "shrinkB": 0}, zorder=3)


def _box(
    axes: Axes, at: Point, text: str, colour: str, size: Point = (1.5, 0.9), fontsize: float = 12
) -> None:
    """A rounded box around the point `at`."""
    corner = at[0] - size[0] / 2, at[1] - size[1] / 2
    shape = FancyBboxPatch(
        corner, *size, boxstyle="round,pad=0,rounding_size=0.15", facecolor=colour, edgecolor=LINE, zorder=4
    )
    axes.add_patch(shape)
    axes.text(*at, text, ha="center", va="center", fontsize=fontsize, zorder=5)


def _frame(axes: Axes) -> None:
    """The border of a cell: inside is what one step computes."""
    axes.add_patch(Rectangle((2.4, 1.2), 11.6, 5.4, facecolor=FRAME, edgecolor="0.6", zorder=1))


def _node(axes: Axes, at: Point, sign: str) -> None:
    """A circle in which two vectors meet, element by element."""
    axes.plot(*at, "o", markersize=17, color="white", markeredgecolor=LINE, zorder=4)
    axes.text(*at, sign, ha="center", va="center_baseline", fontsize=12, zorder=5)


def _note(axes: Axes, at: Point, text: str, **how: object) -> None:
    axes.text(*at, text, **{"ha": "center", "va": "center", "fontsize": 9, "color": "0.25"} | how, zorder=5)


def _gates(axes: Axes, height: float, bus: float, row: Sequence[tuple[float, str, str, str]]) -> None:
    """Boxes that read the line at `bus`: (x, name, squashing function, what it decides); n and g are candidates."""
    for x, name, squash, job in row:
        _path(axes, (x, bus), (x, height - 0.45))
        _box(axes, (x, height), f"${name}_t$  ${squash}$", CANDIDATE if name in "gn" else GATE)
        _note(axes, (x + 0.1, height - 0.86), job, ha="left")


def lstm_cell(title: str) -> Figure:
    """One LSTM step: the cell state runs straight through, the gates act on it from below."""
    figure, axes = _canvas(title, 17, 7.4)
    _frame(axes)
    cell, gates, bus = 5.6, 3.0, 1.7  # the heights of the three lines
    _path(axes, (0.9, cell), (16, cell), colour=MEMORY, width=3)
    _path(axes, (0.9, bus), (10.9, bus), head=False)
    _path(axes, (3.2, 0.5), (3.2, bus), head=False)
    row = (
        (4.6, "f", r"\sigma", "keep?"),
        (6.9, "i", r"\sigma", "write?"),
        (8.9, "g", r"\tanh", "what?"),
        (10.9, "o", r"\sigma", "show?"),
    )
    _gates(axes, gates, bus, row)
    _path(axes, (4.6, gates + 0.45), (4.6, cell - 0.34))
    _node(axes, (4.6, cell), "×")
    _path(axes, (6.9, gates + 0.45), (6.9, 4.3), (7.55, 4.3))
    _path(axes, (8.9, gates + 0.45), (8.9, 4.3), (8.25, 4.3))
    _node(axes, (7.9, 4.3), "×")
    _path(axes, (7.9, 4.64), (7.9, cell - 0.34))
    _node(axes, (7.9, cell), "+")
    _path(axes, (12.8, cell), (12.8, gates + 0.34))
    _box(axes, (12.8, 4.4), r"$\tanh$", "white", (1.2, 0.7), 10)
    _path(axes, (11.65, gates), (12.46, gates))
    _path(axes, (12.8, gates), (12.8, bus), (16, bus))
    _node(axes, (12.8, gates), "×")
    _note(axes, (0.8, cell + 0.45), "$c_{t-1}$", fontsize=13, color=MEMORY)
    _note(axes, (15.6, cell + 0.45), "$c_t$", fontsize=13, color=MEMORY)
    _note(axes, (0.8, bus + 0.4), "$h_{t-1}$", fontsize=13)
    _note(axes, (15.6, bus + 0.4), "$h_t$", fontsize=13)
    _note(axes, (3.7, 0.55), "$x_t$", fontsize=13)
    _note(axes, (10.3, cell + 0.4), "only scaled, and added to", color=MEMORY)
    return figure


def gru_cell(title: str) -> Figure:
    """One GRU step: one state; what the update gate does not keep is overwritten by the candidate."""
    figure, axes = _canvas(title, 17, 7.4)
    _frame(axes)
    state, blend, gates, bus = 5.6, 4.4, 3.0, 1.7
    _path(axes, (0.9, state), (16, state), colour=MEMORY, width=3)
    _path(axes, (3.3, state), (3.3, bus), (12, bus), head=False)
    _path(axes, (3.3, 0.5), (3.3, bus), head=False)
    row = (
        (4.9, "z", r"\sigma", "keep?"),
        (7.3, "r", r"\sigma", "look back?"),
        (12, "n", r"\tanh", "$W_{in}x + b_{in}$"),
    )
    _gates(axes, gates, bus, row)
    _path(axes, (4.9, gates + 0.45), (4.9, state - 0.34))
    _node(axes, (4.9, state), "×")
    _path(axes, (4.9, blend), (11.65, blend))
    _note(axes, (8.3, blend + 0.3), "$1 - z_t$", fontsize=11)
    _path(axes, (8.05, gates), (9.36, gates))
    _path(axes, (9.7, bus), (9.7, gates - 0.34))
    _node(axes, (9.7, gates), "×")
    _note(axes, (9.8, gates - 0.86), "$W_{hn}h + b_{hn}$", ha="left")
    _path(axes, (10.04, gates), (11.25, gates))
    _path(axes, (12, gates + 0.45), (12, blend - 0.34))
    _node(axes, (12, blend), "×")
    _path(axes, (12, blend + 0.34), (12, state - 0.34))
    _node(axes, (12, state), "+")
    _note(axes, (0.8, state + 0.45), "$h_{t-1}$", fontsize=13, color=MEMORY)
    _note(axes, (15.6, state + 0.45), "$h_t$", fontsize=13, color=MEMORY)
    _note(axes, (3.8, 0.55), "$x_t$", fontsize=13)
    return figure


def _unrolled(
    axes: Axes,
    left: Point,
    reads: Sequence[str],
    writes: Sequence[str],
    colour: str = STATE,
    gap: float = 1.7,
) -> list[float]:
    """A network unrolled over time from the box at `left`; an empty text draws no arrow. Returns the steps' x."""
    x, y = left
    places = [x + gap * t for t in range(len(reads))]
    for t, (x, read, write) in enumerate(zip(places, reads, writes, strict=True)):
        if t:
            _path(axes, (places[t - 1] + 0.5, y), (x - 0.5, y), colour=MEMORY, width=2)
        if read:
            _path(axes, (x, y - 1.3), (x, y - 0.45))
            _note(axes, (x, y - 1.65), read, fontsize=11)
        if write:
            _path(axes, (x, y + 0.45), (x, y + 1.3))
            _note(axes, (x, y + 1.65), write, fontsize=11)
        _box(axes, (x, y), "", colour, (1, 0.9))
    return places


def sequence_tasks(title: str) -> Figure:
    """Three shapes of a task: many-to-one, many-to-many step by step, and encoder-decoder."""
    figure, axes = _canvas(title, 19.2, 5.2)
    inputs = ["$x_1$", "$x_2$", "$x_3$"]
    _unrolled(axes, (0.9, 2.2), inputs, ["", "", "$y$"])
    _unrolled(axes, (6.9, 2.2), inputs, ["$y_1$", "$y_2$", "$y_3$"])
    encoder = _unrolled(axes, (12.8, 2.2), inputs[:2], ["", ""], gap=1.4)
    decoder = _unrolled(
        axes, (15.8, 2.2), ["BOS", "$y_1$", "$y_2$"], ["$y_1$", "$y_2$", "EOS"], GATE, gap=1.4
    )
    _path(axes, (encoder[-1] + 0.5, 2.2), (decoder[0] - 0.5, 2.2), colour=MEMORY, width=2)
    for x, name in (
        (2.6, "many-to-one"),
        (8.6, "many-to-many, step by step"),
        (15.7, "many-to-many, lengths apart"),
    ):
        _note(axes, (x, 4.8), name, fontsize=11, color="black")
    return figure


def teacher_forcing(title: str) -> Figure:
    """The same decoder twice: reading the true tokens, and reading what it wrote itself."""
    figure, axes = _canvas(title, 17.6, 10)
    own = [rf"$\hat y_{t}$" for t in range(4)]
    true = [f"$y_{t}$" for t in range(4)]
    for y, name, tokens in ((7.4, "teacher\nforcing", true), (2.2, "running\nfree", own)):
        encoder = _unrolled(axes, (3.2, y), ["$x_1$", "$x_2$", "$x_3$"], [""] * 3)
        decoder = _unrolled(axes, (10, y), ["BOS", *tokens[:3]], own, GATE, gap=2.2)
        _path(axes, (encoder[-1] + 0.5, y), (decoder[0] - 0.5, y), colour=MEMORY, width=3)
        _note(axes, (8.3, y + 0.45), "$(h, c)$", fontsize=11, color=MEMORY)
        _note(axes, (1.1, y), name, fontsize=11, color="black")
    for earlier, later in pairwise(decoder):
        middle = (earlier + later) / 2
        corners = (earlier + 0.4, y + 1.65), (middle, y + 1.65), (middle, y - 1.65), (later - 0.4, y - 1.65)
        _path(axes, *corners, colour=OWN)
    return figure
