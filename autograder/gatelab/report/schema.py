"""The schema of a report's JSON, made from its classes: `python -m gatelab.report.schema > docs/report.schema.json`."""

from __future__ import annotations

import json
import sys
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from gatelab.report.model import EARLIER, FORMAT, Report

# The totals in the JSON are for its readers; we compute them again from the parts.
TOTALS = {"Report": ("points", "max_points"), "Question": ("points", "earned")}


@cache
def _adapter() -> TypeAdapter[Report]:
    return TypeAdapter(Report)


def read(data: dict[str, Any]) -> Report:
    """The report of this JSON, of an earlier format too where that had all that is needed. Raises ValueError that names the field, and for
    another FORMAT."""
    if not isinstance(data, dict) or data.get("format") not in (FORMAT, *EARLIER):
        raise ValueError(
            f"This is not a report of format {FORMAT}; grade again with this version of the kit."
        )
    bare = _without(data, ("format", *TOTALS["Report"]))
    if isinstance(rows := data.get("questions"), list):
        bare["questions"] = [
            _without(row, TOTALS["Question"]) if isinstance(row, dict) else row for row in rows
        ]
    try:
        return _adapter().validate_python(bare)
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def _without(row: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of `Report.to_dict`."""
    made = _adapter().json_schema(mode="serialization")
    kinds = made["$defs"] | {"Report": made}
    for name, totals in TOTALS.items():
        kinds[name]["properties"] |= {total: {"title": total, "type": "number"} for total in totals}
        kinds[name]["required"] = [*kinds[name]["required"], *totals]
    made["properties"]["format"] = {"const": FORMAT, "title": "format"}
    made["required"] = ["format", *made["required"]]
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"gatelab-report-{FORMAT}"}
    return head | made


if __name__ == "__main__":
    json.dump(schema(), sys.stdout, indent=1, sort_keys=True)
    print()
