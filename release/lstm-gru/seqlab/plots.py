"""The lab's figures.

    plots.lines(curves, "training steps", "accuracy", "A title")
    plots.show("Accuracy against training steps: …")        # the figure drawn last, with a text for those who cannot see it

Everything is drawn so that it can be read in greyscale and by colour-blind eyes: lines differ in marker and dash
as well as in colour (Okabe and Ito's palette), heat maps use cividis, whose lightness rises steadily.
Functions take tensors, arrays or lists and return the matplotlib `Figure`.
"""

from __future__ import annotations

import base64
import html
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .numbers import table

Values = torch.Tensor | np.ndarray | Sequence[float]

# One look per model, the same in every figure: (colour, dash, marker).
STYLES: dict[str, tuple[str, str | tuple, str]] = {
    "RNN": ("#D55E00", (0, (1, 1.2)), "o"),
    "RNN, many steps": ("#000000", (0, (3, 1, 1, 1)), "o"),
    "RNN, equal parameters": ("#E69F00", (0, (4, 1.5)), "v"),
    "RNN, 4 × the parameters": ("#CC79A7", (0, (5, 1, 1, 1)), "s"),
    "RNN, orthogonal": ("#CC79A7", (0, (2, 2.5)), "p"),
    "GRU": ("#009E73", (0, (7, 1.5)), "^"),
    "LSTM": ("#0072B2", "-", "D"),
    "LSTM, forget bias 1": ("#56B4E9", (0, (9, 1, 2, 1)), "X"),
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
# Where the log axis stops: what is smaller, 0 included, is not drawn, and the figure says so.
FLOOR = 1e-60
DOT = "."  # the label of a step that needs none where steps are many
RECORDED = Path(__file__).with_name("recorded.json")


def show(alt: str, figure: Figure | None = None) -> None:
    """Show a figure (by default the one drawn last) with `alt`, a text for readers who cannot see it, and its numbers; then close it.

    The picture goes out twice: as an `img` with its text, since few front ends read the text of a bare PNG, and as that PNG for all that
    cannot show HTML.
    """
    figure = figure or plt.gcf()
    if "inline" not in matplotlib.get_backend():
        plt.show()
        return
    from IPython.display import display

    told = table(figure)
    picture = io.BytesIO()
    figure.savefig(
        picture, format="png", dpi=90, metadata={"Software": None}
    )  # no version: the same bytes each time
    plt.close(figure)
    png = base64.b64encode(picture.getvalue()).decode()
    tag = f'<img src="data:image/png;base64,{png}" alt="{html.escape(alt)}">{told}'
    bundle = {"text/html": tag, "image/png": png, "text/plain": f"Figure: {alt}"}
    display(bundle, metadata={"image/png": {"alt": alt}}, raw=True)


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
    steps: a label for every time step, such as the tokens read (T). Where there are many, dots are left out.
    numbers: write the values into the fields; by default when there are few enough to read.
    """
    grids = {name: _array(values) for name, values in panels.items()}
    grids = {name: grid.reshape(len(grid), -1).T for name, grid in grids.items()}  # (H, T)
    units, length = next(iter(grids.values())).shape
    if numbers is None:
        numbers = units <= 4 and length <= 16
    strip = 0.38 * units if numbers else min(2.2, max(0.4, 0.11 * units))
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
        places = [t for t in range(length) if length <= 40 or steps[t] != DOT]
        bottom.set_xticks(places, [steps[t] for t in places], fontsize=9)
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


def gradient_curves(
    panels: Mapping[str, Mapping[str, Values]], title: str = "", of: str = "loss"
) -> Figure:
    """Gradient norm against time step on a log scale, one panel a sequence length (or moment).

    of: what the gradient is one of, "loss" or "score".
    panels: panel title → model name → (T,), the norm of the gradient that reaches step t. A line ends, and a note says so,
    where its norms fall below FLOOR (a norm of 0 is smaller than the number format can hold).
    """
    figure, all_axes = plt.subplots(
        1, len(panels), squeeze=False, figsize=(4.3 * len(panels), 3.6), layout="constrained"
    )
    for axes, (heading, curves) in zip(all_axes[0], panels.items(), strict=True):
        low = None
        for position, (name, norms) in enumerate(curves.items()):
            norms = _array(norms)
            ended = norms < FLOOR
            norms = np.where(ended, np.nan, norms)  # below the axis: a line ends there
            if ended.any() and not ended.all():
                step = int(np.flatnonzero(~ended)[0])
                axes.annotate(
                    f"{name}: below $10^{{{np.log10(FLOOR):.0f}}}$ before step {step + 1}",
                    (step + 1, norms[step]),
                    xytext=(4, -9),
                    textcoords="offset points",
                    fontsize=8,
                    color="0.3",
                )
                low = FLOOR / 1e6  # room for the note
            every = max(1, len(norms) // 8)
            axes.semilogy(
                np.arange(1, len(norms) + 1), norms, label=name, markevery=every, **_style(name, position)
            )
        axes.set_title(heading, fontsize=10)
        axes.set_ylim(bottom=low)
        axes.set_xticks(np.linspace(0, len(norms), 5).round())
        axes.set_xlabel(f"time step t  (the {of} sits at the last)")
        _tidy(axes)
    symbol = "L" if of == "loss" else rf"\mathrm{{{of}}}"
    all_axes[0, 0].set_ylabel(rf"norm of $\partial {symbol} / \partial x_t$")
    all_axes[0, -1].legend(fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
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


def accuracy_by_position(panels: Mapping[str, Mapping[str, Values]], title: str = "") -> Figure:
    """Share of right tokens at each position of the output: panel title → a way of running the decoder → (T,).

    All panels have one y axis, so that they can be compared.
    """
    figure, all_axes = plt.subplots(
        1,
        len(panels),
        squeeze=False,
        sharey=True,
        figsize=(3.6 + 3.6 * len(panels), 3.4),
        layout="constrained",
    )
    for axes, (heading, curves) in zip(all_axes[0], panels.items(), strict=True):
        for position, (name, shares) in enumerate(curves.items()):
            y = _array(shares)
            axes.plot(np.arange(1, len(y) + 1), y, label=name, **_style(name, position))
        axes.set_title(heading, fontsize=10)
        axes.set_xlabel("position in the output")
        axes.set_xticks(np.arange(1, len(y) + 1))
        _tidy(axes)
    all_axes[0, 0].set_ylabel("share of right tokens")
    all_axes[0, 0].set_ylim(0, 1.04)
    all_axes[0, -1].legend(fontsize=8, loc="lower left")
    figure.suptitle(title, fontsize=11)
    return figure


Needed = Mapping[str, Mapping[int, Sequence[int]]]  # model → sequence length → training steps, one a seed


def steps_needed(
    panels: Mapping[str, Needed], most: int, title: str = "Training steps until 95 % are right"
) -> Figure:
    """Median (line) and range (bar) over seeds of the training steps that each length took, a panel a set of runs.

    `most` is where a training was given up; an empty panel says that there are no runs.
    """
    figure, all_axes = plt.subplots(
        1, len(panels), squeeze=False, sharey=True, figsize=(4.3 * len(panels), 3.6), layout="constrained"
    )
    for axes, (heading, needed) in zip(all_axes[0], panels.items(), strict=True):
        for position, (name, by_length) in enumerate(needed.items()):
            lengths = sorted(by_length)
            middle = np.array([np.median(by_length[T]) for T in lengths])
            low, high = ([pick(by_length[T]) for T in lengths] for pick in (min, max))
            axes.errorbar(
                np.array(lengths) + 0.6 * position,  # beside one another, not over
                middle,
                yerr=[middle - low, high - middle],
                label=name,
                capsize=3,
                **_style(name, position),
            )
        seeds = max((len(steps) for model in needed.values() for steps in model.values()), default=0)
        axes.set_title(f"{heading}: {seeds} seeds" if needed else f"{heading}: none", fontsize=10)
        axes.set(xlabel="sequence length T", yscale="log", ylim=(25, 1.2 * most))
        axes.set_xticks(lengths if needed else [])
        ticks = [50, 100, 200, 400, 800, 1600]
        axes.set_yticks(ticks, [f"{tick:,}" for tick in ticks])
        axes.minorticks_off()
        _tidy(axes)
    all_axes[0, 0].set_ylabel("training steps: median and range")
    all_axes[0, 0].legend(fontsize=8, loc="upper left")
    figure.suptitle(title, fontsize=11)
    return figure


def recorded_steps() -> Needed:
    """The training steps of the recorded runs, for `steps_needed`; empty where there is no record."""
    if not RECORDED.is_file():
        return {}
    table = json.loads(RECORDED.read_text(encoding="utf-8"))["steps"]
    return {name: {int(T): steps for T, steps in by_length.items()} for name, by_length in table.items()}
