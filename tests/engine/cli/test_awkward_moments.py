"""Sentences for what people mistype and for classes in between: each says what is the case and what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helpers.notebooks import write_notebook
from helpers.tiny_class import CLASS, Tiny, gatelab
from helpers.tiny_lab import RIGHT, SETUP, tiny_kit

pytestmark = pytest.mark.usefixtures("shared_server")


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    names = {"Mia Lee": CLASS["ada"], "Mia Leeds": CLASS["bob"]}
    tiny = Tiny.lay_out(tmp_path_factory.mktemp("class"), names)
    assert tiny.grade().exit_code == 0
    return tiny


@pytest.fixture
def tiny(graded: Tiny, tmp_path: Path) -> Tiny:
    return graded.copy(tmp_path)


def test_neither_of_two_names_that_begin_so_is_suggested_alone(tiny: Tiny) -> None:
    done = tiny.gatelab("comment", "Mia", "Hello")
    assert done.exit_code == 2
    assert (
        "'Mia': the names of 2 submissions begin like this; type one of these names: Mia Lee and Mia Leeds."
        in done.output
    )
    assert "did you mean Mia Leeds?" in tiny.gatelab("comment", "Mia Leed", "Hello").output


def test_a_text_that_begins_with_a_dash_follows_two_dashes(tiny: Tiny) -> None:
    done = tiny.gatelab("comment", "Mia Lee", "q1", "-Mind")
    assert done.exit_code == 2 and "put -- before a name or a text that begins with -." in done.output
    words = ("comment", "-o", tiny.out, "--root", tiny.kit, "--", "Mia Lee", "q1", "-Mind")
    assert gatelab(*words).exit_code == 0 and "-Mind" in tiny.page(tiny.rows()["Mia Lee"]["file"])


def test_a_regrade_labels_a_report_that_had_no_grade(tiny: Tiny) -> None:
    path = tiny.out / "reports" / f"{tiny.rows()['Mia Lee']['file']}.json"
    path.write_bytes(path.read_bytes()[:200])
    done = tiny.gatelab("regrade", tiny.folder, "--jobs", "1", "--yes")
    assert "\n    no grade → 10 (it had no grade)\n" in done.output, done.output


def test_a_mark_for_a_row_that_a_stopped_grading_left_says_so(tiny: Tiny) -> None:
    book = tiny.book()
    for row in book["submissions"]:
        row |= {"status": "not graded yet", "reason": "stopped", "points": None}
    (tiny.out / "class.json").write_text(json.dumps(book), encoding="utf-8")
    done = tiny.gatelab("mark", "Mia Lee", "q1", "1", "--why", "x")
    assert "It has no total yet: gatelab grade was stopped before it; run it again." in done.output


def test_a_student_whom_canvas_calls_late_is_named_if_no_time_is_known(tmp_path: Path) -> None:
    tiny = Tiny(tmp_path)
    tiny_kit(tiny.kit)
    rule = '\n[late]\ndue = "2026-11-26T12:00:00+01:00"\npercent_per_day = 10\n'
    tiny.table.write_text(tiny.table.read_text(encoding="utf-8") + rule, encoding="utf-8")
    tiny.folder.mkdir()
    for name in ("leemia_LATE_5001_1_lab.ipynb", "turingalan_5002_2_lab.ipynb"):
        write_notebook(tiny.folder / name, SETUP, RIGHT["q1"], RIGHT["q2"], f"# {name}")
    said = tiny.grade().stderr
    assert "The hand-in time of leemia, turingalan is not known" in said
    assert "The platform calls leemia late; to take points off, use gatelab late NAME POINTS --why" in said
