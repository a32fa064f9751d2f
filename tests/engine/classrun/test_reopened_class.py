"""A class that a correction opens again is the one that was graded: what it was, what it is out of, what its reports were made of."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from helpers.command import printed
from helpers.notebooks import write_notebook
from helpers.tiny_class import Tiny, gatelab
from helpers.tiny_lab import BY_HAND, NAIVE, RIGHT, SETUP, SUMMED

pytestmark = pytest.mark.usefixtures("shared_server")

LATE = "\n[late]\ndue = 2026-11-25T10:00:00+01:00\npercent_per_day = 10\n"


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """ada, bob and cleo; q3 is marked by hand, and q2 has a part that trains."""
    tiny = Tiny.lay_out(tmp_path_factory.mktemp("graded"))
    tiny.table.write_text(tiny.table.read_text(encoding="utf-8") + BY_HAND, encoding="utf-8")
    suite = tiny.suite.with_name("test_q2_cross_entropy.py")
    tiny.replace(suite, "import torch\n", "import pytest\nimport torch\n")
    part = '@part("q2", "gradient", 2)'
    tiny.replace(suite, part, f"{part}\n@pytest.mark.training")
    assert tiny.grade().exit_code == 0
    return tiny


@pytest.fixture
def tiny(graded: Tiny, tmp_path: Path) -> Tiny:
    return graded.copy(tmp_path)


def exported(tiny: Tiny, *words: object) -> str:
    done = gatelab("export", "csv", tiny.out, *words)
    assert done.exit_code == ("export again" in done.output), done.output
    return (tiny.out / "export.csv").read_text(encoding="utf-8-sig")


class TestAQuickLook:
    @pytest.fixture
    def look(self, tiny: Tiny) -> Tiny:
        shutil.rmtree(tiny.out)
        assert tiny.grade("--quick").exit_code == 0
        return tiny

    @pytest.mark.parametrize(
        "words",
        [("comment", "ada", "hi"), ("mark", "ada", "q3", "2"), ("mark", "ada", "q1", "2", "--why", "x")],
    )
    def test_a_correction_leaves_a_quick_look_what_it_is(self, look: Tiny, words: tuple[str, ...]) -> None:
        before = look.book()
        assert look.gatelab(*words).exit_code == 0
        book = look.book()
        for key in ("quick", "all_questions", "max_points"):
            assert book[key] == before[key]
        assert (
            list((look.out / "feedback").iterdir()) == []
            and "A quick look" in (look.out / "index.html").read_text()
        )
        assert "A quick look" in look.rows()["bob"]["reason"] and look.totals()["bob"] == "7 of 8"
        refused = gatelab("export", "csv", look.out)
        assert refused.exit_code == 2 and "Grade without --quick" in refused.output
        again = look.grade("--quick")
        assert again.exit_code == 0 and "3 of 3 notebooks are done" in again.output

    def test_an_override_cannot_exceed_the_points_of_a_quick_look(self, look: Tiny) -> None:
        done = look.gatelab("mark", "ada", "q2", "6", "--why", "x")
        assert done.exit_code == 2 and "'6' is not a number from 0 to 4" in done.output

    def test_why_says_that_it_is_a_quick_look(self, look: Tiny) -> None:
        assert "A quick look without trainings, no grade" in printed("why", "bob", "-o", look.out)


class TestTheLabHasChanged:
    @pytest.mark.parametrize("questions", [(), ("--question", "q1")])
    def test_a_mark_for_a_question_that_came_later_counts_wherever_it_is_shown(
        self, tiny: Tiny, questions: tuple[str, ...]
    ) -> None:
        shutil.rmtree(tiny.out)
        tiny.replace(tiny.table, BY_HAND, "")
        assert tiny.grade(*questions).exit_code == 0
        tiny.table.write_text(tiny.table.read_text() + BY_HAND)
        done = tiny.gatelab("mark", "ada", "q3", "2")
        whole = "6 of 6" if questions else "12 of 12"
        assert done.exit_code == 0 and f"Total now: {whole.split()[0]}." in done.output
        assert tiny.totals() == {"ada": whole, "bob": "3 of 4", "cleo": "4 of 4"} if questions else {
            "ada": whole, "bob": "9 of 10", "cleo": "7.6 of 10"
        }  # fmt: skip
        assert f"you have {whole} points" in printed("why", "ada", "-o", tiny.out)
        shown = " ".join(tiny.page("ada").split())
        assert (
            f"{whole.split()[0]} <small>of {whole.split()[2]} points" in shown
            and "In your own words" in shown
        )
        if not questions:
            assert "ada,graded,12,12," in exported(tiny, "--partial")

    def test_a_mark_is_out_of_what_the_question_has_now(self, tiny: Tiny) -> None:
        tiny.gatelab("mark", "bob", "q3", "2")
        tiny.replace(tiny.table, 'words"\npoints = 2', 'words"\npoints = 5')
        assert "Total now: 14." in tiny.gatelab("mark", "ada", "q3", "4").output
        assert tiny.totals() == {"ada": "14 of 15", "bob": "11 of 15", "cleo": "7.6 of 10"}
        assert "you have 14 of 15 points" in printed("why", "ada", "-o", tiny.out)
        assert "4 <small>of 5" in tiny.page("ada") and "bob,graded,11,15," in exported(tiny, "--partial")

    def test_a_question_no_longer_marked_by_hand_is_not_listed_as_missing(self, tiny: Tiny) -> None:
        tiny.replace(tiny.table, BY_HAND, "")
        assert tiny.gatelab("comment", "ada", "hi").exit_code == 0
        assert "q3" not in tiny.page("ada") and "ada,graded,10,10," in exported(tiny)

    def test_what_the_grader_gives_stays_what_it_was_until_it_grades_again(self, tiny: Tiny) -> None:
        """Points of a question, and a question that came later."""
        tiny.replace(tiny.table, 'Softmax"\npoints = 4', 'Softmax"\npoints = 2')
        tiny.suite.write_text(tiny.suite.read_text().replace(", 1)\n", ", 0.5)\n"))
        before = tiny.book()
        assert tiny.gatelab("mark", "bob", "q1", "4", "--why", "x").exit_code == 0
        book = tiny.book()
        assert [book[key] for key in ("max_points", "all_questions")] == [
            before[key] for key in ("max_points", "all_questions")
        ]
        assert tiny.totals() == {"ada": "10 of 10", "bob": "10 of 10", "cleo": "7.6 of 10"}


class TestACutOffGrading:
    @pytest.fixture
    def killed(self, tiny: Tiny) -> Tiny:
        """ada has handed in another file, whose report is there; the class's files are those of before."""
        for words in (("mark", "ada", "q1", "1", "--why", "copied"), ("comment", "ada", "Hello")):
            assert tiny.gatelab(*words).exit_code == 0
        before = {path.name: path.read_bytes() for path in tiny.out.iterdir() if path.is_file()}
        tiny.hand_in("ada", RIGHT["q1"], SUMMED, "# better")
        assert tiny.grade().exit_code == 0
        for name, data in before.items():
            (tiny.out / name).write_bytes(data)
        return tiny

    SAYS = "a gatelab grade was cut off or is at work here; run the same gatelab grade again."

    def test_an_old_override_does_not_count_for_the_new_report(self, killed: Tiny) -> None:
        text = printed("why", "ada", "-o", killed.out)
        assert "you have 7.6 of 10 points" in text and "copied" not in text and "Hello ada" in text
        assert f"reports/ada.json: is newer than class.json, because {self.SAYS}" in text

    def test_it_is_neither_exported_nor_corrected_before_it_has_ended(self, killed: Tiny) -> None:
        for done in (
            gatelab("export", "csv", killed.out, "--partial"),
            killed.gatelab("mark", "ada", "q2", "6", "--why", "fine"),
            killed.gatelab("comment", "bob", "hi"),
        ):
            assert done.exit_code == 2 and self.SAYS in done.output and done.output.count("\n") == 1
        killed.grade()
        assert killed.rows()["ada"]["mark_again"] == "q1 was 1; comment was Hello"
        assert killed.gatelab("mark", "ada", "q2", "6", "--why", "fine").exit_code == 0
        killed.grade()
        assert killed.rows()["ada"]["q2"] == "6"

    def test_a_student_added_meanwhile_is_not_left_out_silently(self, tiny: Tiny) -> None:
        before = {path.name: path.read_bytes() for path in tiny.out.iterdir() if path.is_file()}
        tiny.hand_in("zoe", NAIVE, SUMMED)
        assert tiny.grade().exit_code == 0
        for name, data in before.items():
            (tiny.out / name).write_bytes(data)
        for done in (gatelab("export", "csv", tiny.out, "--partial"), tiny.gatelab("comment", "bob", "hi")):
            assert (
                done.exit_code == 2
                and f"reports/zoe.json: is newer than class.json, because {self.SAYS}" in done.output
            )

    def test_a_regrading_of_another_counts_what_belongs_to_the_report_that_stays(self, tiny: Tiny) -> None:
        assert tiny.gatelab("mark", "ada", "q1", "1", "--why", "copied").exit_code == 0
        tiny.hand_in("ada", NAIVE, RIGHT["q2"], "# again")
        tiny.replace(tiny.suite, "softmax(logits), with large logits,", "softmax of large logits")
        done = tiny.gatelab("regrade", tiny.folder, "--jobs", "1", "--only", "bob", "--yes")
        assert "1 report replaced" in done.output
        assert tiny.totals()["ada"] == "7 of 10" and "ada,graded,7,10" in exported(tiny, "--partial")
        tiny.grade()
        assert (tiny.rows()["ada"]["q1"], tiny.rows()["ada"]["mark_again"]) == ("3", "q1 was 1")


class TestWhatIsShownElsewhere:
    @pytest.fixture
    def late(self, tiny: Tiny) -> Tiny:
        """bob was late, staff took points off and gave some; ada's essay cannot be graded; the roster knows their names."""
        tiny.table.write_text(tiny.table.read_text() + LATE)
        (tiny.folder / "bob" / "softmax" / "timestamp.txt").write_text("2026-11-25 12:00:00 UTC\n")
        roster = tiny.base / "roster.csv"
        roster.write_text(
            "Name,ID,Email\nAda Lovelace,ada,a@x.org\nBob Hopper,bob,b@x.org\nCleo Ory,cleo,c@x.org\n"
        )
        (tiny.folder / "ada" / "softmax" / "lab.ipynb").unlink()
        (tiny.folder / "ada" / "softmax" / "essay.pdf").write_bytes(b"%PDF")
        assert tiny.grade("--roster", roster).exit_code == 1
        for words in (
            ("late", "bob", "3", "--why", "two days in truth"),
            ("comment", "bob", "See me."),
            ("mark", "bob", "q2", "6", "--why", "right by luck"),
            ("comment", "bob", "q3", "Think again."),
            ("mark", "cleo", "q1", "2", "--why", "copied"),
            ("comment", "ada", "q1", "As you say on paper."),
        ):
            assert tiny.gatelab(*words).exit_code == 0
        return tiny

    def test_why_and_show_report_staff_marks_and_reasons_as_the_page_does(self, late: Tiny) -> None:
        expected = {
            "bob": ["3 points are taken off for lateness, instead of 0.9: two days in truth.", "Handed in 2026-11-25 13:00:00",
                    "Comment: See me.", "Staff gave 6 of 6 points here", "right by luck", "Comment: Think again."],
            "cleo": ["Staff gave 2 of 4 points here, instead of the grader's 4: copied."],
            "ada": ["Comment on q1: As you say on paper."],
        }  # fmt: skip
        for name, sentences in expected.items():
            page = " ".join(late.page(name).replace("&#39;", "'").split())
            for command in ("why", "show"):
                text = printed(command, name, "-o", late.out, code=1 if name == "ada" else 0)
                assert [sentence for sentence in sentences if sentence not in text] == [], command
            assert [sentence for sentence in sentences if sentence not in page] == []
        assert "Hello Bob Hopper," in printed("why", "bob", "-o", late.out)
        assert "Bob Hopper (bob) 6 of 10" in printed("show", "bob", "-o", late.out)
        assert "You lost no points" not in printed("why", "bob", "-o", late.out)

    def test_why_of_one_question_shows_the_staff_remarks_on_it(self, late: Tiny) -> None:
        text = printed("why", "bob", "q3", "-o", late.out)
        assert "q3, In your own words: not marked yet Comment: Think again." in text

    def test_remarks_on_the_hand_in_survive_a_correction(self, tiny: Tiny) -> None:
        shutil.rmtree(tiny.folder)
        tiny.folder.mkdir()
        for file in ("hopperbob_LATE_4712_90211_lab.ipynb", "orycleo_4713_90212_lab.ipynb"):
            write_notebook(tiny.folder / file, SETUP, RIGHT["q1"], f"# {file}")
        roster = tiny.base / "roster.csv"
        roster.write_text("Student,ID,Email\nBob,4712,b@x.org\nCleo,4713,c@x.org\nFrank,4716,f@x.org\n")
        assert tiny.grade("--fresh", "--roster", roster).exit_code == 0
        reasons = {name: row["reason"] for name, row in tiny.rows().items()}
        before = reasons["hopperbob"]
        assert "Canvas" in before and reasons["Frank"]
        for _ in range(2):
            assert tiny.gatelab("comment", "orycleo", "hi").exit_code == 0
            assert {name: row["reason"] for name, row in tiny.rows().items()} == reasons
        assert (
            next(row for row in tiny.book()["submissions"] if row["name"] == "hopperbob")["reason"] == before
        )

    @pytest.mark.parametrize("older", [False, True], ids=["now", "without `problem`"])
    def test_the_reason_for_a_missing_submission_is_separate_from_the_remarks(
        self, tiny: Tiny, older: bool
    ) -> None:
        roster = tiny.base / "roster.csv"
        roster.write_text("Student,ID,Email\nFrank,4716,f@x.org\n")
        tiny.grade("--roster", roster)
        book = tiny.book()
        row = next(row for row in book["submissions"] if row["name"] == "Frank")
        why = row["problem"]
        assert why and why == row["reason"]
        if older:
            del row["problem"]
        else:  # a remark that the reason ends with: what is why must not be guessed from it
            row["remarks"] = [why.split(" ", 1)[1]]
        (tiny.out / "class.json").write_text(json.dumps(book))
        for _ in range(2):
            assert tiny.gatelab("comment", "ada", "hi").exit_code == 0
            row = next(row for row in tiny.book()["submissions"] if row["name"] == "Frank")
            assert row["problem"] == why

    def test_the_reason_for_a_missing_grade_survives_a_correction(self, tiny: Tiny) -> None:
        book = tiny.book()
        why = "The grader itself failed (OSError: no room); run the same command again."
        next(row for row in book["submissions"] if row["name"] == "cleo").update(
            {"status": "not graded yet", "reason": why}
        )
        (tiny.out / "class.json").write_text(json.dumps(book))
        assert tiny.gatelab("comment", "ada", "hi").exit_code == 0
        assert (tiny.rows()["cleo"]["status"], tiny.rows()["cleo"]["reason"]) == ("not graded yet", why)
