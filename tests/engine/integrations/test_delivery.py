"""A zip of feedback goes to other people's machines: no name in it, which students chose, leads out of the folder it is unpacked to."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatelab.integrations.delivery import for_canvas, for_mail, for_moodle
from gatelab.report.record.model import Report
from gatelab.report.whole_class.graded_class import Graded, GradedClass
from gatelab.submission.people import Person

NAMES = ["..\\..\\evil.ipynb", "a\nb.ipynb", "\u202ebynpi.ipynb", "x\x1b[2J.ipynb"]


def graded(folder: Path, entry: str, person: Person) -> GradedClass:
    (folder / "feedback").mkdir()
    (folder / "feedback" / "ada.html").write_text("well done", encoding="utf-8")
    row = Graded("ada", "Ada", "ada", "graded", Report("ada", "graded"), (person,), entry)
    return GradedClass(folder, "softmax", 20, [row])


@pytest.mark.parametrize("name", NAMES)
def test_no_name_in_a_canvas_download_leads_out_of_the_folder(name: str, tmp_path: Path) -> None:
    made = for_canvas(graded(tmp_path, f"lovelaceada_4711_90210_{name}", Person("Ada", number="4711")))
    assert not made.files and len(made.left_out) == 1 and made.left_out[0].isprintable()
    assert "is not a name that unpacks everywhere" in made.left_out[0]


@pytest.mark.parametrize("name", ["../Ada", "..\\Ada", "..", "C:", "a/../../b", "\x00", " . "])
def test_no_persons_name_leads_out_of_the_folder(name: str, tmp_path: Path) -> None:
    made = for_moodle(graded(tmp_path, "ada.ipynb", Person(name, number="4711", moodle=True)))
    [place] = made.files
    folder, page = place.split("/")
    assert page == "feedback.html" and folder.endswith("_4711_assignsubmission_file_")
    assert not set('\\:*?"<>|') & set(folder) and not folder.startswith(".") and folder.isprintable()


def test_no_page_goes_to_another_participant_with_the_same_number(tmp_path: Path) -> None:
    found = graded(tmp_path, "Ada_4711_assignsubmission_file_", Person("Ada", number="4711"))
    other = Person("Eve", number="4711")
    found.rows.append(
        Graded(
            "eve",
            "Eve",
            "ada",
            "graded",
            Report("eve", "graded"),
            (other,),
            "Eve_4711_assignsubmission_file_",
        )
    )
    made = for_moodle(found)
    assert not made.files and len(made.left_out) == 2
    assert made.left_out[0].startswith(
        "Ada: the number 4711 came in as that of Ada and Eve, and Moodle gives"
    )


@pytest.mark.parametrize(
    "email", ["../x@y", "a@../..", "a/b@c", "a@b/../c", "a@b\n", "a\\b@c", "nul", "a@b."]
)
def test_no_address_leads_out_of_the_folder(email: str, tmp_path: Path) -> None:
    made = for_mail(graded(tmp_path, "ada.ipynb", Person("Ada", email)))
    assert not made.files and len(made.left_out) == 1
