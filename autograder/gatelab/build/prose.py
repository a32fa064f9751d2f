"""Finds staff's words in the release: written answers, the rubric, the key of the concept questions.

Prose may be wrapped and quoted in any way, so the search is for runs of words, not for lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gatelab.build.errors import BuildError
from gatelab.handed_out.lists import listed
from gatelab.lab.spec import Lab
from gatelab.lab.toml import TomlError, read_toml
from gatelab.limits import NAMES_SHOWN
from gatelab.text import one_line

# The number of consecutive words that counts as a copy. The rubric shares runs of up to 10 words with the lab (a question's title and
# points), the lesson plan runs of up to 16 (an equation).
OF_AN_ANSWER = 10
OF_THE_RUBRIC = 14
OF_THE_LESSON_PLAN = 24
PAIRS_OF_A_KEY = 3  # one pair such as `c3: dcab` reveals little, three are a key
WHOLE_KEY = 4  # an answer of this many letters is recognisable by itself
_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
# `"56"`, the way a text shows the form of an answer. Without backticks and quotes, a number is too common to mean anything.
_EXAMPLE = re.compile(r"""`(["'])(-?\d+(?:[.,]\d+)?)\1`""")


@dataclass(frozen=True)
class Secret:
    """A text for staff. The release must not contain `run` consecutive words of it."""

    text: str
    origin: str
    run: int


def for_staff_alone(text: str, shared: Iterable[str]) -> str:
    """A page for staff, without the sections that students also have word for word, given by their headings."""
    sections = re.split(r"^(?=## )", text, flags=re.MULTILINE)
    return "".join(part for part in sections if part.removeprefix("## ").split("\n")[0] not in shared)


def words(text: str) -> list[str]:
    """The words of a text, ignoring case and punctuation."""
    return _WORD.findall(text.casefold())


def search(shown: dict[str, str], secrets: Iterable[Secret], shared: Iterable[str] = ()) -> list[str]:
    """A sentence, without its full stop, for each secret that was found. shown: file of the release → all of its text."""
    allowed = [" ".join(words(text)) for text in shared]
    runs: dict[int, dict[str, str]] = {}
    for secret in secrets:
        for run in _runs(words(secret.text), secret.run):
            if not any(text and text in run for text in allowed):
                runs.setdefault(secret.run, {})[run] = secret.origin
    found = []
    for name, text in shown.items():
        words_shown = words(text)
        for length, wanted in runs.items():
            hit = next((run for run in _runs(words_shown, length) if run in wanted), None)
            if hit:
                found.append(f"{name} of the release shows {wanted[hit]}: `{_as_written(text, hit)}`")
    return found


def search_key(shown: dict[str, str], key: dict[str, str]) -> list[str]:
    """Files that give away answers of the concept questions. key: ID → answer."""
    found = []
    for name, text in shown.items():
        pairs = [id for id, answer in key.items() if _reveals_answer(id, answer, text)]
        whole = [
            a
            for a in key.values()
            if a.isalpha() and len(a) >= WHOLE_KEY and re.search(rf"\b{re.escape(a)}\b", text)
        ] + _example_answers(key, text)
        if whole or (pairs and len(pairs) >= min(PAIRS_OF_A_KEY, len(key))):
            what = listed(pairs, NAMES_SHOWN) if pairs else f"{whole[0]!r}"
            found.append(f"{name} of the release gives away answers of the concept questions ({what})")
    return found


def key_of(lab: Lab) -> dict[str, str]:
    """The lab's key, empty if it has none."""
    if not lab.concept_key.is_file():
        return {}
    try:
        table = read_toml(lab.concept_key)
        return {
            id: f"{row['answer']:g}" if isinstance(row["answer"], float | int) else str(row["answer"])
            for id, row in table.items()
        }
    except TomlError as error:
        raise BuildError(str(error)) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BuildError(f"{lab.concept_key}: the key cannot be read ({error}); correct it.") from error


def reasons_of(lab: Lab) -> Iterator[Secret]:
    """The explanations and hints that the key has for its answers."""
    if lab.concept_key.is_file():
        for id, row in read_toml(lab.concept_key).items():
            for part in ("why", "hint"):
                yield Secret(
                    str(row.get(part, "")), f"the {part} of {id} in {lab.concept_key.name}", OF_AN_ANSWER
                )


def _as_written(text: str, run: str) -> str:
    """A run of words in the form in which the text contains it."""
    places = list(_WORD.finditer(text))
    found = [place[0].casefold() for place in places]
    sought = run.split(" ")
    at = next((k for k in range(len(found)) if found[k : k + len(sought)] == sought), None)
    if at is None:  # a letter that becomes two when its case is ignored
        return run
    return one_line(text[places[at].start() : places[at + len(sought) - 1].end()])


def _runs(all_words: list[str], length: int) -> Iterator[str]:
    return (" ".join(all_words[k : k + length]) for k in range(len(all_words) - length + 1))


def _example_answers(key: dict[str, str], text: str) -> list[str]:
    """The numbers of the key that a text gives as an example of how to write an answer."""
    shown = {float(number.replace(",", ".")) for _, number in _EXAMPLE.findall(text)}
    return [answer for answer in key.values() if _NUMBER.fullmatch(answer) and float(answer) in shown]


def _reveals_answer(id: str, answer: str, text: str) -> bool:
    number = "0*" if "." in answer else r"(?:\.0+)?"
    tail = number if re.fullmatch(r"[\d.]+", answer) else ""
    return (
        re.search(rf"\b{re.escape(id)}\b[^\w\n]{{1,6}}{re.escape(answer)}{tail}(?![\w.]*\w)", text)
        is not None
    )
