"""A class.json that an earlier kit wrote is read as that kit meant it."""

from __future__ import annotations

import json

import pytest

from gatelab.classrun.for_export import read_graded
from helpers.marked_class import Class

pytestmark = pytest.mark.usefixtures("shared_server")


@pytest.fixture
def commented(again: Class) -> Class:
    again.edit({("ada", "comment_for_student"): "Well done."})
    assert again.run().exit_code == 1  # for the PDF
    return again


def test_the_remarks_on_a_page_are_known_under_their_earlier_key(commented: Class) -> None:
    """Without them every page with a remark would count as out of date, and its feedback could not be exported."""
    path = commented.out / "class.json"
    table = json.loads(path.read_text("utf-8"))
    for row in table["submissions"]:
        row["said"] = row.pop("staff_remarks")
    assert ["Comment: Well done."] in [row["said"] for row in table["submissions"]]
    path.write_text(json.dumps(table), "utf-8")
    assert all(row.on_page for row in read_graded(commented.out).rows)


def test_other_remarks_than_those_on_the_page_make_it_out_of_date(commented: Class) -> None:
    path = commented.out / "class.json"
    table = json.loads(path.read_text("utf-8"))
    for row in table["submissions"]:
        row["staff_remarks"] = ["Comment: Another one."] if row["staff_remarks"] else []
    path.write_text(json.dumps(table), "utf-8")
    assert [row.name for row in read_graded(commented.out).rows if not row.on_page] == ["ada", "essay.pdf"]
