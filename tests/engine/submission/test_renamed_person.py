"""Somebody whose name was changed on the platform is found by the platform's own number, and staff are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatelab.integrations.roster import read_roster
from gatelab.lab.spec import Lab
from gatelab.submission.collect import Submission, collect
from helpers.notebooks import write_notebook
from helpers.tiny_class import Tiny, gatelab
from helpers.tiny_lab import RIGHT, SETUP, tiny_kit

HEAD = "Student,ID,SIS User ID,SIS Login ID,Section,Lab 1 (771)\n    Points Possible,,,,,10\n"
ALAN = '"Turing, Alan",5001,105001,s001,A,\n'
UTA = '"Schwarz, Uta",5029,105029,s029,A,\n'
NOTE = "Number 5029 is Uta Schwarz's on the roster, so it counts as theirs; check that it is, because the name differs."


def hand_in(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        write_notebook(folder / name, SETUP, RIGHT["q1"], RIGHT["q2"], f"# {name}")
    return folder


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return Lab.in_repository(tiny_kit(tmp_path_factory.mktemp("kit")))


def came_in(base: Path, lab: Lab, sheet: str, *names: str) -> dict[str, Submission]:
    (base / "sheet.csv").write_text(sheet, encoding="utf-8")
    rows = collect(hand_in(base / "class", *names), lab, roster=read_roster(base / "sheet.csv"))
    return {row.entry.partition("_")[0] if row.entry else row.name: row for row in rows}


WEISS, TURING = "weißute_5029_90029_lab.ipynb", "turingalan_5001_90001_lab.ipynb"


def test_a_person_with_another_name_in_canvass_sheet_is_found_by_the_number(tmp_path: Path, lab: Lab) -> None:
    rows = came_in(tmp_path, lab, HEAD + UTA + ALAN, WEISS, TURING)
    assert set(rows) == {"weißute", "turingalan"}  # nobody handed in nothing
    assert rows["weißute"].called == "Uta Schwarz" and rows["weißute"].notes == (NOTE,)
    assert rows["turingalan"].notes == ()


def test_a_number_in_a_list_that_is_not_the_platforms_proves_nothing(tmp_path: Path, lab: Lab) -> None:
    rows = came_in(tmp_path, lab, "Name,ID\nUta Schwarz,5029\nAlan Turing,5001\n", WEISS, TURING)
    assert rows["weißute"].called == "weißute" and rows["Uta Schwarz"].missing


def test_the_persons_own_row_takes_precedence_over_the_number(tmp_path: Path, lab: Lab) -> None:
    sheet = HEAD + UTA + ALAN + '"Weiß, Ute",5030,105030,s030,A,\n'
    rows = came_in(tmp_path, lab, sheet, WEISS, TURING)
    assert rows["weißute"].called == "Ute Weiß" and rows["Uta Schwarz"].missing


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("mullerjurgen", "Müller, Jürgen"),
        ("muellerjuergen", "Müller, Jürgen"),
        ("walesalukasz", "Wałęsa, Łukasz"),
        ("obergasa", "Öberg, Åsa"),
    ],
)
@pytest.mark.parametrize("head", [HEAD, "Student,ID,SIS User ID,SIS Login ID,Grade,Other\n"])
def test_a_name_in_other_letters_with_the_same_number_needs_no_note(
    tmp_path: Path, lab: Lab, file: str, name: str, head: str
) -> None:
    sheet = head + f'"{name}",5029,105029,s029,A,\n' + ALAN
    rows = came_in(tmp_path, lab, sheet, f"{file}_5029_90029_lab.ipynb", TURING)
    last, first = name.split(", ")
    assert rows[file].called == f"{first} {last}" and rows[file].notes == () and len(rows) == 2


def test_moodles_own_number_finds_a_person_unless_two_folders_have_it(tmp_path: Path, lab: Lab) -> None:
    sheet = "Identifier,Full name,Email address\nParticipant 7029,Uta Schwarz,u@x.org\nParticipant 7001,Alan Turing,a@x.org\n"
    folder = "{}_assignsubmission_file_/lab.ipynb"
    entries = [folder.format(name) for name in ("Ute Weiß_7029", "Alan Turing_7001")]
    (tmp_path / "one").mkdir()
    rows = came_in(tmp_path / "one", lab, sheet, *entries)
    assert rows["Ute Weiß"].called == "Uta Schwarz" and "Number 7029" in rows["Ute Weiß"].notes[0]
    (tmp_path / "two").mkdir()
    rows = came_in(tmp_path / "two", lab, sheet, *entries, folder.format("Eve Roe_7029"))
    assert rows["Ute Weiß"].called == "Ute Weiß" and rows["Eve Roe"].called == "Eve Roe"


@pytest.mark.usefixtures("shared_server")
def test_the_grade_goes_into_the_row_of_the_new_name(tmp_path: Path) -> None:
    """Graded without a list, or with the one of before: only the sheet that is filled in has the new name."""
    tiny = Tiny(tmp_path)
    tiny_kit(tiny.kit)
    hand_in(tiny.folder, WEISS, TURING)
    assert tiny.grade().exit_code == 0
    sheet, filled = tmp_path / "sheet.csv", tmp_path / "filled.csv"
    sheet.write_text(HEAD + UTA.replace(",105029,s029", ",,") + ALAN, encoding="utf-8")
    done = gatelab("export", "canvas", tiny.out, "--template", sheet, "-o", filled)
    assert done.exit_code == 0 and '"Schwarz, Uta",5029,,,A,10' in filled.read_text(encoding="utf-8")
    assert "weißute: number 5029 is Uta Schwarz's in the sheet" in done.output
    assert "nothing was handed in" not in done.output
