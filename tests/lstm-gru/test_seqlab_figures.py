"""The lab's figures can be read: no text covers another, and no line is identified by its colour alone."""

from __future__ import annotations

import itertools
import re
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from matplotlib.text import Text

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "assignment" / "lstm-gru"))

from seqlab import diagrams, plots
from seqlab.numbers import table


@pytest.fixture(autouse=True)
def on_paper():
    plt.switch_backend("agg")
    yield
    plt.close("all")


@pytest.mark.parametrize("name", ["lstm_cell", "gru_cell", "sequence_tasks", "teacher_forcing", "attention"])
def test_every_text_of_a_diagram_is_clear_of_others_and_on_the_page(name):
    figure = getattr(diagrams, name)("A title")
    figure.canvas.draw()
    boxes = {
        text: text.get_window_extent()
        for text in figure.findobj(Text)
        if text.get_text() and text.get_visible()
    }
    assert len(boxes) > 10
    over_another = [
        (one.get_text(), other.get_text())
        for one, other in itertools.combinations(boxes, 2)
        if boxes[one].overlaps(boxes[other])
    ]
    assert over_another == []
    page = figure.bbox
    assert [
        text.get_text()
        for text, box in boxes.items()
        if not (page.contains(box.x0, box.y0) and page.contains(box.x1, box.y1))
    ] == []


@pytest.mark.parametrize("looks", [list(plots.STYLES.values()), plots.SERIES], ids=["models", "series"])
def test_without_colour_every_line_is_still_identified_by_dash_and_marker(looks):
    assert len({(dash, marker) for _, dash, marker in looks}) == len(looks)


MASTERS = Path(__file__).resolve().parents[2] / "assignment" / "lstm-gru"


@pytest.mark.parametrize("master", ["lab", "demo", "practice"])
def test_every_figure_of_a_notebook_has_a_text_for_those_who_cannot_see_it(master):
    text = (MASTERS / f"{master}.py").read_text(encoding="utf-8")
    assert "plt.show(" not in text
    drawn = re.findall(r"^ *(?:plots|diagrams)\.(?!show\b|STYLES|recorded_steps)\w+\(", text, re.MULTILINE)
    alts = re.findall(r"plots\.show\(\s*f?\"(.*?)\"\s*[)+]", text, re.DOTALL)
    assert len(drawn) == len(alts) >= 4
    assert all(len(alt) > 60 and alt[0].isupper() for alt in alts)


def test_a_notebook_keeps_the_text_with_the_picture(tmp_path):
    """In the output's metadata, where nbconvert and JupyterLab look for it."""
    import nbformat
    from nbclient import NotebookClient
    from nbconvert import HTMLExporter

    code = (
        f"import sys; sys.path.insert(0, {str(MASTERS)!r})\nfrom seqlab import plots\n"
        "plots.lines({'a': [1, 2]}, 'x', 'y')\nplots.show('A line that rises.')"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    NotebookClient(notebook, kernel_name="python3", timeout=300).execute()
    (output,) = [output for output in notebook.cells[0].outputs if "image/png" in output.get("data", {})]
    assert output.metadata["image/png"]["alt"] == "A line that rises."
    html, _ = HTMLExporter().from_notebook_node(notebook)
    assert 'alt="A line that rises."' in html
    assert "<details><summary>The numbers of this figure</summary>" in html


def test_heat_maps_can_be_read_in_grey():
    """Lightness rises steadily from the lowest to the highest value."""
    import numpy as np

    figure = plots.heatmaps({"f": [[0.1, 0.9]], "c": [[-1.0, 1.0]]}, numbers=False)
    for axes in figure.axes:
        for image in axes.get_images():
            red, green, blue = image.get_cmap()(np.linspace(0, 1, 64))[:, :3].T
            grey = 0.299 * red + 0.587 * green + 0.114 * blue
            assert (np.diff(grey) > 0).all()


def test_long_sequences_label_their_letters_at_a_size_that_can_be_read():
    steps = ["."] * 95 + ["A"] + ["."] * 4
    figure = plots.heatmaps({"f": [[0.5] * 8] * 100}, steps=steps)
    labels = [label for label in figure.axes[0].get_xticklabels() if label.get_text()]
    assert [label.get_text() for label in labels] == ["A"] and labels[0].get_fontsize() >= 9


def test_a_line_that_ends_at_the_floor_says_so():
    norms = [1e-70] * 50 + [10.0 ** (k - 50) for k in range(50)]
    figure = plots.gradient_curves({"T = 100": {"RNN": norms, "LSTM": [1.0] * 100}})
    notes = [text.get_text() for text in figure.axes[0].texts]
    assert len(notes) == 1 and "RNN" in notes[0] and "-60" in notes[0] and "step 51" in notes[0]


def test_figures_write_mathematics_as_mathematics():
    for master in ("lab", "demo", "practice"):
        text = (MASTERS / f"{master}.py").read_text(encoding="utf-8")
        calls = re.findall(r"plots\.\w+\((.*?)\n\)", text, re.DOTALL)
        assert not [call for call in calls if "∂" in call.replace("print", "")]
    figure = plots.gradient_curves({"T": {"RNN": [1.0, 2.0]}})
    assert r"$\partial L" in figure.axes[0].get_ylabel()


def test_before_and_after_share_one_axis():
    figure = plots.accuracy_by_position({"before": {"free": [0.2, 0.4]}, "after": {"free": [0.9, 1.0]}})
    first, second = figure.axes[:2]
    assert first.get_ylim() == second.get_ylim()


def test_steps_needed_draws_median_and_range_and_says_when_there_are_no_runs():
    needed = {"RNN": {20: [425, 300, 500], 64: [900, 2400, 1100]}}
    figure = plots.steps_needed({"your run": needed, "recorded runs": {}}, 2400)
    assert [axes.get_title() for axes in figure.axes] == ["your run: 3 seeds", "recorded runs: none"]
    line = figure.axes[0].containers[0][0]
    assert line.get_ydata().tolist() == [425, 1100]


def table_of(figure) -> list[list[str]]:
    """The rows of a figure's table."""
    return [
        re.findall(r"<(?:td|th)[^>]*>(.*?)</t[dh]>", row)
        for row in re.findall(r"<tr>(.*?)</tr>", table(figure))
    ]


def test_a_figure_states_its_numbers():
    """Those that are drawn: a curve at a few places, a median with its range, a strip of a heat map at its letters."""
    few = plots.accuracy_by_length({"RNN": {10: 0.91, 64: 0.1234}, "LSTM": {10: 1.0, 64: 0.99}}, 0.125)
    assert table_of(few) == [
        ["sequence length T", "10", "64"],
        ["RNN", "0.91", "0.123"],
        ["LSTM", "1", "0.99"],
    ]
    long = table_of(plots.gradient_curves({"T = 100": {"RNN": [0.0] * 50 + [0.5] * 50, "GRU": [1.0] * 100}}))
    assert long[0][1] == "1" and long[0][-1] == "100" and len(long[0]) == 10
    assert long[1][1] == "–" and long[1][-1] == "0.5"
    needed = plots.steps_needed(
        {"run": {"RNN": {20: [3, 1, 2000]}, "GRU": {20: [5, 4, 6]}}, "none": {}}, 2400
    )
    assert table_of(needed)[1:] == [["RNN", "3 (1 to 2,000)"], ["GRU", "5 (4 to 6)"]]
    steps = ["."] * 95 + ["A"] + ["."] * 4
    strips = table_of(plots.heatmaps({"f": [[k / 100] * 2 for k in range(100)]}, steps=steps))
    assert strips[0] == ["step", "1", "96 A", "100"] and strips[1] == ["f, row 1", "0", "0.95", "0.99"]


def test_a_drawing_has_no_numbers():
    assert table(diagrams.lstm_cell("A title")) == ""
