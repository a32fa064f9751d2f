"""Checks whether a student's receipt belongs to the notebook that was handed in.

The package's `submit` writes it into the zip and next to it. It is not signed: it says which bytes were packed and
what the public checks said, and anybody can write one. It shows only whether the graded file is the one that the
student packed.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from gatelab.lab.choose import agree
from gatelab.limits import FILE_LIMIT, HAND_IN_ENTRIES, RECEIPT_LIMIT, RECEIPT_REPORT_LIMIT
from gatelab.submission.archives import ArchiveError, entries_of_zip
from gatelab.submission.choose import Candidate, is_litter, is_notebook, is_one
from gatelab.text import brief, visible

NAME = "receipt.json"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


class NoReceipt(Exception):
    """There is nothing to compare; the message is one sentence that says why and what to do."""


@dataclass(frozen=True)
class Receipt:
    """The valid entries of a receipt."""

    sha256: str
    time: str  # UTC, by the student's clock
    kit: str
    passed: int
    checks: int
    lab: str = ""  # "" if the receipt names none

    def __str__(self) -> str:
        packed = f"packed {self.time} by the student's clock, kit {self.kit}"
        return packed + (f", {self.passed} of {self.checks} public checks passed" if self.checks else "")


def compare(
    receipt: Path,
    other: Path | None,
    lab: str | None = None,
    sha256_in_report: Callable[[bytes], str] = lambda report: "",
) -> tuple[bool, str]:
    """Whether the receipt belongs to the notebook, and one sentence about it. Raises NoReceipt, and LabError if it is for
    another lab than `lab`.

    receipt: a receipt, or a zip that holds one. other: the notebook that was handed in, a zip with it, or its report
    (reports/NAME.json); None: the notebook in the zip. sha256_in_report: finds the notebook's hash in a report's bytes; "" if these are not a report.
    """
    if is_notebook(receipt.name):
        raise NoReceipt(
            f"{_name(receipt)}: this is a notebook; name the zip or the receipt first, then the notebook."
        )
    found = _read(receipt)
    agree(lab, found.lab, _name(receipt))
    if other is None and receipt.suffix.lower() != ".zip":
        raise NoReceipt(
            f"{_name(receipt)}: name the notebook too, as in `gatelab receipt {_name(receipt)} ada.ipynb`."
        )
    what, sha256 = _digest(other or receipt, sha256_in_report)
    if sha256 == found.sha256:
        return True, f"{what} is the notebook of the receipt ({found}; sha256 {sha256[:16]}…)."
    return False, (
        f"{what} is not the notebook of the receipt: its sha256 is {sha256[:16]}…, the receipt's {found.sha256[:16]}… ({found})."
    )


def _read(path: Path) -> Receipt:
    if path.suffix.lower() == ".zip":
        with _opened(path) as archive:
            data = _member(archive, path, lambda name: name == NAME, RECEIPT_LIMIT, f"no {NAME}")[1]
    else:
        data = _bytes(path, RECEIPT_LIMIT)
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        found = None
    digest = found.get("sha256") if isinstance(found, dict) else None
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise NoReceipt(
            f"{_name(path)}: this is not a receipt; ask for the one that `submit` wrote beside the student's zip."
        )
    public = found.get("public")
    states = list(public.values()) if isinstance(public, dict) else []
    time = found.get("time")
    return Receipt(
        digest,
        time if isinstance(time, str) and _TIME.fullmatch(time) else "at an unknown time",
        brief(str(found.get("kit"))),
        sum(state == "passed" for state in states),
        len(states),
        brief(str(found.get("lab") or "")),
    )


def _digest(path: Path, sha256_in_report: Callable[[bytes], str]) -> tuple[str, str]:
    """The name of what is compared, and the SHA-256 of the notebook."""
    if path.suffix.lower() == ".zip":
        with _opened(path) as archive:
            inside, data = _member(archive, path, is_notebook, FILE_LIMIT, "no notebook")
        return f"{brief(inside)} in {_name(path)}", hashlib.sha256(data).hexdigest()
    if path.suffix.lower() == ".json" and not is_notebook(path.name):
        data = _bytes(path, FILE_LIMIT)
        if is_one(Candidate(PurePosixPath(path.name), 0.0, lambda: data)):
            return _name(path), hashlib.sha256(data).hexdigest()
        digest = sha256_in_report(_bytes(path, RECEIPT_REPORT_LIMIT))
        if not _DIGEST.fullmatch(digest):
            raise NoReceipt(
                f"{_name(path)}: it holds no notebook's sha256; name the notebook or the report on it."
            )
        return f"what {_name(path)} reports on", digest
    return _name(path), hashlib.sha256(_bytes(path, FILE_LIMIT)).hexdigest()


def _opened(path: Path) -> zipfile.ZipFile:
    _bytes(path, FILE_LIMIT, only_look=True)
    try:
        count = entries_of_zip(path)  # before zipfile makes an object for each
        archive = zipfile.ZipFile(path) if count <= HAND_IN_ENTRIES else None
    except (ArchiveError, OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise NoReceipt(f"{_name(path)}: this zip cannot be read; ask for it again.") from error
    if archive is None or len(archive.infolist()) > HAND_IN_ENTRIES:
        raise NoReceipt(
            f"{_name(path)}: it holds more than {HAND_IN_ENTRIES:,} files; ask for the zip with the notebook alone."
        )
    return archive


def _member(archive: zipfile.ZipFile, path: Path, wanted: Any, limit: int, nothing: str) -> tuple[str, bytes]:
    """Name and bytes of the one wanted file of a zip; nothing is unpacked."""
    found = [
        member
        for member in archive.infolist()
        if wanted(PurePosixPath(member.filename).name)
        and not any(is_litter(part) for part in PurePosixPath(member.filename).parts)
    ]
    if len(found) != 1:
        what = nothing if not found else f"{len(found)} files of that kind"
        raise NoReceipt(f"{_name(path)}: it holds {what}; name the receipt and the notebook themselves.")
    try:
        with archive.open(found[0]) as file:
            data = file.read(limit + 1)
    except Exception as error:  # damaged, encrypted, or compressed in a way that Python does not know
        raise NoReceipt(
            f"{_name(path)}: {brief(found[0].filename)} in it cannot be read; ask for it again."
        ) from error
    if len(data) > limit:
        raise NoReceipt(
            f"{_name(path)}: {brief(found[0].filename)} in it is larger than {limit >> 10:,} KiB."
        )
    return found[0].filename, data


def _bytes(path: Path, limit: int, only_look: bool = False) -> bytes:
    try:
        if not path.is_file():
            what = "it is a folder" if path.is_dir() else "there is no such file"
            raise NoReceipt(f"{_name(path)}: {what}; check the name.")
        if path.stat().st_size > limit:
            raise NoReceipt(
                f"{_name(path)}: it is larger than {limit >> 10:,} KiB, so it is not what was asked for."
            )
        return b"" if only_look else path.read_bytes()
    except OSError as error:
        raise NoReceipt(f"{_name(path)}: cannot be read ({error.strerror}); fix its permissions.") from error


def _name(path: Path) -> str:
    """The whole path: a sentence that names a file must not cut off its name."""
    return visible(str(path))
