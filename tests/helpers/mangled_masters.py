"""Mangles masters around their markers, as somebody might, and lists what must stay secret."""

from __future__ import annotations

import re
from pathlib import Path

import jupytext
from hypothesis import strategies as st

from gatelab.build import regions
from helpers.notebooks import load_notebook


def lines_of_regions(text: str) -> set[str]:
    """Every line of a solution that is not in the release of the unmangled text."""
    notebook = jupytext.reads(text.lstrip("\n"), fmt="py:percent")
    secret = {line.strip() for cell in notebook.cells for line in regions.solution_lines(cell)}
    return {line for line in secret if len(line) > 3}


def shown_by(release: Path) -> str:
    notebook = load_notebook(release / "lab.ipynb")
    return "\n".join("".join(cell["source"]) for cell in notebook["cells"])


@st.composite
def mangled(draw: st.DrawFn, text: str) -> str:
    """The master after one to four slips in its markers, its cells' headers or the lines next to them."""
    lines = text.split("\n")
    for _ in range(draw(st.integers(1, 4))):
        marks = [k for k, line in enumerate(lines) if re.search('SOLUTION|GIVEN|# %%|nbgrader|"""', line)]
        if not marks:
            break
        k = draw(st.sampled_from(marks))
        near = min(len(lines) - 1, max(0, k + draw(st.integers(-3, 3))))
        slip = draw(
            st.sampled_from(
                ["letter", "case", "space", "drop", "double", "swap", "move", "indent", "hash", "word"]
            )
        )
        line = lines[k]
        at = draw(st.integers(0, max(0, len(line) - 1)))
        if slip == "letter":
            new = draw(
                st.sampled_from(["", "x", "#", '"', "'", line[at : at + 1] * 2, line[at : at + 2][::-1]])
            )
            lines[k] = (
                line[:at] + new + line[at + max(1, len(new) if new == line[at : at + 2][::-1] else 1) :]
            )
        elif slip == "case":
            lines[k] = draw(st.sampled_from([line.lower(), line.title(), line.swapcase()]))
        elif slip == "space":
            lines[k] = line[:at] + draw(st.sampled_from([" ", "\t", "\u00a0", "\u200b"])) + line[at:]
        elif slip == "drop":
            del lines[k]
        elif slip == "double":
            lines.insert(near, line)
        elif slip == "swap":
            lines[k], lines[near] = lines[near], lines[k]
        elif slip == "move":
            lines.insert(near, lines.pop(k))
        elif slip == "indent":
            lines[k] = draw(st.sampled_from([line.lstrip(), "    " + line, "  " + line]))
        elif slip == "hash":
            lines[k] = line.replace("# ", draw(st.sampled_from(["", "#", "## ", "### ", "// "])), 1)
        else:
            new = draw(
                st.sampled_from(["BEGIN", "END", "SOLUTION", "HIDDEN TESTS", "GIVEN", "TESTS", "ANSWER"])
            )
            lines[k] = re.sub("BEGIN|END|SOLUTION|GIVEN", new, line, count=1)
    return "\n".join(lines)
