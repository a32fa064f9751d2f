"""Two people with one e-mail address, and one person's address in two spellings: nobody's work is lost in Gradescope's export."""

from __future__ import annotations

import json
from pathlib import Path

from gatelab.submission.collect import Submission, collect
from gatelab.submission.people import Person, Roster
from helpers.tiny_lab import tiny_lab_here

LAB = tiny_lab_here()
CELL = {"cell_type": "code", "source": "def softmax(): return 1", "metadata": {}, "outputs": []}
BOOK = json.dumps({"cells": [CELL], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
ADA, DAN = ("Ada Lovelace", "ada@x.org", "007"), ("Dan", "ada@x.org", "10")


def collected(
    folder: Path, *teams: list[tuple[str, str, str]], roster: Roster | None = None, time: str = ""
) -> list[Submission]:
    """What an export with a submission of each team holds, the later ones newer."""
    text = ""
    for k, team in enumerate(teams, 10):
        (folder / f"submission_{k}").mkdir(parents=True)
        (folder / f"submission_{k}" / "lab.ipynb").write_text(BOOK, encoding="utf-8")
        text += f"submission_{k}:\n  :submitters:\n"
        for name, email, sid in team:
            entries = {":name": name, ":email": email, ":sid": sid}
            lines = [f"    {key}: {json.dumps(value)}\n" for key, value in entries.items() if value]
            text += "  - " + "".join(lines)[4:]
        text += f"  :created_at: {time or f'2026-04-{k} 17:34:00 Z'}\n"
    (folder / "submission_metadata.yml").write_text(text, encoding="utf-8")
    return collect(folder, LAB, roster=roster)


def test_people_with_other_ids_and_one_address_are_two(tmp_path: Path) -> None:
    ada, dan = collected(tmp_path, [DAN], [ADA])
    assert (ada.name, dan.name) == ("Ada Lovelace", "Dan") and ada.others == dan.others == ()
    assert ada.notes == (
        "ada@x.org is in Gradescope's export for Dan (10), too, who counts as another person; check whose it is.",
    )
    assert "for Ada Lovelace (007), too" in dan.notes[0]


def test_people_without_ids_are_told_apart_by_their_names(tmp_path: Path) -> None:
    rows = collected(tmp_path, [("Ada", "ada@x.org", "")], [("Dan", "ADA@x.org", "")])
    assert [row.name for row in rows] == ["Ada", "Dan"] and all(row.notes for row in rows)


def test_an_address_in_capitals_is_the_same(tmp_path: Path) -> None:
    [eve] = collected(tmp_path, [("Eve", "EVE@x.org", "11")], [("Eve", "eve@x.org", "11")])
    assert eve.attempts == 2 and eve.notes == () and "submission_10" in eve.others[0]


def test_an_attempt_without_the_id_is_the_same_persons(tmp_path: Path) -> None:
    [ada] = collected(tmp_path, [("Ada Lovelace", "ada@x.org", "")], [ADA])
    assert ada.attempts == 2 and ada.notes == ()


def test_one_id_with_two_addresses_is_reported(tmp_path: Path) -> None:
    one, two = collected(tmp_path, [("Eve", "eve@x.org", "11")], [("Eve", "eve@y.org", "11")])
    assert one.name != two.name
    assert all(
        row.notes[0].startswith("11 is in Gradescope's export for Eve (11), too") for row in (one, two)
    )


def test_one_id_without_an_address_under_two_names_is_two_people(tmp_path: Path) -> None:
    rows = collected(tmp_path, [("Ada", "", "11")], [("Dan", "", "11")], [("Dan", "", "11")])
    assert [(row.name, row.attempts) for row in rows] == [("Ada", 1), ("Dan", 2)]
    assert all(row.notes for row in rows)


def test_a_team_with_the_wrong_address_is_not_anothers_attempt(tmp_path: Path) -> None:
    bob = ("Bob", "bob@x.org", "8")
    rows = collected(tmp_path, [bob, DAN], [bob, ADA])
    assert [row.name for row in rows] == ["Bob, Ada Lovelace", "Bob, Dan"]


def test_a_roster_does_not_take_one_for_the_other(tmp_path: Path) -> None:
    roster = Roster(
        [Person("Ada Lovelace", "ada@x.org", ids=("007",)), Person("Dan", "dan@x.org", ids=("10",))]
    )
    ada, dan, missing = collected(tmp_path, [DAN], [ADA], roster=roster)
    assert dan.people[0].name == "Dan" and ada.people[0].name == "Ada Lovelace"
    assert "May belong to Ada Lovelace (007) or Dan (10)" in " ".join(dan.notes)
    assert missing.name.startswith("Dan") and "Dan may be theirs" in missing.problem


def test_a_time_that_cannot_be_read_is_in_the_row(tmp_path: Path) -> None:
    [ada] = collected(tmp_path, [ADA], time="yesterday")
    assert ada.notes == ("The hand-in time cannot be read: 'yesterday'; no late penalty is computed.",)


def test_names_without_a_long_word_are_names(tmp_path: Path) -> None:
    rows = collected(tmp_path, [("王 伟", "", "")], [("X Y", "", "3")], [("X Y", "", "3")])
    assert {row.name: row.attempts for row in rows} == {"X Y": 2, "王 伟": 1}
