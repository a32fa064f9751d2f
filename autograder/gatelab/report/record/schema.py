"""The form of a report's JSON, made from its classes: `python -m gatelab.report.record.schema > docs/report.schema.json`. Reports are also read with it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from gatelab.report.record.model import FORMAT, Report
from gatelab.report.record.older_formats import EARLIER, converted

# What the JSON also holds, for its readers; we work it out again from the other fields.
DERIVED = {
    "Report": {"points": "number", "max_points": "number"},
    "Question": {"points": "number", "earned": "number"},
    "Part": {"passed": "boolean"},
}


@cache
def _adapter() -> TypeAdapter[Report]:
    return TypeAdapter(Report)


def read(data: dict[str, Any]) -> Report:
    """The report that `Report.to_dict` gave, now or in an EARLIER format. Raises ValueError that names the field that is unknown, missing
    or of another kind, and for another format."""
    if not isinstance(data, dict) or data.get("format") not in (FORMAT, *EARLIER):
        raise ValueError(
            f"This is not a report of format {FORMAT}; grade again with this version of the kit."
        )
    try:
        if data["format"] in EARLIER:
            data = converted(data)
        return _adapter().validate_python(_bare(data))
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def read_json(text: str) -> Report:
    """The same, of JSON. Raises RecursionError as well, for what is nested too deeply."""
    return read(json.loads(text))


def is_of_a_class(text: str) -> bool:
    """Whether this is the JSON of a report that a class run wrote; not of one that cannot be read."""
    try:
        return read_json(text).grading_hashes is not None
    except (ValueError, RecursionError):
        return False


def _bare(data: dict[str, Any]) -> dict[str, Any]:
    """Without what is derived again. Anything that is not a report stays as it is, for the adapter to refuse."""
    report = _without(data, ("format", *DERIVED["Report"]))
    if isinstance(rows := report.get("questions"), list):
        report["questions"] = [_bare_question(row) if isinstance(row, dict) else row for row in rows]
    return report


def _bare_question(row: dict[str, Any]) -> dict[str, Any]:
    question = _with_bare_parts(_without(row, DERIVED["Question"]))
    if isinstance(second := question.get("second_grading"), dict):
        question["second_grading"] = _with_bare_parts(second)
    return question


def _with_bare_parts(row: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(parts := row.get("parts"), list):
        return row
    bare = [_without(part, DERIVED["Part"]) if isinstance(part, dict) else part for part in parts]
    return row | {"parts": bare}


def _without(row: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of `Report.to_dict`."""
    made = _adapter().json_schema(mode="serialization")
    kinds = made["$defs"] | {"Report": made}
    for name, fields in DERIVED.items():
        kinds[name]["properties"] |= {field: {"title": field, "type": type} for field, type in fields.items()}
        kinds[name]["required"] = [*kinds[name]["required"], *fields]
    # A part is passed, or has a kind and a message.
    kinds["Part"]["oneOf"] = [
        {"properties": {"passed": {"const": True}, "kind": {"type": "null"}}},
        {
            "properties": {
                "passed": {"const": False},
                "kind": {"$ref": "#/$defs/Kind"},
                "message": {"minLength": 1},
            },
            "required": ["message"],
        },
    ]
    made["properties"]["format"] = {"const": FORMAT, "title": "format"}
    made["required"] = ["format", *made["required"]]
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"gatelab-report-{FORMAT}"}
    return head | made


if __name__ == "__main__":
    json.dump(schema(), sys.stdout, indent=1, sort_keys=True)
    print()
