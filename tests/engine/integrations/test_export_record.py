"""Filling a platform's sheet again: nothing changes, and a mark that was changed there since then is kept."""

from __future__ import annotations

import csv
import html
import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatelab.integrations.export_record import ExportRecord, Memory, keep_newer_marks
from gatelab.integrations.sheets import Filled, canvas, moodle
from gatelab.report.record.model import Kind, Part, Question, Report

NAMES = ["ada", "bob", "cleo", "dan"]
points = st.integers(0, 40).map(lambda quarter: quarter / 4)
cells = st.one_of(st.just(""), points.map(lambda value: f"{value:g}"))
KINDS = st.sampled_from(["canvas", "moodle"])


def report(name: str, got: float) -> Report:
    return Report(
        name,
        "graded",
        questions=[Question("q1", "One", 10.0, [Part("all", got, 10.0, None if got == 10 else Kind.WRONG)])],
    )


def sheet(kind: str, marks: list[str]) -> str:
    text = io.StringIO()
    table = csv.writer(text)
    if kind == "canvas":
        table.writerow(["Student", "ID", "SIS Login ID", "Section", "Lab (7)", "Other (8)"])
        table.writerows(
            [f"{n}, {n}", str(k), n, "S", mark, "5"]
            for k, (n, mark) in enumerate(zip(NAMES, marks, strict=True))
        )
    else:
        table.writerow(["Identifier", "Full name", "Username", "Grade", "Feedback comments"])
        table.writerows(
            [f"Participant {k}", n, n, mark, ""] for k, (n, mark) in enumerate(zip(NAMES, marks, strict=True))
        )
    return text.getvalue()


def marks_of(kind: str, text: str) -> list[str]:
    column = "Lab (7)" if kind == "canvas" else "Grade"
    return [row[column] for row in csv.DictReader(io.StringIO(text))]


def with_marks(text: str, kind: str, marks: list[str]) -> str:
    """The sheet as the platform has it once somebody has changed these marks there."""
    rows = list(csv.reader(io.StringIO(text)))
    column = rows[0].index("Lab (7)" if kind == "canvas" else "Grade")
    for row, mark in zip(rows[1:], marks, strict=True):
        row[column] = mark
    made = io.StringIO()
    csv.writer(made).writerows(rows)
    return made.getvalue()


def push(
    kind: str, on_platform: str, grades: list[float], memory: Memory
) -> tuple[Filled, list[str], Memory]:
    """One export of the sheet as it is there now."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sheet.csv"
        path.write_text(on_platform, encoding="utf-8", newline="")
        reports = [report(name, got) for name, got in zip(NAMES, grades, strict=True)]
        filled = canvas(path, reports, "Lab") if kind == "canvas" else moodle(path, reports)
        held, memory = keep_newer_marks(path, filled, memory)
        return filled, held, memory


four = st.lists(cells, min_size=4, max_size=4)
grades = st.lists(points, min_size=4, max_size=4)


@settings(max_examples=60, deadline=None)
@given(kind=KINDS, there=four, ours=grades)
def test_pushing_twice_changes_nothing(kind: str, there: list[str], ours: list[float]) -> None:
    first, held, memory = push(kind, sheet(kind, there), ours, {})
    assert not held and [float(mark) for mark in marks_of(kind, first.text)] == ours
    again, held, after = push(kind, first.text, ours, memory)
    assert (again.text, held, list(again.replaced.values()), after) == (first.text, [], [], memory)
    unsent, held, _ = push(kind, sheet(kind, there), ours, memory)  # the filled sheet was never uploaded
    assert (unsent.text, held) == (first.text, [])


@settings(max_examples=60, deadline=None)
@given(kind=KINDS, there=four, ours=grades, later=grades, changed=st.lists(cells, min_size=4, max_size=4))
def test_a_mark_that_was_changed_there_since_is_kept(
    kind: str, there: list[str], ours: list[float], later: list[float], changed: list[str]
) -> None:
    first, _, memory = push(kind, sheet(kind, there), ours, {})
    sent = marks_of(kind, first.text)
    now = [new or old for new, old in zip(changed, sent, strict=True)]
    second, held, memory = push(kind, with_marks(first.text, kind, now), later, memory)
    for mark, was, mine, new, got in zip(now, there, sent, later, marks_of(kind, second.text), strict=True):
        newer = mark not in (mine, was) and float(mark) != new
        assert got == (mark if newer else f"{new:g}")
    assert len(held) == sum(
        mark not in (mine, was) and float(mark) != new
        for mark, was, mine, new in zip(now, there, sent, later, strict=True)
    )
    third, held_again, _ = push(kind, second.text, later, memory)
    assert third.text == second.text and len(held_again) == len(held)


AS_A_PLATFORM = [
    lambda mark: f"{float(mark):.2f}",
    lambda mark: f"{float(mark):.5f}",
    lambda mark: f"{float(mark):.2f}".replace(".", ","),
    lambda mark: f" {mark}\u00a0",
]
SAID = "q1: 9 of 10 (Comment: a < b & c > d.\nMind \u201cthis\u201d.)"


@settings(max_examples=60, deadline=None)
@given(kind=KINDS, ours=grades, later=grades, write=st.sampled_from(AS_A_PLATFORM))
def test_a_mark_comes_back_in_the_platforms_own_form(
    kind: str, ours: list[float], later: list[float], write: Callable[[str], str]
) -> None:
    first, _, memory = push(kind, sheet(kind, [""] * 4), ours, {})
    back = with_marks(first.text, kind, [write(mark) for mark in marks_of(kind, first.text)])
    second, held, memory = push(kind, back, later, memory)
    assert held == [] and [float(mark) for mark in marks_of(kind, second.text)] == later
    newer = [write(str(mark + 0.01)) for mark in later]
    third, held, _ = push(kind, with_marks(second.text, kind, newer), ours, memory)
    stand = [mark != round(mine + 0.01, 2) for mark, mine in zip(ours, later, strict=True)]
    assert len(held) == sum(stand) and list(third.replaced.values()) == []
    assert [float(mark.replace(",", ".")) for mark in marks_of(kind, third.text)] == [
        round(mark + 0.01, 2) for mark in later
    ]


@pytest.mark.parametrize(
    "back",
    [
        f"<p>{html.escape(SAID)}</p>",
        "<p dir='ltr'>" + html.escape(SAID).replace("\n", "<br />\r\n").replace(" ", "&nbsp;") + "</p>\n",
        "".join(f"<div>{html.escape(line)}</div>" for line in SAID.splitlines()),
        SAID.replace("\n", "\r\n"),
        SAID.replace(" ", "\u00a0"),
        html.escape(SAID, quote=False),
    ],
)
def test_feedback_comes_back_as_the_platform_writes_it(tmp_path: Path, back: str) -> None:
    """A text that somebody else wrote is newer and is kept; the unchanged grade is filled in anyway."""
    comes, filled = tmp_path / "sheet.csv", tmp_path / "filled.csv"
    memory = {"Participant 0": {"Feedback comments": ["", SAID], "Grade": ["", "9"]}}
    for text, held in ((back, []), (back.replace("Mind", "Never mind"), ["ada: "])):
        rows = [row.split(",") for row in sheet("moodle", ["9.00", "", "", ""]).splitlines()]
        rows[1][-1] = text
        with open(comes, "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
        done = moodle(comes, [report("ada", 10)])
        found, _ = keep_newer_marks(comes, done, memory)
        assert [line[:5] for line in found] == held
        filled.write_text(done.text, encoding="utf-8", newline="")
        with open(filled, encoding="utf-8", newline="") as file:
            row = next(csv.DictReader(file))
        assert row["Grade"] == "10"
        assert row["Feedback comments"] == (text if held else "q1: 10 of 10")
        assert (done.filled, list(done.replaced.values()), done.feedback) == (1, ["ada: 9.00 → 10"], {})


def test_a_persons_feedback_that_is_replaced_is_named_each_time_the_sheet_is_filled() -> None:
    rows = list(csv.reader(io.StringIO(sheet("moodle", [""] * 4))))
    rows[1][rows[0].index("Feedback comments")] = "well done by hand"
    there = io.StringIO()
    csv.writer(there).writerows(rows)
    memory: Memory = {}
    for _ in range(3):
        filled, held, memory = push("moodle", there.getvalue(), [5, 5, 5, 5], memory)
        assert held == [] and list(filled.feedback.values()) == ["ada"]
    filled, _, _ = push("moodle", filled.text, [5, 5, 5, 5], memory)
    assert filled.feedback == {}  # uploaded: what is there now is ours


def test_a_newer_grade_is_kept_with_its_feedback() -> None:
    first, _, memory = push("moodle", sheet("moodle", [""] * 4), [5, 5, 5, 5], {})
    second, held, _ = push(
        "moodle", with_marks(first.text, "moodle", ["7", "5", "5", "5"]), [6, 6, 6, 6], memory
    )
    rows = list(csv.DictReader(io.StringIO(second.text)))
    assert [row["Feedback comments"] for row in rows] == ["q1: 5 of 10", *["q1: 6 of 10"] * 3]
    assert held == ["ada: 7 is kept, not 6"] and second.filled == 3


@pytest.mark.parametrize("kind", ["canvas", "moodle"])
def test_a_sheet_filled_but_not_uploaded_blocks_no_correction(kind: str) -> None:
    empty = sheet(kind, [""] * 4)
    uploaded, _, memory = push(kind, empty, [5, 5, 5, 5], {})
    _, _, memory = push(kind, empty, [6, 6, 6, 6], memory)  # looked at, not uploaded
    last, held, _ = push(kind, uploaded.text, [6, 6, 6, 6], memory)
    assert held == [] and marks_of(kind, last.text) == ["6"] * 4


@pytest.mark.parametrize("kind", ["canvas", "moodle"])
def test_a_typed_value_equal_to_ours_counts_as_ours(kind: str) -> None:
    first, _, memory = push(kind, sheet(kind, [""] * 4), [5, 5, 5, 5], {})
    typed = with_marks(first.text, kind, ["6"] * 4)
    _, held, memory = push(kind, typed, [6, 6, 6, 6], memory)
    last, held_too, _ = push(kind, typed, [7, 7, 7, 7], memory)
    assert held == held_too == [] and marks_of(kind, last.text) == ["7"] * 4


def test_a_newer_grade_is_kept_whatever_other_column_was_filled_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    memory: Memory = {}
    for text, column, wanted in (
        ("", "Lab", []),
        ("9", "Lab", ["ada, ada: 9 is kept, not 5"]),
        ("9", "Other", []),
        ("9", "Lab", ["ada, ada: 9 is kept, not 5"]),
    ):
        path.write_text(sheet("canvas", [text, "", "", ""]), encoding="utf-8")
        held, memory = keep_newer_marks(path, canvas(path, [report("ada", 5)], column), memory)
        assert held == wanted


def test_an_empty_grade_as_moodle_shows_it_is_not_reported_as_replaced() -> None:
    filled, _, _ = push("moodle", sheet("moodle", ["-", "3", "", ""]), [5, 5, 5, 5], {})
    assert list(filled.replaced.values()) == ["bob: 3 → 5"]


def test_a_row_left_as_it_is_holds_no_formula_either() -> None:
    there = sheet("moodle", ["1", "", "", ""]).replace(f",{NAMES[0]},", ",=1+1,", 1)
    _, _, memory = push("moodle", there, [2, 2, 2, 2], {})
    now = with_marks(there, "moodle", ["7", "2", "2", "2"])
    second, held, _ = push("moodle", now, [2, 2, 2, 2], memory)
    assert len(held) == 1 and marks_of("moodle", second.text)[0] == "7"
    assert ",=1+1" not in second.text and ",'=1+1" in second.text


def test_a_damaged_record_is_ignored(tmp_path: Path) -> None:
    for text in ("", "[]", '{"1": 2}', "\x00"):
        sent = ExportRecord.beside(tmp_path / "canvas.csv")
        sent.path.write_text(text)
        assert sent.read() == {}
