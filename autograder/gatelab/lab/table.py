"""The schema of lab.toml, a lab's one settings file, as classes, and one sentence for what does not match it.

docs/lab.schema.json is the same schema in JSON, for editors: `python -m gatelab.lab.table > docs/lab.schema.json`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

from gatelab.did_you_mean import did_you_mean
from gatelab.lab.keys import (
    FLOAT,
    FROM_0,
    STRICT,
    WHOLE,
    MustBe,
    Text,
    adapter,
    keys_of,
    must_be_of,
    no_key,
    validated,
)
from gatelab.lab.late import LateSettings
from gatelab.lab.misplaced import Places, misplaced
from gatelab.lab.policy import Policy
from gatelab.limits import BACKSTOP, LARGEST_SEED, QUESTION_ID, WORKER_CPU
from gatelab.text import brief, is_printable

FILE = "lab.toml"
ID = re.compile(rf"[a-z][a-z0-9]{{0,{QUESTION_ID - 1}}}")  # used in file names, between underscores


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


def is_title(text: str) -> bool:
    """Whether a text can be a heading of notebooks and reports: one line, and nothing in it that the build would fill in."""
    return is_printable(text) and text.strip() == text != "" and "{{" not in text


def _title(text: str) -> str:
    if not is_title(text):
        raise ValueError
    return text


def _title_or_nothing(text: str) -> str:
    return text and _title(text)


_TITLE = r"^(?!.*\{\{)\S(.*\S)?$"  # the same as a pattern in the JSON schema, for editors
TITLE = "one line of text{}, without {{{{ in it or blanks around it"

_above_0 = Annotated[WHOLE, Field(gt=0)] | Annotated[FLOAT, Field(gt=0)]
_to_1 = Annotated[WHOLE, Field(ge=0, le=1)] | Annotated[FLOAT, Field(ge=0, le=1)]
_of_a_worker = Annotated[WHOLE, Field(gt=0, lt=WORKER_CPU)] | Annotated[FLOAT, Field(gt=0, lt=WORKER_CPU)]

Number = Annotated[FROM_0, MustBe("a number from 0 on, without quotes")]
Positive = Annotated[_above_0, MustBe("a number above 0, without quotes")]
CpuSeconds = Annotated[
    _of_a_worker,
    MustBe(f"a number above 0 and below {WORKER_CPU:g}, at which every worker is ended, without quotes"),
]
Share = Annotated[_to_1, MustBe("a number from 0 to 1, without quotes")]
Seed = Annotated[
    WHOLE,
    Field(ge=0, le=LARGEST_SEED),
    MustBe(f"a whole number from 0 to {LARGEST_SEED}, without quotes"),
]
Title = Annotated[
    str,
    AfterValidator(_title),
    Field(json_schema_extra={"pattern": _TITLE}),
    MustBe(TITLE.format(" in quotes")),
]
Course = Annotated[
    str,
    AfterValidator(_title_or_nothing),
    Field(json_schema_extra={"pattern": f"^$|{_TITLE}"}),
    MustBe(TITLE.format(" in quotes")),
]
Count = Annotated[WHOLE, Field(gt=0), MustBe("a whole number above 0, without quotes")]
Switch = Annotated[bool, Field(strict=True), MustBe("true or false, without quotes")]
Texts = Annotated[tuple[str, ...], MustBe('a list of texts, as in ["softmax", "cross_entropy"]')]
Sizes = Annotated[
    dict[str, tuple[WHOLE, ...]],
    MustBe("a table of lists of whole numbers, as in { short = [3, 4], long = [7] }"),
]
Module = Annotated[
    str,
    Field(pattern=r"^([a-z_][a-z0-9_]*)?$"),
    MustBe('the name of a package in Python, as in "softmax_lab"'),
]
Notebook = Annotated[
    str,
    Field(pattern=r"^[^/\\\s.][^/\\]*\.ipynb$"),
    MustBe('a file\'s name that ends in .ipynb, as in "lab.ipynb"'),
]
ColabBase = Annotated[
    str,
    Field(pattern=r"^(https://colab\.research\.google\.com/github/[\w.-]+/[\w.-]+/blob/[^\s?#]+)?$"),
    MustBe(
        "Colab's address of the students' repository in quotes, as in "
        '"https://colab.research.google.com/github/your-course/your-labs/blob/main"'
    ),
]
Address = Annotated[
    str,
    Field(pattern=r"^(https?://[^\s/?#]+\.[^\s/?#]+([/?#]\S*)?)?$"),
    MustBe(
        'an address in quotes that begins with https:// or http://, as in "https://your-course.example.org/lab.zip"'
    ),
]
Date = Annotated[
    AwareDatetime | None,
    BeforeValidator(_date, json_schema_input_type=AwareDatetime),
    MustBe('a date and a time with its distance from UTC, as in "2027-03-01T23:59:59+01:00"'),
]
Free = Annotated[dict[str, Any], MustBe("a table")]
LateTable = Annotated[LateSettings | None, MustBe("a table, as in [late]", LateSettings)]


@dataclass(frozen=True)
class Training:
    """[q1.training]: settings for the hidden suite of a question that trains a model (`student.settings`)."""

    __pydantic_config__ = STRICT

    threshold: Share  # to be reached on each stratum
    n: Count  # examples in each stratum
    seconds: CpuSeconds  # processor time for a training run; the model is scored as it is then
    # What each stratum consists of, if the suite does not say so itself.
    strata: Sizes = field(default_factory=dict)
    # A shorter training run that is tried first; the suite defines its keys.
    quick: Free = field(default_factory=dict)


TrainingTable = Annotated[
    Training | None, MustBe("a table of threshold, n, seconds, strata and quick", Training)
]


@dataclass(frozen=True)
class QuestionSpec:
    """[q1]: a row of the table of questions."""

    __pydantic_config__ = STRICT

    id: str
    title: Title
    points: Number
    names: Texts = ()  # what the student defines for it, looked up in the loaded notebook
    # Names from earlier questions: the references' definitions, or the student's own where these earned all points.
    builds_on: Texts = ()
    # Processor time that each of its processes may take: many times what tests of correct answers take (seconds), trainings apart.
    cpu_seconds: CpuSeconds = 40.0
    # Wall-clock time for all its gradings together; by default BACKSTOP times cpu_seconds.
    seconds: Positive = 0.0
    minutes: Number = 0  # an estimate of a student's time; 0: none is shown
    by_hand: Switch = False
    pairs: Switch = False  # also look for two mistakes made at once
    library: Switch = True  # false: the library's own implementation is switched off (policy.toml)
    concepts: Switch = False  # its answers are compared with the key hidden/reference/concepts.toml
    training: TrainingTable = None

    @property
    def training_settings(self) -> dict[str, Any]:
        """What its hidden suite gets as `student.settings`: the keys of `training`."""
        return {} if self.training is None else asdict(self.training)

    def __post_init__(self) -> None:
        object.__setattr__(self, "seconds", self.seconds or BACKSTOP * self.cpu_seconds)


@dataclass(frozen=True)
class Table:
    """What comes before the questions, and the questions."""

    __pydantic_config__ = STRICT

    title: Title
    name: Text  # of the lab's folders
    notebook: Notebook  # the student's, "lab.ipynb"
    course: Course = ""  # comes before the title at the top of reports
    credit: Share = 1  # multiplies the credit of a mistake that is recognised in full; 0 switches credit off
    seed: Seed = 11  # for the inputs that hidden suites draw
    due: Date = None  # when the lab is due
    late: LateTable = None  # what lateness costs
    package: Module = ""  # the students' package, next to the masters: by default the lab's name and "_lab"; a lab may have none
    colab_base: ColabBase = ""  # Colab's address of the students' repository, which `gatelab release` writes
    handout_url: Address = ""  # where Colab fetches the handout
    release: Texts = ()  # what students get besides the notebook
    questions_file: Text = ""  # among what students get: the questions as JSON, besides those in the package
    shared_lines: Texts = ()  # lines that a solution or a hidden suite may share with what students get
    shared_sections: Texts = ()  # headings of staff's pages whose sections students have too, word for word
    questions: dict[str, QuestionSpec] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, data: Mapping[str, Any]) -> Table:
        """The table of a file's TOML. Raises ValueError with one sentence: file, question, key, value, what is allowed."""
        for message in misplaced(data, PLACES, ID):
            raise ValueError(f"{path}{message}")
        head = {key: value for key, value in data.items() if key in HEAD or not isinstance(value, dict)}
        rows = {id: row for id, row in data.items() if id not in head}
        if "questions" in head:
            raise ValueError(f"{path}: {_unknown_setting('questions')}")
        table = validated(cls, head, str(path), _unknown_setting)
        for id, row in rows.items():
            where = f"{path}, [{id}]"
            if not ID.fullmatch(id):
                raise ValueError(
                    f"{path}, [{brief(id)}]: a question's ID is at most {QUESTION_ID} small letters and digits, as in q1"
                    f"{did_you_mean(id.lower(), HEAD)}."
                )
            if "id" in row:
                raise ValueError(f"{where}: {_unknown_key('id')}")
            table.questions[id] = validated(QuestionSpec, {"id": id, **row}, where, _unknown_key)
        return table


HEAD = [one.name for one in fields(Table) if one.name != "questions"]
KEYS = [one.name for one in fields(QuestionSpec) if one.name != "id"]
PLACES = Places(HEAD, keys_of(LateSettings), KEYS, keys_of(Training), keys_of(Policy))


def _unknown_setting(key: str) -> str:
    return f"has no key {key}{did_you_mean(key, HEAD)}; above the questions there may be {', '.join(HEAD)}."


def _unknown_key(key: str) -> str:
    return no_key(key, KEYS)


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of lab.toml: settings above, and a table for each question under its ID."""
    made = adapter(Table).json_schema(mode="validation")
    kinds = made["$defs"]
    del made["properties"]["questions"], kinds["QuestionSpec"]["properties"]["id"]
    kinds["QuestionSpec"]["required"].remove("id")
    for kind in (Table, QuestionSpec, Training, LateSettings):
        parts = made if kind is Table else kinds[kind.__name__]
        for key, part in parts["properties"].items():
            part["description"] = must_be_of(kind, key).words
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
