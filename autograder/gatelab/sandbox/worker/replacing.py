"""Replaces attributes of a library."""

from __future__ import annotations

from typing import Any


def set_attributes(place: Any, **replacements: Any) -> None:
    """Set each attribute, whatever was there before."""
    for name, value in replacements.items():
        setattr(place, name, value)


def set_existing_attributes(place: Any, **replacements: Any) -> None:
    """Set each attribute that this version of the library has."""
    set_attributes(place, **{name: value for name, value in replacements.items() if hasattr(place, name)})
