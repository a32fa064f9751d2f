"""What a student reads about a call that left something changed, and which part of the question it costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gatelab.handed_out.checking.leftovers import SAID


def sentence(name: str, kind: str) -> str:
    """The message for a call of `name` ("": not known which) that left this changed."""
    who = f"a call of `{name}`" if name else "a call of your code"
    return f"After {who}, {SAID[kind]}."


def costs(seen: Iterable[str], points: Mapping[str, float]) -> str | None:
    """The part that a leftover costs: the smallest in which it was seen, and the last of these."""
    seen = set(seen)
    parts = [part for part in points if part in seen]
    return min(reversed(parts), key=points.__getitem__, default=None)
