"""A stub's own text says which question is not written yet, whatever the lab's questions are called."""

from __future__ import annotations

import pytest

from gatelab.build.form import stub
from gatelab.handed_out.checking.check import Check, NotWritten
from gatelab.handed_out.checking.differ import Finding
from gatelab.handed_out.checking.record import Call

IDS = ("q1", "q12a", "a1", "mse")


def told(question: str, raised: str) -> tuple[str, bool]:
    """What a check says of a call that raised NotImplementedError, and whether it counts as not written."""
    call = Call("loss", "loss", error=NotImplementedError(raised))
    [first, *_], error = Check(question).explain(Finding(call, "wrong"))
    return first, isinstance(error, NotWritten)


def words(id: str) -> str:
    """What a stub raises, as the build writes it."""
    raised: str = eval(stub(id).removeprefix("raise NotImplementedError"))
    return raised


@pytest.mark.parametrize("id", IDS)
def test_a_questions_own_stub_is_called_not_written(id: str) -> None:
    assert told(id, words(id)) == (f"{id} is not written yet: `loss`.", True)
    assert told(id, "") == (f"{id} is not written yet: `loss`.", True)


@pytest.mark.parametrize("id", IDS)
def test_the_stub_of_an_earlier_question_is_named(id: str) -> None:
    assert told("q7", words(id)) == (f"q7 builds on {id}, which is not written yet.", True)


@pytest.mark.parametrize("raised", ["no kernel for Half", "todo: later", "q77 is another", "'q7'"])
def test_other_errors_of_the_type_are_reported_as_errors(raised: str) -> None:
    first, not_written = told("q7", raised)
    assert "stopped with NotImplementedError" in first and not not_written
