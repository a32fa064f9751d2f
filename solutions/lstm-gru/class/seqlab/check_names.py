# Written by gatelab build from autograder/gatelab/handed_out/check_names.py; change it there.
"""Makes `grader.check("Q1")` and `grader.check()` say in one sentence that there is no such check, and which was probably meant."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from . import progress
from .limits import TYPED_NAME
from .natural_order import natural
from .near import nearest

_NUMBERED = re.compile(r"([a-z]*)0*([1-9]\d*)")  # a question's ID, as most labs number them


class NoSuchCheck(ValueError):
    """There is no such check; the message says which there are."""

    def _render_traceback_(self) -> list[str]:
        """What Jupyter shows instead of the traceback, which contains no line of the student's code."""
        return [str(self)]


def install() -> None:
    """From now on otter's grader answers wrong names with a sentence. Does nothing if otter is not loaded or has changed."""
    notebook: Any = getattr(sys.modules.get("otter.check.notebook"), "Notebook", None)
    check, check_all = getattr(notebook, "check", None), getattr(notebook, "check_all", None)
    if check is None or check_all is None or hasattr(check, "instead_of"):
        return

    def checked(self: Any, *given: Any, **named: Any) -> Any:
        place = tests(self)
        question = named.pop("question", None) if not given else given[0]
        if place is not None:
            question = named_check(question, place)
            if len(given) > 2 or (len(given) == 2 and not isinstance(given[1], dict)):
                raise NoSuchCheck(
                    f'grader.check takes one question at a time, as in grader.check("{question}").'
                )
        names = given[1] if len(given) > 1 else named.pop("global_env", None)
        return check(self, question, sys._getframe(1).f_globals if names is None else names, **named)

    def all_checked(self: Any, *given: Any, **named: Any) -> Any:
        place = tests(self)
        if given or named:
            one = f' For one: grader.check("{place[0]}").' if place else ""
            raise NoSuchCheck(f"grader.check_all() takes nothing: it runs every check.{one}")
        # otter takes the names from its caller's frame, so it is called from a frame with the notebook's globals
        return eval("ask(grader)", sys._getframe(1).f_globals, {"ask": check_all, "grader": self})

    vars(checked)["instead_of"], vars(all_checked)["instead_of"] = check, check_all
    notebook.check, notebook.check_all = checked, all_checked


def tests(grader: Any) -> list[str] | None:
    """The checks next to the notebook, in the order of the lab; None for a grader that reads its checks from elsewhere.

    Raises NoSuchCheck if the folder is missing or empty.
    """
    folder = getattr(grader, "_tests_dir", None)
    if not isinstance(folder, str) or getattr(grader, "_tests_url_prefix", None) is not None:
        return None
    found = _checks_in(folder)
    if not found and (found := _checks_in(first := str(progress.FOLDER / folder))):
        grader._tests_dir = first  # a cell has changed the working directory
    if not found:
        raise NoSuchCheck(
            f"There are no checks in {Path(folder).resolve()}: unzip the handout again, all of it, "
            "and open the notebook in that folder."
        )
    return found


def _checks_in(folder: str) -> list[str]:
    found = sorted((path.stem for path in Path(folder).glob("*.py") if path.stem != "__init__"), key=natural)
    try:
        order = [question["id"] for question in progress.table()["questions"]]
    except (OSError, ValueError):  # an incomplete handout
        return found
    return sorted(found, key=lambda name: order.index(name) if name in order else len(order))


def named_check(asked: object, there: list[str]) -> str:
    """The check that was asked for. If there is none, raises NoSuchCheck, which says what was probably meant and which checks exist.

    there: the names of the checks, at least one.
    """
    if isinstance(asked, str) and asked in there:
        return asked
    names = f"{there[0]} to {there[-1]}" if len(there) > 2 else " and ".join(there)
    all = f"There {'are' if len(there) > 1 else 'is only'} {names}."
    if asked is None or asked == "":
        raise NoSuchCheck(
            f'grader.check needs a question, as in grader.check("{there[0]}"); grader.check_all() runs every check. {all}'
        )
    shown = asked if isinstance(asked, str) else getattr(asked, "__name__", None) or repr(asked)
    shown = shown if len(shown) <= TYPED_NAME else shown[: TYPED_NAME - 1] + "…"
    close = guess(shown, there)
    if close is None and (by_hand := _question_in_table(shown, by_hand=True)):
        raise NoSuchCheck(f"{by_hand} has no check: a person reads what you write. {all}")
    said = f'did you mean grader.check("{close}")? ' if close else ""
    raise NoSuchCheck(f"There is no question {shown}{'; ' if close else '. '}{said}{all}")


def guess(asked: str, there: list[str]) -> str | None:
    """The check that was probably meant: it may be typed in capitals, as a number, as its file or as a name that it asks for."""
    plain = re.sub(r"^tests[/\\]|\.py$", "", asked.strip().lower())
    numbered = [(name, found[1], found[2]) for name in there if (found := _NUMBERED.fullmatch(name))]
    before = "|".join(
        ["question", "task", "exercise", "test", "q", *(re.escape(word) for _, word, _ in numbered)]
    )
    number = re.fullmatch(rf"(?:{before})?[\s_.:#-]*0*([1-9]\d*)", plain)
    same = [name for name, _, digits in numbered if number and digits == number[1]]
    if len(same) == 1:
        return same[0]
    for name in (plain, re.sub(r"\W", "", plain)):
        if name in there:
            return name
    owner = _question_in_table(asked, by_hand=False)
    return owner if owner in there else None


def _question_in_table(asked: str, by_hand: bool) -> str | None:
    """The question with this ID, or that asks for this name or a similar one."""
    try:
        questions = [question for question in progress.table()["questions"] if question["by_hand"] is by_hand]
    except (OSError, ValueError):  # an incomplete handout
        return None
    owners = {
        name.lower(): q["id"] for q in questions for name in (q["id"], *([] if by_hand else q["names"]))
    }
    wanted = asked.strip().lower()
    if wanted in owners or any(letter.isdigit() for letter in wanted):
        return owners.get(wanted)
    close = nearest(wanted, owners, cutoff=0.8)
    return owners[close[0]] if close else None
