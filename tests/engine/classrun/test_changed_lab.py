"""After a change of the lab all marks of a class are out of the same points, even if a command is interrupted, and everyone who loses points is named."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
from test_regrade import cut_off_while_it_replaces, without_large_logits

from gatelab.classrun import run as run_module
from gatelab.classrun.durable import write
from helpers.tiny_class import Tiny, gatelab
from helpers.tiny_lab import BY_HAND, tiny_kit

pytestmark = pytest.mark.usefixtures("shared_server")

CUT_OFF = "a gatelab grade was cut off or is at work here; run the same gatelab grade again."


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """ada (10 and 2 by hand of 12), bob (9) and cleo (7.6)."""
    tiny = Tiny.lay_out(tmp_path_factory.mktemp("graded"))
    tiny_kit(tiny.kit, by_hand=True)
    assert tiny.grade().exit_code == 0
    assert tiny.gatelab("mark", "ada", "q3", "2").exit_code == 0
    return tiny


@pytest.fixture
def tiny(graded: Tiny, tmp_path: Path) -> Tiny:
    return graded.copy(tmp_path)


def regrade(tiny: Tiny, *words: object, code: int = 0) -> str:
    done = tiny.gatelab("regrade", tiny.folder, "--jobs", "1", "--yes", *words)
    assert done.exit_code == code, done.output
    return " ".join(done.output.split())


def type_in(tiny: Tiny, name: str, column: str, text: str) -> None:
    """What somebody types into the grade table."""
    rows = tiny.rows()
    rows[name][column] = text
    with open(tiny.out / "grades.csv", "w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, rows[name])
        table.writeheader()
        table.writerows(rows.values())


class TestAGradingCutOffAfterARepairedSuite:
    """The reports come from the repaired suite, the class's files from the one before it; nobody handed in anything new."""

    @pytest.fixture
    def killed(self, tiny: Tiny) -> Tiny:
        before = {path.name: path.read_bytes() for path in tiny.out.iterdir() if path.is_file()}
        without_large_logits(tiny)
        assert tiny.grade().exit_code == 0
        for name, data in before.items():
            (tiny.out / name).write_bytes(data)
        return tiny

    def test_its_points_are_neither_exported_nor_corrected(self, killed: Tiny) -> None:
        for done in (
            gatelab("export", "csv", killed.out, "--partial"),
            killed.gatelab("mark", "ada", "q2", "5", "--why", "fine"),
            killed.gatelab("comment", "cleo", "hi"),
            killed.gatelab("regrade", killed.folder, "--jobs", "1", "--yes"),
        ):
            assert done.exit_code == 2 and CUT_OFF in done.output and done.output.count("\n") == 1
        assert killed.grade().exit_code == 0
        assert killed.totals()["bob"] == "10 of 10"
        assert gatelab("export", "csv", killed.out, "--partial").exit_code == 1

    def test_a_mail_to_the_student_says_so(self, killed: Tiny) -> None:
        assert CUT_OFF in " ".join(gatelab("why", "bob", "-o", killed.out).output.split())


class TestOtherPoints:
    @pytest.fixture
    def tiny(self, tiny: Tiny) -> Tiny:
        tiny.replace(tiny.table, 'Softmax"\npoints = 4', 'Softmax"\npoints = 2')
        tiny.suite.write_text(tiny.suite.read_text().replace(", 1)\n", ", 0.5)\n"))
        return tiny

    @pytest.mark.parametrize("words", [("--only", "bob"), ("--question", "q2", "--fresh")])
    def test_other_points_are_not_given_to_part_of_the_class(
        self, tiny: Tiny, words: tuple[str, ...]
    ) -> None:
        before = tiny.totals()
        said = regrade(tiny, *words, code=2)
        assert "regrade the whole class, without --only and --question." in said and "q1" in said
        assert tiny.totals() == before and gatelab("export", "csv", tiny.out, "--partial").exit_code == 1

    def test_marks_are_not_offered_for_a_removed_notebook(self, tiny: Tiny) -> None:
        shutil.rmtree(tiny.folder / "cleo")
        assert (
            "cleo would keep a result for q1 out of 4 points, but q1 is worth 2 now: run gatelab grade"
            in regrade(tiny, code=2)
        )

    def test_other_points_are_given_to_everybody(self, tiny: Tiny) -> None:
        regrade(tiny)
        assert tiny.totals() == {"ada": "10 of 10", "bob": "7.5 of 8", "cleo": "5.6 of 8"}


def test_points_in_place_of_the_graders_that_are_too_many_now_are_named(tiny: Tiny) -> None:
    assert tiny.gatelab("mark", "bob", "q1", "3.5", "--why", "agreed").exit_code == 0
    tiny.replace(tiny.table, 'Softmax"\npoints = 4', 'Softmax"\npoints = 2')
    tiny.suite.write_text(tiny.suite.read_text().replace(", 1)\n", ", 0.5)\n"))
    named = "to be given again: bob q1 (3.5, now out of 2)."
    assert named in tiny.grade().output
    assert named in gatelab("export", "csv", tiny.out, "--partial").output


def remove_q2(tiny: Tiny) -> None:
    text = tiny.table.read_text(encoding="utf-8")
    start = text.index("[q2]")
    end = text.index("\n[", start) + 1
    tiny.table.write_text(text[:start] + text[end:], encoding="utf-8")
    tiny.suite.with_name("test_q2_cross_entropy.py").unlink()
    (tiny.table.parent / "tests" / "q2.py").unlink()
    for kind in ("wheat", "chaff"):
        shutil.rmtree(tiny.suite.parents[1] / "bank" / kind / "q2", ignore_errors=True)


def test_a_student_who_loses_the_points_of_a_removed_question_is_named(tiny: Tiny) -> None:
    remove_q2(tiny)
    said = regrade(tiny)
    assert "ada: total 12 → 6 q2: 6 → no grade (it is no longer a question)" in said
    assert "0 gain, 3 lose, 0 keep their total" in said
    assert tiny.totals() == {"ada": "6 of 6", "bob": "3 of 4", "cleo": "4 of 4"}


def test_staff_corrections_of_a_removed_question_are_named(tiny: Tiny) -> None:
    assert tiny.gatelab("mark", "cleo", "q2", "5", "--why", "by hand").exit_code == 0
    assert tiny.gatelab("comment", "bob", "q2", "see me").exit_code == 0
    assert "Kept and not counted" not in tiny.grade().output
    remove_q2(tiny)
    kept = "Kept and not counted, because lab.toml has no such question now: cleo q2 (override 5); bob q2 (comment)."
    assert kept in tiny.grade().output
    assert kept in regrade(tiny, "--fresh")


def test_the_points_that_counted_in_a_removed_question_are_shown(tiny: Tiny) -> None:
    assert tiny.gatelab("mark", "cleo", "q2", "5", "--why", "by hand").exit_code == 0
    remove_q2(tiny)
    said = regrade(tiny)
    assert "q2: 5 → no grade (it is no longer a question, and the override no longer counts)" in said


def test_the_mark_of_a_removed_question_is_named_though_nothing_is_graded_again(tiny: Tiny) -> None:
    text = tiny.table.read_text(encoding="utf-8")
    tiny.table.write_text(text[: text.index("\n[q3]")], encoding="utf-8")
    said = regrade(tiny)
    assert "ada: total 12 → 10 q3: 2 → no grade (it is no longer a question)" in said
    assert "0 gain, 1 loses, 0 keep their total; nothing had to be graded again for that." in said
    assert "because lab.toml has no such question now: ada q3 (mark 2)." in said


def test_marks_of_a_question_that_is_graded_in_another_way_now_are_said_to_be_that(tiny: Tiny) -> None:
    assert tiny.gatelab("mark", "cleo", "q2", "5", "--why", "by hand").exit_code == 0
    by_hand = tiny.table.read_text(encoding="utf-8").partition("[q2]")[2]
    remove_q2(tiny)
    head = by_hand.partition("names =")[0]
    with tiny.table.open("a", encoding="utf-8") as table:
        table.write(f"\n[q2]{head.rstrip()}\nby_hand = true\n")
    assert (
        "Kept and not counted, because the question is marked by hand now: cleo q2 (override 5)."
        in regrade(tiny)
    )


class TestAMarkThatIsMoreThanItsQuestionGivesNow:
    @pytest.fixture
    def tiny(self, tiny: Tiny) -> Tiny:
        tiny.replace(tiny.table, 'words"\npoints = 2', 'words"\npoints = 1')
        return tiny

    def test_a_regrade_names_the_student_who_loses_it(self, tiny: Tiny) -> None:
        without_large_logits(tiny)
        said = regrade(tiny)
        assert "ada: total 12 → 10 q3: 2 → no grade (it is worth 1 now, so it has to be marked again)" in said
        assert "1 gains, 1 loses, 1 keeps its total" in said

    def test_every_command_names_it(self, tiny: Tiny) -> None:
        named = "Given when the question was worth more, and not counted now; to be given again: ada q3 (2, now out of 1)."
        graded = tiny.grade().output
        assert named in graded and "the submission is not the one" not in graded
        old = "q3 was 2, given when the question was worth more"
        assert tiny.rows()["ada"]["mark_again"] == old
        report = (tiny.out / "index.html").read_text(encoding="utf-8")
        assert old in report and "is not the one that was marked" not in report
        assert named in tiny.gatelab("mark", "bob", "q3", "1").output
        assert named in regrade(tiny, "--fresh")
        for kind in ("csv", "gradescope"):
            assert named in gatelab("export", kind, tiny.out).output
        done = tiny.gatelab("mark", "ada", "q3", "1")
        assert done.exit_code == 0 and "was worth more" not in done.output
        assert "was worth more" not in gatelab("export", "csv", tiny.out).output

    def test_a_correction_of_another_student_names_the_one_who_loses_it(self, tiny: Tiny) -> None:
        done = tiny.gatelab("comment", "bob", "hi")
        assert done.exit_code == 0 and tiny.totals()["ada"] == "10 of 10"
        assert "Marks that no longer count, because lab.toml was changed: ada q3 (2)." in done.output
        assert "no longer count" not in tiny.gatelab("comment", "bob", "ho").output  # it was said
        tiny.replace(tiny.table, 'words"\npoints = 1', 'words"\npoints = 3')
        done = tiny.gatelab("mark", "bob", "q3", "1")
        assert "Marks that count again, because lab.toml was changed: ada q3 (2)." in done.output
        assert tiny.totals()["ada"] == "12 of 13"

    def test_a_correction_names_the_student_who_loses_it_if_the_question_is_removed(self, tiny: Tiny) -> None:
        tiny.replace(tiny.table, BY_HAND.replace("points = 2", "points = 1"), "")
        done = tiny.gatelab("comment", "bob", "hi")
        assert "Marks that no longer count, because lab.toml was changed: ada q3 (2)." in done.output

    def test_the_graders_results_stay(self, tiny: Tiny) -> None:
        before = {path.name: path.read_bytes() for path in (tiny.out / "reports").iterdir()}
        done = tiny.grade()
        assert "3 of 3 notebooks are done from an earlier run and have not changed." in done.stderr
        assert tiny.totals()["ada"] == "10 of 10" and "ada q3 (2, now out of 1)" in done.stderr
        assert {path.name: path.read_bytes() for path in (tiny.out / "reports").iterdir()} == before

    def test_a_regrade_with_nothing_to_grade_shows_it_before_it_counts(self, tiny: Tiny) -> None:
        type_in(tiny, "bob", "q3", "1")
        done = tiny.gatelab("regrade", tiny.folder, "--jobs", "1")
        assert "ada: total 12 → 10" in done.output and done.exit_code == 1
        assert "what was read from it is kept, and not in the tables and pages yet" in done.output
        assert tiny.totals()["ada"] == "12 of 12"
        said = regrade(tiny)
        assert "0 reports replaced. The earlier run is kept" in said
        assert tiny.totals() == {"ada": "10 of 10", "bob": "10 of 11", "cleo": "7.6 of 10"}


def test_another_question_that_is_marked_by_hand_has_nothing_graded_again(tiny: Tiny) -> None:
    tiny.replace(
        tiny.table, BY_HAND, BY_HAND + BY_HAND.replace("q3", "q4").replace("points = 2", "points = 5")
    )
    said = regrade(tiny)
    assert "q4 is marked by hand and was changed; run gatelab grade to apply the change." in said
    assert "Nothing else that decides a grade was changed since these were graded." in said
    assert "3 of 3 notebooks are done from an earlier run and have not changed." in tiny.grade().stderr
    assert tiny.gatelab("mark", "bob", "q4", "4").exit_code == 0 and tiny.totals()["bob"] == "13 of 15"
    assert "13 <small>of 15" in " ".join(tiny.page("bob").split())


def test_a_regrade_names_whose_late_penalty_another_rule_changes(tiny: Tiny) -> None:
    rule = '\n[late]\ndue = "2026-11-26T12:00:00+01:00"\npercent_per_day = 10\n'
    (tiny.folder / "bob" / "softmax" / "timestamp.txt").write_text("2026-11-27 10:00:00 CET")
    assert tiny.grade().exit_code == 0
    tiny.table.write_text(tiny.table.read_text(encoding="utf-8") + rule, encoding="utf-8")
    before = tiny.totals()
    said = regrade(tiny)
    assert (
        "The rule for late work, [late] in lab.toml, was changed, and with it what it says of bob; run gatelab grade to apply the change."
        in said
    )
    assert "Nothing else that decides a grade was changed since these were graded." in said
    assert tiny.totals() == before
    assert "3 of 3 notebooks are done" in tiny.grade().stderr and tiny.totals()["bob"] == "8.1 of 10"
    said = regrade(tiny)
    assert "late work" not in said and "Nothing that decides a grade was changed" in said
    tiny.replace(tiny.table, "percent_per_day = 10", "percent_per_day = 20")
    without_large_logits(tiny)
    assert "what it says of bob; run gatelab grade to apply the change." in regrade(
        tiny
    )  # also if something is graded


def test_a_mark_that_a_killed_grading_had_saved_is_not_put_down_to_the_lab(tiny: Tiny) -> None:
    """Killed after marks.csv was written, and before the tables were."""
    tables = {name: (tiny.out / name).read_bytes() for name in ("class.json", "grades.csv", "index.html")}
    type_in(tiny, "bob", "q3", "1")
    typed = (tiny.out / "grades.csv").read_bytes()
    assert tiny.grade().exit_code == 0
    for name, data in (tables | {"grades.csv": typed}).items():
        (tiny.out / name).write_bytes(data)
    done = tiny.gatelab("mark", "cleo", "q3", "2")
    assert done.exit_code == 0 and "lab.toml" not in done.output
    assert (
        "Marks that were saved in marks.csv, but not in the tables yet; they count: bob q3 (1)."
        in done.output
    )
    assert "not in the tables yet" not in tiny.gatelab("mark", "cleo", "q3", "1").output


def test_a_regrade_with_nothing_to_grade_writes_out_the_marks_that_it_reads(tiny: Tiny) -> None:
    type_in(tiny, "bob", "q3", "1")
    said = regrade(tiny)
    assert "bob q3 1" in said and tiny.totals()["bob"] == "10 of 12"
    assert "10 <small>of 12" in " ".join(tiny.page("bob").split())


def test_a_mail_says_that_a_regrade_was_cut_off_while_it_replaced_reports(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_large_logits(tiny)
    cut_off_while_it_replaces(tiny, monkeypatch)
    for command in ("why", "show"):
        said = " ".join(gatelab(command, "bob", "-o", tiny.out).output.split())
        assert "a gatelab regrade was cut off while it replaced reports, or is at work here" in said
    assert "have been updated" in regrade(tiny)
    assert tiny.totals()["bob"] == "10 of 10"


def test_a_comment_that_replaces_another_is_reported(tiny: Tiny) -> None:
    tiny.gatelab("comment", "bob", "Come to see me.")
    done = tiny.gatelab("comment", "bob", "hello")
    assert "bob: comment written, in place of “Come to see me.”" in done.output
    assert "in place of" not in tiny.gatelab("comment", "bob", "hello").output


@pytest.mark.parametrize("words", [("--only", "bob", "--yes"), ()], ids=["refused", "declined"])
def test_marks_that_a_regrade_has_read_are_written_out_if_nothing_is_replaced(
    tiny: Tiny, words: tuple[str, ...]
) -> None:
    tiny.replace(tiny.table, 'Softmax"\npoints = 4', 'Softmax"\npoints = 2')
    tiny.suite.write_text(tiny.suite.read_text().replace(", 1)\n", ", 0.5)\n"))
    type_in(tiny, "bob", "q3", "1")
    done = tiny.gatelab("regrade", tiny.folder, "--jobs", "1", *words)
    assert done.exit_code and tiny.totals()["bob"] == "10 of 12" and tiny.totals()["cleo"] == "7.6 of 10"
    assert "10 <small>of 12" in " ".join(tiny.page("bob").split())


def test_a_regrade_that_could_not_write_a_report_is_finished_by_the_same_command(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.replace(tiny.table, 'Softmax"\npoints = 4', 'Softmax"\npoints = 2')
    tiny.suite.write_text(tiny.suite.read_text().replace(", 1)\n", ", 0.5)\n"))

    def full(path: Path, text: str, lasting: bool = False) -> None:
        if path == tiny.out / "reports" / "bob.json":
            raise OSError(28, "No space left on device")
        write(path, text, lasting)

    with monkeypatch.context() as patched:
        patched.setattr(run_module, "write", full)
        said = regrade(tiny, code=1)
    assert "bob.json: could not be written" in said and "2 reports replaced" in said
    assert gatelab("export", "csv", tiny.out, "--partial").exit_code == 2
    assert "1 report replaced" in regrade(tiny)
    assert tiny.totals() == {"ada": "10 of 10", "bob": "7.5 of 8", "cleo": "5.6 of 8"}


def test_a_class_with_a_missing_student_who_was_there_before_can_be_regraded(tiny: Tiny) -> None:
    roster = tiny.base / "roster.csv"
    roster.write_text("Name,ID,Email\nAda,ada,a@x.org\nBob,bob,b@x.org\nCleo,cleo,c@x.org\n")
    assert tiny.grade("--roster", roster).exit_code == 0
    shutil.rmtree(tiny.folder / "cleo")
    tiny.grade("--roster", roster)
    without_large_logits(tiny)
    assert "2 reports replaced" in regrade(tiny)
