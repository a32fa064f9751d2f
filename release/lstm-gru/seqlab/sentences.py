"""Shows sentences so that they wrap between words: JupyterLab breaks printed text anywhere, so it gets them as HTML.

Where there is no notebook they are printed, and so they are kept as text wherever HTML cannot be shown.
"""

from __future__ import annotations

import html
import textwrap
from typing import Any

from . import progress

LINE = 79  # characters of a printed line
STYLE = "padding-left: {}ch; text-indent: -2ch; overflow-wrap: break-word;"


def say(*lines: str, replaceable: bool = False) -> Any:
    """Show lines, those that begin with spaces indented. `replaceable`: returns the handle for `take_back`, or None."""
    if not progress.remembers():
        print(as_text(lines))
        return None
    from IPython.display import display

    both = {"text/plain": as_text(lines), "text/html": as_html(lines)}
    return display(both, raw=True, **({"display_id": True} if replaceable else {}))


def take_back(handle: Any) -> None:
    """Remove what was said with `replaceable`."""
    if handle is not None:
        handle.update({"text/plain": "", "text/html": ""}, raw=True)


def as_text(lines: tuple[str, ...]) -> str:
    """The lines, wrapped, a line's continuation indented further."""
    wrapped = []
    for line in lines:
        indent = " " * _indent(line)
        wrapped.append(
            textwrap.fill(line.strip(), LINE, initial_indent=indent, subsequent_indent=indent + "    ")
        )
    return "\n".join(wrapped)


def as_html(lines: tuple[str, ...]) -> str:
    """A block for each line."""
    return "".join(
        f'<div style="{STYLE.format(2 + _indent(line))}">{html.escape(line.strip(), quote=False)}</div>'
        for line in lines
    )


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
