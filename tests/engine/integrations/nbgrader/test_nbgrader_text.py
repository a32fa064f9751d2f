"""What nbgrader's pages make of a student's text, and its clock of what lies beside a notebook."""

from __future__ import annotations

import html
import logging
import os
import re
from pathlib import Path

import pytest
from nbconvert.filters.markdown import markdown2html
from nbgrader.coursedir import CourseDirectory

from gatelab.integrations.nbgrader.cells import _cell
from gatelab.integrations.nbgrader.preprocessor import SubmissionDirectory
from gatelab.limits import EXCHANGE_LINE

LINKS = (
    "[x](javascript:alert(1))",
    "[x]( JavaScript:alert(1))",
    "[x](java&#115;cript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](javascript\\:alert(1))",
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    "[x](<javascript:alert(1)>)",
    "[x](vbscript:msgbox(1))",
    "[x]( VBScript\\:msgbox(1))",
    "[x](vb&#115;cript:msgbox(1))",
    "[x]: livescript:1\n\n[x]",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](DATA:,x)",
    "[x](blob:null/1)",
    "[x](file:///etc/passwd)",
    "[x](view-source:file:///etc/passwd)",
)
ODD = re.compile(r"(?!https?:|mailto:)[a-z][a-z0-9+.-]*:")  # what leads elsewhere than to a page or a letter


def targets(text: str) -> list[str]:
    """Where the links of a markdown cell lead, as a browser reads them."""
    found = re.findall(r'href="([^"]*)"', markdown2html(text))
    return [re.sub(r"[\t\r\n]", "", html.unescape(target)).strip().lower() for target in found]


@pytest.mark.parametrize("text", LINKS)
def test_no_link_of_a_students_text_runs_code_or_brings_a_page_of_its_own(text: str) -> None:
    assert any(ODD.match(target) for target in targets(text)), "there is nothing to prevent"
    kept = _cell({"cell_type": "markdown", "source": text}, "a")["source"]
    assert [target for target in targets(kept) if ODD.match(target)] == []


def test_an_ordinary_text_is_as_it_was() -> None:
    text = "R&D, $a < b$, $$\\begin{matrix}a&b\\end{matrix}$$, [a page](https://example.org/?a=1&b=2), `x[1:2]`; JavaScript; 12:30; my data: 3 lines, in a file: see [mail](mailto:ada@example.org)"
    assert _cell({"cell_type": "markdown", "source": text}, "a")["source"] == text


@pytest.fixture
def course() -> SubmissionDirectory:
    return SubmissionDirectory(CourseDirectory())


def test_a_time_that_is_not_a_small_file_is_ignored(course: SubmissionDirectory, tmp_path: Path) -> None:
    time = tmp_path / "timestamp.txt"
    time.write_text("2026-03-02 10:00:00 UTC")
    assert course.get_existing_timestamp(str(tmp_path)).year == 2026
    time.write_text("2026-03-02 10:00:00 UTC" + " " * EXCHANGE_LINE)
    assert course.get_existing_timestamp(str(tmp_path)) is None
    time.unlink()
    os.mkfifo(time)
    assert course.get_existing_timestamp(str(tmp_path)) is None
    time.unlink()
    time.symlink_to("/dev/zero")
    assert course.get_existing_timestamp(str(tmp_path)) is None


@pytest.mark.parametrize("text", ["tomorrow", "2026-99-99", "9" * 40, "\0", "ü" * 9, "10:00 Mars/Phobos"])
def test_an_unreadable_time_gets_one_sentence_about_the_file(
    course: SubmissionDirectory, tmp_path: Path, text: str
) -> None:
    (tmp_path / "timestamp.txt").write_text(text)
    said: list[str] = []
    course.log = logging.Logger("test")
    course.log.addHandler(handler := logging.Handler())
    handler.emit = lambda record: said.append(record.getMessage())
    assert course.get_existing_timestamp(str(tmp_path)) is None
    assert said == [
        f"{tmp_path}/timestamp.txt holds no time that can be read; the submission is graded without one."
    ]
