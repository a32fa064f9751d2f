"""The lab's figures.

Everything is drawn so that it can be read in greyscale and by colour-blind eyes: lines differ in marker and dash
as well as in colour (Okabe and Ito's palette), heat maps use cividis, whose lightness rises steadily.
Functions take tensors, arrays or lists and return the matplotlib `Figure`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

Values = torch.Tensor | np.ndarray | Sequence[float]

# One look per model, the same in every figure: (colour, dash, marker).
STYLES: dict[str, tuple[str, str | tuple, str]] = {
    "RNN": ("#D55E00", (0, (1, 1.2)), "o"),
    "RNN, many steps": ("#000000", (0, (3, 1, 1, 1)), "o"),
    "RNN, equal parameters": ("#E69F00", (0, (4, 1.5)), "v"),
    "RNN, 4 × the parameters": ("#CC79A7", (0, (5, 1, 1, 1)), "s"),
    "GRU": ("#009E73", (0, (7, 1.5)), "^"),
    "LSTM": ("#0072B2", "-", "D"),
}
# For lines that are not models, by position.
SERIES: list[tuple[str, str | tuple, str]] = [
    ("#0072B2", "-", "D"),
    ("#D55E00", (0, (4, 1.5)), "o"),
    ("#009E73", (0, (5, 1, 1, 1)), "^"),
    ("#CC79A7", (0, (1, 1.2)), "s"),
    ("#000000", (0, (7, 1.5)), "v"),
]
# Values that can be negative; all other rows of a heat map are gates between 0 and 1.
SIGNED = frozenset({"g", "n", "c", "h"})
# Where the log axis stops: what is smaller, 0 included, is not drawn.
FLOOR = 1e-60


def _array(values: Values) -> np.ndarray:
    """Anything numeric as a float array, without a gradient."""
    if isinstance(values, torch.Tensor):
        values = values.detach().cpu().numpy()
    return np.asarray(values, dtype=float)


def _style(name: str, position: int) -> dict[str, object]:
    """Line properties of the series `name`, the model's own look where it has one."""
    colour, dash, marker = STYLES.get(name, SERIES[position % len(SERIES)])
    # The GRU often runs exactly under the LSTM: drawn broader, it shows on both sides.
    marker_size, width = (6.5, 2.4) if name == "GRU" else (4.5, 1.6)
    return {
        "color": colour,
        "linestyle": dash,
        "marker": marker,
        "markersize": marker_size,
        "linewidth": width,
    }


def _tidy(axes: Axes) -> None:
    axes.grid(True, color="0.88", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def heatmaps(
    panels: Mapping[str, Values],
    steps: Sequence[str] | None = None,
    title: str = "",
    numbers: bool | None = None,
) -> Figure:
    """Gates and states of one sequence, one strip each, time running to the right.

    panels: name → (T, H), or (T,) for a single unit. The names "g", "n", "c" and "h" are drawn on a scale that is
        symmetric about 0, all others from 0 to 1.
    steps: a label for every time step, such as the tokens read (T).
    numbers: write the values into the fields; by default when there are few enough to read.
    """
    grids = {name: _array(values) for name, values in panels.items()}
    grids = {name: grid.reshape(len(grid), -1).T for name, grid in grids.items()}  # (H, T)
    units, length = next(iter(grids.values())).shape
    if numbers is None:
        numbers = units <= 4 and length <= 16
    strip = 0.38 * units if numbers else min(2.2, max(0.4, 0.045 * units))
    figure, all_axes = plt.subplots(
        len(grids),
        1,
        sharex=True,
        squeeze=False,
        figsize=(8.5, len(grids) * (strip + 0.12) + 1.0),
        layout="constrained",
    )
    for axes, (name, grid) in zip(all_axes[:, 0], grids.items(), strict=True):
        top = max(1.0, float(np.abs(grid).max())) if name in SIGNED else 1.0
        low = -top if name in SIGNED else 0.0
        image = axes.imshow(grid, aspect="auto", cmap="cividis", vmin=low, vmax=top, interpolation="nearest")
        axes.set_ylabel(
            name, rotation=0, ha="right", va="center", fontsize=12, family="serif", style="italic"
        )
        axes.set_yticks([])
        axes.tick_params(length=0)
        if numbers:
            _write_values(axes, grid, low, top)
        else:
            bar = figure.colorbar(image, ax=axes, pad=0.01, aspect=max(4, 9 * strip), ticks=[low, top])
            bar.ax.set_yticklabels([f"{low:.3g}", f"{top:.3g}"], fontsize=8)
    bottom = all_axes[-1, 0]
    if steps is not None:
        bottom.set_xticks(range(length), steps, fontsize=9 if length <= 40 else 6)
    bottom.set_xlabel("time step" if steps is None else "what is read at each time step")
    if title:
        figure.suptitle(title, fontsize=11)
    return figure


def _write_values(axes: Axes, grid: np.ndarray, low: float, top: float) -> None:
    """The numbers in the fields, light on dark and dark on light."""
    for (unit, step), value in np.ndenumerate(grid):
        dark = (value - low) / (top - low) < 0.55
        text = f"{value:.2f}".replace("-0.00", "0.00")
        axes.text(step, unit, text, ha="center", va="center", fontsize=9, color="white" if dark else "black")


def gradient_curves(panels: Mapping[str, Mapping[str, Values]], title: str = "") -> Figure:
    """Gradient norm against time step on a log scale, one panel a sequence length (or moment).

    panels: panel title → model name → (T,), the norm of the gradient that reaches step t. Norms of 0 (smaller
    than the number format can hold) are drawn on the floor of the axis.
    """
    figure, all_axes = plt.subplots(
        1, len(panels), squeeze=False, figsize=(4.3 * len(panels), 3.6), layout="constrained"
    )
    for axes, (heading, curves) in zip(all_axes[0], panels.items(), strict=True):
        for position, (name, norms) in enumerate(curves.items()):
            norms = _array(norms)
            norms = np.where(norms < FLOOR, np.nan, norms)  # below the axis: a line ends there
            every = max(1, len(norms) // 8)
            axes.semilogy(
                np.arange(1, len(norms) + 1), norms, label=name, markevery=every, **_style(name, position)
            )
        axes.set_title(heading, fontsize=10)
        axes.set_xticks(np.linspace(0, len(norms), 5).round())
        axes.set_xlabel("time step t  (the loss sits at the last)")
        _tidy(axes)
    all_axes[0, 0].set_ylabel("‖∂L/∂x_t‖")
    all_axes[0, -1].legend(fontsize=8, loc="lower right")
    if title:
        figure.suptitle(title, fontsize=11)
    return figure


def lines(
    curves: Mapping[str, Values | tuple[Values, Values]],
    xlabel: str,
    ylabel: str,
    title: str = "",
    log: bool = False,
) -> Figure:
    """Named curves over one axis: name → y (n,), drawn against 0…n−1, or name → (x (n,), y (n,))."""
    figure, axes = plt.subplots(figsize=(7.2, 3.6), layout="constrained")
    shown: set[float] = set()
    for position, (name, values) in enumerate(curves.items()):
        if isinstance(values, tuple):
            x, y = _array(values[0]), _array(values[1])
        else:
            y = _array(values)
            x = np.arange(len(y))
        shown.update(x)
        every = max(1, len(y) // 10)
        axes.plot(x, y, label=name, markevery=every, **_style(name, position))
    if log:
        axes.set_yscale("log")
    if len(shown) <= 10:  # measured at a few places: name them
        axes.set_xticks(sorted(shown))
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.set_title(title, fontsize=11)
    axes.legend(fontsize=8)
    _tidy(axes)
    return figure


def accuracy_by_length(
    results: Mapping[str, Mapping[int, float]],
    chance: float,
    title: str = "",
    xlabel: str = "sequence length T",
) -> Figure:
    """Accuracy against sequence length, a line a model and chance as a grey line.

    results: model name → length → accuracy between 0 and 1.
    """
    figure, axes = plt.subplots(figsize=(7.2, 3.9), layout="constrained")
    for position, (name, points) in enumerate(results.items()):
        lengths = sorted(points)
        axes.plot(lengths, [points[length] for length in lengths], label=name, **_style(name, position))
    axes.axhline(chance, color="0.55", linewidth=1)
    axes.annotate(
        "chance",
        (1.01, chance),  # outside: a line may run where chance does
        xycoords=("axes fraction", "data"),
        fontsize=8,
        color="0.4",
        ha="left",
        va="center",
    )
    axes.set(xlabel=xlabel, ylabel="accuracy on new sequences", ylim=(0, 1.04), xticks=lengths)
    axes.set_title(title, fontsize=11)
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    _tidy(axes)
    return figure


def accuracy_by_position(curves: Mapping[str, Values], title: str = "") -> Figure:
    """Share of right tokens at each position of the output, a line a way of running the decoder: name → (T,)."""
    figure = lines(
        {name: (np.arange(1, len(_array(y)) + 1), y) for name, y in curves.items()},
        "position in the output",
        "share of right tokens",
        title,
    )
    lowest = min(_array(y).min() for y in curves.values())
    figure.axes[0].set_ylim(max(0.0, min(0.75, lowest - 0.05)), 1.02)
    return figure
