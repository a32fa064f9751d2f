"""Replaces attributes of a library."""

from __future__ import annotations

from typing import Any


def put(place: Any, **stand_ins: Any) -> None:
    """Set each attribute, whatever was there before."""
    for name, value in stand_ins.items():
        setattr(place, name, value)


def put_if_there(place: Any, **stand_ins: Any) -> None:
    """Set each attribute that this version of the library has."""
    put(place, **{name: value for name, value in stand_ins.items() if hasattr(place, name)})
