"""Notes that are added to a check's hint about the earlier answers that the check ran with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def on_references(names: Mapping[str, list[str]]) -> str:
    """The note for these references, given by the question whose answer they replaced; "" for none."""
    if not names:
        return ""
    references = ", ".join(f"`{name}`" for some in names.values() for name in some)
    are = "is" if len(names) == 1 else "are"
    return (
        f"({' and '.join(names)} {are} not right yet, so the grader's {references} replaced yours here, with "
        "only what CONTRACT.md says about them.)"
    )


def on_own_versions(questions: Iterable[str]) -> str:
    """The note if these questions are not right yet and the student's own answers to them were used; "" for none."""
    ids = list(questions)
    if not ids:
        return ""
    return f"(This question was graded with your own {_answers_to(ids)}: that may be the cause.)"


def on_discarded(questions: Iterable[str]) -> str:
    """The note if a check failed with the references, although the grading that counts used the student's own answers to these
    questions."""
    return f"(This was found with the grader's references in place of your {_answers_to(list(questions))}.)"


def _answers_to(ids: list[str]) -> str:
    answers, are = ("answer", "is") if len(ids) == 1 else ("answers", "are")
    return f"{answers} to {' and '.join(ids)}, which {are} not right yet"
