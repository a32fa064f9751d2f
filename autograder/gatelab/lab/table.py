"""The schema of lab.toml, a lab's one settings file, as classes, and one sentence for what does not match it.

docs/lab.schema.json is the same schema in JSON, for editors: `python -m gatelab.lab.table > docs/lab.schema.json`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

from pydantic import AwareDatetime, BeforeValidator, Field, TypeAdapter, ValidationError

from gatelab.lab.near import meant
from gatelab.lab.toml import shown
from gatelab.limits import BACKSTOP

FILE = "lab.toml"
ID = re.compile(r"[a-z][a-z0-9]*")  # it is part of file names, between underscores
STRICT = {"extra": "forbid"}  # pydantic's: an unknown key is refused
T = TypeVar("T")


@dataclass(frozen=True)
class Says:
    """What a key may hold, as a phrase after "must be"."""

    words: str


def _date(value: object) -> object:
    """A date from TOML or from text; anything else is left for pydantic to refuse."""
    try:
        return (
            datetime.fromisoformat(value)
            if isinstance(value, str)
            else value
            if isinstance(value, datetime)
            else ""
        )
    except ValueError:
        return ""


# Strict: "14" and true are not numbers here. A whole number stays one, so that 10 points are not 10.0.
_whole = Annotated[int, Field(strict=True)]
_float = Annotated[float, Field(strict=True, allow_inf_nan=False)]
_from_0 = Annotated[_whole, Field(ge=0)] | Annotated[_float, Field(ge=0)]
_above_0 = Annotated[_whole, Field(gt=0)] | Annotated[_float, Field(gt=0)]
_to_1 = Annotated[_whole, Field(ge=0, le=1)] | Annotated[_float, Field(ge=0, le=1)]

Text = Annotated[str, Says("a text in quotes")]
Number = Annotated[_from_0, Says("a number from 0 on, without quotes")]
Positive = Annotated[_above_0, Says("a number above 0, without quotes")]
Share = Annotated[_to_1, Says("a number from 0 to 1, without quotes")]
Whole = Annotated[_whole, Field(ge=0), Says("a whole number from 0 on, without quotes")]
Count = Annotated[_whole, Field(gt=0), Says("a whole number above 0, without quotes")]
Switch = Annotated[bool, Field(strict=True), Says("true or false, without quotes")]
Texts = Annotated[tuple[str, ...], Says('a list of texts, as in ["softmax", "cross_entropy"]')]
Sizes = Annotated[
    dict[str, tuple[_whole, ...]],
    Says("a table of lists of whole numbers, as in { short = [3, 4], long = [7] }"),
]
Module = Annotated[
    str, Field(pattern=r"^[a-z_][a-z0-9_]*$"), Says('the name of a package in Python, as in "seqlab"')
]
Notebook = Annotated[str, Field(pattern=r"^[^/\\]+\.ipynb$"), Says("a file's name that ends in .ipynb")]
Date = Annotated[
    AwareDatetime | None,
    BeforeValidator(_date, json_schema_input_type=AwareDatetime),
    Says('a date and a time with its distance from UTC, as in "2027-03-01T23:59:59+01:00"'),
]
Free = Annotated[dict[str, Any], Says("a table")]
# Its keys are those of the late rule, which checks them itself.
Rule = Annotated[dict[str, Any] | None, Says("a table, as in [late]")]


@dataclass(frozen=True)
class Training:
    """[q1.training]: what the hidden suite of a question that trains a model gets (`student.settings`)."""

    __pydantic_config__ = STRICT

    threshold: Share  # to be reached on each stratum separately
    n: Count  # examples in each stratum
    seconds: Positive  # processor time that a training may take; the model is judged as it is then
    # What each stratum consists of, if the suite does not say so itself.
    strata: Sizes = field(default_factory=dict)
    # A shorter training that is tried first; its keys are defined by the suite.
    quick: Free = field(default_factory=dict)


TrainingTable = Annotated[Training | None, Says("a table of threshold, n, seconds, strata and quick")]


@dataclass(frozen=True)
class QuestionSpec:
    """[q1]: a row of the table of questions."""

    __pydantic_config__ = STRICT

    id: str
    title: Text
    points: Number
    names: Texts = ()  # what the student defines for it, looked up in the loaded notebook
    # Names of earlier questions, defined by the references, or by the student's own answers where these earned all points.
    builds_on: Texts = ()
    cpu_seconds: Positive = 40.0  # processor time that each of its processes may take
    seconds: Positive = (
        0.0  # by the clock, for all its gradings together; by default BACKSTOP times cpu_seconds
    )
    minutes: Number = 0  # an estimate of a student's time; 0: none is shown
    by_hand: Switch = False
    pairs: Switch = False  # also look for two mistakes made at once
    library: Switch = True  # false: the library's own answer is switched off (policy.toml)
    concepts: Switch = False  # its answers are the key hidden/reference/concepts.toml
    training: TrainingTable = None

    @property
    def told(self) -> dict[str, Any]:
        """What its hidden suite gets: the keys of `training`."""
        return {} if self.training is None else asdict(self.training)

    def __post_init__(self) -> None:
        object.__setattr__(self, "seconds", self.seconds or BACKSTOP * self.cpu_seconds)


@dataclass(frozen=True)
class Table:
    """What comes before the questions, and the questions."""

    __pydantic_config__ = STRICT

    title: Text
    name: Text  # of the lab's folders
    notebook: Notebook  # the student's, "lab.ipynb"
    course: Text = ""  # comes before the title at the top of reports
    credit: Share = 1  # multiplies the credit of a mistake that is recognised in full; 0 switches credit off
    seed: Whole = 11  # the hidden suites draw their inputs from it
    due: Date = None  # when the lab is due
    late: Rule = None  # what lateness costs
    package: Module = "seqlab"  # the students' package, next to the masters; a lab may have none
    colab_base: Text = ""  # Colab's address of the repository's root
    handout_url: Text = ""  # where Colab fetches the handout
    release: Texts = ()  # what students get besides the notebook
    questions_file: Text = ""  # among what students get: the table of questions as JSON, written by the build
    shared_lines: Texts = ()  # lines that a solution or a hidden suite may share with what students get
    questions: dict[str, QuestionSpec] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, data: Mapping[str, Any]) -> Table:
        """The table of a file's TOML. Raises ValueError with one sentence: file, question, key, value, what is allowed."""
        head = {key: value for key, value in data.items() if key in HEAD or not isinstance(value, dict)}
        rows = {id: row for id, row in data.items() if id not in head}
        table = _validated(cls, head, str(path), _unknown_setting)
        for id, row in rows.items():
            where = f"{path}, [{id}]"
            if not ID.fullmatch(id):
                raise ValueError(f"{where}: a question's ID is small letters and digits, as in q1.")
            if "id" in row:
                raise ValueError(f"{where}: {_unknown_key('id')}")
            table.questions[id] = _validated(QuestionSpec, {"id": id, **row}, where, _unknown_key)
        return table


HEAD = [one.name for one in fields(Table) if one.name != "questions"]
KEYS = [one.name for one in fields(QuestionSpec) if one.name != "id"]


def _unknown_setting(key: str) -> str:
    return f"has no key {key}{meant(key, HEAD)}; above the questions there may be {', '.join(HEAD)}."


def _unknown_key(key: str) -> str:
    return _unknown(key, KEYS)


def _unknown_in_training(key: str) -> str:
    return _unknown(key, [one.name for one in fields(Training)])


def _unknown(key: str, known: list[str]) -> str:
    return f"there is no key {key}{meant(key, known)}; there are {', '.join(known)}."


def _validated(kind: type[T], data: dict[str, Any], where: str, unknown: Callable[[str], str]) -> T:
    """The object with these values. Raises ValueError with a sentence about the first wrong one."""
    if kind is Table and "questions" in data:
        raise ValueError(f"{where}: {unknown('questions')}")
    adapter: TypeAdapter[T] = ADAPTERS[kind]
    try:
        return adapter.validate_python(data)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        # A misspelt key may be the one that is missing, so it is reported first.
        first = min(errors, key=lambda one: one["type"] != "unexpected_keyword_argument")
    key, *inner = map(str, first["loc"])
    if inner and kind is QuestionSpec and key == "training" and isinstance(data[key], dict):
        _validated(Training, data[key], f"{where[:-1]}.{key}]", _unknown_in_training)
    if first["type"] == "unexpected_keyword_argument":
        raise ValueError(f"{where}: {unknown(key)}") from None
    words = words_of(kind, key)
    if key not in data:
        raise ValueError(f"{where}: {key} is missing; it must be {words}.") from None
    raise ValueError(f"{where}: {key} must be {words}; it is {shown(data[key])}.") from None


def words_of(kind: type, key: str) -> str:
    """What a key may hold, in words."""
    hint = get_type_hints(kind, include_extras=True)[key]
    return next(one.words for one in hint.__metadata__ if isinstance(one, Says))


ADAPTERS: dict[type, TypeAdapter[Any]] = {kind: TypeAdapter(kind) for kind in (Table, QuestionSpec, Training)}


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of lab.toml: settings above, and a table for each question under its ID."""
    made = ADAPTERS[Table].json_schema(mode="validation")
    kinds = made["$defs"]
    del made["properties"]["questions"], kinds["QuestionSpec"]["properties"]["id"]
    kinds["QuestionSpec"]["required"].remove("id")
    for kind, parts in ((Table, made), (QuestionSpec, kinds["QuestionSpec"]), (Training, kinds["Training"])):
        for key, part in parts["properties"].items():
            part["description"] = words_of(kind, key)
            if (default := kind.__dataclass_fields__[key].default) is MISSING or default in (None, (), ""):
                part.pop("default", None)
    kinds["QuestionSpec"]["properties"]["seconds"].pop("default")
    made["patternProperties"] = {f"^(?!({'|'.join(HEAD)})$){ID.pattern}$": {"$ref": "#/$defs/QuestionSpec"}}
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "gatelab-lab",
        "description": Table.__doc__,
    }
    return made | head


if __name__ == "__main__":
    json.dump(schema(), sys.stdout, indent=1, sort_keys=True)
    print()
