"""Where Colab finds a lab's notebook: in the students' repository, as `gatelab release` writes it."""

from __future__ import annotations

from urllib.parse import quote

UNSET = "/your-course/"  # in the addresses of a newly created lab, which lead nowhere


def is_set(base: str) -> bool:
    """Whether staff have said where the students' repository is."""
    return bool(base) and UNSET not in f"{base}/"


def address(base: str, lab: str, file: str) -> str:
    """Colab's address of a lab's notebook `file`. base: that of the students' repository (`colab_base`)."""
    return f"{base.rstrip('/')}/{quote(f'{lab}/{file}')}"
