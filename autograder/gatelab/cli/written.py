"""Shows the written answers one after another in the terminal, and all of them on one page (`gatelab mark` without arguments)."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import typer

from gatelab.classrun.durable import write
from gatelab.classrun.run import ClassRun
from gatelab.classrun.written import Sheet, ToMark, page, sheets
from gatelab.cli.opened_class import write_out
from gatelab.cli.refusals import usage
from gatelab.handed_out.lists import listed
from gatelab.limits import MARKS_SHOWN, TYPED
from gatelab.report.by_hand.marks import Mark, number_of
from gatelab.report.record.points import number, plural
from gatelab.text import brief, page_text, visible

PAGE = "written.html"
HOW = "points, Enter: next, b: back, r: rubric and model answer, q: end"


def list_written(run: ClassRun, root: Path) -> None:
    """Write OUT/written.html and ask for the marks that are missing. Each is on disk before the next is asked for."""
    found = sheets(run, root)
    if not found:
        usage(f"{run.lab.title}: no question of this lab is marked by hand.")
    release = root / "release" / run.lab.name / run.lab.notebook
    if not release.is_file():
        typer.echo(
            f"{release}: is missing, so the text that was handed out cannot be told from an answer; run `gatelab build` first.",
            err=True,
        )
    path = run.out / PAGE
    try:
        write(path, page(run, found))
        typer.echo(f"All answers, with rubric and model answers: {path}")
    except OSError as error:
        typer.echo(f"{path}: could not be written ({error.strerror}).", err=True)
    left = [
        (sheet, one)
        for sheet in found
        for one in sheet.answers
        if one.lacks_mark and not one.is_hidden and not one.left_blank
    ]
    for sheet in found:
        _say_who_is_left_out(sheet)
    hidden = sum(one.is_hidden for sheet in found for one in sheet.answers)
    if not left:
        if not hidden:
            typer.echo("Every answer has a mark.")
            return
        can_show = any(not one.answer.problem for sheet in found for one in sheet.answers)
        others = "; every other one has a mark" if can_show else ""
        typer.echo(f"{plural(hidden, 'answer')} without a mark cannot be shown here{others}.")
        if not can_show:
            raise typer.Exit(1)
        return
    try:
        given = _ask(run, left)
    finally:
        if len(run.book.marks):
            write_out(run)
    more = f" {plural(hidden, 'more answer')} without a mark cannot be shown here." if hidden else ""
    typer.echo(f"{plural(given, 'mark')} given, {len(left) - given} left.{more}")


def _say_who_is_left_out(sheet: Sheet) -> None:
    """Whom no mark is asked for in a question, and why."""
    unread: dict[str, list[str]] = {}
    for one in sheet.answers:
        if one.is_hidden:
            unread.setdefault(one.answer.problem, []).append(visible(one.submission.name))
    if nobody := [visible(one.submission.name) for one in sheet.answers if one.unwritten]:
        typer.echo(
            f"{sheet.id}: nothing was written by {listed(nobody, MARKS_SHOWN)}, who {'has' if len(nobody) == 1 else 'have'} 0 points there; "
            f"gatelab mark NAME {sheet.id} POINTS gives others.",
            err=True,
        )
    if blank := [visible(one.submission.name) for one in sheet.answers if one.left_blank]:
        typer.echo(
            f"{sheet.id}: nothing was written by {listed(blank, MARKS_SHOWN)}, so no mark is asked for; gatelab mark NAME {sheet.id} POINTS "
            "gives one.",
            err=True,
        )
    for problem, names in unread.items():
        typer.echo(f"{sheet.id}: not shown for {', '.join(names)}: {visible(problem)}", err=True)


def _ask(run: ClassRun, left: list[tuple[Sheet, ToMark]]) -> int:
    """Ask for each mark in turn; returns how many were given."""
    given: set[int] = set()
    shown, k = "", 0
    while 0 <= k < len(left):
        sheet, one = left[k]
        if shown != sheet.id:
            typer.echo(_head(sheet))
            shown = sheet.id
        typer.echo(f"\n── {sheet.id} · {visible(one.submission.name)} · {k + 1} of {len(left)} " + "─" * 20)
        typer.echo(_lines(one.answer.text) if one.answer.text else "  (nothing was written)")
        if one.was:
            typer.echo(f"  To be marked again: was {visible(one.was)}.")
        typed = _answer(f"{sheet.id} {visible(one.submission.name)}, 0 to {number(sheet.most)} ({HOW}): ")
        if typed is None or typed.casefold() == "q":
            break
        if typed.casefold() == "b":
            k = max(0, k - 1)
        elif typed.casefold() == "r":
            shown = ""
        elif not typed:
            k += 1
        elif (points := number_of(typed)) is None or points > sheet.most:
            typer.echo(f"{brief(typed, TYPED)!r} is not a number from 0 to {number(sheet.most)}.", err=True)
            if not sys.stdin.isatty():
                usage(
                    f"{sheet.id} {one.submission.name}: what was piped in is not a mark; nothing after it was read."
                )
        else:
            _give(run, sheet, one, points)
            given.add(k)
            k += 1
    return len(given)


def _give(run: ClassRun, sheet: Sheet, one: ToMark, points: float) -> None:
    work = run.work(one.submission)
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    run.book.enter("", Mark(work.name, sheet.id, points, work.sha256, work.entry, now, "command"))
    try:
        run.book.keep()
    except OSError as error:
        typer.echo(f"{run.book.marks_path}: the mark could not be written ({error.strerror}).", err=True)
        raise typer.Exit(1) from error


def _head(sheet: Sheet) -> str:
    parts = [f"\n{sheet.id}  {sheet.title} ({plural(sheet.most, 'point')})"]
    if sheet.rubric:
        parts.append(f"Rubric:\n{_lines(sheet.rubric)}")
    if sheet.model:
        parts.append(f"Model answer:\n{_lines(sheet.model)}")
    return "\n\n".join(parts)


def _lines(text: str) -> str:
    """Text for a terminal, indented: no control character from a student reaches it."""
    return "\n".join(f"  {line}" for line in page_text(text).replace("\t", "    ").split("\n"))


def _answer(prompt: str) -> str | None:
    """What was typed; None at the end of the input or Ctrl-C."""
    typer.echo(prompt, nl=False)
    try:
        line = sys.stdin.readline()
    except (KeyboardInterrupt, ValueError):
        return None
    if not sys.stdin.isatty():
        typer.echo()
    return line.strip() if line else None
