"""Fills in what a notebook must know about its handout: where Colab fetches it from, and its checksum."""

from __future__ import annotations

import hashlib
from pathlib import Path

from gatelab.build.settings import Settings
from gatelab.lab.spec import Lab

URL_MARK, SUM_MARK = "{{HANDOUT_URL}}", "{{HANDOUT_SUM}}"


def filled(text: str, lab: Lab, settings: Settings) -> str:
    """The text with the handout's address and checksum filled in."""
    text = text.replace(URL_MARK, settings.handout_url)
    return text.replace(SUM_MARK, checksum(lab, settings)) if SUM_MARK in text else text


def checksum(lab: Lab, settings: Settings) -> str:
    """SHA-256 of all files of the handout except the notebook, which contains this checksum and so cannot be included.

    It is computed over "name size " and the bytes of every file, in the order of the names.
    """
    digest = hashlib.sha256()
    for name, path in sorted(files(lab, settings).items()):
        content = path.read_bytes()
        digest.update(f"{name} {len(content)} ".encode() + content)
    return digest.hexdigest()


def files(lab: Lab, settings: Settings) -> dict[str, Path]:
    """Name in the handout → file, for all files except the notebook. Hidden and compiled files are not handed out."""
    found = {}
    for name in settings.release:
        top = lab.assignment / name
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            inside = path.relative_to(lab.assignment)
            left_out = any(part.startswith(".") or part == "__pycache__" for part in inside.parts)
            if path.is_file() and not left_out and path.suffix != ".pyc":
                found[inside.as_posix()] = path
    return found
