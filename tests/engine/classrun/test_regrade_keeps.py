"""Grading again changes what it grades again, and nothing else: not who is in the class, nor what came with each."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from pathlib import Path

import pytest
from test_regrade import cut_off_while_it_replaces, outputs, without_large_logits

from helpers.notebooks import load_notebook, write_notebook
from helpers.tiny_class import Tiny, gatelab
from helpers.tiny_lab import NAIVE, RIGHT, SETUP, SUMMED, tiny_kit
from helpers.zips import zipped

pytestmark = [pytest.mark.usefixtures("shared_server"), pytest.mark.one_in(3, at=2)]

ROSTER = (
    "Student,ID,Email\n"
    '"Lovelace, Ada",4711,ada@x.org\n"Hopper, Bob",4712,bob@x.org\n"Zorn, Dora",4714,dora@x.org\n"Fox, Frank",4716,frank@x.org\n'
)
ENTRIES = {
    "lovelaceada_4711_90210_lab.ipynb": (RIGHT["q1"], RIGHT["q2"]),
    "hopperbob_LATE_4712_90211_lab.ipynb": (NAIVE, RIGHT["q2"]),
    "zorndora_4714_90213_dora.zip": (NAIVE, SUMMED),
}


def downloaded(base: Path) -> tuple[Tiny, list[object]]:
    """A class as Canvas hands it out, one student's in an archive; and the words with which it is graded."""
    tiny = Tiny(base)
    tiny_kit(tiny.kit, by_hand=True)
    tiny.folder.mkdir(parents=True)
    for name, cells in ENTRIES.items():
        path = tiny.folder / name
        if path.suffix == ".zip":
            with zipfile.ZipFile(path, "w") as archive:
                archive.write(write_notebook(base / "lab.ipynb", SETUP, *cells), "lab.ipynb")
        else:
            write_notebook(path, SETUP, *cells, f"# {name}")
    (base / "roster.csv").write_text(ROSTER, encoding="utf-8")
    return tiny, ["--roster", base / "roster.csv"]


def regraded(tiny: Tiny, *words: object) -> str:
    said = tiny.gatelab("regrade", tiny.folder, "--jobs", "1", "--yes", *words)
    assert said.exit_code == 0, said.output
    return said.stdout + said.stderr


def test_names_addresses_missing_people_and_archives_stay(tmp_path: Path) -> None:
    tiny, words = downloaded(tmp_path)
    assert tiny.grade(*words).exit_code == 0
    tiny.gatelab("mark", "zorndora", "q1", "1", "--why", "spoke to her")
    tiny.gatelab("comment", "zorndora", "q2", "Mind the mean.")
    without_large_logits(tiny)
    before = tiny.rows()
    assert "3 reports replaced" in regraded(tiny)
    after = tiny.rows()
    assert list(after) == list(before) and after["Frank Fox"]["status"] == "nothing handed in"
    for name, row in before.items():
        same = {"file", "sha256", "name", "email", "id", "attempts", "question_comments", "q1"}
        assert bool(after[name]["overrides"]) == bool(row["overrides"])
        for column in same if name != "hopperbob" else same - {"q1"}:
            assert after[name][column] == row[column], (name, column)
    assert "spoke to her" in tiny.page("zorndora") and "Ada Lovelace" in tiny.page("lovelaceada")
    regraded(tiny, "--fresh", "--only", "Ada Lovelace")
    graded = tiny.grade(*words)
    assert "3 of 3 notebooks are done from an earlier run" in graded.stderr
    assert tiny.rows() == after


def test_earlier_attempts_stay(tmp_path: Path) -> None:
    tiny, _ = downloaded(tmp_path)
    write_notebook(tiny.folder / "lovelaceada_4711_90100_lab-1.ipynb", SETUP, NAIVE, RIGHT["q2"], "# earlier")
    assert tiny.grade("--attempts", "all").exit_code == 0
    before = tiny.rows()
    assert len(before) == 4
    without_large_logits(tiny)
    regraded(tiny)
    assert list(tiny.rows()) == list(before)
    assert {path.stem for path in (tiny.out / "reports").glob("*.json")} == {
        row["file"] for row in before.values()
    }


def test_a_class_that_is_an_archive_is_graded_again(tmp_path: Path) -> None:
    tiny = Tiny.lay_out(tmp_path)
    shutil.make_archive(str(tmp_path / "submitted"), "zip", tiny.folder)
    shutil.rmtree(tiny.folder)
    tiny.folder = tmp_path / "submitted.zip"
    assert tiny.grade().exit_code == 0
    without_large_logits(tiny)
    assert "3 reports replaced" in regraded(tiny)
    assert tiny.rows()["bob"]["total"] == "10"


class TestWhatCameInSince:
    @pytest.fixture
    def tiny(self, tiny: Tiny) -> Tiny:
        tiny.gatelab("mark", "ada", "q1", "1", "--why", "copied")
        tiny.gatelab("comment", "ada", "Come and see me.")
        return tiny

    def test_an_override_stays_on_the_report_it_was_given_to(self, tiny: Tiny) -> None:
        ada = tiny.rows()["ada"]
        tiny.hand_in("ada", RIGHT["q1"], SUMMED)
        without_large_logits(tiny)
        assert "ada: its result is unchanged" not in regraded(tiny, "--only", "bob")
        assert tiny.rows()["ada"] == ada
        assert "copied" in tiny.page("ada") and "Come and see me." in tiny.page("ada")
        assert "ada: its result is unchanged, because its file was removed or changed" in regraded(tiny)
        assert tiny.rows()["ada"] == ada
        tiny.grade()
        assert tiny.rows()["ada"]["mark_again"] == "q1 was 1; comment was Come and see me."
        assert tiny.rows()["ada"]["overrides"] == ""

    def test_reports_of_others_stay_when_their_files_are_gone_or_renamed(self, tiny: Tiny) -> None:
        shutil.rmtree(tiny.folder / "cleo")
        (tiny.folder / "bob").rename(tiny.folder / "bobby")
        without_large_logits(tiny)
        before = {name: data for name, data in outputs(tiny).items() if "bob" in name or "cleo" in name}
        assert "bobby: not graded before; run gatelab grade to grade new submissions." in regraded(
            tiny, "--only", "ada"
        )
        assert set(tiny.rows()) == {"ada", "bob", "cleo"}
        now = outputs(tiny)
        assert before.items() <= {k: v for k, v in now.items() if not k.startswith("earlier")}.items()


class TestAQuestionMarkedByHand:
    @pytest.fixture
    def tiny(self, tmp_path: Path) -> Tiny:
        tiny = Tiny.lay_out(tmp_path)
        tiny_kit(tiny.kit, by_hand=True)
        assert tiny.grade().exit_code == 0
        tiny.gatelab("mark", "ada", "q3", "2")
        tiny.replace(tiny.table, "points = 2\nby_hand", "points = 5\nby_hand")
        return tiny

    @pytest.mark.parametrize("again", ["grade", "regrade"])
    def test_its_points_are_those_of_the_lab_everywhere(self, tiny: Tiny, again: str) -> None:
        if again == "regrade":
            without_large_logits(tiny)
            regraded(tiny)
        else:
            tiny.grade()
        tiny.gatelab("mark", "ada", "q3", "4")
        row = tiny.rows()["ada"]
        assert (row["q3"], row["total"], row["out_of"]) == ("4", "14", "15")
        page = re.sub(r"<[^>]+>", "", tiny.page("ada"))
        assert "14 of 15" in page and "4 of 5" in page

    def test_regrade_says_that_grade_takes_it_in(self, tiny: Tiny) -> None:
        said = tiny.gatelab("regrade", tiny.folder, "--jobs", "1")
        assert said.exit_code == 0
        assert "q3 is marked by hand and was changed; run gatelab grade to apply the change." in said.stderr


class TestAnOverrideAboveTheNewMaximum:
    @pytest.fixture
    def tiny(self, tiny: Tiny) -> Tiny:
        tiny.gatelab("mark", "bob", "q1", "4", "--why", "shown at the board")
        tiny.replace(tiny.table, 'title = "Softmax"\npoints = 4', 'title = "Softmax"\npoints = 3')
        tiny.replace(tiny.suite, '"gradient", 1)', '"gradient", 0.5)')
        tiny.replace(tiny.suite, '"arguments-kept", 1)', '"arguments-kept", 0.5)')
        return tiny

    def test_the_loss_is_shown_before_anything_is_replaced(self, tiny: Tiny) -> None:
        said = tiny.gatelab("regrade", tiny.folder, "--jobs", "1")
        assert "bob: total 10 → 8" in said.stdout
        assert "the override, 4, is more than it is worth now and no longer counts" in said.stdout


def test_what_was_read_from_the_grade_table_is_reported(tiny: Tiny) -> None:
    path = tiny.out / "grades.csv"
    text = path.read_text(encoding="utf-8-sig").splitlines()
    cells = text[1].split(",")
    cells[text[0].split(",").index('"q1"')] = '"2"'
    cells[text[0].split(",").index('"override_reason"')] = '"copied"'
    path.write_text("\n".join([text[0], ",".join(cells), *text[2:]]) + "\n", encoding="utf-8-sig")
    without_large_logits(tiny)
    said = regraded(tiny)
    assert "Corrections read from" in said and "ada q1" in said
    assert tiny.rows()["ada"]["total"] == "8"


def test_a_regrade_that_is_cut_off_while_it_replaces_is_finished_by_the_same_command(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_large_logits(tiny)
    cut_off_while_it_replaces(tiny, monkeypatch)
    for words in (
        ("export", "csv", tiny.out),
        ("mark", "ada", "q1", "1", "-o", tiny.out, "--root", tiny.kit),
    ):
        said = gatelab(*words)
        assert (
            said.exit_code == 2 and "a gatelab regrade was cut off while it replaced reports" in said.stderr
        )
    assert "the tables and pages have been updated" in regraded(tiny)
    assert tiny.rows()["bob"]["total"] == "10" and gatelab("export", "csv", tiny.out).exit_code == 0


def test_written_answers_of_an_archive_are_shown(tmp_path: Path) -> None:
    tiny, words = downloaded(tmp_path)
    book = load_notebook(tmp_path / "lab.ipynb")
    mark = {"nbgrader": {"grade_id": "q3"}}
    book["cells"].append({"cell_type": "markdown", "metadata": mark, "source": "Rows, not columns."})
    [path] = tiny.folder.glob("zorndora*.zip")
    zipped(path, {"lab.ipynb": json.dumps(book)})
    tiny.grade(*words)
    said = tiny.gatelab("mark", input="q\n")
    assert said.exit_code == 0 and "Rows, not columns." in said.output, said.output


OWN_AXIS = RIGHT["q1"].replace("def softmax(logits)", "def softmax(logits, axis=1)")
OVER_IT = "def cross_entropy(logits, labels):\n    return -softmax(logits, axis=1).log().gather(1, labels[:, None]).mean()\n"


def test_a_question_is_graded_again_if_its_prerequisite_earns_full_points_now(tmp_path: Path) -> None:
    naive = OWN_AXIS.replace(OWN_AXIS[OWN_AXIS.index("    ") :], NAIVE[NAIVE.index("    ") :])
    tiny = Tiny.lay_out(tmp_path, {"ada": (naive, OVER_IT)})
    tiny.grade()
    # q2 counts with the student's own q1 although that is not right yet; with a right one, it is graded as usual.
    assert tiny.rows()["ada"]["total"] == "9"
    without_large_logits(tiny)
    regraded(tiny)
    after = tiny.rows()["ada"]
    tiny.grade("--fresh")
    assert tiny.rows()["ada"]["total"] == after["total"] == "10"


class TestALateRuleThatIsNew:
    @pytest.fixture
    def tiny(self, tmp_path: Path) -> Tiny:
        tiny = Tiny.lay_out(tmp_path)
        (tiny.folder / "bob" / "softmax" / "timestamp.txt").write_text("2026-11-26 10:00:00 UTC\n")
        assert tiny.grade().exit_code == 0
        rule = "\n[late]\ndue = 2026-11-25T10:00:00+01:00\npercent_per_day = 10\n"
        tiny.table.write_text(tiny.table.read_text(encoding="utf-8").rstrip() + "\n" + rule, encoding="utf-8")
        return tiny

    def test_a_new_late_rule_counts_from_the_next_grading_on(self, tiny: Tiny) -> None:
        tiny.gatelab("comment", "ada", "hi")
        assert tiny.rows()["bob"]["total"] == "9"
        without_large_logits(tiny)
        regraded(tiny)
        assert tiny.rows()["bob"]["total"] == "10"
        tiny.grade()
        assert float(tiny.rows()["bob"]["total"]) < 10


def test_a_regrade_after_a_grading_that_was_cut_off_is_refused(tiny: Tiny) -> None:
    book = (tiny.out / "class.json").read_bytes()
    tiny.hand_in("ada", RIGHT["q1"], SUMMED)
    tiny.grade()
    (tiny.out / "class.json").write_bytes(book)
    without_large_logits(tiny)
    said = tiny.gatelab("regrade", tiny.folder, "--jobs", "1", "--yes")
    assert said.exit_code == 2 and "is newer than class.json" in said.stderr


def test_a_class_json_of_an_older_kit_is_graded_again(tiny: Tiny) -> None:
    path = tiny.out / "class.json"
    book = json.loads(path.read_text(encoding="utf-8"))
    for row in book["submissions"]:
        for key in ("entry", "people", "remarks", "handed_in", "attempts", "newest", "attempt"):
            del row[key]
    path.write_text(json.dumps(book), encoding="utf-8")
    without_large_logits(tiny)
    assert "3 reports replaced" in regraded(tiny)


def test_the_place_of_a_notebook_stays_as_it_is_through_corrections(tmp_path: Path) -> None:
    tiny = Tiny.lay_out(tmp_path, {"=ada": (RIGHT["q1"], RIGHT["q2"])})
    tiny.grade()
    places = set()
    for text in ("one", "two"):
        tiny.gatelab("comment", "=ada", text)
        places |= {row["place"] for row in tiny.book()["submissions"]}
    assert places == {"=ada/softmax/lab.ipynb"}


def test_a_quick_look_is_not_regraded(tmp_path: Path) -> None:
    tiny = Tiny.lay_out(tmp_path)
    assert tiny.grade("--quick").exit_code == 0
    for words in ((), ("--fresh",)):
        said = tiny.gatelab("regrade", tiny.folder, *words)
        assert said.exit_code == 2 and "gatelab grade --quick grades what was changed" in said.stderr
