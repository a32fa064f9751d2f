"""A threshold that a page states is the one that decides: that of lab.toml."""

from __future__ import annotations

import json
import re
from pathlib import Path

from gatelab.lab.spec import Lab

PLACES = {  # page → what it says of q7, and of q11
    "docs/quality.md": (
        r"Threshold: ([\d.]+) on every kind of sequence in q7",
        r"([\d.]+) exact match in q11",
    ),
    "release/lstm-gru/lab.ipynb": (
        r"On each kind ([\d.]+) % must be right",
        r"of every length: ([\d.]+) % must match",
    ),
    "tests/lstm-gru/calibration/RESULTS.md": (
        r"## q7: .*, threshold ([\d.]+)",
        r"## q11: .*, threshold ([\d.]+)",
    ),
}


def test_every_page_states_the_thresholds_of_the_settings(lab: Lab, root: Path) -> None:
    want = [lab.questions[id].training_settings["threshold"] for id in ("q7", "q11")]
    for page, patterns in PLACES.items():
        text = (root / page).read_text(encoding="utf-8")
        if page.endswith(".ipynb"):
            text = "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
        stated = [float(re.search(pattern, text)[1]) for pattern in patterns]
        assert [number / 100 if number > 1 else number for number in stated] == want, page
