# Written by gatelab build from autograder/gatelab/handed_out/overview.py; change it there.
"""How the map of the questions looks: a table on a page that can show one (it wraps between words on a narrow screen), otherwise text."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Sequence
from typing import Any

from .limits import TITLE_WIDTH

HEADINGS = ("question", "points", "minutes", "its check")

Row = tuple[dict[str, Any], str]  # a question of the table, and what is known of it


def as_text(rows: Sequence[Row], below: str) -> str:
    """Lines of 79 characters."""
    title, *rest = HEADINGS
    lines = [f"{'':5} {title:{TITLE_WIDTH}} {rest[0]:>6} {rest[1]:>8}   {rest[2]}"]
    for question, said in rows:
        title = textwrap.shorten(question["title"], TITLE_WIDTH, placeholder=" …")  # no word is cut
        lines.append(
            f"{question['id']:5} {title:{TITLE_WIDTH}} {question['points']:>6g} {question['minutes']:>8g}   {said}"
        )
    return "\n".join([*lines, "", below])


def as_html(rows: Sequence[Row], below: str) -> str:
    """A table of which each row has its question for a heading; the points stand with it, so that a phone's screen is wide enough."""
    left = 'style="text-align: left; font-weight: normal"'
    body = "".join(
        f'<tr><th scope="row" {left}><b>{html.escape(question["id"])}</b> {html.escape(question["title"])} ({_points(question)})</th>'
        f"<td>{question['minutes']:g}</td><td>{said}</td></tr>"
        for question, said in rows
    )
    title, _, *rest = HEADINGS
    heads = f'<th scope="col" style="text-align: left">{title}</th>' + "".join(
        f'<th scope="col">{heading}</th>' for heading in rest
    )
    words = "<br>".join(map(html.escape, below.split("\n")))
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table><p>{words}</p>"


def _points(question: dict[str, Any]) -> str:
    return f"{question['points']:g} point{'' if question['points'] == 1 else 's'}"
