"""q1: one LSTM step against torch.nn.LSTMCell, in float64: states, gates and every gradient.

LSTMCell does not return its gates, so a step that leaves the work to it has none to return or to send gradients
through; and lab.toml switches it off while the question is graded.
"""

import pytest
import torch
from torch import Tensor

from gatelab.testkit import close, close_grads, each_size, kind, near, needs, part, unchanged

NAMES = {"0": "x", "1": "h", "2": "c", "3": "w_ih", "4": "w_hh", "5": "b_ih", "6": "b_hh"}
INPUTS = ("0", "1", "2")
WEIGHTS = ("3", "4", "5", "6")
SIZES = [(3, 4, 5), (5, 2, 3), (1, 6, 4)]  # N, D, H, pairwise different


def drawn(draw, N: int, D: int, H: int, dtype: torch.dtype = torch.float64) -> list[Tensor]:
    """x (N, D), h and c (N, H) and the four weights; all numbers differ, so no two gates are equal."""
    shapes = [(N, D), (N, H), (N, H), (4 * H, D), (4 * H, H), (4 * H,), (4 * H,)]
    scales = [1.0, 1.0, 1.0, 0.6, 0.6, 0.6, 0.6]
    return [draw(*shape, scale=scale, dtype=dtype) for shape, scale in zip(shapes, scales, strict=True)]


def of_both_signs(draw, N: int, D: int, H: int) -> list[Tensor]:
    """The same, with a candidate well below 0 in places and well above it in others: no relu is all zero by chance."""

    def good(inputs: list[Tensor]) -> bool:
        candidate = expected(*inputs)[-1]["g"]
        return bool(candidate.min() < -0.1) and bool(candidate.max() > 0.1)

    return draw.search(lambda: drawn(draw, N, D, H), good)


def expected(x: Tensor, h: Tensor, c: Tensor, *weights: Tensor) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """h and c from LSTMCell, the gates from their equations."""
    cell = torch.nn.LSTMCell(x.shape[1], h.shape[1], dtype=x.dtype)
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    new_h, new_c = torch.func.functional_call(cell, dict(zip(names, weights, strict=True)), (x, (h, c)))
    w_ih, w_hh, b_ih, b_hh = weights
    i, f, g, o = (x @ w_ih.T + b_ih + h @ w_hh.T + b_hh).chunk(4, dim=1)
    return new_h, new_c, {"i": i.sigmoid(), "f": f.sigmoid(), "g": g.tanh(), "o": o.sigmoid()}


def three(reply) -> tuple:
    """The reply as (h, c, gates); fails with a message where it is something else."""
    value = reply.value
    needs(
        isinstance(value, tuple | list) and len(value) == 3,
        f"lstm_step should return three things: h, c and the dict of gates. Yours returns {kind(value)}.",
    )
    return tuple(value)


def gate(reply, key: str):
    gates = three(reply)[2]
    needs(
        isinstance(gates, dict),
        'The third result should be a dict of the gates, with the keys "i", "f", "g", "o".',
    )
    needs(key in gates, f'The dict of gates has no "{key}"; it should hold "i", "f", "g" and "o".')
    return gates[key]


@part("q1", "new-cell-state", 1)
@each_size(SIZES)
def test_cell_state(student, draw, size):
    """Called first, and twice: a step depends only on its arguments."""
    inputs = drawn(draw, *size)
    close(three(student.lstm_step(*inputs))[1], expected(*inputs)[1], "the new c", "N H", dtype=torch.float64)
    again = three(student.lstm_step(*inputs))[1]
    needs(
        near(again, expected(*inputs)[1]),
        "Called a second time with the same arguments, lstm_step returns a different c: something in it is random, or "
        "kept between calls.",
    )


@part("q1", "new-hidden-state", 1)
@each_size(SIZES)
def test_hidden_state(student, draw, size):
    inputs = drawn(draw, *size)
    close(three(student.lstm_step(*inputs))[0], expected(*inputs)[0], "the new h", "N H", dtype=torch.float64)


@part("q1", "states-follow-from-your-gates", 1)
@each_size(SIZES)
def test_states_follow_from_own_gates(student, draw, size):
    """Half the work: the two state equations applied to the student's own gates, right or wrong, unless these are made up."""
    N, D, H = size
    inputs = of_both_signs(draw, N, D, H)
    reply = student.lstm_step(*inputs)
    gates = [gate(reply, key) for key in "ifgo"]
    for key, own in zip("ifgo", gates, strict=True):
        needs(
            isinstance(own, Tensor) and own.shape == (N, H),
            f'gates["{key}"] should be a tensor of shape (N, H).',
        )
    alike = min(
        float((a - b).abs().max()) for k, a in enumerate(gates) for b in [torch.zeros(()), *gates[:k]]
    )
    needs(alike > 1e-6, "Two of the returned gates are equal, or one is all zero.")
    i, f, g, o = gates
    c = f * inputs[2] + i * g
    close(three(reply)[1], c, "the new c, worked out from your own gates,", "N H")
    close(three(reply)[0], o * c.tanh(), "the new h, worked out from your own gates,", "N H")


def check_gate(student, draw, key: str, N: int, D: int, H: int) -> None:
    inputs = drawn(draw, N, D, H)
    got = gate(student.lstm_step(*inputs), key)
    close(got, expected(*inputs)[2][key], f'gates["{key}"]', "N H", dtype=torch.float64)


@part("q1", "input-gate", 0.5)
@each_size(SIZES)
def test_input_gate(student, draw, size):
    check_gate(student, draw, "i", *size)


@part("q1", "forget-gate", 0.5)
@each_size(SIZES)
def test_forget_gate(student, draw, size):
    check_gate(student, draw, "f", *size)


@part("q1", "candidate", 0.5)
@each_size(SIZES)
def test_candidate(student, draw, size):
    check_gate(student, draw, "g", *size)


@part("q1", "output-gate", 0.5)
@each_size(SIZES)
def test_output_gate(student, draw, size):
    check_gate(student, draw, "o", *size)


def check_gradients(student, draw, N: int, D: int, H: int, of: tuple[str, ...], through_gates: bool) -> None:
    """Random gradients, different for every result, sent back to the arguments `of`."""
    inputs = [tensor.requires_grad_() for tensor in drawn(draw, N, D, H)]
    gates = {key: draw(N, H) for key in "ifgo"}
    states = draw(N, H), draw(N, H)
    upstream = (*states, gates if through_gates else None)

    h, c, own = expected(*inputs)
    outputs, pushed = [h, c], [*states]
    if through_gates:
        outputs += [own[key] for key in gates]
        pushed += gates.values()
    want = dict(zip(NAMES, torch.autograd.grad(outputs, inputs, pushed), strict=True))

    reply = student.lstm_step(*inputs, upstream=upstream)
    three(reply)
    if through_gates:
        for key in gates:
            gate(reply, key)
    close_grads(reply.grads, {path: want[path] for path in of}, NAMES)


@part("q1", "gradients-through-the-states", 1)
@each_size(SIZES)
def test_gradients_through_states(student, draw, size):
    check_gradients(student, draw, *size, INPUTS + WEIGHTS, through_gates=False)


@part("q1", "gradients-of-inputs", 1)
@each_size(SIZES)
def test_gradients_of_inputs(student, draw, size):
    check_gradients(student, draw, *size, INPUTS, through_gates=True)


@part("q1", "gradients-of-weights", 1)
@each_size(SIZES)
def test_gradients_of_weights(student, draw, size):
    check_gradients(student, draw, *size, WEIGHTS, through_gates=True)


@part("q1", "any-size-and-dtype", 1)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_one_after_the_other(student, draw, dtype):
    """Calls with different sizes in one process, sizes of 1 among them, and the first size again."""
    for N, D, H in [(2, 3, 4), (4, 1, 3), (3, 2, 1), (1, 1, 1), (6, 5, 2), (2, 3, 4)]:
        inputs = drawn(draw, N, D, H, dtype)
        h, c, gates = expected(*[tensor.double() for tensor in inputs])
        reply = student.lstm_step(*inputs)
        sizes = f"for N = {N}, D = {D}, H = {H}"
        close(three(reply)[0], h, f"the new h {sizes}", "N H", dtype=dtype)
        close(three(reply)[1], c, f"the new c {sizes}", "N H", dtype=dtype)
        for key, want in gates.items():
            close(gate(reply, key), want, f'gates["{key}"] {sizes}', "N H", dtype=dtype)


@part("q1", "arguments-left-alone", 1)
@each_size(SIZES)
def test_arguments_unchanged(student, draw, size):
    """Counts only where a new state is right: changing nothing is no work."""
    inputs = drawn(draw, *size)
    reply = student.lstm_step(*inputs)
    told = "counts once the new c is right, and it is not yet:"
    close(three(reply)[1], expected(*inputs)[1], f"This check {told} the new c", "N H")
    unchanged(reply.after, dict(zip(NAMES, inputs, strict=True)), NAMES)
