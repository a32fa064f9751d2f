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


def _path(
    axes: Axes, *points: Point, colour: str = LINE, width: float = 1.2, head: bool = True, over: bool = False
) -> None:
    """A line through `points`, with an arrow head at its end; `over` crosses other lines as a bridge does."""
    if over:
        axes.plot(*zip(*points, strict=True), color=FRAME, linewidth=width + 6, zorder=2.1)
    axes.plot(
        *zip(*points, strict=True),
        color=colour,
        linewidth=width,
        zorder=2.2 if over else 2,
        solid_capstyle="butt",
    )
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
        _box(axes, (x, height), f"${name}_t$  ${squash}$", CANDIDATE if name in "gn" else GATE, (1.9, 0.9))
        _note(axes, (x + 0.1, height - 0.86), job, ha="left")


def lstm_cell(title: str) -> Figure:
    """One LSTM step: the cell state runs straight through, the gates act on it from below."""
    figure, axes = _canvas(title, 17, 7.4)
    _frame(axes)
    cell, gates, bus = 5.6, 3.0, 1.7  # the heights of the three lines
    _path(axes, (0.9, cell), (16, cell), colour=MEMORY, width=3)
    _path(axes, (0.9, bus), (11.3, bus), head=False)
    _path(axes, (3.2, 0.5), (3.2, bus), head=False)
    row = (  # in the order of the rows of the weights
        (4.4, "i", r"\sigma", "write?"),
        (6.7, "f", r"\sigma", "keep?"),
        (9.0, "g", r"\tanh", "what?"),
        (11.3, "o", r"\sigma", "show?"),
    )
    _gates(axes, gates, bus, row)
    _path(axes, (4.4, gates + 0.45), (4.4, 4.3), (8.66, 4.3))
    _path(axes, (6.7, gates + 0.45), (6.7, cell - 0.34), over=True)
    _node(axes, (6.7, cell), "×")
    _path(axes, (9.0, gates + 0.45), (9.0, 4.3 - 0.34))
    _node(axes, (9.0, 4.3), "×")
    _path(axes, (9.0, 4.64), (9.0, cell - 0.34))
    _node(axes, (9.0, cell), "+")
    _path(axes, (13.2, cell), (13.2, gates + 0.34))
    _box(axes, (13.2, 4.4), r"$\tanh$", "white", (1.2, 0.7), 10)
    _path(axes, (12.25, gates), (12.86, gates))
    _path(axes, (13.2, gates), (13.2, bus), (16, bus))
    _node(axes, (13.2, gates), "×")
    _note(axes, (0.8, cell + 0.45), "$c_{t-1}$", fontsize=13, color=MEMORY)
    _note(axes, (15.6, cell + 0.45), "$c_t$", fontsize=13, color=MEMORY)
    _note(axes, (0.8, bus + 0.4), "$h_{t-1}$", fontsize=13)
    _note(axes, (15.6, bus + 0.4), "$h_t$", fontsize=13)
    _note(axes, (3.7, 0.55), "$x_t$", fontsize=13)
    _note(axes, (11.3, cell + 0.4), "only scaled, and added to", color=MEMORY)
    return figure


def gru_cell(title: str) -> Figure:
    """One GRU step: one state; what the update gate does not keep is overwritten by the candidate."""
    figure, axes = _canvas(title, 17, 7.4)
    _frame(axes)
    state, blend, gates, bus = 5.6, 4.4, 3.0, 1.7
    _path(axes, (0.9, state), (16, state), colour=MEMORY, width=3)
    _path(axes, (3.3, state), (3.3, bus), (12, bus), head=False)
    _path(axes, (3.3, 0.5), (3.3, bus), head=False)
    row = (  # in the order of the rows of the weights
        (4.9, "r", r"\sigma", "look back?"),
        (7.4, "z", r"\sigma", "keep?"),
        (12, "n", r"\tanh", "$W_{in}x + b_{in}$"),
    )
    _gates(axes, gates, bus, row)
    _path(axes, (4.9, gates + 0.45), (4.9, 3.85), (9.9, 3.85), (9.9, gates + 0.34))
    _path(axes, (7.4, gates + 0.45), (7.4, state - 0.34), over=True)
    _node(axes, (7.4, state), "×")
    _path(axes, (7.4, blend), (11.65, blend))
    _note(axes, (9.6, blend + 0.3), "$1 - z_t$", fontsize=11)
    _path(axes, (9.9, bus), (9.9, gates - 0.34))
    _node(axes, (9.9, gates), "×")
    _note(axes, (9.8, gates - 0.86), "$W_{hn}h + b_{hn}$", ha="right", fontsize=8)
    _path(axes, (10.24, gates), (11.05, gates))
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
    """Four shapes of a task: many-to-one, one-to-many, step by step, and sequence-to-sequence."""
    figure, axes = _canvas(title, 17, 10.6)
    inputs, outputs, top, low = ["$x_1$", "$x_2$", "$x_3$"], ["$y_1$", "$y_2$", "$y_3$"], 7.3, 2.1
    _unrolled(axes, (2.0, top), inputs, ["", "", "$y$"])
    _unrolled(axes, (10.2, top), ["$x$", "$y_1$", "$y_2$"], outputs, GATE)
    _unrolled(axes, (2.0, low), inputs, outputs)
    encoder = _unrolled(axes, (8.6, low), inputs[:2], ["", ""])
    decoder = _unrolled(axes, (12.0, low), ["BOS", "$y_1$", "$y_2$"], ["$y_1$", "$y_2$", "EOS"], GATE)
    _path(axes, (encoder[-1] + 0.5, low), (decoder[0] - 0.5, low), colour=MEMORY, width=2)
    for x, y, name in (
        (3.7, top, "many-to-one"),
        (11.9, top, "one-to-many"),
        (3.7, low, "many-to-many, step by step"),
        (12.0, low, "sequence-to-sequence: encoder and decoder"),
    ):
        _note(axes, (x, y + 2.55), name, fontsize=11, color="black")
    return figure


def attention(title: str) -> Figure:
    """One step of a decoder that weighs all encoder outputs; the broader an arrow, the larger its weight."""
    figure, axes = _canvas(title, 17, 9)
    reads = [f"$x_{k}$" for k in (1, 2, 3, 4)]
    encoder = _unrolled(axes, (2.2, 2.4), reads, [""] * 4, gap=2.0)
    decoder = _unrolled(axes, (11.4, 2.4), ["BOS", "$y_1$", "$y_2$"], ["$y_1$", "", ""], GATE, gap=2.0)
    _path(axes, (encoder[-1] + 0.5, 2.4), (decoder[0] - 0.5, 2.4), colour=MEMORY, width=2)
    here = decoder[1]
    sum_at = (here, 6.4)
    for x, weight in zip(encoder, (0.05, 0.1, 0.7, 0.15), strict=True):
        _path(axes, (x, 2.85), (x, 4.6), (here - 0.34, 6.4), colour=OWN, width=0.8 + 6 * weight)
        _note(axes, (x - 0.15, 3.7), f"{weight:g}", fontsize=10, color=OWN, ha="right")
    _node(axes, sum_at, "+")
    _path(axes, (here, 6.06), (here, 2.85), colour=OWN, width=2)
    _note(axes, (here + 0.25, 5.2), "what it looked at", fontsize=10, ha="left", color=OWN)
    _note(axes, (5.2, 7.6), "weights that sum to 1, new at every decoder step", fontsize=11, color=OWN)
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
