"""Makes what a student's cell printed and drew safe to show to the person who marks it.

A written answer refers to "my figure" and "0.24 against 1.00": it cannot be marked without them. nbgrader's pages show an
output's HTML, SVG and JavaScript unescaped, in the marker's own session. So only an output's text and pixels
are kept, with names and types chosen here, and only as much as a page can hold.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output

from gatelab.limits import SHOWN_OF_A_NOTEBOOK, SHOWN_OUTPUT, SHOWN_OUTPUTS_OF_A_CELL, SHOWN_PICTURE
from gatelab.text import cell_output

CUT = "\n… (cut here)\n"

# Type → the first bytes of such a file.
PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}


class ByteBudget:
    """Counts how many bytes of a notebook's outputs may still be kept."""

    def __init__(self, limit: int = SHOWN_OF_A_NOTEBOOK) -> None:
        self.left = limit

    def taken(self, size: int) -> bool:
        """Reserve this many bytes; returns whether there was enough room."""
        if size > self.left:
            return False
        self.left -= size
        return True


def kept_outputs(raw: Any, budget: ByteBudget) -> list[NotebookNode]:
    """The text and pictures in a submitted cell's `outputs`, which may be anything."""
    kept: list[NotebookNode] = []
    for output in raw if isinstance(raw, list) else []:
        made = _made(output, budget) if isinstance(output, dict) else None
        if made is None:
            continue
        if len(kept) == SHOWN_OUTPUTS_OF_A_CELL:
            kept.append(_stream("… (more outputs than are shown here)\n"))
            break
        kept.append(made)
    return kept


def _made(output: dict[str, Any], budget: ByteBudget) -> NotebookNode | None:
    """One output in a safe form; None if nothing in it can be shown."""
    kind = output.get("output_type")
    if kind == "stream":
        return _text(output.get("text"), budget, _stream)
    if kind == "error":
        return _text(f"{_plain(output.get('ename'))}: {_plain(output.get('evalue'))}", budget, _stream)
    data = output.get("data")
    if kind not in ("execute_result", "display_data") or not isinstance(data, dict):
        return None
    for picture, begins in PICTURES.items():
        pixels = _pixels(data.get(picture), begins)
        if pixels and budget.taken(len(pixels)):
            return _data({picture: pixels})
    return _text(data.get("text/plain"), budget, lambda text: _data({"text/plain": text}))


def _text(raw: Any, budget: ByteBudget, make: Any) -> NotebookNode | None:
    text = _plain(raw)
    made: NotebookNode | None = make(text) if text and budget.taken(len(text)) else None
    return made


def _plain(raw: Any) -> str:
    """The text, shortened and made safe for a page; "" if it is not text."""
    return cell_output(_joined(raw), SHOWN_OUTPUT, CUT)


def _joined(raw: Any) -> str:
    """A text that a notebook stores as a string or a list of lines; "" for anything else."""
    if isinstance(raw, list) and all(isinstance(line, str) for line in raw):
        return "".join(raw)
    return raw if isinstance(raw, str) else ""


def _pixels(raw: Any, begins: bytes) -> str:
    """The picture in base64, encoded again from its bytes; "" if it is not a picture or too large."""
    text = "".join(_joined(raw)[: 2 * SHOWN_PICTURE].split())
    try:
        pixels = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return ""
    if not pixels.startswith(begins) or len(pixels) > SHOWN_PICTURE:
        return ""
    return base64.b64encode(pixels).decode("ascii")


def _stream(text: str) -> NotebookNode:
    made: NotebookNode = new_output("stream", name="stdout", text=text)
    return made


def _data(data: dict[str, str]) -> NotebookNode:
    made: NotebookNode = new_output("display_data", data=data)
    return made
