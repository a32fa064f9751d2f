"""Lateness: one rule, by the platform's time, in its own column, waived by name with a reason."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gatelab.lab.keys import validated
from gatelab.lab.late import LateSettings, late_rule
from gatelab.lab.spec import Lab
from gatelab.submission.times import moment
from helpers.tables import by_submission, rows_of
from helpers.tiny_class import CLASS, Tiny, gatelab
from helpers.tiny_lab import RIGHT, tiny_kit

pytestmark = pytest.mark.usefixtures("shared_server")

RULE = '\n[late]\ndue = "2026-10-24 23:59"\nzone = "Europe/Berlin"\ngrace_minutes = 15\npercent_per_day = 10\ncap = 50\n'
TIMES = {
    "ada": "2026-10-24 21:59:00.000000 UTC",
    "bob": "2026-10-25 23:30:00 UTC",  # 1 d 1 h 31 min by the hours that passed: the clocks go back in that night
    "cleo": None,
    "dora": "a link to somebody's time",
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    tiny = Tiny.lay_out(tmp_path_factory.mktemp("graded"), {**CLASS, "dora": (RIGHT["q1"],)})
    for name, time in TIMES.items():
        if time is not None:
            (tiny.folder / name / "softmax" / "timestamp.txt").write_text(time)
    link = tiny.folder / "dora" / "softmax" / "timestamp.txt"
    link.unlink()
    link.symlink_to(tiny.folder / "bob" / "softmax" / "timestamp.txt")
    said = tiny.grade()
    assert said.exit_code == 0, said.output
    assert "late_penalty" not in tiny.rows()["bob"]
    return tiny


@pytest.fixture
def tiny(graded: Tiny, tmp_path: Path) -> Tiny:
    tiny = graded.copy(tmp_path)
    text = tiny.table.read_text()
    tiny.table.write_text(text + RULE)
    return tiny


def test_the_penalty_has_its_own_column_and_grades_nothing_again(tiny: Tiny) -> None:
    said = tiny.grade()
    assert "4 of 4 notebooks are done from an earlier run" in said.stderr
    assert "The hand-in time of cleo, dora is not known, so no late penalty applies there." in said.stderr
    rows = tiny.rows()
    bob = rows["bob"]
    assert (bob["q1"], bob["q2"], bob["late_penalty"], bob["total"], bob["out_of"]) == (
        "3",
        "6",
        "1.8",
        "7.2",
        "10",
    )
    assert bob["handed_in"] == "2026-10-25 23:30:00+00:00"
    for name in ("ada", "cleo", "dora"):
        assert rows[name]["late_penalty"] == "" and float(rows[name]["total"]) == float(
            rows[name]["q1"]
        ) + float(rows[name]["q2"])
    assert rows["cleo"]["handed_in"] == rows["dora"]["handed_in"] == ""
    assert "1 d 1 h after 2026-10-24 23:59:00 +0200; 20 % of the points earned." in tiny.page("bob")
    assert "1.8 points are taken off for lateness." in tiny.page("bob") and "lateness" not in tiny.page("ada")
    sheet = tiny.base / "sheet.csv"
    sheet.write_text("Student,ID,SIS Login ID,Section,Softmax (77)\nB,1,bob,S,\n")
    gatelab("export", "canvas", tiny.out, "--template", sheet)
    (row,) = rows_of(tiny.out / "canvas.csv")
    assert row["Softmax (77)"] == "7.2"


def exported(tiny: Tiny, name: str) -> tuple[str, str]:
    """Overrides and late penalty in the plain table."""
    gatelab("export", "csv", tiny.out, "--partial")
    row = by_submission(tiny.out / "export.csv")[name]
    return row["overrides"], row["late_penalty"]


def test_a_correction_equal_to_the_rules_penalty_is_not_said_to_replace_it(tiny: Tiny) -> None:
    tiny.grade()
    assert tiny.gatelab("late", "ada", "0", "--why", "was in time").exit_code == 0
    assert tiny.rows()["ada"]["overrides"] == "late penalty: 0 (was in time)"
    assert "Nothing is taken off for lateness: was in time." in tiny.page("ada")
    assert tiny.gatelab("late", "bob", "1.8", "--why", "as the rule says").exit_code == 0
    assert tiny.rows()["bob"]["overrides"] == "late penalty: 1.8 (as the rule says)"
    assert "1.8 points are taken off for lateness: as the rule says." in tiny.page("bob")


def test_a_penalty_is_waived_by_name_and_stays_waived(tiny: Tiny) -> None:
    tiny.grade()
    said = tiny.gatelab("late", "bob", "--why", "ill, with a certificate")
    assert said.exit_code == 0 and "bob: nothing taken off for lateness. Total now: 9." in said.stdout
    tiny.hand_in("bob", *CLASS["bob"], "x = 1")  # another file: a waiver is the person's
    tiny.grade()
    row = tiny.rows()["bob"]
    assert (row["late_penalty"], row["total"]) == ("", "9")
    assert row["overrides"] == "late penalty: 0 instead of 1.8 (ill, with a certificate)"
    assert exported(tiny, "bob") == (row["overrides"], "")
    assert "Nothing is taken off for lateness, instead of 1.8: ill, with a certificate." in tiny.page("bob")
    assert "ill, with a certificate" in (tiny.out / "index.html").read_text()
    assert tiny.gatelab("late", "bob", "--remove").exit_code == 0
    assert tiny.rows()["bob"]["late_penalty"] == "1.8" and exported(tiny, "bob") == ("", "1.8")
    for words, why in (
        (["bob"], "bob: say with --why why the rule for late work does not apply here."),
        (["bob", "--remove"], "bob late penalty: there is nothing to withdraw."),
        (["bob", "many", "--why", "x"], "bob: 'many' is not a number of points from 0 on."),
    ):
        said = tiny.gatelab("late", *words)
        assert (said.exit_code, said.stderr) == (2, why + "\n")


def test_the_class_report_counts_the_share_of_a_penalty_that_its_questions_bear(tmp_path: Path) -> None:
    tiny = Tiny(tmp_path)
    tiny_kit(tiny.kit, by_hand=True)
    with tiny.table.open("a") as table:
        table.write(RULE)
    (tiny.hand_in("bob", *CLASS["bob"]) / "timestamp.txt").write_text(TIMES["bob"] or "")
    assert tiny.grade().exit_code == 0
    before = tiny.book()["points"]
    assert tiny.gatelab("mark", "bob", "q3", "2", "--why", "good").exit_code == 0
    row = tiny.rows()["bob"]
    assert (row["late_penalty"], row["total"], row["out_of"]) == ("2.2", "8.8", "12")
    assert tiny.book()["points"] == before  # 20 % of the 9 points of q1 and q2 are taken off, as before
    page = (tiny.out / "index.html").read_text()
    assert "&minus;1.8</td>" in page and "&minus;2.2" not in page
    assert "A late penalty counts here by its share" in page


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ('due = "tomorrow: noon"\npercent_per_day = 10', "due must be a date with a time, as in 2026-11-30T23:59:00+01:00; it is \"tomorrow: noon\"."),
        ("due = 2026-11-30\npercent_per_day = 10", "due must be a date with a time, as in 2026-11-30T23:59:00+01:00; it is 2026-11-30."),
        ("percent_per_day = 10", 'due is missing; write it above the questions, as in due = "2027-03-01T23:59:59+01:00".'),
        ("due = 2026-11-30T23:59:00\npercent_per_day = 10", "due has no time zone"),
        ('due = 2026-11-30T23:59:00\nzone = "Berlin"\npercent_per_day = 10', "zone must be the name of a time zone"),
        ('due = 2026-11-30T23:59:00Z\nzone = "Europe/Berlin"\npercent_per_day = 10', "due has a time zone already"),
        ("due = 2026-11-30T23:59:00Z", "percent_per_day is missing"),
        ("due = 2026-11-30T23:59:00Z\npercent_per_day = 110", "percent_per_day must be a number from 0 to 100"),
        ('due = 2026-11-30T23:59:00Z\npercent_per_day = "10"', "percent_per_day must be a number"),
        ("due = 2026-11-30T23:59:00Z\npercent_per_day = 10\ncup = 50", "there is no key cup (did you mean cap?)"),
        ("due = 2026-11-30T23:59:00Z\npercent_per_day = 10\ngrace_minutes = -1", "grace_minutes must be a number of minutes"),
        ('due = 2026-11-30T23:59:00Z\npercent_per_day = 10\nof = "all"', 'of must be "earned" or "possible"'),
    ],
)  # fmt: skip
def test_a_faulty_rule_gets_one_sentence(graded: Tiny, tmp_path: Path, rule: str, why: str) -> None:
    tiny = graded.copy(tmp_path)
    tiny.table.write_text(f"{tiny.table.read_text()}\n[late]\n{rule}\n")
    said = tiny.grade()
    assert said.exit_code == 2 and said.stderr.startswith(f"{tiny.table}, [late]: ") and why in said.stderr
    assert said.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("late", "percent"),
    [
        (-1, 0),
        (0, 0),
        (15 * 60, 0),
        (15 * 60 + 1, 10),
        (86_400, 10),
        (86_401, 20),
        (4 * 86_400 + 1, 50),
        (400 * 86_400, 50),
    ],
)
def test_each_started_day_counts_from_the_due_time(tmp_path: Path, late: float, percent: float) -> None:
    rule = late_rule(
        tmp_path / "lab.toml", validated(LateSettings, tomllib.loads(RULE)["late"], "lab.toml"), None
    )
    found = rule.of(rule.due.astimezone(UTC) + timedelta(seconds=late))
    assert found.percent == percent
    assert found.points(8.0, 10.0) == percent / 100 * 8


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-10-24 21:59:00.5 UTC\n", datetime(2026, 10, 24, 21, 59, 0, 500_000, UTC)),
        ("2026-10-24 23:59:00 Europe/Berlin", datetime(2026, 10, 24, 21, 59, tzinfo=UTC)),
        ("2026-10-24T23:59:00+0200", datetime(2026, 10, 24, 21, 59, tzinfo=UTC)),
        ("2026-10-24 21:59", datetime(2026, 10, 24, 21, 59, tzinfo=UTC)),
        *((text, None) for text in ("", "yesterday", "2026-10-24 21:59 ../../etc/passwd", "0001-01-01 00:00 +23:00", "9" * 900)),
    ],
)  # fmt: skip
def test_a_time_that_a_platform_wrote_is_read(text: str, time: datetime | None) -> None:
    assert moment(text) == time


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("percent_per_day = 10", None),
        ("due = 2026-11-30T23:59:00Z\npercent_per_day = 10", "due is already set above the questions"),
    ],
)
def test_the_due_date_above_the_questions_is_that_of_the_rule(
    graded: Tiny, tmp_path: Path, table: str, why: str | None
) -> None:
    tiny = graded.copy(tmp_path)
    text = tiny.table.read_text()
    tiny.table.write_text(f'due = "2026-10-24T23:59:00+02:00"\n{text}\n[late]\n{table}\n')
    if why is None:
        assert Lab.in_repository(tiny.kit).late.due == datetime(2026, 10, 24, 21, 59, tzinfo=UTC)
    else:
        said = tiny.grade()
        assert said.exit_code == 2 and why in said.stderr


def test_a_penalty_from_staff_is_shown_with_an_unknown_time_and_without_a_rule(tiny: Tiny) -> None:
    tiny.grade()
    assert tiny.gatelab("late", "cleo", "1", "--why", "handed in by mail").exit_code == 0
    said = tiny.grade()
    assert "The hand-in time of dora is not known, so no late penalty applies there." in said.stderr
    lines = [line.split() for line in said.stdout.splitlines()]
    assert ["q1", "q2", "late", "total"] in lines
    assert next(line for line in lines if line[:1] == ["cleo"])[-2:] == ["−1", tiny.rows()["cleo"]["total"]]

    tiny.replace(tiny.table, RULE, "")
    said = tiny.grade()
    row = tiny.rows()["cleo"]
    assert (row["late_penalty"], tiny.rows()["bob"]["late_penalty"]) == ("1", "")
    assert (
        float(row["total"]) == float(row["q1"]) + float(row["q2"]) - 1 and "hand-in time" not in said.stderr
    )
    assert "&minus;1</td>" in (tiny.out / "index.html").read_text()

    grades = tiny.out / "grades.csv"
    table = by_submission(grades)
    assert table["cleo"]["late_penalty"] == "1"
    grades.write_bytes(
        grades.read_bytes().replace(b'"1","%s"' % row["total"].encode(), b'"-","%s"' % row["total"].encode())
    )
    said = tiny.grade()
    assert "late_penalty" not in tiny.rows()["cleo"], said.stderr
    assert float(tiny.rows()["cleo"]["total"]) == float(row["total"]) + 1
    assert " late " not in said.stdout
