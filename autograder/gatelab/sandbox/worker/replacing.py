"""Stand-ins in the place of what a library has."""

from __future__ import annotations

from typing import Any


def put(place: Any, **stand_ins: Any) -> None:
    """Put each under its name, whatever was there before."""
    for name, value in stand_ins.items():
        setattr(place, name, value)


def put_if_there(place: Any, **stand_ins: Any) -> None:
    """Put each under its name, unless this version of the library has no such name."""
    put(place, **{name: value for name, value in stand_ins.items() if hasattr(place, name)})
