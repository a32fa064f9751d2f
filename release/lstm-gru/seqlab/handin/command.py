# Written by gatelab build from autograder/gatelab/handed_out/handin/command.py; change it there.
"""The command line of the students' package: `check`, `submit`, and `explore` if the lab has a page for it."""

from __future__ import annotations

import argparse
import datetime
import os
import sys
import textwrap
from pathlib import Path
from typing import NoReturn

from .. import progress
from ..lists import all_of
from ..near import nearest
from . import answers, checks, explorer, notebook, pack
from .notebook import Refused

PASSED, NOT_ALL, USAGE = 0, 1, 2
COMMANDS = ("check", "submit", *(["explore"] if explorer.called() else []))
TIME = "that usually takes less than a minute"
CODES = "Exit codes: 0 all is well, 1 not all of it, 2 the command or the folder is not right."


class Parser(argparse.ArgumentParser):
    """Reports wrong usage in one sentence, with the command that was probably meant."""

    def error(self, message: str) -> NoReturn:
        self._refuse(f"{message}; `{self.prog} --help` says what there is")

    def no_such_command(self, typed: str) -> NoReturn:
        near = nearest(typed, COMMANDS)
        meant = f"did you mean `{notebook.COMMAND} {near[0]}`? " if near else ""
        self._refuse(f"there is no `{typed}`; {meant}`{notebook.COMMAND} --help` says what there is")

    def _refuse(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{progress.PACKAGE}: {message}.\n")


def main(arguments: list[str]) -> int:
    """Run the command line; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console that lacks a letter shows another one
    parser = _parser()
    command = next((word for word in arguments if not word.startswith("-")), COMMANDS[0])
    if command not in COMMANDS:
        parser.no_such_command(command)
    asked = parser.parse_args(arguments)
    if os.environ.get(checks.INSIDE):
        inside = "this command is in a cell of the notebook that is being looked at; there it does nothing"
        print(f"{progress.PACKAGE}: {inside}.", file=sys.stderr)
        return USAGE
    try:
        if asked.command == "explore":
            explorer.show()
            return PASSED
        checks.require_table()
        path = notebook.find(asked.notebook, Path(), asked.command)
        return _check(path, asked.all) if asked.command == "check" else _submit(path, asked)
    except Refused as refused:
        print(f"{progress.PACKAGE}: {refused}", file=sys.stderr)
        return USAGE
    except BrokenPipeError:  # `… | head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOT_ALL
    except KeyboardInterrupt:
        print(f"\n{progress.PACKAGE}: stopped; nothing was packed.", file=sys.stderr)
        return NOT_ALL


def _parser() -> Parser:
    parser = Parser(prog=notebook.COMMAND, description=f"Where am I, and what do I hand in? {CODES}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    check = commands.add_parser(
        "check", help=f"run the public checks on the saved notebook: {TIME}", description=CODES
    )
    submit = commands.add_parser(
        "submit", help=f"check the saved notebook, look it over and pack it: {TIME}", description=CODES
    )
    for each in (check, submit):
        each.add_argument(
            "notebook", nargs="?", help="the file; the lab's only notebook in this folder by default"
        )
        each.add_argument("--all", action="store_true", help="run the experiments' cells too (minutes)")
    submit.add_argument("--out", type=Path, help="where to write the zip")
    submit.add_argument(
        "--anyway", action="store_true", help="pack it although something was never saved or written"
    )
    submit.add_argument("--without-checks", action="store_true", help="pack it without running the checks")
    if "explore" in COMMANDS:
        commands.add_parser("explore", help=f"open the {explorer.called()} in the browser")
    return parser


def _check(path: Path, everything: bool) -> int:
    read = notebook.read(path)
    checks.ready()
    print(f"{path}, as saved {notebook.when(read.saved)}\n")
    state = answers.look(read, path.parent)
    outcomes = _run_checks(read, everything, state)
    _warn(state.warnings)
    if state.unsaved:
        _warn([_unsaved(read, state)])
    return PASSED if all(outcome.state == "passed" for outcome in outcomes) else NOT_ALL


def _submit(path: Path, asked: argparse.Namespace) -> int:
    read = notebook.read(path)
    out = pack.place(read, asked.out, datetime.datetime.now())
    if not asked.without_checks:
        checks.ready()
    state = answers.look(read, path.parent)
    print(f"{path}, as saved {notebook.when(read.saved)}\n")
    if not asked.anyway and (state.unsaved or not state.is_anything_there):
        _warn([_unsaved(read, state)] if state.unsaved else state.warnings)
        print("Nothing was packed. (`--anyway` packs the file as it is on the disk.)")
        return NOT_ALL
    outcomes = [] if asked.without_checks else _run_checks(read, asked.all, state)
    if notebook.read(path).texts() != read.texts():  # its outputs may be others: Jupyter saves by itself
        raise Refused(f"{path} was saved again meanwhile; run the command once more.")
    zip, beside = pack.write(read, pack.receipt(read, state, outcomes, datetime.datetime.now()), out)
    no_python = [] if outcomes else [*state.broken, *state.faulty]  # if any checks were run, they report it
    _warn([*no_python, *state.warnings, *([_unsaved(read, state)] if state.unsaved else [])])
    print(
        f"Not answered: {', '.join(state.left) or ('nothing that can be seen' if state.unknown else 'nothing')}."
    )
    if state.unknown:
        print(f"Answered or not: {', '.join(state.unknown)} (the note above says why that cannot be seen).")
    print(f"\nHand in   {zip}\nKeep      {beside} (the receipt)\nsha256    {read.sha256}  {path.name}")
    whole = not state.left and not state.faulty
    return PASSED if whole and all(one.state == "passed" for one in outcomes) else NOT_ALL


def _run_checks(read: notebook.Notebook, everything: bool, state: answers.State) -> list[checks.Outcome]:
    """Run the checks; print a line for each as its result comes, then a summary."""
    questions = {question["id"]: question for question in progress.table()["questions"]}
    outcomes, said = [], ""
    if not all(question["by_hand"] for question in questions.values()):
        print(
            f"Running the checks: {'with the experiments, that takes minutes' if everything else TIME}.\n",
            flush=True,
        )
    for news in checks.run(read.path, everything):
        if isinstance(news, checks.Remark):
            _warn([news.says])
        elif isinstance(news, checks.Waiting):
            print(f"      … {news.at} is still running, {news.seconds:.0f} s so far", flush=True)
        else:
            if news.state == "not written" and news.id in state.answered:
                news.state = "not yet"  # something is there, which the check does not find: a misspelt name, a stub's line left
            outcomes.append(news)
            print(f"{news.id:5} {news.state:12} {questions[news.id]['title']}", flush=True)
            if news.state in ("not yet", "not checked") and news.says != said:
                for line in filter(None, news.says.split("\n")):
                    print(textwrap.fill(line, 100, initial_indent=" " * 6, subsequent_indent=" " * 6))
            said = news.says
    by_hand = [id for id, question in questions.items() if question["by_hand"]]
    read_by = f" {all_of(by_hand)} {'are' if len(by_hand) > 1 else 'is'} read by a person." if by_hand else ""
    if outcomes:
        print()
    print(f"{_count(outcomes)}{read_by}")
    if outcomes:
        print("Checks give no points: the grader asks the same with other sizes and numbers.")
    print()
    unknown = {outcome.unknown for outcome in outcomes}
    if not everything and unknown & answers.names_in_experiments(read):
        print(
            "(A name that only an experiment's cell gives is not known here; `--all` runs those cells too.)\n"
        )
    return outcomes


def _count(outcomes: list[checks.Outcome]) -> str:
    run = [outcome for outcome in outcomes if outcome.state != "not checked"]
    if not run:
        return "No check was run."
    passed = sum(outcome.state == "passed" for outcome in run)
    more = f"; {len(outcomes) - len(run)} did not end" if len(run) < len(outcomes) else ""
    return f"{passed} of {len(run)} checks pass{more}."


def _unsaved(read: notebook.Notebook, state: answers.State) -> str:
    return (
        f"what you ran last for {all_of(state.unsaved)} is not what is in {read.path.name}: "
        "save the notebook (Ctrl+S, on a Mac Cmd+S) and run this again."
    )


def _warn(warnings: list[str]) -> None:
    for warning in warnings:
        print(textwrap.fill(f"Note: {warning}", 100, subsequent_indent="      "))
    if warnings:
        print()
