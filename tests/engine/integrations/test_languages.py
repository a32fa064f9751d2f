"""Moodle speaks the language of its site: whoever is added to the table of languages is understood wherever Moodle's words are read."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from pathlib import Path

import pytest

from gatelab.integrations.roster import read_roster
from gatelab.integrations.sheets import Filled, Rules, moodle
from gatelab.integrations.sheets.moodle_worksheet import CHANGEABLE
from gatelab.submission.languages import IDENTIFIER, LANGUAGES, Language
from gatelab.submission.people import Person
from gatelab.submission.platforms import arrivals
from gatelab.submission.times import moment
from helpers.made_reports import of_people

TITLES = (
    IDENTIFIER, "Full name", "First name", "Last name", "Email address", "Student ID", "ID number", "Username", "Grade", "Maximum Grade",
    CHANGEABLE, "Last modified (submission)", "Feedback comments",
)  # fmt: skip
ENGLISH = LANGUAGES["English"]
# Those of which more is known than the word for a hidden name.
KNOWN = [pytest.param(language, id=name) for name, language in LANGUAGES.items() if language.months]
EACH = [pytest.param(language, id=name) for name, language in LANGUAGES.items()]


def worksheet(folder: Path, language: Language, without: str = "") -> Path:
    """Ada, whose grade can be changed, and Bob, whose cannot, as a site of this language exports them."""
    titles = [language.titles.get(title, title) for title in TITLES if title != without]
    rows = [titles]
    for k, (first, last) in enumerate([("Ada", "Lovelace"), ("Bob", "Babbage")]):
        cells = {
            IDENTIFIER: f"{language.hidden[0]} {4711 + k}", "Full name": f"{first} {last}", "First name": first, "Last name": last,
            "Email address": f"{first}@example.org".lower(), "Student ID": f"S{k}", "ID number": f"I{k}", "Username": first.lower(),
            "Maximum Grade": "15", CHANGEABLE: language.no if k else "?",
            "Last modified (submission)": f"26. {language.months[10]} 2026, 18:28",
        }  # fmt: skip
        rows.append([cells.get(title, "") for title in TITLES if title != without])
    path = folder / "worksheet.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.mark.parametrize("language", KNOWN)
@pytest.mark.parametrize("without", ["", "Full name"])
def test_the_people_of_a_worksheet_are_read_in_every_language(
    tmp_path: Path, language: Language, without: str
) -> None:
    [ada, bob] = read_roster(worksheet(tmp_path, language, without)).people
    assert (ada.name, ada.email, ada.number, ada.moodle) == ("Ada Lovelace", "ada@example.org", "4711", True)
    assert ada.handed_in == datetime(2026, 11, 26, 18, 28).astimezone()
    assert (bob.name, {*bob.ids}) == ("Bob Babbage", {"S1", "I1", "bob"})


def filled_from(path: Path) -> Filled:
    return moodle(path, of_people("I0", "bob"), rules=Rules(15))


@pytest.mark.parametrize("language", KNOWN)
def test_a_worksheet_is_filled_in_every_language(tmp_path: Path, language: Language) -> None:
    filled = filled_from(worksheet(tmp_path, language))
    assert filled.fixed == ["Bob Babbage (locked)"] and (filled.notes, filled.unclear) == ([], [])
    [ada, _] = csv.DictReader(io.StringIO(filled.text))
    wanted = {"Grade": "10", "Feedback comments": "q1: 5 of 10; q2: 5 of 5"}
    assert {title: ada[language.titles.get(title, title)] for title in wanted} == wanted


@pytest.mark.parametrize("language", KNOWN)
def test_every_month_is_read_in_every_language(language: Language) -> None:
    said = [moment(f"1. {month}x 2026, 18:28") for month in language.months]
    assert [when and when.month for when in said] == [*range(1, 13)]


@pytest.mark.parametrize("language", EACH)
def test_a_hidden_name_is_nobodys_in_every_language(language: Language) -> None:
    for word in language.hidden:
        name = f"{word}_4711_assignsubmission_file_"
        found = arrivals([name], "lab")[name]
        assert (found.called, found.people) == ("Participant 4711", (Person(number="4711"),))


def test_a_language_is_known_in_full_or_by_its_word_for_a_hidden_name_alone() -> None:
    """A title that was forgotten would be read in one place, and not in another."""
    wanted = {*TITLES, "Scale"}
    for language in LANGUAGES.values():
        known = language is ENGLISH or {*language.titles} == wanted
        assert (known, bool(language.no), len(language.months)) in ((True, True, 12), (False, False, 0))
        assert known or not language.titles


def test_no_word_of_one_language_means_something_else_in_another() -> None:
    for words in (
        [(own, title) for language in LANGUAGES.values() for title, own in language.titles.items()],
        [(month, k) for language in LANGUAGES.values() for k, month in enumerate(language.months)],
    ):
        assert len({word for word, _ in words}) == len({*words})
