"""The message about a call that left something changed, and the part of the question that is lost because of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gatelab.handed_out.checking.leftovers import SAID


def sentence(name: str, kind: str) -> str:
    """The message about a call of `name` ("" if unknown) that left `kind` changed."""
    who = f"a call of `{name}`" if name else "a call of your code"
    return f"After {who}, {SAID[kind]}."


def part_to_charge(seen: Iterable[str], points: Mapping[str, float]) -> str | None:
    """The part that is lost because of a leftover: among those in which it was seen, the one with the fewest points; the last of them
    if there are several."""
    seen = set(seen)
    parts = [part for part in points if part in seen]
    return min(reversed(parts), key=points.__getitem__, default=None)
