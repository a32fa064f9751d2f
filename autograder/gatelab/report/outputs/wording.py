"""How names are written in sentences, the same in every output."""

from __future__ import annotations

from gatelab.submission.platforms import MOODLE_DOWNLOAD


def display_name(name: str) -> str:
    """`Ada Lovelace` for `Ada Lovelace_4711_assignsubmission_file_`, as Moodle's download calls a student."""
    return MOODLE_DOWNLOAD.split(name)[0] or name


def words(name: str) -> str:
    """`new-states` → `new states`: a part's name as words in a sentence."""
    return name.replace("-", " ").replace("_", " ")


def sentence(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]
