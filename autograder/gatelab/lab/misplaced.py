"""Keys in the wrong table of lab.toml: to TOML every line after [q2] belongs to q2, so a line that is too far down changes its meaning."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gatelab.did_you_mean import did_you_mean

ABOVE = "above the questions, before the first line in brackets"


@dataclass(frozen=True)
class Places:
    """The keys of each kind of table in lab.toml, and those of the policy, which is a separate file."""

    head: list[str]
    late: list[str]
    question: list[str]
    training: list[str]
    policy: list[str]

    def of(self, key: str, id: str, in_head: bool) -> str:
        """Where a key belongs, as a phrase after "belongs"; "" for an unknown key.

        id: a question to name as an example. in_head: the key is already above the questions.
        """
        if key in self.head and not in_head:
            return ABOVE
        found = [ABOVE] if key in self.head else []
        found += ["in [late]"] if key in self.late else []
        found += [f"in a question's table, as in [{id}]"] if key in self.question else []
        found += [f"in [{id}.training]"] if key in self.training else []
        found += ["in the lab's policy.toml"] if key in self.policy and not found else []
        return " or ".join(found)


def misplaced(data: Mapping[str, Any], places: Places, id: re.Pattern[str]) -> Iterator[str]:
    """One error message, without the file's name at its beginning, for each key that belongs elsewhere, in the order of the file.

    id: the pattern of question IDs.
    """
    rows = [key for key, row in data.items() if key not in places.head and id.fullmatch(key) and row]
    example = next((key for key in rows if isinstance(data[key], dict) and "points" in data[key]), "q1")

    def where(key: str, question: str) -> str:
        return places.of(key, question, key in data)

    def inside(table: str, row: Mapping[str, Any], known: list[str], question: str) -> Iterator[str]:
        for key, value in row.items():
            if key in known or (key in data and did_you_mean(key, known)):  # a typo is reported as one
                continue
            if isinstance(value, dict) and (key == "late" or (id.fullmatch(key) and "points" in value)):
                yield f", [{table}.{key}]: is inside the table [{table}]; write [{key}]."
            elif place := where(key, question):
                yield f", [{table}]: {key} belongs {place}; move it there."

    for key, value in data.items():
        is_table = isinstance(value, dict)
        if key == "late" and is_table:
            yield from inside(key, value, places.late, example)
        elif key in places.head:
            continue
        elif is_table and not {"title", "points"}.isdisjoint(value):
            yield from inside(key, value, places.question, key)
            training = value.get("training")
            if isinstance(training, dict):
                yield from inside(f"{key}.training", training, places.training, key)
        elif place := where(key, example):
            yield f": {key} belongs {place}; move it there."
        elif key == "questions" and not value:
            yield f", [{key}]: holds nothing; take this line out: each question has a table of its own, as in [{example}]."
        elif is_table:
            yield from inside(key, value, places.question, key)
        elif _is_list_of_tables(value) and id.fullmatch(key):
            yield f", [[{key}]]: a question's table has one pair of brackets; write [{key}]."


def _is_list_of_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)
