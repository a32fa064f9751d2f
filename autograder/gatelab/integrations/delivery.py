"""Feedback pages in the format that a platform accepts for upload, or a folder for each e-mail address.

    Moodle   Ada Lovelace_4711_assignsubmission_file_/feedback.html    "Upload multiple feedback files in a zip"
    Canvas   lovelaceada_4711_90210_lab.ipynb                          "Upload submissions": the names as downloaded
    e-mail   ada@example.org/feedback.html

Canvas shows an uploaded file under the name of the student's own file. So a student who handed in a notebook gets a notebook
with the feedback, and one who handed in a zip gets a zip.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from gatelab.folders import ZIP_DATE, drafted, write_whole
from gatelab.handed_out.lists import all_of, listed
from gatelab.limits import PEOPLE_SHOWN
from gatelab.report.outputs.gradescope import plain_text
from gatelab.report.whole_class.graded_class import ExportError, Graded, GradedClass
from gatelab.submission.people import Person
from gatelab.submission.platforms import arrivals
from gatelab.text import is_printable, moodle_name, visible

PAGE = "feedback.html"
# Suffix of a file next to a folder, which lists the files that an export wrote there
RECORD = ".written.json"
ADDRESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_'-]{0,62}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


@dataclass
class Delivery:
    """`files`: path in the zip or folder → content; `left_out`: who is left out and why, one sentence each."""

    files: dict[str, bytes] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def for_moodle(found: GradedClass) -> Delivery:
    """Moodle's feedback zip. Participants are identified by their number."""
    delivery = Delivery()
    claims = _claims(found)
    for row, person, page in _pages(found, delivery):
        arrival = arrivals([row.entry], found.lab).get(row.entry)
        if arrival and len(whose := claims[arrival.platform, arrival.people[0].number]) > 1:
            delivery.left_out.append(
                f"{row.called}: the number {arrival.people[0].number} came in as that of {all_of(whose)}, and Moodle gives a page to whoever has "
                "it; give it by e-mail."
            )
            continue
        if arrival and arrival.platform == "Moodle":
            folder = f"{arrival.called}_{arrival.people[0].number}_assignsubmission_file_"
        elif person.moodle and person.number.isdecimal():  # another number may be another participant's
            folder = f"{person.called}_{person.number}_assignsubmission_file_"
        else:
            delivery.left_out.append(
                f"{row.called}: no participant's number is known; grade with --roster SHEET of Moodle."
            )
            continue
        name, *rest = folder.rsplit("_", 4)
        _put(delivery, f"{moodle_name(name)}_{'_'.join(rest)}/{PAGE}", page, row)
    return delivery


def _claims(found: GradedClass) -> dict[tuple[str, str], list[str]]:
    """Platform and number → who came in with it."""
    claims: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in found.rows:
        arrival = arrivals([row.entry], found.lab).get(row.entry)
        if arrival and arrival.people[0].number:
            claims[arrival.platform, arrival.people[0].number].append(visible(row.called))
    return claims


def for_canvas(found: GradedClass) -> Delivery:
    """Canvas's re-upload zip. Submissions are identified by the two numbers in the downloaded file's name."""
    delivery = Delivery()
    for row, person, page in _pages(found, delivery):
        arrival = arrivals([row.entry], found.lab).get(row.entry)
        # A single name proves nothing: its number is Canvas's only if it was recognised as such when the whole class was read.
        known = arrival and arrival.platform == "Canvas" and arrival.people[0].number == person.number
        content = _as_handed_in(row, page) if known else None
        if arrival is None or not known or not arrival.order[0]:
            delivery.left_out.append(
                f"{row.called}: {visible(row.entry)} is not recognised as a name from a Canvas download, so Canvas cannot match it; "
                "give the feedback by e-mail."
            )
        elif "\\" in row.entry or not is_printable(row.entry):
            # Windows reads a backslash as a path separator, and `..` before it as a way out of the zip.
            delivery.left_out.append(
                f"{row.called}: {visible(row.entry)} is not a name that unpacks everywhere; give the feedback by e-mail."
            )
        elif content is None:
            delivery.left_out.append(
                f"{row.called}: Canvas would show a page under the name {visible(row.entry)}; give it by e-mail."
            )
        else:
            _put(delivery, row.entry, content, row)
    return delivery


def for_mail(found: GradedClass) -> Delivery:
    """A folder for each e-mail address. People without one, or who share one, are reported."""
    delivery = Delivery()
    rows = list(_pages(found, delivery))
    count = Counter(person.email.casefold() for _, person, _ in rows)
    for row, person, page in rows:
        if not person.email:
            delivery.left_out.append(f"{row.called}: no e-mail address is known; grade with --roster FILE.")
        elif not ADDRESS.fullmatch(person.email) or ".." in person.email:
            delivery.left_out.append(
                f"{row.called}: {visible(person.email)} is not an e-mail address for a folder's name."
            )
        elif count[person.email.casefold()] > 1:
            delivery.left_out.append(f"{row.called}: {person.email} is more than one person's here.")
        else:
            _put(delivery, f"{person.email}/{PAGE}", page, row)
    return delivery


def zipped(delivery: Delivery) -> bytes:
    """The files as a zip; the same files always give the same bytes."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as zip:
        for name, content in delivery.files.items():
            info = zipfile.ZipInfo(name, ZIP_DATE)
            info.external_attr, info.compress_type = 0o100644 << 16, zipfile.ZIP_DEFLATED
            zip.writestr(info, content)
    return data.getvalue()


def write_folders(files: Mapping[str, bytes], out: Path) -> None:
    """Write the files below `out`, and remove files of an earlier export that are not in this one. Raises OSError."""
    record = out.with_name(out.name + RECORD)
    stale = _recorded(record) - files.keys()
    out.mkdir(parents=True, exist_ok=True)
    write_whole(record, json.dumps(sorted(stale | files.keys()), indent=1, ensure_ascii=False) + "\n")
    for name, content in files.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with drafted(path) as draft:
            draft.write_bytes(content)
    for name in stale:
        path = out / name
        if path.parent.is_symlink():
            continue
        path.unlink(missing_ok=True)
        with suppress(OSError):  # it contains somebody else's files
            path.parent.rmdir()
    write_whole(record, json.dumps(sorted(files), indent=1, ensure_ascii=False) + "\n")


def _recorded(record: Path) -> set[str]:
    """The files that earlier exports wrote, as paths relative to the folder."""
    try:
        names = json.loads(record.read_text(encoding="utf-8"))
        paths = [PurePosixPath(name) for name in names]
    except (OSError, ValueError, TypeError):
        return set()
    return {
        str(path)
        for path in paths
        if not path.is_absolute() and ".." not in path.parts and len(path.parts) == 2
    }


def _pages(found: GradedClass, delivery: Delivery) -> Iterator[tuple[Graded, Person, bytes]]:
    """Each person with a feedback page. Submissions on which the grader failed must be graded again and are not delivered. Raises ExportError
    if a page is out of date."""
    if old := [row.called for row in found.rows if row.report is not None and not row.on_page]:
        pages = "page of {} does" if len(old) == 1 else "pages of {} do"
        raise ExportError(
            f"{found.folder}: the feedback {pages.format(listed(old, PEOPLE_SHOWN))} not show the current points yet; run gatelab grade, then export again."
        )
    for row in found.rows:
        if row.report is None:
            continue
        if row.report.status == "failed":
            delivery.left_out.append(
                f"{row.called}: not graded because the grader failed; run gatelab grade again."
            )
            continue
        path = found.folder / "feedback" / f"{row.file}.html"
        try:
            page = path.read_bytes()
        except OSError as error:
            raise ExportError(
                f"{path}: cannot be read ({error.strerror}); run gatelab grade again."
            ) from error
        for person in row.people or (Person(email=row.name if "@" in row.name else "", ids=(row.name,)),):
            yield row, person, page


def _put(delivery: Delivery, name: str, content: bytes, row: Graded) -> None:
    if name in delivery.files:
        delivery.left_out.append(f"{row.called}: another feedback has the same place ({visible(name)}).")
    else:
        delivery.files[name] = content


def _as_handed_in(row: Graded, page: bytes) -> bytes | None:
    """The feedback as a file of the kind that the student handed in; None if that is not possible."""
    name = row.entry.lower()
    if name.endswith(".ipynb"):
        return _notebook(row)
    if name.endswith((".html", ".htm")):
        return page
    if name.endswith(".zip"):
        return zipped(Delivery({PAGE: page}))
    return None


def _notebook(row: Graded) -> bytes:
    """A notebook with one Markdown cell that contains the feedback verbatim."""
    assert row.report is not None
    text = plain_text(row.report)
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    cell = {
        "cell_type": "markdown",
        "id": "feedback",
        "metadata": {},
        "source": f"# Feedback\n\n{fence}text\n{text}\n{fence}",
    }
    book = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return (json.dumps(book, indent=1) + "\n").encode()
