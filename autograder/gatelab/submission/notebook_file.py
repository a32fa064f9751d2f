"""Reads a notebook's file: untrusted bytes become a list of cells, or one sentence that says why not.

The JSON is checked here and not by nbformat, which upgrades and repairs (and may raise anything for a hostile file): a
file is either readable as it is or refused with the reason. Anything irrelevant to the answers (the kernel's name, the
format's minor number, the encoding, pictures) is accepted.
"""

from __future__ import annotations

import errno
import json
import os
import re
import stat
from pathlib import Path
from typing import Any

from gatelab.faults import GraderFault
from gatelab.limits import FILE_LIMIT, FILE_START, NOTEBOOK_TOKENS, SIZE_LIMIT, TYPED
from gatelab.text import brief

HOW = "open it in Jupyter, save it as .ipynb and hand it in again"


class Ungradable(Exception):
    """The submission cannot be graded; the message is one sentence that says what is wrong and what to do."""


def read_bytes(path: Path) -> bytes:
    """The file's bytes. Raises Ungradable if it is not a regular file of a sensible size, GraderFault if the machine
    cannot read it."""
    irregular = Ungradable(f"{path.name}: this is not a regular file; hand in the notebook itself.")
    try:
        # Opened first and checked afterwards, since the file may be replaced in between.
        with open(path, "rb", opener=_open) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise irregular
            data = file.read(FILE_LIMIT + 1)
    except (OSError, MemoryError) as error:
        # ELOOP: a link; ENXIO: a socket. Any other error of a regular file is the machine's fault.
        if getattr(error, "errno", None) in (errno.ELOOP, errno.ENXIO) or _is_irregular(path):
            raise irregular from error
        why = getattr(error, "strerror", None) or type(error).__name__
        raise GraderFault(f"{path.name}: the file cannot be read ({why}).") from error
    if len(data) > FILE_LIMIT:
        raise Ungradable(
            f"{path.name}: the file is larger than {FILE_LIMIT >> 20} MiB; clear all outputs, save and hand it in again."
        )
    return data


def _open(path: str, flags: int) -> int:
    """Follows no link, and does not wait for a writer at the other end of a pipe."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def _is_irregular(path: Path) -> bool:
    try:
        return not stat.S_ISREG(os.lstat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False


def parse(data: bytes, name: str) -> dict[str, Any]:
    """The notebook as plain JSON in format 4, its `cells` a list (of anything), without its outputs if they are large.

    Raises Ungradable if the bytes are not a notebook.
    """
    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise Ungradable(f"{name}: the file is empty; save the notebook and hand it in again.")
    data = _utf8(data, name)
    if len(data) > SIZE_LIMIT:
        left = without_outputs(data)
        if left is None:
            raise Ungradable(
                f"{name}: the file is larger than {SIZE_LIMIT >> 20} MiB, and its outputs are nested too deeply to be left out; "
                "clear all outputs, save and hand it in again."
            )
        data = left
        if len(data) > SIZE_LIMIT:
            raise Ungradable(
                f"{name}: the file is larger than {SIZE_LIMIT >> 20} MiB without its outputs; "
                "take out what is pasted into its cells, save and hand it in again."
            )
    try:
        notebook = json.loads(data.decode("utf-8", "surrogatepass"))
    except MemoryError as error:
        raise GraderFault(f"{name}: there is not enough memory to read it.") from error
    except (ValueError, RecursionError) as error:
        what, advice = _damage(data, error)
        raise Ungradable(f"{name}: this is not a readable notebook ({what}); {advice}.") from error
    if not isinstance(notebook, dict) or ("cells" not in notebook and "worksheets" not in notebook):
        raise Ungradable(f"{name}: this is JSON but not a notebook; {HOW}.")
    if "cells" not in notebook:
        notebook["cells"] = _of_worksheets(notebook["worksheets"])
    elif notebook.get("nbformat") != 4:
        raise Ungradable(
            f"{name}: its notebook format is {brief(repr(notebook.get('nbformat')), TYPED)}, not 4; {HOW}."
        )
    if not isinstance(notebook["cells"], list):
        raise Ungradable(f"{name}: this is JSON but not a notebook (it has no list of cells); {HOW}.")
    return notebook


# Other files that are handed in under a notebook's name, recognised by how they begin
NO_JSON = (
    (b"<!", "it is a web page"), (b"<html", "it is a web page"), (b"<?xml", "it is a web page"),
    (b"http", "it is a link to it"), (b"[internetshortcut]", "it is a link to it"), (b"%pdf", "it is a PDF"),
    (b"pk\x03\x04", "it is a zip"), (b"version https://git-lfs", "it is git's pointer to it"),
)  # fmt: skip


SAVE = "save the notebook in Jupyter and hand in the .ipynb file"


def _kind_of_file(data: bytes) -> str | None:
    """What a file that is not a notebook is, if that can be recognised."""
    start = data.lstrip()[:FILE_START].lower()
    return next((what for begin, what in NO_JSON if start.startswith(begin)), None)


def _damage(data: bytes, error: Exception) -> tuple[str, str]:
    """What is wrong with a file that is not JSON, and what its owner can do. Jupyter cannot open such files either."""
    if not data.lstrip().startswith(b"{"):
        return _kind_of_file(data) or "it is not JSON", SAVE
    again = "hand in a copy that Jupyter opens"
    if conflict := re.search(rb"^(?:<{7}|={7}|>{7})(?=[ \r\n])", data, re.MULTILINE):
        line = data.count(b"\n", 0, conflict.start()) + 1
        return f"line {line} is the mark of a merge conflict", f"resolve the conflict, or {again}"
    if not isinstance(error, json.JSONDecodeError) and data.rstrip().endswith(b"}"):
        # What Python's parser refuses besides damage; the second is a limit on converting whole numbers.
        deep = isinstance(error, RecursionError)
        return ("it is nested too deeply" if deep else "it has a number of thousands of digits"), again
    if not isinstance(error, json.JSONDecodeError) or _is_cut(error):
        return "it breaks off in the middle", again
    return f"its JSON is damaged at line {error.lineno}", again


def _is_cut(error: json.JSONDecodeError) -> bool:
    open = error.doc[error.pos : error.pos + 1] == '"' and not _STRING.match(error.doc, error.pos)
    return open or error.pos >= len(error.doc.rstrip())


_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)


def _utf8(data: bytes, name: str) -> bytes:
    """The text in UTF-8 without a byte order mark, whatever encoding an editor or Windows used."""
    encoding = json.detect_encoding(data[:4])
    try:
        text = data.decode(encoding, "surrogatepass" if encoding == "utf-8" else "strict")
    except UnicodeDecodeError as error:
        if not data.lstrip().startswith(b"{") or b"\0" in data:
            if (what := _kind_of_file(data)) is not None:
                raise Ungradable(f"{name}: this is not a readable notebook ({what}); {SAVE}.") from error
            raise Ungradable(f"{name}: this is not a notebook (not UTF-8 text); {HOW}.") from error
        # What Windows calls ANSI; only letters outside ASCII differ, and code has those in comments.
        text = data.decode("cp1252", "replace")
    else:
        if encoding == "utf-8":  # also for a file with a mark, which json.detect_encoding calls utf-8-sig
            return data
    return text.encode("utf-8", "surrogatepass")


def without_outputs(data: bytes) -> bytes | None:
    """The notebook's JSON with every cell's list of outputs, every attachment and the widgets' states emptied.

    Only brackets and strings are scanned, so that no objects are made for what is discarded. What is not a notebook is returned
    unchanged or with parts missing; the parser will refuse it. None if more than `NOTEBOOK_TOKENS` would have to be scanned.
    """
    kept: list[bytes] = []
    begin = at = depth = looked = 0
    text = key = b""
    while token := _TOKEN.search(data, at):
        looked += 1
        if looked > NOTEBOOK_TOKENS:
            return None
        found, at = token.group(), token.end()
        first = found[:1]
        if found == b'"':
            break  # a string that never ends; to look for the end of the next one, too, takes hours
        if first == b'"':
            text = found if len(found) < 20 else b""
        elif first == b":":
            key = text
            continue
        elif first in b"[{":
            if depth + 1 in _DROPPED.get(key, ()):
                end, some = _end(data, at, NOTEBOOK_TOKENS - looked)
                if end < 0:
                    return None if some else b"".join([*kept, data[begin:]])  # it is never closed
                kept += [data[begin:at], data[end - 1 : end]]
                begin = at = end
                looked += some
            else:
                depth += 1
        else:
            depth -= 1
        key = b""
    return b"".join([*kept, data[begin:]])


def _end(data: bytes, at: int, most: int) -> tuple[int, int]:
    """Where the bracket that was opened before `at` is closed, and the number of steps; -1 and 0 if it is not closed, -1 and 1
    if more than `most` steps would be needed."""
    depth, looked = 1, 0
    while depth and (found := _REST.match(data, at)):
        looked += 1
        if looked > most:
            return -1, 1
        at = found.end()
        depth += 1 if data[at - 1] in b"[{" else -1
    return (-1, 0) if depth else (at, looked)


_STRINGS = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_FLAT = rb'(?:[^"\[\]{}]++|' + _STRINGS + rb")"
_TOKEN = re.compile(_STRINGS + rb"|[\[\]{}:\"]", re.DOTALL)
# Up to the next bracket with more than three others nested in it: a chart's output has a million small ones.
_SMALL = _FLAT
for _ in range(3):
    _SMALL = rb"(?:" + _FLAT + rb"|[\[{]" + _SMALL + rb"*+[\]}])"
_REST = re.compile(_SMALL + rb"*+[\[\]{}]", re.DOTALL)
# What is emptied, and the depth of its bracket: in cells of format 4 and of format 3, and in the notebook itself.
_DROPPED = {b'"outputs"': (4, 6), b'"attachments"': (4,), b'"widgets"': (3,)}


def _of_worksheets(sheets: Any) -> Any:
    """The cells of a notebook in format 2 or 3, in the form of format 4; not a list if it has none."""
    if not isinstance(sheets, list) or not all(isinstance(sheet, dict) for sheet in sheets):
        return None
    cells: list[Any] = []
    for sheet in sheets:
        found = sheet.get("cells", [])
        if not isinstance(found, list):
            return None
        for cell in found:
            if isinstance(cell, dict) and cell.get("cell_type") == "code" and "input" in cell:
                cell = {**cell, "source": cell["input"]}
            elif isinstance(cell, dict) and cell.get("cell_type") == "heading":
                cell = {**cell, "cell_type": "markdown"}
            cells.append(cell)
    return cells


def source_of(cell: Any) -> str | None:
    """A cell's source, "" for a cell without any; None if it is not text."""
    source = cell.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    return source if isinstance(source, str) else None
