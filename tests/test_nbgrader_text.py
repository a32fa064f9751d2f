"""What nbgrader's pages make of a student's text, and its clock of what lies beside a notebook."""

from __future__ import annotations

import html
import os
import re
from pathlib import Path

import pytest
from nbconvert.filters.markdown import markdown2html
from nbgrader.coursedir import CourseDirectory

from gatelab.adapters.nbgrader import TIME_LIMIT, SubmissionDirectory
from gatelab.adapters.nbgrader_cells import _cell

LINKS = (
    "[x](javascript:alert(1))",
    "[x]( JavaScript:alert(1))",
    "[x](java&#115;cript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](javascript\\:alert(1))",
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    "[x](<javascript:alert(1)>)",
)


def targets(text: str) -> list[str]:
    """Where the links of a markdown cell lead, as a browser reads them."""
    found = re.findall(r'href="([^"]*)"', markdown2html(text))
    return [re.sub(r"[\t\r\n]", "", html.unescape(target)).strip().lower() for target in found]


@pytest.mark.parametrize("text", LINKS)
def test_no_link_of_a_students_text_runs_code(text: str) -> None:
    assert any(target.startswith("javascript:") for target in targets(text)), "there is nothing to prevent"
    kept = _cell({"cell_type": "markdown", "source": text}, "a")["source"]
    assert not any(target.startswith("javascript:") for target in targets(kept))


def test_an_ordinary_text_is_as_it_was() -> None:
    text = "R&D, $a < b$, $$\\begin{matrix}a&b\\end{matrix}$$, [a page](https://example.org/?a=1&b=2), `x[1:2]`; JavaScript; 12:30"
    assert _cell({"cell_type": "markdown", "source": text}, "a")["source"] == text


@pytest.fixture
def course() -> SubmissionDirectory:
    return SubmissionDirectory(CourseDirectory())


def test_a_time_that_is_no_small_file_is_none(course: SubmissionDirectory, tmp_path: Path) -> None:
    time = tmp_path / "timestamp.txt"
    time.write_text("2026-03-02 10:00:00 UTC")
    assert course.get_existing_timestamp(str(tmp_path)).year == 2026
    time.write_text("2026-03-02 10:00:00 UTC" + " " * TIME_LIMIT)
    assert course.get_existing_timestamp(str(tmp_path)) is None
    time.unlink()
    os.mkfifo(time)
    assert course.get_existing_timestamp(str(tmp_path)) is None
    time.unlink()
    time.symlink_to("/dev/zero")
    assert course.get_existing_timestamp(str(tmp_path)) is None
