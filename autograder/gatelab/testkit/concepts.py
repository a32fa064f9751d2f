"""How a suite reads the answers to a concept question: with the functions of the public check.

A suite may send the source of `text` to the worker, which reads an answer with it alone.
"""

from __future__ import annotations

from typing import Any

from gatelab.handed_out.checking.concepts import agree, empty, read, text

__all__ = ["agree", "empty", "form", "read", "text"]


def form(row: dict[str, Any]) -> dict[str, Any]:
    """What students may know about an answer of the key: its kind and, unless it is a number, how many letters it has."""
    if row["kind"] == "number":
        return {"kind": "number"}
    return {"kind": row["kind"], "letters": len(row["answer"])}
