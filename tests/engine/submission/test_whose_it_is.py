"""Whose work something is, and for which lab, if a class could be read in two ways."""

from __future__ import annotations

import shutil
import unicodedata
from pathlib import Path

import pytest

from gatelab.integrations.roster import read_roster
from gatelab.lab.spec import Lab
from gatelab.submission.collect import Submission, collect
from helpers.notebooks import write_notebook
from helpers.tiny_class import Tiny, gatelab
from helpers.tiny_lab import NAIVE, RIGHT, SETUP, tiny_kit

GOOD, WRONG = (RIGHT["q1"], RIGHT["q2"]), (NAIVE, RIGHT["q2"])


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return Lab.in_repository(tiny_kit(tmp_path_factory.mktemp("kit")))


def hand_in(path: Path, *cells: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_notebook(path, SETUP, *(cells or GOOD), f"# {path.name}")


def moodle(base: Path, roster: str, *entries: str, lab: Lab) -> dict[str, Submission]:
    for entry in entries:
        hand_in(base / "class" / f"{entry}_assignsubmission_file_" / "lab.ipynb")
    (base / "roster.csv").write_text(roster, encoding="utf-8")
    rows = collect(base / "class", lab, roster=read_roster(base / "roster.csv"))
    return {submission.entry.partition("_assign")[0]: submission for submission in rows}


class TestANumberThatIsSomebodyElsesId:
    ROSTER = "Name,Email,ID\nAda Lovelace,ada@x.org,1815\n"

    @pytest.mark.parametrize("other", ["Bob A Ray", "Love Li", "Ada Ray", "Oliver Lovelace"])
    def test_the_full_name_takes_precedence(self, tmp_path: Path, lab: Lab, other: str) -> None:
        roster = self.ROSTER + f"{other},bob@x.org,4711\n"
        rows = moodle(tmp_path, roster, "Ada Lovelace_4711", f"{other}_4712", lab=lab)
        assert rows["Ada Lovelace_4711"].people[0].email == "ada@x.org"
        assert rows[f"{other}_4712"].people[0].email == "bob@x.org"
        assert not any(submission.missing for submission in rows.values())

    @pytest.mark.parametrize("other", ["Bob A Ray", "Li Vela", "Cleo Adalbert"])
    def test_initials_and_pieces_of_names_do_not_count_as_similar(
        self, tmp_path: Path, lab: Lab, other: str
    ) -> None:
        rows = moodle(tmp_path, f"Name,Email,ID\n{other},bob@x.org,4711\n", "Ada Lovelace_4711", lab=lab)
        assert rows["Ada Lovelace_4711"].people[0].email == ""

    def test_a_short_form_of_the_name_is_similar_enough(self, tmp_path: Path, lab: Lab) -> None:
        roster = "Name,Email,ID\nAda King Lovelace,ada@x.org,4711\n"
        rows = moodle(tmp_path, roster, "Ada Lovelace_4711", lab=lab)
        assert rows["Ada Lovelace_4711"].people[0].email == "ada@x.org"

    def test_two_rows_of_one_person_say_so_whatever_their_numbers(self, tmp_path: Path, lab: Lab) -> None:
        rows = moodle(tmp_path, self.ROSTER, "Ada Lovelace_4711", "Ada Lovelace_4712", lab=lab)
        assert all("all belong to Ada Lovelace" in " ".join(submission.notes) for submission in rows.values())


def test_names_that_look_the_same_are_distinguished(tmp_path: Path, lab: Lab) -> None:
    for form in ("NFC", "NFD"):
        hand_in(tmp_path / unicodedata.normalize(form, "José") / "lab.ipynb")
    names = [unicodedata.normalize("NFC", submission.name) for submission in collect(tmp_path, lab)]
    assert len(set(names)) == 2 and all(name.startswith("José (") for name in names)


class TestAFolderInAFolder:
    def names(self, folder: Path, lab: Lab) -> list[str]:
        return [submission.name for submission in collect(folder, lab)]

    def test_students_folders_in_it_are_the_class(self, tmp_path: Path, lab: Lab) -> None:
        for name in ("ada", "bob"):
            hand_in(tmp_path / "tree" / "submissions" / name / lab.name / "lab.ipynb")
        assert self.names(tmp_path / "tree", lab) == ["ada", "bob"]

    def test_the_row_says_if_a_students_folder_may_be_a_class(self, tmp_path: Path, lab: Lab) -> None:
        for name in ("ada", "bob"):
            hand_in(tmp_path / "section1" / f"{name}.ipynb")
        [row] = collect(tmp_path, lab)
        assert row.notes == ("If section1 is not one student's folder, name it as the class's folder.",)
        assert self.names(tmp_path / "section1", lab) == ["ada", "bob"]

    def test_one_student_with_more_files_is_one(self, tmp_path: Path, lab: Lab) -> None:
        hand_in(tmp_path / "a" / "ada" / "lab.ipynb")
        hand_in(tmp_path / "a" / "ada" / "tries.ipynb")
        hand_in(tmp_path / "b" / "ada" / "mine.ipynb")
        (tmp_path / "b" / "ada" / "notes.txt").write_text("hello")
        assert self.names(tmp_path / "a", lab) == self.names(tmp_path / "b", lab) == ["ada"]


@pytest.mark.usefixtures("shared_server")
class TestTwoLabsInOneKit:
    @pytest.fixture
    def tiny(self, tmp_path: Path) -> Tiny:
        tiny = Tiny.lay_out(tmp_path, {"ada": GOOD})
        for place in ("assignment", "tests"):
            shutil.copytree(tiny.kit / place / "softmax", tiny.kit / place / "other")
        table = tiny.kit / "assignment" / "other" / "lab.toml"
        text = table.read_text(encoding="utf-8").replace('name = "softmax"', 'name = "other"')
        table.write_text(text, encoding="utf-8")
        return tiny

    def test_the_second_does_not_replace_the_first(self, tiny: Tiny) -> None:
        hand_in(tiny.folder / "ada" / "other" / "lab.ipynb", *WRONG)
        assert tiny.grade("--lab", "softmax").exit_code == 0
        before = tiny.rows()
        said = tiny.grade("--lab", "other")
        assert said.exit_code == 2 and said.stderr.count("\n") == 1
        assert "holds the grading of the lab softmax; choose another -o, or --fresh" in said.stderr
        assert tiny.rows() == before
        assert tiny.grade("--lab", "other", "--fresh").exit_code == 0
        assert tiny.rows()["ada"]["total"] == "9"

    def test_work_for_the_other_lab_is_not_graded(self, tiny: Tiny) -> None:
        hand_in(tiny.folder / "bob" / "other" / "lab.ipynb", *WRONG)
        said = tiny.grade("--lab", "other")
        assert tiny.rows()["bob"]["total"] == "9"
        assert tiny.rows()["ada"]["status"] == "nothing handed in"
        why = "ada: nothing was handed in for this lab; the folder holds only softmax; ask for the notebook of this lab."
        assert tiny.rows()["ada"]["reason"] == why and why in said.output
        assert said.exit_code == 0 and "1 handed in nothing: ada." in said.output
        exported = gatelab("export", "csv", tiny.out)
        assert "1 handed in nothing: ada." in exported.output and "could not be graded" not in exported.output


def test_two_who_claim_one_number_of_a_platform_are_both_named(tmp_path: Path, lab: Lab) -> None:
    for who in ("Ada Roe_4711", "Eve Moss_4711", "Bob Lee_4712"):
        hand_in(tmp_path / f"{who}_assignsubmission_file_" / "lab.ipynb")
    ada, bob, eve = collect(tmp_path, lab)
    assert ada.notes == (
        "Moodle's number 4711 came in as Eve Moss's, too; check whose it is, since Moodle gives it to one person.",
    )
    assert "as Ada Roe's, too" in eve.notes[0] and bob.notes == ()


def test_nobody_who_may_have_handed_in_is_reported_as_missing(tmp_path: Path, lab: Lab) -> None:
    hand_in(tmp_path / "class" / "Wei Li.ipynb")
    (tmp_path / "r.csv").write_text("Name,Email\nWei Li,w1@x.org\nWei Li,w2@x.org\nAda Roe,a@x.org\n")
    submission, *missing = collect(tmp_path / "class", lab, roster=read_roster(tmp_path / "r.csv"))
    assert submission.notes == (
        "May belong to Wei Li (w1@x.org) or Wei Li (w2@x.org); rename it so that its name contains an ID or e-mail address.",
    )
    said = {one.people[0].email: one.problem for one in missing}
    assert [one.people[0].email for one in missing if one.unexplained] == ["a@x.org"]
    assert said.pop("a@x.org") == "Nothing was handed in."
    assert set(said.values()) == {"Nothing that is certainly theirs was handed in; Wei Li may be theirs."}


@pytest.mark.usefixtures("shared_server")
class TestARosterIsRemembered:
    SHEET = 'Identifier,Full name,Email address,Last modified (submission)\nParticipant 1,ada,ada@x.org,"{}"\nParticipant 3,Mia Miss,m@x.org,-\n'

    @pytest.fixture
    def tiny(self, tmp_path: Path) -> Tiny:
        tiny = Tiny.lay_out(tmp_path, {"ada": GOOD})
        text = tiny.table.read_text()
        tiny.table.write_text(
            text.replace("\n[q1]", '\ndue = "2026-11-26T23:59:00+09:00"\n\n[q1]', 1)
            + "\n[late]\npercent_per_day = 10\n"
        )
        self.list(tiny, "Friday, 27 November 2026, 12:10 AM")
        return tiny

    def list(self, tiny: Tiny, time: str) -> None:
        (tiny.base / "m.csv").write_text(self.SHEET.format(time))

    def test_the_next_grading_uses_it_and_says_so(self, tiny: Tiny) -> None:
        assert "Roster" not in tiny.grade("--roster", tiny.base / "m.csv").stderr
        before = tiny.rows()
        assert set(before) == {"ada", "Mia Miss"} and before["ada"]["late_penalty"] == "1"
        said = tiny.grade()
        assert (
            f"Roster: {tiny.base / 'm.csv'}, as in the last grading." in said.stderr and tiny.rows() == before
        )
        assert tiny.gatelab("mark", "ada", "q1", "3", "--why", "x").exit_code == 0
        self.list(tiny, "Thursday, 26 November 2026, 11:10 PM")  # in the due date's zone
        assert tiny.grade().exit_code == 0 and tiny.rows()["ada"]["late_penalty"] == ""

    def test_a_roster_that_was_moved_must_be_named_again(self, tiny: Tiny) -> None:
        tiny.grade("--roster", tiny.base / "m.csv")
        (tiny.base / "m.csv").rename(tiny.base / "new.csv")
        said = tiny.grade()
        assert said.exit_code == 2 and f"{tiny.base / 'm.csv'}: cannot be read" in said.stderr
        assert tiny.grade("--roster", tiny.base / "new.csv").exit_code == 0

    def test_a_fresh_grading_does_not_need_the_earlier_roster(self, tiny: Tiny) -> None:
        tiny.grade("--roster", tiny.base / "m.csv")
        for _ in range(2):
            assert tiny.grade("--fresh").exit_code == 0 and set(tiny.rows()) == {"ada"}


@pytest.mark.usefixtures("shared_server")
def test_feedback_is_removed_from_a_folder_that_is_no_longer_its_persons(tmp_path: Path) -> None:
    tiny = Tiny.lay_out(tmp_path, {"ada": GOOD, "bob": GOOD})
    people = "Name,Email\nada,{}@x.org\nbob,bob@x.org\n"
    folder = tiny.out / "feedback-mail"
    for address, left in (("other", {"other@x.org", "bob@x.org"}), ("ada", {"ada@x.org", "bob@x.org"})):
        (tiny.base / "r.csv").write_text(people.format(address))
        tiny.grade("--roster", tiny.base / "r.csv")
        assert gatelab("export", "feedback", tiny.out, "--to", "mail").exit_code == 0
        assert {path.parent.name for path in folder.rglob("feedback.html")} == left
    (folder / "bob@x.org" / "own.txt").write_text("a teacher's")
    shutil.rmtree(tiny.folder / "bob")
    tiny.grade()
    for words in (("feedback", tiny.out, "--to", "mail"), ("gradescope", tiny.out)):
        gatelab("export", *words)
    assert sorted(path.name for path in (folder / "bob@x.org").iterdir()) == ["own.txt"]
    assert [path.parent.name for path in (tiny.out / "gradescope").rglob("results.json")] == ["ada"]
