"""A stub's own text says which question is not written yet, whatever the lab's questions are called."""

from __future__ import annotations

import ast

import pytest
import torch
from torch import nn

from gatelab.handed_out import stub
from gatelab.handed_out.checking.check import Check, NotWritten
from gatelab.handed_out.checking.differ import Finding
from gatelab.handed_out.checking.record import Call

IDS = ("q1", "q12a", "a1", "mse")


def described(question: str, raised: str) -> tuple[str, bool]:
    """The message of a check for a call that raised NotImplementedError, and whether it counts as not written."""
    call = Call("loss", "loss", error=NotImplementedError(raised))
    [first, *_], error = Check(question).explain(Finding(call, "wrong"))
    return first, isinstance(error, NotWritten)


def words(id: str) -> str:
    """What a stub raises, as the build writes it."""
    with pytest.raises(NotImplementedError) as raised:
        exec(stub.line(id))
    assert str(raised.value) == stub.message(id)
    return str(raised.value)


@pytest.mark.parametrize("id", IDS)
def test_a_questions_own_stub_is_called_not_written(id: str) -> None:
    assert described(id, words(id)) == (f"{id} is not written yet: `loss`.", True)
    assert described(id, "") == (f"{id} is not written yet: `loss`.", True)


@pytest.mark.parametrize("id", IDS)
def test_the_stub_of_an_earlier_question_is_named(id: str) -> None:
    assert described("q7", words(id)) == (f"q7 builds on {id}, which is not written yet.", True)


@pytest.mark.parametrize("raised", ["no kernel for Half", "todo: later", "q77 is another", "'q7'"])
def test_other_errors_of_the_type_are_reported_as_errors(raised: str) -> None:
    first, not_written = described("q7", raised)
    assert "stopped with NotImplementedError" in first and not not_written


class Empty(nn.Module):
    """A layer that PyTorch itself calls unfinished."""


class Around(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = Empty()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner(x)


class Forwards(nn.Module):
    def forwards(self, x: torch.Tensor) -> torch.Tensor:
        return x


@pytest.mark.parametrize(
    ("layer", "says", "not_written"),
    [
        (Empty, "q7 is not written yet: `Layer` has no forward().", True),
        (
            Forwards,
            "q7 is not written yet: `Layer` has no forward(). It has `forwards`: is that it?",
            True,
        ),
        (Around, "`Layer` stopped with NotImplementedError", False),
    ],
)
def test_a_layer_without_forward_is_known_by_what_was_called_and_not_by_pytorchs_words(
    layer: type[nn.Module], says: str, not_written: bool
) -> None:
    with pytest.raises(NotImplementedError) as raised:
        layer()(torch.zeros(1))
    check = Check("q7")
    check.student.namespace["Layer"] = layer
    call = Call("Layer", "Layer", error=raised.value)
    [first, *_], error = check.explain(Finding(call, "wrong"))
    assert first.startswith(says) and isinstance(error, NotWritten) == not_written


@pytest.mark.parametrize(
    ("line", "of_any", "of_q1"),
    [
        ("raise NotImplementedError('q1: not written yet')", True, True),
        ('raise NotImplementedError("q1")', True, True),
        ("raise NotImplementedError", True, False),
        ("raise NotImplementedError('q12: not written yet')", True, False),
        ("raise NotImplementedError('todo')", True, False),
        ("raise ValueError('NotImplementedError: q1')", False, False),
        ("raise", False, False),
        ("pass", False, False),
    ],
)
def test_a_stubs_line_is_known_by_what_it_raises(line: str, of_any: bool, of_q1: bool) -> None:
    [node] = ast.parse(line).body
    assert (stub.is_stub(node), stub.is_stub(node, "q1")) == (of_any, of_q1)
