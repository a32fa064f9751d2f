"""The headings of a page or notebook, as a screen reader lists them."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import jupytext
import nbformat
from markdown_it import MarkdownIt


class _Headings(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.levels: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            self.levels.append(int(tag[1]))


def of_page(html: str) -> list[int]:
    """The levels of a page's headings, in order."""
    parser = _Headings()
    parser.feed(html)
    return parser.levels


def of_notebook(path: Path) -> list[int]:
    """The same for a notebook (.ipynb) or a master (.py), from its text cells as they are rendered."""
    notebook = jupytext.read(path) if path.suffix == ".py" else nbformat.read(path, 4)
    show = MarkdownIt("commonmark", {"html": True}).render
    return of_page("\n".join(show(cell.source) for cell in notebook.cells if cell.cell_type == "markdown"))


def faults(levels: list[int]) -> list[str]:
    """What is wrong with the headings: there must be one h1, it must come first, and no level may be skipped on the way down."""
    found = [] if levels.count(1) == 1 else [f"{levels.count(1)} h1"]
    before = 0
    for place, level in enumerate(levels, 1):
        if level > before + 1:
            found.append(f"heading {place}: h{level} below " + (f"h{before}" if before else "nothing"))
        before = level
    return found
