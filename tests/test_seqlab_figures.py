"""The lab's figures can be read: no text lies over another, and no line is told by its colour alone."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from matplotlib.text import Text

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "assignment" / "lstm-gru"))

from seqlab import diagrams, plots


@pytest.fixture(autouse=True)
def on_paper():
    plt.switch_backend("agg")
    yield
    plt.close("all")


@pytest.mark.parametrize("name", ["lstm_cell", "gru_cell", "sequence_tasks", "teacher_forcing", "attention"])
def test_every_text_of_a_diagram_stands_alone_and_on_the_page(name):
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
def test_without_colour_every_line_is_still_told_by_dash_and_marker(looks):
    assert len({(dash, marker) for _, dash, marker in looks}) == len(looks)
