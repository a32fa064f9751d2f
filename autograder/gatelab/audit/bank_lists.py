"""Reads the bank's lists of known exceptions, each with its reason. Here: mutants that are as right as the reference.

[[q1]]                                     # bank/equivalent.toml
where = "softmax"
before = "x = x.clone()"
after = "x = x"
why = "Nothing writes into it."
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from gatelab.did_you_mean import did_you_mean
from gatelab.handed_out.lists import all_of
from gatelab.handed_out.natural_order import natural
from gatelab.lab.keys import STRICT, MustBe, Text, validated, validated_value
from gatelab.lab.spec import Lab, LabError
from gatelab.lab.toml import TomlError, read_toml

EQUIVALENT = "equivalent.toml"  # in the bank

SAYS_SOMETHING = Field(pattern=r"\S")
Rows = Annotated[
    list[dict[str, Any]],
    MustBe("a list of tables, each begun with [[q1]], of where, before, after and why"),
]


@dataclass(frozen=True)
class Listed:
    """An entry of equivalent.toml: a mutant that need not be killed."""

    name: tuple[str, str, str]
    why: str


@dataclass(frozen=True)
class _Row:
    """A table [[q1]]: the fields that identify a mutant, and the reason."""

    __pydantic_config__ = STRICT

    where: Text  # "Layer.forward"
    before: Text
    after: Text
    why: Annotated[str, SAYS_SOMETHING, MustBe("the reason, in quotes, why it is as right as the reference")]


def equivalents(lab: Lab, question: str) -> tuple[Listed, ...]:
    """The listed mutants of a question. Raises LabError if any entry of the file is wrong, also one of another question."""
    path, rows = table(lab, EQUIVALENT)
    try:
        found = {id: _of_question(path, id, entries) for id, entries in rows.items()}
    except ValueError as error:
        raise LabError(str(error)) from error
    for id in found:
        if id not in lab.questions:
            raise LabError(
                f"{path}: there is no question {id}{did_you_mean(id, lab.questions)}; there are {all_of(sorted(lab.questions, key=natural))}."
            )
    return found.get(question, ())


def _of_question(path: Path, id: str, entries: object) -> tuple[Listed, ...]:
    rows = [
        validated(_Row, row, f"{path}, [{id}.{number}]")
        for number, row in enumerate(validated_value(Rows, entries, str(path), id), 1)
    ]
    return tuple(Listed((row.where, row.before, row.after), row.why) for row in rows)


def table(lab: Lab, name: str) -> tuple[Path, dict[str, Any]]:
    """The path of a list in the bank and its contents, empty if there is no such file. Raises LabError."""
    assert lab.bank is not None
    path = Path(lab.bank) / name
    try:
        return path, read_toml(path)
    except FileNotFoundError:
        return path, {}
    except OSError as error:
        raise LabError(f"{path}: cannot be read ({error.strerror}); fix its permissions.") from error
    except TomlError as error:
        raise LabError(str(error)) from error
