"""Moodle's words in the languages that are understood. A language is added here, and nowhere else.

Its sheets have their titles, its times and the word for somebody whose name is hidden in the language of the site. Whatever reads them
asks this table: the list of a class (integrations/roster.py), a grading worksheet (integrations/sheets/), the names of a download
(platforms.py) and a time (times.py). For some languages only the word for a hidden name is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

IDENTIFIER = "Identifier"  # title of the column that holds "Participant 4711"


@dataclass(frozen=True)
class Language:
    """The words of one language, as Moodle's language packs have them."""

    # The words that replace a name under blind marking (the German ones without their slash, because they also occur in file names).
    hidden: tuple[str, ...]
    # Of a sheet's columns: in English → in this language.
    titles: Mapping[str, str] = field(default_factory=dict)
    no: str = ""  # under "Grade can be changed"
    months: tuple[str, ...] = ()  # the first three letters of each, in lower case


LANGUAGES = {
    "English": Language(
        ("Participant",),
        no="No",
        months=("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    ),
    "German": Language(
        ("Teilnehmerin", "Teilnehmer"),
        {
            IDENTIFIER: "Kennung",
            "Full name": "Vollständiger Name",
            "First name": "Vorname",
            "Last name": "Nachname",
            "Email address": "E-Mail-Adresse",
            "Student ID": "Matrikelnummer",
            "ID number": "ID-Nummer",
            "Username": "Anmeldename",
            "Grade": "Bewertung",
            "Maximum Grade": "Bestwertung",
            "Grade can be changed": "Bewertung kann geändert werden",
            "Last modified (submission)": "Zuletzt geändert (Abgabe)",
            "Feedback comments": "Feedback als Kommentar",
            "Scale": "Skala",
        },
        no="Nein",
        months=("jan", "feb", "mär", "apr", "mai", "jun", "jul", "aug", "sep", "okt", "nov", "dez"),
    ),
    "Spanish, Portuguese": Language(("Participante",)),
    "Italian": Language(("Partecipante",)),
    "Dutch": Language(("Deelnemer",)),
}

ENGLISH = {own: english for language in LANGUAGES.values() for english, own in language.titles.items()}
HIDDEN = {word for language in LANGUAGES.values() for word in language.hidden}
NO = {language.no.casefold() for language in LANGUAGES.values() if language.no}
MONTHS = {name: k for language in LANGUAGES.values() for k, name in enumerate(language.months, 1)}


def translated(title: str) -> tuple[str, ...]:
    """An English title in every other language that has it."""
    return tuple(language.titles[title] for language in LANGUAGES.values() if title in language.titles)
